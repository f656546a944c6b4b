"""Every rate and every criterion against fairlearn and scikit-learn, and against published numbers."""

import json

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings, strategies as st
from sklearn.metrics import accuracy_score, precision_score

from auditkit.metrics.catalogue import CRITERIA, RATES
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.recorded import one, recorded, run

ORACLES = {
    "selection_rate": lambda y, d: fairlearn.selection_rate(y, d),
    "true_positive_rate": fairlearn.true_positive_rate,
    "false_positive_rate": fairlearn.false_positive_rate,
    "true_negative_rate": fairlearn.true_negative_rate,
    "false_negative_rate": fairlearn.false_negative_rate,
    "positive_predictive_value": precision_score,
    "negative_predictive_value": lambda y, d: precision_score(1 - y, 1 - d),
    "false_discovery_rate": lambda y, d: 1 - precision_score(y, d),
    "false_omission_rate": lambda y, d: 1 - precision_score(1 - y, 1 - d),
    "accuracy": accuracy_score,
    "rejection_rate": lambda y, d: 1 - fairlearn.selection_rate(y, d),
    "abstention_rate": lambda y, d: 0.0,
    "prevalence": lambda y, d: y.mean(),
    "false_negative_share": lambda y, d: (y > d).sum() / (y != d).sum(),
}
COMPARED = {
    name: criterion for name, criterion in CRITERIA.items() if not criterion.odds and name != "abstention_parity"
}
FAST = {"permutations": 99, "trials": 20}


def everything(**more):
    return GroupFairness(measures=(*RATES, *COMPOSITES, *CRITERIA), **FAST, **more)


def four_of_each(rng, sizes):
    """Labels, decisions and groups in which every group has each of the four outcomes."""
    names = np.repeat([f"g{number}" for number in range(len(sizes))], sizes)
    y, d = rng.integers(0, 2, len(names)), rng.integers(0, 2, len(names))
    for start in np.cumsum([0, *sizes[:-1]]):
        y[start : start + 4], d[start : start + 4] = [0, 0, 1, 1], [0, 1, 0, 1]
    return y, d, names


def test_there_is_an_oracle_for_every_rate():
    assert set(ORACLES) == set(RATES)


@settings(max_examples=6)
@given(st.lists(st.integers(4, 60), min_size=2, max_size=5), st.integers(0, 10**6), st.booleans())
def test_rates_and_disparities_equal_the_libraries(sizes, seed, weighted):
    rng = np.random.default_rng(seed)
    y, d, names = four_of_each(rng, sizes)
    weights = rng.integers(1, 5, len(y)) if weighted else None
    extra = {} if weights is None else {"weights": weights.astype(float)}
    result = run(everything(), *recorded(d, y, {"g": names}, minimum_cell=0, minimum_rate=0, **extra))
    copies = np.ones(len(y), dtype=int) if weights is None else weights
    y, d, names = np.repeat(y, copies), np.repeat(d, copies), np.repeat(names, copies)
    frame = fairlearn.MetricFrame(metrics=ORACLES, y_true=y, y_pred=d, sensitive_features=names)
    for rate in RATES:
        assert one(result, rate).value == pytest.approx(frame.overall[rate], abs=1e-12)
        for group in np.unique(names):
            assert one(result, rate, {"g": str(group)}).value == pytest.approx(frame.by_group[rate][group], abs=1e-12)
    for criterion in COMPARED.values():
        gap = max(frame.difference()[name] for name in criterion.rates)
        ratio = min(frame.ratio()[name] for name in criterion.rates)
        assert one(result, f"{criterion.name}_difference").value == pytest.approx(gap, abs=1e-12)
        assert one(result, f"{criterion.name}_ratio").value == pytest.approx(ratio, abs=1e-12)


@settings(max_examples=4)
@given(st.integers(0, 10**6))
def test_named_disparities_equal_fairlearn(seed):
    y, d, names = four_of_each(np.random.default_rng(seed), [30, 20, 25])
    result = run(everything(), *recorded(d, y, {"g": names}, minimum_cell=0, minimum_rate=0))
    for name in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        for what in ("difference", "ratio"):
            expected = getattr(fairlearn, f"{name}_{what}")(y, d, sensitive_features=names)
            assert one(result, f"{name}_{what}").value == pytest.approx(expected, abs=1e-12)


