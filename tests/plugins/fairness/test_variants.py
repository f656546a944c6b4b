"""Numbers beside a disparity, for every family: who is compared, under which name, and that they cost no test."""

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from auditkit import stats
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.plugins.fairness.impact.audit_check import BiasAudit
from auditkit.plugins.fairness.ranking.check import RankingFairness
from auditkit.plugins.fairness.regression.check import RegressionFairness
from auditkit.plugins.fairness.scores.check import ScoreFairness
from auditkit.results.disparity_text import pair_text
from tests.plugins.recorded import one, recorded, run

SIZES = {"a": 600, "b": 500, "c": 400, "d": 24}
"""d has under 2 % of the people, and lies apart from all others."""
SHIFT = {"a": 0.0, "b": 0.3, "c": -0.4, "d": 2.5}
NAMES = np.repeat(list(SIZES), list(SIZES.values()))


def people(check, **more):
    """The check's numbers about these people, with group b as reference."""
    rng = np.random.default_rng(0)
    shift = np.array([SHIFT[name] for name in NAMES])
    labels = (np.arange(len(NAMES)) % 2).astype(int)
    scores = 1 / (
        1 + np.exp(-(shift + 1.2 * labels * np.where(NAMES == "d", -1, 1) - 0.6 + rng.normal(size=len(NAMES))))
    )
    groups = {"sex": NAMES}
    if isinstance(check, RegressionFairness):
        truth = rng.normal(size=len(NAMES))
        size = np.where(NAMES == "d", 3.0, np.where(NAMES == "c", 1.5, 1.0))
        predicted = truth + shift + size * rng.normal(size=len(NAMES))
        return run(check, *recorded(predicted, truth, groups, task="regression", positive=None, **more))
    if isinstance(check, AdverseImpact | BiasAudit):
        return run(check, *recorded((scores > 0.5).astype(int), None, groups, **more))
    return run(check, *recorded(None, labels, groups, scores=scores, **more))


CHECKS = {
    "scores": ScoreFairness(permutations=99, trials=20),
    "regression": RegressionFairness(permutations=99, trials=20, intersections=1),
    "ranking": RankingFairness(permutations=99, trials=20, draws=50, k=(100,)),
    "adverse": AdverseImpact(draws=1000, trials=20),
    "audit": BiasAudit(),
}


@pytest.mark.parametrize("family", CHECKS)
def test_every_disparity_has_its_pair_and_the_same_among_large_groups_and_to_the_reference(family):
    check = CHECKS[family]
    plain, result = people(check), people(check, reference={"sex": "b"})
    disparities = [
        measurement for measurement in result.measurements
        if measurement.across and result.definitions[measurement.name].more_groups != "neither"
        and not measurement.name.endswith(("_large_groups", "_to_reference"))
    ]  # fmt: skip
    assert len(disparities) == {"scores": 7, "regression": 6, "ranking": 2, "adverse": 1, "audit": 1}[family]
    for first in disparities:
        (pair, *_) = first.pairs
        assert "d" in {pair.low.slice["sex"], pair.high.slice["sex"]} or first.name == "top_k_gap"
        assert all(end.n and end.value is not None for pair in first.pairs for end in (pair.low, pair.high))
        assert pair_text(first.pairs[0])
        large = one(result, f"{first.name}_large_groups", conditions=first.conditions)
        assert "without 1 group of under 2% of the people, 24 people" in large.reason
        assert not any(end.slice["sex"] == "d" for pair in large.pairs for end in (pair.low, pair.high))
        assert large.pairs and large.interval and large.test is None and large.detectable is None
        further = first.value - large.value if first.direction == "lower" else large.value - first.value
        assert further > 0 or first.name == "top_k_gap"
        assert large.interval.low <= large.value <= large.interval.high
        beside = [
            measurement for measurement in result.measurements if measurement.name == f"{first.name}_to_reference"
        ]
        assert bool(beside) == (family != "audit" and first.name != "top_k_gap")
        for against in beside:
            assert against.interval and against.test is None
            assert all("b" in (pair.low.slice["sex"], pair.high.slice["sex"]) for pair in against.pairs)
    tests = [(measurement.name, measurement.test.p_adjusted) for measurement in result.measurements if measurement.test]
    assert tests == [
        (measurement.name, measurement.test.p_adjusted) for measurement in plain.measurements if measurement.test
    ]
    assert {measurement.name for measurement in plain.measurements} == {
        measurement.name for measurement in result.measurements if not measurement.name.endswith("_to_reference")
    }


def test_the_values_to_a_reference_are_those_of_a_slow_count():
    result = people(CHECKS["regression"], reference={"sex": "b"})
    means = {name: one(result, "mean_prediction", {"sex": name}).value for name in SIZES}
    measurement = one(result, "mean_prediction_difference_to_reference")
    assert measurement.value == pytest.approx(max(abs(mean - means["b"]) for mean in means.values()))
    large = one(result, "mean_prediction_difference_large_groups")
    assert large.value == pytest.approx(np.ptp([means[name] for name in "abc"])) and large.n == 1500
    scores = people(CHECKS["scores"], reference={"sex": "b"})
    areas = {name: one(scores, "auc", {"sex": name}).value for name in SIZES}
    measurement = one(scores, "auc_difference_to_reference")
    assert measurement.value == pytest.approx(max(abs(area - areas["b"]) for area in areas.values()))


