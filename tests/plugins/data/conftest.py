"""What tests of `data.integrity` share."""

from __future__ import annotations

import pytest

from auditkit.plugins.data import auc, detectors
from auditkit.plugins.data.detectors import SearchResult


@pytest.fixture
def search_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what a search finds: how it is itself tried has tests of its own and takes half of the time."""

    def tried(searched: SearchResult, *_: object) -> None:
        if any(proxy.together is not None for proxy in searched.proxies.values()):
            searched.planted_proxy, searched.shuffled_proxy = 1.0, 0.0

    monkeypatch.setattr(detectors, "_try_search", tried)


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch, search_is_trusted: None) -> None:
    """For tests of one column: the model of all columns takes nine tenths of the time."""
    monkeypatch.setattr(auc, "TREES", 4)
