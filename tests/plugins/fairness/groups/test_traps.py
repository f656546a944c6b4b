"""Eleven traps in which a library gives a wrong number without a word: the trap, and the verdict it must get here."""

import datetime

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.judge import judge
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.results import Limit
from tests.plugins.recorded import one, recorded, run

CHECK = GroupFairness(permutations=999, trials=20)
ACROSS_G = {"across": ("g",)}


def verdict(result, measurement, **bound):
    """What a limit on this measurement of the check comes to."""
    limit = Limit(name="l", measurement=f"fairness.groups.{measurement}", **bound)
    (judged,) = judge([limit], (), [result], datetime.date(2026, 11, 23)).verdicts
    return judged.status


def test_f1_a_group_without_positives_has_no_rate_and_decides_nothing():
    labels = np.array([1, 0] * 20 + [0] * 40)
    names = np.array(["a"] * 40 + ["b"] * 40)
    assert fairlearn.equal_opportunity_difference(labels, labels, sensitive_features=names) == 1  # of a perfect model
    assert fairlearn.equalized_odds_ratio(labels, labels, sensitive_features=names) == 0
    result = run(CHECK, *recorded(labels, labels, {"g": names}))
    assert one(result, "true_positive_rate", {"g": "b"}).value is None
    opportunity, odds = one(result, "equal_opportunity_difference"), one(result, "equalized_odds_difference")
    assert opportunity.validity == "inconclusive" and "b (no people with a pos" in opportunity.reason
    assert (odds.value, odds.bound, odds.left_out[0].slice) == (0, "at least", {"g": "b"})  # false positives alone
    for name in ("equal_opportunity_difference", "equalized_odds_difference"):
        assert verdict(result, name, at_most=0.1) == "inconclusive"
    assert verdict(result, "equalized_odds_ratio", at_least=0.8) == "inconclusive"


@pytest.mark.parametrize("positives", [0, 9, 50])
def test_a_rate_that_one_group_lacks_hides_no_gap_in_the_other_rate(positives):
    """False positives differ by 10 and 60 %: whoever has a true positive rate, equalized odds differ by 0.5 or more."""
    labels = np.repeat([1, 0, 1, 0], [100, 500, positives, 1000])
    decided = np.concatenate([np.ones(100), np.arange(500) < 50, np.ones(positives), np.arange(1000) < 600]).astype(int)
    result = run(CHECK, *recorded(decided, labels, {"g": np.repeat(["a", "b"], [600, positives + 1000])}))
    odds = one(result, "equalized_odds_difference")
    assert (odds.value, odds.bound) == (pytest.approx(0.5), None if positives == 50 else "at least")
    assert odds.pairs[0].rate == "false_positive_rate" and odds.n == 1500
    assert verdict(result, "equalized_odds_difference", at_most=0.2) == "missed"
    assert verdict(result, "equalized_odds_ratio", at_least=0.8) == "missed"


@pytest.mark.parametrize("rate", ["true_positive_rate", "false_positive_rate"])
def test_a_rate_that_is_0_in_every_group_hides_no_gap_in_the_other_rate(rate):
    """One rate is 90 and 30 %, the other 0 and 0: equalized odds have a ratio of a third, whatever 0 / 0 may be."""
    selected = np.concatenate([np.arange(100) < 90, np.zeros(100), np.arange(100) < 30, np.zeros(100)]).astype(int)
    labels = np.tile(np.repeat([1, 0] if rate == "true_positive_rate" else [0, 1], 100), 2)
    result = run(CHECK, *recorded(selected, labels, {"g": np.repeat(["a", "b"], 200)}))
    odds = one(result, "equalized_odds_ratio")
    assert odds.value == pytest.approx(1 / 3) and odds.pairs[0].rate == rate and odds.interval.low == 0
    assert verdict(result, "equalized_odds_ratio", at_least=0.8) == "missed"
    assert verdict(result, "equalized_odds_ratio", at_least=0.1) == "inconclusive"  # nobody knows the other ratio


