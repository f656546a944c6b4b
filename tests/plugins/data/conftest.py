"""What tests of `data.integrity` share."""

from __future__ import annotations

import pytest

from auditkit.plugins.data import auc


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of one column: the model of all columns takes nine tenths of the time."""
    monkeypatch.setattr(auc, "TREES", 4)
