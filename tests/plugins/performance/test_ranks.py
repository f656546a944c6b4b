"""Ordered classes: quadratic weighted kappa and errors of ranks, against scikit-learn, by hand, and as intervals."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.performance import ranks
from auditkit.plugins.performance.check import Quality
from auditkit.plugins.performance.estimates import Answers
from tests.plugins.recorded import one, recorded, run

PLACES = np.arange(4)
ORDER = ("poor", "fair", "good", "best")


def answers(truth, decided, **more):
    return Answers(np.asarray(truth), np.asarray(decided), ORDER, **more)


def drawn(rng, rows, spread=0.7):
    truth = rng.integers(0, 4, rows)
    return truth, np.clip(np.round(truth + spread * rng.normal(size=rows)), 0, 3).astype(int)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_numbers_are_those_of_scikit_learn(seed, weighted):
    rng = np.random.default_rng(seed)
    truth, decided = drawn(rng, 60)
    weights = rng.uniform(0.2, 3, 60) if weighted else None
    some = answers(truth, decided, weights=weights)
    kappa = ranks.quadratic_weighted_kappa(some, PLACES)
    expected = metrics.cohen_kappa_score(truth, decided, weights="quadratic", sample_weight=weights)
    assert kappa.value == pytest.approx(expected) and kappa.interval.low <= kappa.value <= kappa.interval.high
    error = metrics.mean_absolute_error(truth, decided, sample_weight=weights)
    assert ranks.mean_rank_error(some, PLACES).value == pytest.approx(error)


def test_numbers_of_four_people_by_hand():
    # squares of distances 0, 1, 0, 4; by chance 14 / 4 + 9 / 4 - 2 * 1.5 * 1.25
    some = answers([0, 1, 2, 3], [0, 2, 2, 1])
    assert ranks.quadratic_weighted_kappa(some, PLACES).value == pytest.approx(1 - 1.25 / (3.5 + 2.25 - 3.75))
    assert ranks.mean_rank_error(some, PLACES).value == pytest.approx(3 / 4)


def test_intervals_hold():
    rng = np.random.default_rng(0)
    truth, decided = drawn(rng, 200_000)
    whole = answers(truth, decided)
    kappa, error = ranks.quadratic_weighted_kappa(whole, PLACES).value, ranks.mean_rank_error(whole, PLACES).value
    hits, trials = np.zeros(2), 400
    for _ in range(trials):
        some = whole.take(rng.integers(0, len(truth), 100))
        for place, (number, estimate) in enumerate(
            [(kappa, ranks.quadratic_weighted_kappa(some, PLACES)), (error, ranks.mean_rank_error(some, PLACES))]
        ):
            hits[place] += estimate.interval.low <= number <= estimate.interval.high
    assert (hits / trials > 0.917).all()  # 95 % less three standard errors


def test_decisions_without_an_error_are_not_perfect_for_certain_and_one_class_has_no_kappa():
    truth = np.tile(np.arange(4), 20)
    kappa = ranks.quadratic_weighted_kappa(answers(truth, truth), PLACES)
    assert kappa.value == 1 and kappa.interval.low < 0.95 and kappa.interval.high == 1
    nothing = ranks.quadratic_weighted_kappa(answers(np.ones(30, int), np.ones(30, int)), PLACES)
    assert nothing.value is None and "one class" in nothing.reason


def test_turning_the_order_round_changes_nothing():
    truth, decided = drawn(np.random.default_rng(1), 200)
    first, second = (
        ranks.quadratic_weighted_kappa(answers(truth, decided), places) for places in (PLACES, PLACES[::-1])
    )
    assert first.value == pytest.approx(second.value) and first.interval.low == pytest.approx(second.interval.low)


def table(rng, rows=800, held_down=0.0):
    truth, decided = drawn(rng, rows)
    group = np.where(rng.random(rows) < 0.5, "x", "y")
    down = (group == "y") & (rng.random(rows) < held_down)
    decided = np.where(down, np.maximum(decided - 1, 0), decided)
    names = np.array(ORDER)
    data = recorded(names[decided], names[truth], {"g": group}, task="multiclass", positive=None, order=ORDER)
    return truth, decided, group, data


def test_quality_measures_ranks_where_the_order_is_stated():
    truth, decided, group, data = table(np.random.default_rng(2))
    result = run(Quality(shuffles=20), *data)
    expected = metrics.cohen_kappa_score(truth, decided, weights="quadratic")
    assert one(result, "quadratic_weighted_kappa").value == pytest.approx(expected)
    of_x = np.abs(truth - decided)[group == "x"].mean()
    assert one(result, "mean_rank_error", {"g": "x"}).value == pytest.approx(of_x)
    names = np.array(ORDER)
    plain = recorded(names[decided], names[truth], {"g": group}, task="multiclass", positive=None)
    assert not [entry for entry in run(Quality(shuffles=20), *plain).measurements if "rank" in entry.name]


def test_groups_are_compared_by_who_reaches_each_class():
    truth, decided, group, data = table(np.random.default_rng(3), held_down=0.6)
    result = run(GroupFairness(permutations=999, trials=20), *data)
    conditions = {entry.conditions.get("class") for entry in result.measurements}
    assert conditions == {None, "at least fair", "at least good", "at least best"}
    for rank in (1, 2, 3):
        about = {"conditions": {"class": f"at least {ORDER[rank]}"}}
        for name in "xy":
            rate = one(result, "selection_rate", {"g": name}, **about)
            assert rate.value == pytest.approx((decided[group == name] >= rank).mean())
            reached = one(result, "true_positive_rate", {"g": name}, **about)
            among = (group == name) & (truth >= rank)
            assert reached.value == pytest.approx((decided[among] >= rank).mean())
        gap = one(result, "demographic_parity_difference", across=("g",), **about)
        assert gap.test.p_adjusted < 0.05
    assert all(entry.holds for entry in result.controls)


def test_groups_that_are_alike_are_not_called_different():
    *_, data = table(np.random.default_rng(4))
    result = run(GroupFairness(permutations=999, trials=20), *data)
    assert all(entry.test.p_adjusted > 0.05 for entry in result.measurements if entry.test and entry.test.p_adjusted)