def test_f2_labels_that_are_words_are_counted():
    decided = np.array(["yes"] * 30 + ["no"] * 10 + ["yes"] * 10 + ["no"] * 30)
    names = np.array(["a"] * 40 + ["b"] * 40)
    with np.errstate(all="ignore"):
        frame = fairlearn.MetricFrame(
            metrics=fairlearn.selection_rate, y_true=decided, y_pred=decided, sensitive_features=names
        )
    assert frame.difference() == 0
    result = run(CHECK, *recorded(decided, decided, {"g": names}, positive="yes"))
    assert one(result, "demographic_parity_difference").value == 0.5
    assert verdict(result, "demographic_parity_difference", at_most=0.1) == "missed"


def test_f3_probabilities_are_no_decisions():
    scores = np.concatenate([np.linspace(0.6, 0.9, 40), np.linspace(0.1, 0.4, 40)])
    names = np.array(["a"] * 40 + ["b"] * 40)
    labels = np.tile([0, 1], 40)
    assert fairlearn.demographic_parity_difference(labels, scores, sensitive_features=names) == 0
    with pytest.raises(DataError, match=r"decision|probabilit"):
        model, data = recorded(scores, labels, {"g": names})
        run(CHECK, model, data)


def test_f4_columns_with_other_indexes_are_refused():
    labels = pd.Series([0, 1] * 20, index=range(40))
    inputs = pd.DataFrame({"x": np.arange(40)}, index=range(39, -1, -1))
    with pytest.raises(DataError, match="index"):
        AuditData(inputs=inputs, labels=labels, groups={"g": pd.Series(["a", "b"] * 20)}, positive=1)


def test_f5_an_empty_intersection_is_said_and_hides_nobody():
    sex, part = np.repeat(["f", "m", "m"], 60), np.repeat(["x", "x", "y"], 60)
    decided = np.tile([0, 1, 1], 60)
    frame = fairlearn.MetricFrame(
        metrics=fairlearn.selection_rate, y_true=decided, y_pred=decided,
        sensitive_features=pd.DataFrame({"sex": sex, "part": part}),
    )  # fmt: skip
    assert np.isnan(frame.by_group[("f", "y")]) and np.isfinite(frame.difference())  # skipped without a word
    result = run(CHECK, *recorded(decided, decided, {"sex": sex, "part": part}))
    assert any("Nobody is in these combinations" in note and "sex=f, part=y" in note for note in result.notes)
    assert one(result, "demographic_parity_difference", across=("sex", "part")).left_out == ()  # nobody is in it
    limit = {"at_most": 0.9, "across": ("sex", "part")}
    assert verdict(result, "demographic_parity_difference", **limit) == "met"


def test_f6_nobody_selected_or_one_group_is_no_pass():
    nobody, names = np.zeros(80, int), np.array(["a", "b"] * 40)
    labels = np.tile([0, 0, 1, 1], 20)
    assert fairlearn.demographic_parity_ratio(labels, labels, sensitive_features=["a"] * 80) == 1
    result = run(CHECK, *recorded(nobody, labels, {"g": names}))
    assert one(result, "demographic_parity_ratio").value is None
    assert verdict(result, "demographic_parity_ratio", at_least=0.8) == "inconclusive"
    single = run(CHECK, *recorded(labels, labels, {"g": ["a"] * 80}))
    assert one(single, "demographic_parity_ratio").value is None
    assert verdict(single, "demographic_parity_ratio", at_least=0.8) == "inconclusive"
    assert verdict(single, "demographic_parity_difference", at_most=0.1) == "inconclusive"


def test_f7_a_number_is_no_group():
    rng = np.random.default_rng(0)
    age, labels = rng.normal(40, 10, 200), rng.integers(0, 2, 200)
    assert fairlearn.demographic_parity_difference(labels, labels, sensitive_features=age) == 1
    frame = pd.DataFrame({"x": age, "age": age, "y": labels})
    with pytest.raises(DataError, match="bins"):
        AuditData.from_table(frame, label="y", groups=["age"])


