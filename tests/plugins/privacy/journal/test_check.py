"""The journal of a private training elsewhere: what holds, what is void, what cannot be tested, what is refused."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting import findings
from auditkit.plugins.privacy.accounting.accountants import Certified
from auditkit.plugins.privacy.accounting.spent import Spent
from auditkit.plugins.privacy.journal.check import PrivacyJournal
from auditkit.predictions import Predictions
from auditkit.results import CheckResult, Measurement
from auditkit.run.controls import apply_controls

STEPS, UNITS, RATE = 100, 1000, 0.1
DATA = AuditData(np.zeros((4, 1)), labels=np.array([0, 1, 0, 1]))


def healthy(**changes: Any) -> dict[str, Any]:
    sizes = np.random.default_rng(0).binomial(UNITS, RATE, STEPS).tolist()
    journal = {
        "sampler": "poisson", "units": UNITS, "sample_rate": RATE, "noise_multiplier": 1.0, "max_grad_norm": 1.0,
        "steps": STEPS, "delta": 1e-5, "batch_sizes": sizes, "history": [[1.0, RATE, STEPS]], "noise_square": 1.01,
        "numbers": 10_000, "clipped": 1.0, "row_error": 1e-6, "seed_is_secret": True, "libraries": {"opacus": "1.6.0"},
    }  # fmt: skip
    return {name: value for name, value in (journal | changes).items() if value is not ...}


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """No accountant, which takes a second: what epsilon is, is asked once."""
    cost = Spent(6.0, Certified(5.0, 5.1, 5.2), 5.1)
    monkeypatch.setattr("auditkit.plugins.privacy.journal.check.spent", lambda *phases: cost)
    monkeypatch.setattr(findings, "epsilon_curve", lambda histories, *rest: [1.0] * len(histories))


def checked(folder: pathlib.Path, journal: Any) -> CheckResult:
    path = folder / "journal.json"
    path.write_text(journal if isinstance(journal, str) else json.dumps(journal))
    model: Any = None
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, DATA))
    return apply_controls(PrivacyJournal(path=path)(model, DATA, context))


def epsilon(result: CheckResult) -> Measurement:
    return next(one for one in result.measurements if one.name == "epsilon")


def test_a_journal_that_holds_is_not_refuted(tmp_path: pathlib.Path) -> None:
    result = checked(tmp_path, healthy())
    assert all(control.holds for control in result.controls if control.name != "epsilon-as-claimed")
    measured = epsilon(result)
    assert measured.validity == "valid" and measured.value is not None and 6.9 < measured.value < 7.2
    assert any("opacus 1.6.0" in note for note in result.notes)
    assert epsilon(checked(tmp_path, healthy(epsilon=measured.value))).validity == "valid"


@pytest.mark.parametrize(
    ("change", "control"),
    [
        ({"sampler": "shuffled"}, "poisson-sampling"), ({"batch_sizes": [100] * STEPS}, "sampling"),
        ({"batch_sizes": [400] * STEPS}, "sampling"), ({"noise_square": 0.25}, "noise-level"),
        ({"noise_square": 0.0}, "noise-level"), ({"clipped": 98.0}, "clipping"),
        ({"row_error": 2.8}, "per-row-gradients"), ({"history": []}, "every-step-counted"),
        ({"history": [[1.0, RATE, 87]]}, "every-step-counted"),
        ({"epsilon": 1.0}, "epsilon-as-claimed"), ({"delta": 0.002}, "delta-small"),
        ({"seed_is_secret": False}, "secret-seed"),
    ],
)  # fmt: skip
def test_what_voids_a_guarantee_makes_epsilon_invalid(
    change: dict[str, Any], control: str, tmp_path: pathlib.Path, cheap: None
) -> None:
    result = checked(tmp_path, healthy(**change))
    assert control in {one.name for one in result.controls if not one.holds}
    assert epsilon(result).validity == "invalid"


def test_what_a_journal_does_not_say_is_not_tested(tmp_path: pathlib.Path, cheap: None) -> None:
    names = ("batch_sizes", "history", "noise_square", "numbers", "clipped", "row_error", "seed_is_secret")
    result = checked(tmp_path, healthy(**dict.fromkeys(names, ...)))
    silent = {one.name: one.reason for one in result.controls if one.holds is None}
    assert set(silent) == {
        "sampling", "noise-level", "clipping", "per-row-gradients", "every-step-counted", "epsilon-as-claimed",
        "secret-seed",
    }  # fmt: skip
    assert all(reason.startswith("Not tested: the journal does not say") for reason in silent.values())
    assert epsilon(result).validity == "valid"


@pytest.mark.parametrize(
    ("journal", "match"),
    [
        (healthy(noise="DP-FTRL"), "Noise of matrix factorisation"), (healthy(steps=...), "steps: Field required"),
        (healthy(epoch=3), "epoch: Extra inputs"), ("{", "journal.json"), (healthy(delta=2.0), "delta"),
    ],
)  # fmt: skip
def test_what_is_no_such_journal_is_refused(journal: Any, match: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(ConfigError, match=match):
        checked(tmp_path, journal)


def test_it_needs_a_journal() -> None:
    model: Any = None
    assert "needs the journal" in (PrivacyJournal().applies(model, DATA) or "")
    with pytest.raises(ConfigError, match="cannot be read"):
        PrivacyJournal(path=pathlib.Path("nowhere.json")).measure(model, DATA, None)  # type: ignore[arg-type]