def test_with_every_group_large_the_number_beside_is_the_first_and_nothing_is_measured_again():
    labels = np.tile([0, 1], 300)
    scores = np.clip(np.random.default_rng(1).normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    names = np.repeat(["a", "b"], 300)
    result = run(CHECKS["scores"], *recorded(None, labels, {"g": names}, scores=scores, reference={"g": "a"}))
    for name in ("auc_difference", "abroca", "demographic_parity_worst_nearby"):
        first = one(result, name)
        for ending in ("large_groups", "to_reference"):
            again = one(result, f"{name}_{ending}")
            assert (again.value, again.interval, again.pairs, again.reason) == (
                first.value, first.interval, first.pairs, None,
            )  # fmt: skip


def test_fewer_than_two_large_groups_are_said_and_so_is_a_reference_that_has_no_number():
    names = np.concatenate([np.repeat("a", 4000), np.repeat(["b", "c"], 30), np.repeat("d", 4)])
    labels = np.arange(len(names)) % 2
    scores = np.random.default_rng(2).random(len(names))
    result = run(CHECKS["scores"], *recorded(None, labels, {"g": names}, scores=scores, reference={"g": "d"}))
    large = one(result, "auc_difference_large_groups")
    assert large.value is None and large.reason.startswith("fewer than two groups of at least 2% of the people")
    against = one(result, "auc_difference_to_reference")
    assert against.value is None and "the reference group cannot be compared: fewer than 10 people" in against.reason


def slow_odds(table, among, reference=None):
    """The widest difference and the smallest ratio, in the rates that two of the groups, and the reference, have."""
    gaps, ratios = [], []
    for label in (1, 0):
        rates = {name: table[name][label][0] / table[name][label][1] for name in among if table[name][label][1] >= 10}
        for one_name in rates:
            for other in rates if reference in (None, *rates) else ():
                if one_name != other and reference in (None, one_name, other):
                    gaps.append(abs(rates[one_name] - rates[other]))
                    ratios.append(min(rates[one_name], rates[other]) / max(rates[one_name], rates[other]))
    return (max(gaps), min(ratios)) if gaps else (None, None)


RATE = st.sampled_from([0, 4, 12, 40, 700]).flatmap(
    lambda people: st.tuples(st.integers(min(people, 1), people), st.just(people))
)
"""How many of how many are selected; somebody is, so that every ratio has a value."""


@given(
    st.lists(st.tuples(RATE, RATE), min_size=2, max_size=5).filter(lambda rates: rates[0][0][1] + rates[0][1][1] >= 10)
)
@settings(max_examples=25, deadline=None)
@example([((4, 4), (200, 700)), ((5, 12), (10, 12))])  # of the large groups one alone has people with both labels
def test_among_large_groups_and_to_a_reference_equalized_odds_are_taken_over_the_rates_that_can_be_compared(rates):
    table = dict(zip("abcde", [((900, 1000), (300, 1000)), *rates], strict=False))
    rows = [
        (name, label, selected)
        for name, both in table.items()
        for label, (chosen, people) in enumerate(both)
        for selected in [1] * chosen + [0] * (people - chosen)
    ]
    names, labels, decided = map(np.array, zip(*rows, strict=True))
    size = {name: sum(people for _, people in both) for name, both in table.items()}
    large = [name for name in table if size[name] >= 0.02 * len(rows)]
    shown = [name for name in table if size[name] >= 10]
    lacking = [name for name in large if min(people for _, people in table[name]) < 10]
    settings_of_data = {"reference": {"g": "b"}, "minimum_rate": 10}
    odds = run(
        GroupFairness(permutations=99, trials=20, measures=("equalized_odds",)),
        *recorded(decided, labels, {"g": names}, **settings_of_data),
    )
    scores = run(
        CHECKS["scores"], *recorded(None, labels, {"g": names}, scores=0.25 + 0.5 * decided, **settings_of_data)
    )
    for ending, among, reference in (("large_groups", large, None), ("to_reference", shown, "b")):
        gap, ratio = slow_odds(table, among, reference)
        for result, name, value in (
            (odds, "equalized_odds_difference", gap), (odds, "equalized_odds_ratio", ratio),
            (scores, "equalized_odds_at_threshold", gap), (scores, "equalized_odds_worst_nearby", gap),
        ):  # fmt: skip
            beside = one(result, f"{name}_{ending}")
            assert beside.value == (None if value is None else pytest.approx(value)), (name, ending)
            if value is not None and ending == "large_groups":
                assert beside.bound == (None if not lacking else "at most" if name.endswith("ratio") else "at least")
                assert [group.slice["g"] for group in beside.left_out] == lacking
                assert {end.slice["g"] for pair in beside.pairs for end in (pair.low, pair.high)} <= set(large)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=6), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_extremes_over_pairs_are_those_of_a_slow_search(values, reference):
    numbers = np.array(values)
    for pairs in (stats.pairs_of(len(values)), stats.pairs_of(len(values), reference=reference)):
        slow = max(abs(numbers[i] - numbers[j]) for i, j in zip(*pairs, strict=True))
        apart = stats.square_and_add(numbers, numbers - 0.1, numbers + 0.2, pairs)
        extreme = stats.largest_apart(apart, numbers, "x")
        assert extreme.value == pytest.approx(slow) == pytest.approx(numbers[extreme.at.high] - numbers[extreme.at.low])
        assert extreme.interval.low <= extreme.value <= extreme.interval.high
        assert (extreme.low is None) == (extreme.interval.low == 0)
    kept = [0, 2]
    assert [side.tolist() for side in stats.pairs_of(len(values), kept)] == [[0], [2]]
    assert stats.pair_numbers(len(values), stats.pairs_of(len(values), kept)).tolist() == [1]
