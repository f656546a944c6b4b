"""Which groups make a disparity, among whom, and what a number over some groups says of all."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.judge import judge, judge_measurement
from auditkit.plugins.fairness.groups import disparities
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.results import LeftOut, Limit, Measurement
from auditkit.results.disparity_text import deciding_pair, pair_text
from tests.plugins.recorded import one, recorded, run

CHECK = GroupFairness(permutations=199, trials=20, intersections=1)
TABLE = {  # (true positives, false negatives, false positives, true negatives)
    "a": (360, 140, 200, 300), "b": (250, 250, 150, 350), "c": (5, 3, 2, 28), "d": (3, 2, 1, 5),
}  # fmt: skip


def table(**more):
    """People of four groups: c has too few positive labels for a rate, d too few of either."""
    names = np.repeat(list(TABLE), [sum(row) for row in TABLE.values()])
    labels = np.concatenate([np.repeat([1, 1, 0, 0], row) for row in TABLE.values()])
    decided = np.concatenate([np.repeat([1, 0, 1, 0], row) for row in TABLE.values()])
    return recorded(decided, labels, {"g": names}, **more)


def test_an_index_of_all_groups_names_those_with_the_lowest_and_the_highest_mean_benefit():
    check = CHECK.model_copy(update={"measures": ("between_group_entropy",)})
    (pair,) = one(run(check, *table()), "between_group_entropy").pairs
    # benefits 0 (FN), 1 (TP, TN), 2 (FP): a (360 + 300 + 2 * 200) / 1000, b (250 + 350 + 2 * 150) / 1000, c 37 / 38
    assert (pair.low.slice, pair.low.value, pair.low.n) == ({"g": "b"}, 0.9, 1000)
    assert (pair.high.slice, pair.high.value, pair.high.n) == ({"g": "a"}, 1.06, 1000)
    assert pair_text(pair) == "mean benefit: b 0.9 (1,000 people) against a 1.06 (1,000 people)"


def test_a_group_can_be_compared_in_one_rate_and_not_in_the_other():
    measurement = one(run(CHECK, *table()), "equalized_odds_difference")
    assert {left.slice["g"]: left.reason for left in measurement.left_out} == {
        "c": "fewer than 10 people with a positive label",
        "d": "fewer than 10 people with a positive label; fewer than 10 people with a negative label",
    }
    pair = measurement.pairs[0]
    assert (pair.rate, pair.low.slice, pair.high.slice) == ("false_positive_rate", {"g": "c"}, {"g": "a"})
    assert (pair.low.count, pair.low.n, pair.high.count, pair.high.n) == (2, 30, 200, 500)
    assert measurement.value == pytest.approx(200 / 500 - 2 / 30)
    assert pair_text(pair) == "false positive rate: c 6.7% (2 of 30) against a 40.0% (200 of 500)"


def test_two_large_groups_that_differ_are_missed_whoever_is_left_out():
    limit = Limit(name="l", measurement="fairness.groups.equalized_odds_difference", at_most=0.1)
    measurement = one(run(CHECK, *table()), "equalized_odds_difference")
    assert measurement.validity == "valid" and measurement.bound == "at least"
    status, reason = judge_measurement(limit, measurement)
    assert status == "missed" and reason.startswith("at least 0.33") and "or more) is not at most 0.1" in reason
    behind = deciding_pair(limit, measurement, status)
    assert behind is not None and {behind.low.slice["g"], behind.high.slice["g"]} == {"a", "b"}
    loose = limit.model_copy(update={"at_most": 0.9})
    status, reason = judge_measurement(loose, measurement)
    assert status == "inconclusive" and "c (38 people" in reason and "d (11 people" in reason


def test_numbers_beside_the_first_have_names_of_their_own_and_no_test():
    plain = run(CHECK, *table())
    result = run(CHECK, *table(reference={"g": "b"}))
    large = one(result, "demographic_parity_difference_large_groups")
    assert large.value == pytest.approx(560 / 1000 - 400 / 1000) and large.n == 2000
    assert large.reason == "without 2 groups of under 2% of the people each, 49 people together"
    assert one(result, "demographic_parity_difference").value > large.value
    against = one(result, "demographic_parity_difference_to_reference")
    (first, *_) = against.pairs
    assert {"g": "b"} in (first.low.slice, first.high.slice)
    assert against.value == pytest.approx(400 / 1000 - 7 / 38)
    beside = [
        measurement
        for measurement in result.measurements
        if measurement.name.endswith(("_large_groups", "_to_reference"))
    ]
    assert len(beside) == 12 and all(measurement.test is None and measurement.interval for measurement in beside)
    tests = {(measurement.name, measurement.test.p_adjusted) for measurement in result.measurements if measurement.test}
    assert tests == {
        (measurement.name, measurement.test.p_adjusted) for measurement in plain.measurements if measurement.test
    }
    limit = Limit(name="l", measurement="fairness.groups.demographic_parity_difference", at_most=0.5)
    (verdict,) = judge([limit], (), [result], datetime.date(2026, 1, 1)).verdicts
    assert [judgement.measurement.name for judgement in verdict.judged] == ["demographic_parity_difference"]


def test_a_reference_group_without_a_rate_is_said_and_one_that_is_none_refused():
    measurement = one(run(CHECK, *table(reference={"g": "d"})), "equal_opportunity_ratio_to_reference")
    assert measurement.value is None and "fewer than 10 people with a positive label" in measurement.reason
    with pytest.raises(DataError, match="names the group 'A' of g, which no row has; did you mean 'a'"):
        table(reference={"g": "A"})
    with pytest.raises(DataError, match="reference names 'G', which is no group; did you mean 'g'"):
        table(reference={"G": "a"})
    with pytest.raises(DataError, match="reference must name a group"):
        table(reference="a")
    with pytest.raises(DataError, match="largest_left_out must be a share"):
        table(largest_left_out=5)


def test_a_reference_reaches_a_sample_and_a_training_split_that_lacks_it():
    frame = {"x": [1, 2, 3, 4], "g": ["a", "a", "b", "c"], "y": [0, 1, 0, 1]}
    train = {"x": [1, 2], "g": ["a", "a"], "y": [0, 1]}
    data = AuditData.from_table(
        pd.DataFrame(frame), label="y", positive=1, groups=["g"], reference={"g": "c"}, train=pd.DataFrame(train)
    )
    assert data.take(np.array([0, 1])).reference == {"g": "c"} and data.train.reference == {}


def test_with_weights_people_are_counted_beside_the_weighted_rate():
    model, data = table(weights=np.linspace(0.5, 2, 2049))
    pair = one(run(CHECK, model, data), "demographic_parity_difference").pairs[0]
    a = data.groups["g"] == "a"
    end = pair.high if pair.high.slice == {"g": "a"} else pair.low
    assert (end.count, end.n) == (560, 1000)
    selected = data.recorded.decisions[a] == 1
    assert end.value == pytest.approx(np.average(selected, weights=data.weights[a]))
    assert "(weighted; 560 of 1,000)" in pair_text(pair)


def test_a_pair_whose_numbers_may_not_be_shown_is_named_without_them():
    pair = one(run(CHECK, *table()), "demographic_parity_difference").pairs[0]
    bare = pair.low.model_copy(update={"value": None, "n": None, "count": None})
    assert pair_text(pair.model_copy(update={"low": bare})).startswith("selection rate: c against a 56.0%")


def brute(parts, reference=None, ratio=False):
    """Every pair, one by one."""
    values = []
    for at, part in enumerate(parts):
        for i in range(len(part.sizes)):
            for j in range(i):
                if reference is None or reference[at] in (i, j):
                    low, high = sorted((part.rates[i], part.rates[j]))
                    values.append(low / high if ratio and high else 1.0 if ratio else high - low)
    return min(values) if ratio else max(values)


counts = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=6)


def part_of(drawn):
    hits, misses = (np.array(numbers, dtype=float) for numbers in zip(*drawn, strict=True))
    return stats.Shares(hits, hits + misses + 1)


@given(counts, counts, st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_extremes_are_those_of_all_pairs(first, second, reference):
    parts = [part_of(first), part_of(second)]
    for who in (None, [reference, reference]):
        gap, ratio = stats.widest(parts, reference=who), stats.smallest(parts, reference=who)
        low, high = (parts[gap.at.part].rates[at] for at in (gap.at.low, gap.at.high))
        assert gap.value == pytest.approx(brute(parts, who)) == pytest.approx(high - low)
        assert gap.interval.low <= gap.value <= gap.interval.high + 1e-9
        if who is not None:
            assert reference in (gap.at.low, gap.at.high)
        if ratio is not None:
            assert ratio.value == pytest.approx(brute(parts, who, ratio=True))
            assert ratio.interval.low - 1e-9 <= ratio.value <= ratio.interval.high + 1e-9


@given(counts, st.integers(0, 2))
@settings(max_examples=40, deadline=None)
def test_extremes_of_odds_are_those_of_all_pairs(drawn, reference):
    part = part_of(drawn)
    odds = part.rates / (1 - part.rates)
    pairs = [(i, j) for i in range(len(odds)) for j in range(i) if reference in (i, j)]
    assert disparities.widest_odds(part, reference).value == pytest.approx(
        max(abs(odds[i] - odds[j]) for i, j in pairs)
    )
    assert disparities.widest_odds(part).value == pytest.approx(np.ptp(odds))
    if odds.max() > 0:
        assert disparities.smallest_odds(part).value == pytest.approx(odds.min() / odds.max())


def judged(parts, ratio, kept, limit, left_out=()):
    """The verdict on some groups of each part; with `left_out`, as a disparity that says nothing of others."""
    some = [stats.Shares(part.successes[mask], part.sizes[mask]) for part, mask in zip(parts, kept, strict=True)]
    disparity = stats.smallest(some) if ratio else stats.widest(some)
    assume(disparity is not None)
    side = ("at most" if ratio else "at least") if left_out else None
    return judge_measurement(
        limit,
        Measurement(name="m", value=disparity.value, interval=disparity.interval, n=100, bound=side, left_out=left_out),
    )


bounds = st.one_of(
    st.builds(lambda low: {"at_least": low}, st.floats(0, 1)),
    st.builds(lambda high: {"at_most": high}, st.floats(0, 1)),
    st.builds(lambda a, b: {"at_least": min(a, b), "at_most": max(a, b)}, st.floats(0, 1), st.floats(0, 1)),
)


@given(
    counts, st.integers(0, 2**12 - 1), bounds, st.booleans(), st.sampled_from(["interval", "point"]),
    st.lists(st.booleans(), min_size=1, max_size=3),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_who_is_left_out_makes_nothing_missed_nor_saves_it_and_can_bar_met(drawn, mask, bound, ratio, how, bars):
    parts = [part_of(drawn), part_of([(b, a) for a, b in drawn[::-1]])]
    kept = [np.array([bool(mask >> (6 * at + i) & 1) for i in range(len(drawn))]) for at in range(2)]
    for groups in kept:
        groups[:2] = True
    limit = Limit(name="l", measurement="m", judge=how, **bound)
    left_out = tuple(LeftOut(slice={"g": f"x{at}"}, reason="few", bars=barred) for at, barred in enumerate(bars))
    alone, _ = judged(parts, ratio, kept, limit)
    status, reason = judged(parts, ratio, kept, limit, left_out)
    assert (status == "missed") == (alone == "missed")
    assert (status == "met") == (alone == "met" and not any(bars))
    if status != "missed":
        return
    # only the end that holds for all groups too lets "at least", or "at most", stand before the number
    among = " among what was compared " in reason
    assert among != reason.startswith("at most " if ratio else "at least ")
    if set(bound) == {"at_least"}:
        assert among != ratio
    if set(bound) == {"at_most"}:
        assert among == ratio


@pytest.mark.parametrize(("share", "status"), [(0.52, "missed"), (0.56, "missed"), (0.69, "inconclusive")])
@pytest.mark.parametrize("others", [6, 30, 3000])
def test_a_gap_that_is_required_is_missed_whoever_is_left_out(share, status, others):
    """Of the others nobody has a positive label."""
    sizes, rates = (4000, 4000, others), (0.5, share, 1)
    names = np.repeat(["a", "b", "x"], sizes)
    decided = np.concatenate([np.arange(n) < round(rate * n) for n, rate in zip(sizes, rates, strict=True)]).astype(int)
    result = run(CHECK, *recorded(decided, [1] * 8000 + [0] * others, {"g": names}))
    limit = Limit(name="l", measurement="fairness.groups.equal_opportunity_difference", at_least=0.2)
    gap = one(result, "equal_opportunity_difference")
    assert len(gap.left_out) == 1 and gap.value == pytest.approx(share - 0.5)
    outcome, reason = judge_measurement(limit, gap)
    assert outcome == status and ("among what was compared" in reason) == (status == "missed")


def test_six_people_of_a_third_group_do_not_save_a_gap_that_is_required():
    decided = np.r_[np.arange(4000) < 2000, np.arange(4000) < 2080, np.ones(6)].astype(int)
    data = recorded(decided, decided, {"g": np.repeat(["a", "b", "x"], [4000, 4000, 6])})
    gap = one(run(CHECK, *data), "demographic_parity_difference")
    limit = Limit(name="l", measurement="fairness.groups.demographic_parity_difference", at_least=0.2)
    status, reason = judge_measurement(limit, gap)
    assert gap.left_out and status == "missed"
    assert reason.startswith("0.02 among what was compared (95% interval ") and " to " in reason.split(")")[0]
