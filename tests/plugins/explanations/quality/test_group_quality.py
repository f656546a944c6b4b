"""Explanations that follow the model for one group and not for another."""

import numpy as np
import pytest
import scipy

from auditkit.data import AuditData
from auditkit.plugins.explanations.quality.curve_findings import fill_ins, of_table
from auditkit.plugins.explanations.quality.group_quality import measured_groups, quality_gap

ROWS = 60
SEX = np.repeat(["f", "m"], ROWS // 2)
X = np.random.default_rng(0).normal(size=(ROWS, 5))
WEIGHTS = np.array([5.0, 3, 1, 0.5, 0.1])


def gap_of(values):
    data = AuditData(X, np.arange(ROWS) % 2, {"sex": SEX, "rare": np.where(np.arange(ROWS) < 2, "a", "b")})
    rng = np.random.default_rng(0)
    ways = fill_ins(X, X, X, np.zeros(5, bool), rng)
    result = of_table(lambda codes, rows: codes @ WEIGHTS, X, ways, values, measured_groups(data), "probability", rng)
    return {one.conditions["feature"]: one for one in result.measurements if one.name == "explanation_quality_gap"}


def test_a_gap_by_hand_with_welchs_standard_errors():
    gained = np.array([1.0, 2, 3, 0, 0, 3])
    measured = quality_gap("sex", gained, [np.arange(6) < 3, np.arange(6) >= 3])
    halves = [scipy.stats.t.ppf(0.975, 2) * part.std(ddof=1) / np.sqrt(3) for part in (gained[:3], gained[3:])]
    assert measured.value == pytest.approx(1) and measured.interval.high == pytest.approx(1 + np.hypot(*halves))
    assert quality_gap("sex", gained, [np.arange(6) < 3]).value is None


def test_explanations_that_are_wrong_for_one_group_are_told_from_right_ones():
    right = X * WEIGHTS
    honest = gap_of(right)["sex"]
    wrong = gap_of(np.where((SEX == "f")[:, None], right[:, ::-1], right))["sex"]
    assert honest.interval.low == 0 and wrong.interval.low > 0.05


def test_small_groups_are_not_measured():
    rare = gap_of(X * WEIGHTS)["rare"]
    assert rare.value is None and "two groups" in rare.reason
