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
        ({"noise_square": 0.0}, "noise-level"), ({"noise_square": 0.0, "numbers": ...}, "noise-level"),
        ({"clipped": 98.0}, "clipping"),
        ({"row_error": 2.8}, "per-row-gradients"), ({"history": []}, "every-step-counted"),
        ({"history": [[1.0, RATE, 87]]}, "every-step-counted"),
        ({"epsilon": 1.0}, "epsilon-as-claimed"), ({"delta": 1 / UNITS}, "delta-small"),
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
    measured = epsilon(result)
    assert measured.validity == "inconclusive" and "Not tested" in (measured.reason or ""), "nothing passes by absence"
    unsaid = checked(tmp_path, healthy(epsilon=..., seed_is_secret=...))
    assert epsilon(unsaid).validity == "valid", "a claim or a seed that is not told changes no number"


def test_the_dearer_of_what_was_done_and_what_was_accounted_is_reported(tmp_path: pathlib.Path) -> None:
    quiet = {"noise_multiplier": 2.0, "history": [[2.0, RATE, STEPS]]}
    low, high = (epsilon(checked(tmp_path, healthy(**change))).value for change in (quiet, {}))
    assert low is not None and high is not None and low < high
    for change in ({"noise_multiplier": 2.0}, {"history": [[2.0, RATE, STEPS]]}):
        assert epsilon(checked(tmp_path, healthy(**change))).value == high


def test_correct_journals_are_seldom_accused(tmp_path: pathlib.Path, cheap: None) -> None:
    rng = np.random.default_rng(1)
    journals = (healthy(batch_sizes=rng.binomial(UNITS, RATE, STEPS).tolist()) for _ in range(50))
    assert sum(epsilon(checked(tmp_path, journal)).validity != "valid" for journal in journals) <= 1


def test_a_huge_file_and_another_digest_are_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, cheap: None
) -> None:  # fmt: skip
    checked(tmp_path, healthy())
    path = tmp_path / "journal.json"
    digest = PrivacyJournal(path=path).sha256
    assert len(digest) == 64 and PrivacyJournal(path=path, sha256=digest).sha256 == digest
    with pytest.raises(ValueError, match="sha256 must be that of the file"):
        PrivacyJournal(path=path, sha256="0" * 64)
    monkeypatch.setattr("auditkit.plugins.privacy.journal.journal.LARGEST_FILE", 100)
    with pytest.raises(ConfigError, match="at most 64 MB"):
        checked(tmp_path, healthy())


@pytest.mark.parametrize(
    ("journal", "match"),
    [
        (healthy(noise="DP-FTRL"), "Noise of matrix factorisation"), (healthy(steps=...), "steps: Field required"),
        (healthy(epoch=3), "epoch: Extra inputs"), ("{", "journal.json"), (healthy(delta=2.0), "delta"),
        (healthy(steps="100"), "steps: Input should be a valid integer"), (healthy(batch_sizes=[-1]), "batch_sizes.0"),
        ('{"steps": 1, "steps": 2}', "appears twice"), (healthy(delta=1e-12), "delta"),
        (healthy(batch_sizes=[]), "batch_sizes: .*at least 1"), (healthy(clipped=-1.0), "clipped"),
        (healthy(row_error=-1.0), "row_error"), (healthy(noise_square=-1.0), "noise_square"),
        (healthy(trainings=10**9), "steps times trainings must be at most"), (healthy(trainings=0), "trainings"),
        (healthy(trainings=10**30), r"they are more than 10\^15"), (healthy(steps=10**12), "steps times trainings"),
        (healthy(steps=10**400), "steps times trainings must"), (healthy(steps=True), "steps: .*integer"),
        (healthy(noise_multiplier=1e-9), "noise_multiplier must be finite and at least 0.06"),
        (healthy(noise_multiplier=1e308), "noise_multiplier must be finite and .* at most 1e\\+06"),
        (healthy(sample_rate=1.5), "sample_rate"), (healthy(sample_rate=0), "sample_rate"),
        (healthy(sample_rate=1e-300), "the sampling rate must lie above 0 and up to 1, from 1e-09 on"),
        (healthy(noise_multiplier=float("nan")), "NaN is not finite"), (healthy(epsilon=float("inf")), "not finite"),
        (healthy(units=10**400), "units"), (healthy(numbers=10**400), "numbers"), (healthy(units=0), "units"),
        (healthy(batch_sizes=[10**400]), "batch_sizes.0"), (healthy(sampler=""), "sampler"),
        (healthy(unit="x" * 101), "unit"), (healthy(libraries={"opacus": "1" * 101}), "libraries.opacus"),
        (healthy(history=[[1e-9, RATE, 1]]), "noise_multiplier must be finite"),
        (healthy(history=[[1.0, 5, 1]]), "the sampling rate must"), (healthy(history=[["a", RATE, 1]]), "history.0.0"),
        (healthy(history=[[1.0, RATE, -1]]), "steps must be a whole number"),
        (healthy(history=[[1.0, RATE, 10**400]]), "steps times trainings"),
        (healthy(history=[[1 + place / 100, RATE, 1] for place in range(21)]), "at most 20 stretches of steps"),
        ("", "journal.json"), ("[]", "journal.json"), ("null", "journal.json"), ("{}", "sampler: Field required"),
        ("[" * 100_000, "journal.json"), ('"journal"', "journal.json"),
    ],
)  # fmt: skip
def test_what_is_no_such_journal_is_refused_in_a_sentence(journal: Any, match: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(ConfigError, match=match):
        checked(tmp_path, journal)


def test_it_needs_a_journal() -> None:
    model: Any = None
    assert "needs the journal" in (PrivacyJournal().applies(model, DATA) or "")
    with pytest.raises(ValueError, match="path must be a file that can be read"):
        PrivacyJournal(path=pathlib.Path("nowhere.json"))


def test_a_history_of_many_equal_steps_is_one_of_few_phases(tmp_path: pathlib.Path) -> None:
    step_by_step = healthy(history=[[1.0, RATE, 1]] * STEPS)
    assert epsilon(checked(tmp_path, step_by_step)).value == epsilon(checked(tmp_path, healthy())).value


@pytest.mark.parametrize(("numbers", "validity"), [(1, "inconclusive"), (56, "inconclusive"), (57, "invalid")])
def test_a_mean_square_of_too_few_numbers_shows_nothing_of_the_noise(
    numbers: int, validity: str, tmp_path: pathlib.Path, cheap: None
) -> None:
    assert epsilon(checked(tmp_path, healthy(noise_square=0.25, numbers=numbers))).validity == validity
