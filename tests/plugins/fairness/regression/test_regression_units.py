"""`fairness.regression` of rows in units."""

import numpy as np
import pytest

import auditkit
from auditkit import AuditData
from auditkit.plugins.fairness.regression.check import RegressionFairness
from auditkit.plugins.fairness.regression.definitions import KS
from tests.plugins.recorded import one, run

FAST = RegressionFairness(permutations=199, trials=20, intersections=1)


def audited(rng, copies, mixed=False, shift=0.0):
    """40 patients of either sex with some visits each, as a model and data."""
    patients = np.repeat(np.arange(80), copies)
    sex = (np.arange(len(patients)) % 2 if mixed else patients % 2).astype(str)
    labels = rng.normal(10, 2, 80)[patients]
    predicted = labels + rng.normal(0, 1, 80)[patients] + shift * (sex == "1")
    data = AuditData(
        inputs=np.zeros((len(patients), 1)), labels=labels, groups={"sex": sex}, task="regression", unit=patients,
        recorded=(predicted, None),
    )  # fmt: skip
    return auditkit.wrap(data), data


def test_numbers_are_those_of_the_patients():
    single, several = (run(FAST, *audited(np.random.default_rng(4), copies)) for copies in (1, 5))
    for name in ("mean_residual", "mean_residual_difference", KS):
        where = {"sex": "1"} if name == "mean_residual" else {}
        wide, narrow = (one(result, name, where) for result in (several, single))
        assert wide.value == pytest.approx(narrow.value) and wide.n == 5 * narrow.n
        assert wide.interval.low == pytest.approx(narrow.interval.low)
        assert wide.interval.high == pytest.approx(narrow.interval.high)
        assert "by units" in wide.interval.method and "by units" not in narrow.interval.method
    assert "by units" in one(several, KS).test.method
    assert all(control.holds for control in several.controls)


def test_a_shift_is_found_and_units_in_both_groups_have_intervals_alone():
    result = run(FAST, *audited(np.random.default_rng(4), 5, shift=3.0))
    assert one(result, "mean_residual_difference").test.p_adjusted < 0.05
    mixed = run(FAST, *audited(np.random.default_rng(4), 5, mixed=True))
    assert one(mixed, "mean_residual_difference").test is None and one(mixed, KS).interval is not None
    assert any("no p-value" in note for note in mixed.notes)


def test_an_audit_calls_them_valid():
    _, data = audited(np.random.default_rng(0), 5)
    result = auditkit.audit(None, data, checks=["fairness.regression"], budget="quick").results[0]
    assert one(result, "mean_residual_difference").validity == "valid"
    assert one(result, "mean_residual_difference").units == 80
