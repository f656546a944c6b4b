"""Balanced accuracy, F1, MCC and false negatives per false positive, against scikit-learn and by simulation."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from auditkit.counts import Tally
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.recorded import control, one, recorded, run

ORACLES = {
    "balanced_accuracy": balanced_accuracy_score,
    "f1": f1_score,
    "mcc": matthews_corrcoef,
    "false_negatives_per_false_positive": lambda y, d: (y > d).sum() / (y < d).sum(),
}
CHECK = GroupFairness(measures=tuple(COMPOSITES), permutations=99, trials=20)


def tally(tp, fp, fn, tn) -> Tally:
    """(K, 3, 3) from the counts of K groups."""
    rows = np.zeros((len(np.atleast_1d(tp)), 3, 3))
    rows[:, 1, 1], rows[:, 0, 1], rows[:, 1, 0], rows[:, 0, 0] = tp, fp, fn, tn
    return Tally(rows.astype(np.int64), rows, rows)


def expanded(tp, fp, fn, tn):
    """Labels and decisions with these counts."""
    return np.repeat([1, 0, 1, 0], [tp, fp, fn, tn]), np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])


def test_there_is_an_oracle_for_every_composite():
    assert set(ORACLES) == set(COMPOSITES)


@given(*[st.integers(1, 40)] * 4)
def test_values_equal_scikit_learn_and_lie_in_their_intervals(tp, fp, fn, tn):
    for name, oracle in ORACLES.items():
        estimates = COMPOSITES[name].estimate(tally(tp, fp, fn, tn))
        assert estimates.values[0] == pytest.approx(oracle(*expanded(tp, fp, fn, tn)), abs=1e-12)
        assert estimates.low[0] < estimates.values[0] < estimates.high[0]


def test_the_numbers_of_a_hand_count():
    # 20 found, 10 false alarms, 5 missed, 65 right rejections: TPR 0.8, TNR 65/75
    values = {name: float(composite.estimate(tally(20, 10, 5, 65)).values[0]) for name, composite in COMPOSITES.items()}
    assert values["balanced_accuracy"] == pytest.approx((0.8 + 65 / 75) / 2)
    assert values["f1"] == pytest.approx(40 / 55)
    assert values["mcc"] == pytest.approx((20 * 65 - 10 * 5) / np.sqrt(30 * 25 * 75 * 70))
    assert values["false_negatives_per_false_positive"] == pytest.approx(0.5)


def test_a_group_with_one_kind_of_label_or_decision_has_no_value_where_the_library_says_zero():
    labels = np.array([1] * 30 + [0] * 30 + [0, 1] * 30)
    decided = np.array([1, 0] * 15 + [0] * 30 + [0, 1] * 30)
    names = ["positives"] * 30 + ["negatives"] * 30 + ["both"] * 60
    assert matthews_corrcoef(labels[:30], decided[:30]) == 0  # the trap
    result = run(CHECK, *recorded(decided, labels, {"g": names}))
    assert one(result, "mcc", {"g": "positives"}).value is None
    assert one(result, "mcc", {"g": "positives"}).reason == "no people with a negative label"
    assert one(result, "mcc", {"g": "negatives"}).reason == "no people with a positive label"
    assert one(result, "balanced_accuracy", {"g": "negatives"}).value is None
    assert one(result, "f1", {"g": "negatives"}).reason == "no people selected or with a positive label"
    assert one(result, "false_negatives_per_false_positive", {"g": "both"}).reason == "no people with a wrong decision"
    assert one(result, "false_negatives_per_false_positive", {"g": "positives"}).reason == "no false positives"
    assert one(result, "mcc", {"g": "both"}).value == 1


def test_a_perfect_group_is_not_perfect_for_certain():
    """Resamples of a group without errors have none: a bootstrap would say 1 to 1."""
    for name in ("balanced_accuracy", "f1", "mcc"):
        estimates = COMPOSITES[name].estimate(tally(10, 0, 0, 10))
        assert estimates.values[0] == 1 == estimates.high[0] and estimates.low[0] < 0.85


@pytest.mark.parametrize("common, true, false", [(0.5, 0.7, 0.3), (0.2, 0.8, 0.1), (0.3, 0.3, 0.3)])
@pytest.mark.parametrize("rows", [100, 400])
def test_intervals_hold_as_often_as_they_say(common, true, false, rows):
    shares = np.array([common * true, (1 - common) * false, common * (1 - true), (1 - common) * (1 - false)])
    drawn = tally(*np.random.default_rng(0).multinomial(rows, shares, size=3000).T)
    for name in ("balanced_accuracy", "f1", "mcc"):
        truth = float(COMPOSITES[name].estimate(tally(*(shares * 1e9)[:, None])).values[0])
        estimates = COMPOSITES[name].estimate(drawn)
        known = ~np.isnan(estimates.values)
        held = (estimates.low <= truth) & (truth <= estimates.high)
        assert 0.93 <= held[known].mean() <= 0.97


def test_composites_are_counted_again_and_weighted():
    rng = np.random.default_rng(0)
    y, d, w = rng.integers(0, 2, 400), rng.integers(0, 2, 400), rng.integers(1, 4, 400).astype(float)
    names = np.array(["a", "b"])[rng.integers(0, 2, 400)]
    result = run(CHECK, *recorded(d, y, {"g": names}, weights=w))
    in_a = names == "a"
    assert one(result, "mcc", {"g": "a"}).value == pytest.approx(
        matthews_corrcoef(y[in_a], d[in_a], sample_weight=w[in_a])
    )
    assert one(result, "f1").value == pytest.approx(f1_score(y, d, sample_weight=w))
    assert "effective" in one(result, "mcc").interval.method
    assert control(result, "recount").holds and control(result, "recount").value < 1e-12