def test_intersections_equal_fairlearn():
    rng = np.random.default_rng(0)
    y, d = rng.integers(0, 2, 600), rng.integers(0, 2, 600)
    groups = {name: np.array(list("abc"))[rng.integers(0, 3, 600)] for name in ("p", "q", "r")}
    result = run(everything(intersections=3), *recorded(d, y, groups, minimum_cell=0, minimum_rate=0))
    frame = fairlearn.MetricFrame(
        metrics={"s": fairlearn.selection_rate, "t": fairlearn.true_positive_rate},
        y_true=y, y_pred=d, sensitive_features=groups,
    )  # fmt: skip
    for (p, q, r), row in frame.by_group.iterrows():
        assert one(result, "selection_rate", {"p": p, "q": q, "r": r}).value == pytest.approx(row["s"], abs=1e-12)
    across = ("p", "q", "r")
    assert one(result, "demographic_parity_ratio", across=across).value == pytest.approx(frame.ratio()["s"])
    assert one(result, "equal_opportunity_difference", across=across).value == pytest.approx(frame.difference()["t"])


def test_the_published_table_of_fairlearn(shared_data):
    (case,) = json.loads((shared_data / "reference" / "group_metrics.json").read_text())
    result = run(
        everything(),
        *recorded(case["y_pred"], case["y_true"], {"g": case["sensitive"]}, minimum_cell=0, minimum_rate=0),
    )
    named = {"tpr": "true_positive_rate", "fpr": "false_positive_rate", "sel": "selection_rate", "accuracy": "accuracy"}
    for short, name in named.items():
        assert one(result, name).value == pytest.approx(case["overall"][short], abs=case["tol"])
        for group, numbers in case["by_group"].items():
            assert one(result, name, {"g": group}).value == pytest.approx(numbers[short], abs=case["tol"])
    for name in ("demographic_parity", "equalized_odds"):
        for what in ("difference", "ratio"):
            assert one(result, f"{name}_{what}").value == pytest.approx(case[f"{name}_{what}"], abs=case["tol"])
    pairs = {"equal_opportunity": "tpr", "predictive_equality": "fpr", "demographic_parity": "sel"}
    for name, short in pairs.items():
        for what in ("difference", "ratio"):
            expected = case[f"{what}_between_groups"][short]
            assert one(result, f"{name}_{what}").value == pytest.approx(expected, abs=case["tol"])
    for group, ((tn, fp), (fn, tp)) in case["confusion_by_group"].items():
        where = {} if group == "overall" else {"g": group}
        assert one(result, "true_positive_rate", where).n == tp + fn
        assert one(result, "false_positive_rate", where).n == tn + fp
        if fp:
            measurement = one(result, "false_negatives_per_false_positive", where)
            assert measurement.value == pytest.approx(fn / fp)
        if tp + fn and tn + fp:
            measurement = one(result, "balanced_accuracy", where)
            assert measurement.value == pytest.approx((tp / (tp + fn) + tn / (tn + fp)) / 2)


def test_the_published_table_of_local_law_144(shared_data):
    case = json.loads((shared_data / "reference" / "ll144_selection_by_sex.json").read_text())["selection_example"]
    sexes = np.repeat([row["group"] for row in case["sex"]], [row["n_applicants"] for row in case["sex"]])
    decided = np.concatenate([np.arange(row["n_applicants"]) < row["n_selected"] for row in case["sex"]])
    result = run(GroupFairness(**FAST), *recorded(decided.astype(int), None, {"sex": sexes}))
    table = {row[0]: row for row in next(table for table in result.tables if table.name == "impact").rows}
    for published in case["sex"]:
        _, people, rate, ratio, _ = table[f"sex={published['group']}"]
        assert people == published["n_applicants"]
        assert round(rate, 6) == published["rate_recomputed"] and round(100 * rate) == published["rate_pct"]
        assert round(ratio, 6) == published["impact_ratio_recomputed"] and round(ratio, 3) == published["impact_ratio"]
    assert round(one(result, "demographic_parity_ratio").value, 6) == 0.979337


def test_a_rate_carries_its_interval_and_its_denominator():
    y = np.array([1] * 40 + [0] * 60)
    d = np.array([1] * 30 + [0] * 10 + [1] * 15 + [0] * 45)
    result = run(GroupFairness(**FAST), *recorded(d, y, {"g": ["a", "b"] * 50}))
    measurement = one(result, "true_positive_rate")
    assert (measurement.n, measurement.value) == (40, 0.75)
    # Wilson for 30 of 40, as every calculator gives it
    assert (round(measurement.interval.low, 4), round(measurement.interval.high, 4)) == (0.5981, 0.8581)
    assert one(result, "positive_predictive_value").n == 45
