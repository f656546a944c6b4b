"""Treatment equality, between-group entropy, differential fairness and conditional disparity, against slow oracles."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from auditkit import stats
from auditkit.errors import DataError
from auditkit.plugins.fairness.groups import conditional, disparities, entropy
from auditkit.plugins.fairness.groups.check import GroupFairness
from tests.plugins.recorded import one, recorded, run

FAST = {"permutations": 499, "trials": 20}
tables = st.lists(st.tuples(*[st.integers(1, 30)] * 3), min_size=2, max_size=5).map(np.array)
shares = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=2, max_size=5)


def entropy_of(benefits, alpha):
    """The generalized entropy index as it is written, person by person."""
    ratio = np.asarray(benefits) / np.mean(benefits)
    if alpha == 1:
        return np.mean([r * np.log(r) if r else 0.0 for r in ratio])
    if alpha == 0:
        return -np.mean(np.log(ratio))
    return np.mean(ratio**alpha - 1) / (alpha * (alpha - 1))


@given(tables, st.sampled_from([0, 1, 2, 0.5, 3]))
def test_between_group_entropy_is_that_of_everyone_having_the_mean_of_the_group(table, alpha):
    means = [np.repeat([0, 1, 2], row).mean() for row in table]
    everyone = np.concatenate([np.full(sum(row), mean) for row, mean in zip(table, means, strict=True)])
    assert entropy.between(table.astype(float), alpha) == pytest.approx(entropy_of(everyone, alpha), abs=1e-12)


@given(tables)
def test_entropy_splits_into_between_and_within(table):
    """The whole index is the part between plus the parts within, weighted by share and mean (Speicher et al., 3.2)."""
    table = table.astype(float)
    people = [np.repeat([0, 1, 2], row.astype(int)) for row in table]
    everyone = np.concatenate(people)
    within = sum(
        len(some) / len(everyone) * (some.mean() / everyone.mean()) ** 2 * entropy_of(some, 2) for some in people
    )
    assert entropy.between(table) + within == pytest.approx(entropy_of(everyone, 2), abs=1e-12)


def test_entropy_of_two_by_hand():
    # mean benefits 0.5 and 1.5, equally many: ((0.5)^2 + (1.5)^2) / 2 - 1 = 0.25, halved
    assert entropy.between(np.array([[5.0, 5, 0], [0, 5, 5]])) == pytest.approx(0.125)
    assert np.isinf(entropy.between(np.array([[5.0, 0, 0], [0, 5, 5]]), 0))


def test_entropy_is_tested_and_its_interval_reaches_zero_only_where_the_test_lets_it():
    rng = np.random.default_rng(0)
    equal, apart, covered = 0, 0, 0
    truth = float(entropy.between(np.array([[0.2, 0.7, 0.1], [0.05, 0.8, 0.15]])))
    for _ in range(200):
        null = rng.multinomial(200, [0.1, 0.8, 0.1], size=3).astype(float)
        p = entropy.p_value(null, 2.0, 199, rng)
        equal += p <= 0.05
        unequal = np.array([rng.multinomial(400, [0.2, 0.7, 0.1]), rng.multinomial(400, [0.05, 0.8, 0.15])]).astype(
            float
        )
        p = entropy.p_value(unequal, 2.0, 199, rng)
        apart += p <= 0.05
        interval = entropy.interval(unequal, 2.0, p <= 0.05, rng, 300)
        covered += interval.low <= truth <= interval.high
    assert equal <= 20 and apart >= 195 and covered >= 182


def test_what_entropy_calls_detectable_is_found():
    table = np.array([[60.0, 300, 40], [60, 300, 40]])
    gap = entropy.detectable(table, 1)
    rng = np.random.default_rng(1)
    # two equal groups apart by d each way have the index d^2 / (2 m^2)
    shift = np.sqrt(2 * gap) * 0.95
    detected = 0
    for _ in range(150):
        drawn = np.array([
            rng.multinomial(400, [0.15 - shift / 2, 0.75, 0.1 + shift / 2]),
            rng.multinomial(400, [0.15 + shift / 2, 0.75, 0.1 - shift / 2]),
        ])  # fmt: skip
        detected += entropy.p_value(drawn.astype(float), 2.0, 199, rng) <= 0.05
    assert 0.68 <= detected / 150 <= 0.92


@given(shares)
def test_differential_fairness_is_the_largest_log_ratio(pairs):
    yes, no = (np.array(counts, dtype=float) for counts in zip(*pairs, strict=True))
    parts = [stats.Shares(yes, yes + no), stats.Shares(no, yes + no)]
    slow, slow_smoothed = (
        max(
            abs(np.log((x[i] + a) / (yes[i] + no[i] + 2 * a)) - np.log((x[j] + a) / (yes[j] + no[j] + 2 * a)))
            for x in (yes, no)
            if x.any()
            for i, j in itertools.combinations(range(len(yes)), 2)
        )
        for a in (0.0, 0.5)
    )
    assert disparities.epsilon(parts, smoothed=True).value == pytest.approx(slow_smoothed, abs=1e-12)
    extreme = disparities.epsilon(parts)
    assert (extreme is None) == (not np.isfinite(slow))
    if extreme is not None:
        low, high = (parts[extreme.at.part].rates[at] for at in (extreme.at.low, extreme.at.high))
        assert extreme.value == pytest.approx(slow, abs=1e-12) == pytest.approx(np.log(high / low), abs=1e-12)
        assert extreme.interval.low <= slow and (extreme.interval.high is None or slow <= extreme.interval.high)


def test_differential_fairness_has_no_value_where_an_outcome_is_lacking_and_is_the_four_fifths_ratio_elsewhere():
    decided = np.repeat([1, 0, 1, 0], [30, 70, 50, 50])
    check = GroupFairness(measures=("differential_fairness", "differential_fairness_smoothed"), **FAST)
    result = run(check, *recorded(decided, None, {"g": ["a"] * 100 + ["b"] * 100}))
    assert one(result, "differential_fairness").value == pytest.approx(np.log(0.5 / 0.3))
    assert one(result, "differential_fairness_smoothed").value == pytest.approx(np.log(50.5 / 30.5))
    assert one(result, "differential_fairness").interval.low > 0 and one(result, "differential_fairness").detectable > 0
    none = run(check, *recorded(np.repeat([0, 1, 0], [100, 50, 50]), None, {"g": ["a"] * 100 + ["b"] * 100}))
    assert one(none, "differential_fairness").value is None and "nobody" in one(none, "differential_fairness").reason
    assert one(none, "differential_fairness_smoothed").interval.high is None


def test_treatment_equality_by_hand():
    # a: 20 missed, 10 false alarms: 2.0; b: 10 missed, 40 false alarms: 0.25
    labels = np.repeat([1, 0, 1, 0, 1, 0, 1, 0], [20, 10, 40, 30, 10, 40, 20, 30])
    decided = np.repeat([0, 1, 1, 0, 0, 1, 1, 0], [20, 10, 40, 30, 10, 40, 20, 30])
    check = GroupFairness(measures=("treatment_equality", "false_negatives_per_false_positive"), **FAST)
    result = run(check, *recorded(decided, labels, {"g": ["a"] * 100 + ["b"] * 100}))
    assert one(result, "false_negatives_per_false_positive", {"g": "a"}).value == pytest.approx(2)
    gap, ratio = one(result, "treatment_equality_difference"), one(result, "treatment_equality_ratio")
    assert (gap.value, ratio.value, gap.n) == (pytest.approx(1.75), pytest.approx(0.125), 80)
    assert 0 < gap.interval.low < 1.75 < gap.interval.high and ratio.interval.high < 0.7
    assert gap.test.p_adjusted <= 0.01 and gap.detectable > 0 and 0 < ratio.detectable < 1


def test_treatment_equality_without_false_positives_is_inconclusive():
    labels = np.repeat([1, 1, 0, 1, 0, 1, 0], [20, 40, 40, 15, 15, 20, 50])
    decided = np.repeat([0, 1, 0, 0, 1, 1, 0], [20, 40, 40, 15, 15, 20, 50])
    check = GroupFairness(measures=("treatment_equality",), **FAST)
    result = run(check, *recorded(decided, labels, {"g": ["a"] * 100 + ["b"] * 100}))
    gap = one(result, "treatment_equality_difference")
    assert gap.value is None and gap.validity == "inconclusive" and "left out: a (no false positives)" in gap.reason


def test_intervals_of_odds_hold_as_often_as_they_say():
    rng = np.random.default_rng(2)
    held = []
    for rates in ([0.3, 0.3, 0.3, 0.3], [0.3, 0.5, 0.4, 0.4]):
        odds = np.array(rates) / (1 - np.array(rates))
        for _ in range(300):
            part = stats.Shares(rng.binomial(120, rates).astype(float), np.full(4, 120.0))
            gap, ratio = disparities.widest_odds(part).interval, disparities.smallest_odds(part).interval
            held.append(gap.low <= np.ptp(odds) <= gap.high and ratio.low <= odds.min() / odds.max() <= ratio.high)
    assert np.mean(held) >= 0.93


BERKELEY = {
    "A": ((512, 313), (89, 19)), "B": ((353, 207), (17, 8)), "C": ((120, 205), (202, 391)),
    "D": ((138, 279), (131, 244)), "E": ((53, 138), (94, 299)), "F": ((22, 351), (24, 317)),
}  # fmt: skip
"""Admitted and rejected, men and women; Bickel, Hammel and O'Connell (1975), Science 187."""