def test_f8_three_people_prove_nothing():
    labels = np.array([1, 1, 1] + [0, 1] * 50)
    decided = labels.copy()
    names = np.array(["tiny"] * 3 + ["a", "b"] * 50)
    frame = fairlearn.MetricFrame(
        metrics=fairlearn.selection_rate, y_true=labels, y_pred=decided, sensitive_features=names,
        n_boot=40, ci_quantiles=[0.025, 0.975], random_state=0,
    )  # fmt: skip
    assert [end["tiny"] for end in frame.by_group_ci] == [1, 1]
    result = run(CHECK, *recorded(decided, labels, {"g": names}, minimum_cell=0, minimum_rate=0))
    interval = one(result, "selection_rate", {"g": "tiny"}).interval
    assert interval.low < 0.5 and interval.high == 1
    limit = {"at_least": 0.9, "slice": {"g": "tiny"}}
    assert verdict(result, "selection_rate", **limit) == "inconclusive"
    assert verdict(run(CHECK, *recorded(decided, labels, {"g": names})), "selection_rate", **limit) == "inconclusive"


def test_f9_equal_groups_may_be_equal():
    rng = np.random.default_rng(1)
    fairlearn_false_alarms, false_alarms = 0, 0
    for seed in range(10):
        decided, names = rng.integers(0, 2, 300), np.array(["a", "b", "c"])[rng.integers(0, 3, 300)]
        if seed < 3:
            frame = fairlearn.MetricFrame(
                metrics=fairlearn.selection_rate, y_true=decided, y_pred=decided, sensitive_features=names,
                n_boot=40, ci_quantiles=[0.025, 0.975], random_state=seed,
            )  # fmt: skip
            fairlearn_false_alarms += frame.difference_ci()[0] > 0
        result = run(GroupFairness(permutations=199, trials=20), *recorded(decided, None, {"g": names}))
        false_alarms += one(result, "demographic_parity_difference").interval.low > 0
        assert seed or verdict(result, "demographic_parity_difference", at_most=0.05) == "inconclusive"
    assert fairlearn_false_alarms == 3  # its interval leaves out the truth every time
    assert false_alarms <= 2


def test_f10_a_missing_group_is_a_group_of_its_own():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": np.arange(300), "y": rng.integers(0, 2, 300), "g": rng.choice(["a", "b", None], 300)})
    data = AuditData.from_table(frame, label="y", groups=["g"], decisions=1 - frame["y"])
    result = run(CHECK, RecordedModel.of(data, threshold=None), data)
    assert one(result, "selection_rate", {"g": "(missing)"}).n == frame["g"].isna().sum()
    assert any("g" in note and "missing" in note for note in data.notes)


def test_f11_equalized_odds_has_an_interval_and_a_test_of_its_own():
    rng = np.random.default_rng(3)
    labels, names = rng.integers(0, 2, 2000), rng.choice(["a", "b"], 2000)
    wrong = rng.random(2000) < np.where(names == "a", 0.1, 0.35)
    decided = np.where(wrong, 1 - labels, labels)
    result = run(CHECK, *recorded(decided, labels, {"g": names}))
    measurement = one(result, "equalized_odds_difference")
    assert measurement.interval.low > 0.1 and measurement.interval.high < 0.4 and measurement.test.p_adjusted <= 0.01
    assert measurement.value == pytest.approx(
        fairlearn.equalized_odds_difference(labels, decided, sensitive_features=names)
    )
    assert verdict(result, "equalized_odds_difference", at_most=0.1) == "missed"
    healthy = run(CHECK, *recorded(np.where(rng.random(2000) < 0.2, 1 - labels, labels), labels, {"g": names}))
    assert verdict(healthy, "equalized_odds_difference", at_most=0.15) == "met"
