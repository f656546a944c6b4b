"""Slices of rows in units: halves part no unit, and a slice is as sure as its units."""

import numpy as np
import pandas as pd
import pytest

from auditkit.plugins.fairness.slices import sample_splitting, self_tests
from auditkit.plugins.fairness.slices.check import Slices
from auditkit.plugins.fairness.slices.outcomes import Errors
from auditkit.plugins.fairness.slices.sample_splitting import compare
from tests.plugins.recorded import control, one, recorded, run

FAST = Slices(trials=5)


def visits(seed, patients=80, times=8, bad=0.0, alike=1, **options):
    """Visits of patients of whom some are mostly decided wrongly; job and city are the patient's."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), times)
    frame = pd.DataFrame({name: rng.choice(list("abcd"), patients)[patient] for name in ("job", "city", "club")})
    rate = rng.beta(1 / alike, 4 / alike, patients)[patient] + bad * (frame.job == "a").to_numpy()
    wrong = rng.random(len(patient)) < rate
    labels = rng.integers(0, 2, len(patient))
    sex = np.array(["F", "M"])[rng.integers(0, 2, patients)][patient]
    unit = {"unit": patient} if options.pop("by_unit", True) else {}
    return recorded(np.where(wrong, 1 - labels, labels), labels, {"sex": sex}, inputs=frame, **unit, **options)


@pytest.mark.parametrize("share", [True, False])
def test_copies_of_rows_tell_no_more_than_their_units(share):
    rng = np.random.default_rng(0)
    values = (rng.random(120) < 0.3).astype(float) if share else rng.normal(1, 1, 120) ** 2
    mask, unit = np.arange(120) < 50, np.repeat(np.arange(120), 4)
    alone = compare(Errors(values, share, np.ones(120)), mask, 1)  # by weights, for the same test
    several = compare(Errors(values[unit], share, None, unit), mask[unit], 1)
    by_row = compare(Errors(values[unit], share), mask[unit], 1)
    for name in ("interval", "inside_interval"):
        single, wide, narrow = (getattr(gap, name) for gap in (alone, several, by_row))
        assert (wide.low, wide.high) == pytest.approx((single.low, single.high), abs=0.02)
        assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.1)
        assert wide.method.endswith("by units")
    assert several.p == pytest.approx(alone.p, rel=0.1) and "by units" in several.method


def test_halves_part_no_unit(monkeypatch):
    searched, right = [], sample_splitting.distinct

    def distinct(space, errors, *rest):
        searched.append(len(errors))
        return right(space, errors, *rest)

    monkeypatch.setattr(sample_splitting, "distinct", distinct)
    run(FAST, *visits(0, times=7))
    assert searched[0] == 40 * 7


def test_visits_of_equal_patients_are_rarely_flagged_by_units_and_often_by_rows(monkeypatch):
    for control_of, share in (("false_alarms", 0.0), ("found_first", 1.0)):  # the controls take the longest
        monkeypatch.setattr(self_tests, control_of, lambda *_, share=share: share)
    flagged = np.zeros(2)
    for seed in range(40):
        for way in (0, 1):
            result = run(FAST, *visits(seed, alike=4, by_unit=not way), seed=seed)
            flagged[way] += one(result, "confirmed_slices").value > 0
    assert flagged[0] <= 5 and flagged[1] >= 8


def test_a_slice_of_badly_served_patients_is_found():
    result = run(FAST, *visits(1, patients=300, bad=0.5))
    assert one(result, "confirmed_slices").value > 0 and control(result, "shuffled errors").holds
    gap = next(number for number in result.measurements if number.name == "slice_gap")
    assert gap.interval.low > 0 and gap.interval.method.endswith("by units")