def berkeley():
    rows = [
        (department, sex, decision, many)
        for department, sexes in BERKELEY.items()
        for sex, counts in zip("MF", sexes, strict=True)
        for decision, many in zip((1, 0), counts, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["department", "sex", "admitted", "people"])
    return frame, recorded(
        frame["admitted"], None, {"sex": frame["sex"]}, inputs=frame[["department"]], people=frame["people"].to_numpy()
    )


def test_berkeley_the_disparity_goes_where_the_department_is_given():
    frame, table = berkeley()
    people = frame.pivot_table(index=["department", "sex"], columns="admitted", values="people", aggfunc="sum")
    expected, total = 0.0, frame["people"].sum()
    for _, some in people.groupby("department"):
        women = some.xs("F", level="sex").iloc[0]
        expected += some.to_numpy().sum() / total * (women[0] / some[0].sum() - women[1] / some[1].sum())
    plain = 1278 / 2771 - 557 / 1755
    result = run(GroupFairness(given=("department",), **FAST), *table)
    measurement = one(result, "conditional_demographic_disparity", {"sex": "F"})
    assert measurement.value == pytest.approx(expected) and plain > 0.14 and measurement.value < 0.0
    assert measurement.conditions == {"given": "department"} and measurement.n == 1835
    assert one(result, "conditional_demographic_disparity", {"sex": "M"}).value == pytest.approx(-expected)
    assert measurement.interval.low < measurement.value < measurement.interval.high < 0.06
    together = people.to_numpy().reshape(6, 2, 2).sum(axis=0)[None]
    assert conditional.disparities(together)[0][0] == pytest.approx(plain)
    assert one(result, "demographic_parity_difference").test.p_adjusted <= 0.01


def test_conditional_disparity_is_tested_and_its_interval_holds():
    rng = np.random.default_rng(3)
    chances = np.array([[0.2, 0.2], [0.6, 0.6]]), np.array([[0.2, 0.35], [0.5, 0.65]])
    sizes = np.array([[150, 100], [60, 140]])
    for rates, most, least in ((chances[0], 0.085, 0.0), (chances[1], 1.0, 0.8)):
        exact = np.stack([sizes * (1 - rates), sizes * rates], axis=-1)
        truth = conditional.disparities(exact)[0][0]
        flagged, held = 0, 0
        for _ in range(300):
            selected = rng.binomial(sizes, rates)
            table = np.stack([sizes - selected, selected], axis=-1).astype(float)
            value = conditional.disparities(table)[0][0]
            flagged += abs(value) > stats.critical(0.95) * conditional.errors(table)[0]
            interval = conditional.intervals(table, rng, 200)[0]
            held += interval.low <= truth <= interval.high
        assert least <= flagged / 300 <= most
        assert held / 300 >= 0.92


def test_strata_in_which_all_are_selected_are_said():
    decided = np.r_[np.ones(100, int), np.tile([0, 1], 150)]
    inputs = pd.DataFrame({"job": ["x"] * 100 + ["y"] * 300})
    check = GroupFairness(given=("job",), **FAST)
    result = run(check, *recorded(decided, None, {"g": np.tile(["a", "b"], 200)}, inputs=inputs))
    measurement = one(result, "conditional_demographic_disparity", {"g": "a"})
    assert measurement.validity == "inconclusive" and "25% of people" in measurement.reason


def test_a_column_that_is_not_there_or_tells_everyone_apart_is_refused():
    table = recorded([0, 1] * 600, None, {"g": ["a", "b"] * 600})
    with pytest.raises(DataError, match="known: 'g', 'x'"):
        run(GroupFairness(given=("job",), **FAST), *table)
    with pytest.raises(DataError, match="1,200 combinations"):
        run(GroupFairness(given=("x",), **FAST), *table)
    with pytest.raises(ValidationError, match="needs given"):
        GroupFairness(measures=("conditional_demographic_disparity",))


def test_a_small_group_is_no_stratum_of_its_own():
    names = ["tiny"] * 5 + ["few"] * 20 + ["a"] * 200 + ["b"] * 200
    check = GroupFairness(given=("job",), **FAST)
    inputs = pd.DataFrame({"job": np.tile(["x", "y", "z"], 142)[:425]})
    result = run(check, *recorded(np.arange(425) % 2, None, {"g": names}, inputs=inputs))
    for group in ("tiny", "few"):
        assert one(result, "conditional_demographic_disparity", {"g": group}).value is None
    assert one(result, "conditional_demographic_disparity", {"g": "a"}).validity == "valid"
