"""What most checks import is loaded once, in the process that they are forked from, and only where several need it."""

from __future__ import annotations

import pytest

import auditkit
from auditkit.run import check_work

SKLEARN = ["scipy.special", "sklearn.ensemble", "sklearn.linear_model"]


@pytest.mark.parametrize(
    ("checks", "loaded"),
    [
        (["data.integrity"], []),
        (["fairness.groups", "performance.quality"], ["scipy.special"]),
        (["explanations.importance", "robustness.evasion"], ["scipy.special", "scipy.stats"]),
        (["data.integrity", "privacy.membership"], SKLEARN),
        (["acme.one", "acme.two", "robustness.evasion"], []),
    ],
)
def test_what_one_check_alone_needs_it_loads_itself(checks, loaded, monkeypatch):
    asked = []
    monkeypatch.setattr("auditkit.run.check_work.importlib.import_module", asked.append)
    check_work.load_libraries(checks)
    assert asked == loaded


def test_every_beginning_is_that_of_a_check():
    names = list(auditkit.Host().checks())
    for users in check_work.LIBRARIES.values():
        assert all(any(name.startswith(user) for name in names) for user in users)
