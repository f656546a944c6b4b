"""Shortfalls, moves, tests, the law of false alarms, medians and names against slow or published answers."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import proportions_ztest

from auditkit import stats
from auditkit.plugins.fairness.impact import parameters, significance
from auditkit.plugins.fairness.impact.audit_tables import median

PUBLISHED = {
    (2, 30): 0.56, (2, 100): 0.30, (2, 300): 0.08, (2, 1000): 0.00,
    (5, 30): 0.97, (5, 100): 0.84, (5, 300): 0.38, (5, 1000): 0.01,
    (10, 30): 1.00, (10, 100): 0.99, (10, 300): 0.74, (10, 1000): 0.04,
}  # fmt: skip
"""(groups, people in each): share of 20,000 samples with a ratio of rates below 0.8, where every true rate is 0.3."""

pair = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def _is_under_four_fifths(x, n, most, of):
    return 5 * x * of < 4 * most * n


@pytest.mark.parametrize(("groups", "size"), PUBLISHED)
def test_false_alarms_are_as_often_as_published(groups, size):
    hits = significance.below_by_chance(np.full(groups, size), 0.3, 20_000, np.random.default_rng(0))
    assert hits / 20_000 == pytest.approx(PUBLISHED[groups, size], abs=0.015)


def test_two_groups_of_unequal_size_follow_the_binomial_law():
    n1, n2, rate = 37, 12, 0.4
    exact = sum(
        scipy.stats.binom.pmf(x, n1, rate) * scipy.stats.binom.pmf(y, n2, rate)
        for x in range(n1 + 1)
        for y in range(n2 + 1)
        if 5 * min(x * n2, y * n1) < 4 * max(x * n2, y * n1)
    )
    hits = significance.below_by_chance(np.array([n1, n2]), rate, 40_000, np.random.default_rng(1))
    interval = stats.clopper_pearson(hits, 40_000, 0.9999)
    assert interval.low <= exact <= interval.high


def test_exactly_four_fifths_is_not_below(monkeypatch):
    class Fixed:
        def binomial(self, sizes, rate, shape):
            return np.tile([12, 15], (shape[0], 1))

    assert significance.below_by_chance(np.array([30, 30]), 0.5, 10, Fixed()) == 0


def test_many_draws_of_many_groups_are_made_in_parts(monkeypatch):
    monkeypatch.setattr("auditkit.stats.resampling.CHUNK", 70)
    assert significance.below_by_chance(np.full(10, 5), 0.5, 33, np.random.default_rng(0)) > 25


@given(pair, pair)
def test_the_shortfall_is_the_least_that_reaches_four_fifths(group, highest):
    (x, n), (most, of) = sorted((group, highest), key=lambda counts: counts[0] / counts[1])
    lacking = significance.shortfall(x, n, most, of)
    assert x + lacking <= n and not _is_under_four_fifths(x + lacking, n, most, of)
    assert lacking == 0 or _is_under_four_fifths(x + lacking - 1, n, most, of)


@given(pair, pair)
def test_the_moves_that_turn_the_result_are_the_fewest(group, highest):
    (x, n), (most, of) = sorted((group, highest), key=lambda counts: counts[0] / counts[1])
    now = _is_under_four_fifths(x, n, most, of)
    sign = 1 if now else -1
    slow = next(
        (
            moves
            for moves in range(1, 41)
            if 0 <= x + sign * moves <= n
            and 0 <= most - sign * moves <= of
            and _is_under_four_fifths(x + sign * moves, n, most - sign * moves, of) != now
        ),
        None,
    )
    assert significance.selections_to_turn(x, n, most, of) == slow


def test_the_example_of_one_different_person():
    """3 of 20 men and 1 of 10 women: 10 % is two thirds of 15 %, and one woman in place of a man turns it."""
    assert _is_under_four_fifths(1, 10, 3, 20)
    assert significance.shortfall(1, 10, 3, 20) == 1
    assert significance.selections_to_turn(1, 10, 3, 20) == 1
    assert significance.selections_to_turn(20, 20, 10, 10) is None  # nobody is left to select


@given(pair, pair)
def test_standard_deviations_are_those_of_statsmodels(first, second):
    (x1, n1), (x2, n2) = first, second
    z = significance.standard_deviations(x1, n1, x2, n2)
    if x1 + x2 in (0, n1 + n2):
        assert z is None
    else:
        assert z == pytest.approx(proportions_ztest([x1, x2], [n1, n2])[0])


def test_the_exact_test_is_boschloos_for_small_groups_and_fishers_for_others():
    small, large = significance.exact_test(2, 20, 9, 25), significance.exact_test(40, 200, 70, 210)
    assert small.method.startswith("Boschloo") and large.method.startswith("Fisher")
    fisher = scipy.stats.fisher_exact([[2, 18], [9, 16]]).pvalue
    assert small.p < fisher and small.p == pytest.approx(_slow_boschloo(2, 20, 9, 25), abs=1e-4)
    assert large.p == pytest.approx(_slow_fisher(40, 200, 70, 210))
    assert significance.exact_test(0, 5, 0, 7).p == 1


def _slow_fisher(x1, n1, x2, n2):
    law = scipy.stats.hypergeom(n1 + n2, x1 + x2, n1)
    observed = law.pmf(x1)
    return sum(law.pmf(k) for k in range(n1 + 1) if law.pmf(k) <= observed * (1 + 1e-7))


def _slow_boschloo(x1, n1, x2, n2):
    """Twice the smaller of the two one-sided p-values, each the worst over the common rate."""

    def one_sided(a, n, b, m):
        def fisher(i, j):
            return scipy.stats.hypergeom.cdf(i, n + m, i + j, n)

        bound = fisher(a, b) * (1 + 1e-9)
        extreme = np.array([[fisher(i, j) <= bound for j in range(m + 1)] for i in range(n + 1)])
        rates = np.linspace(0.001, 0.999, 999)
        first = scipy.stats.binom.pmf(np.arange(n + 1)[:, None], n, rates)
        second = scipy.stats.binom.pmf(np.arange(m + 1)[:, None], m, rates)
        return np.einsum("ir,jr,ij->r", first, second, extreme).max()

    return min(1.0, 2 * min(one_sided(x1, n1, x2, n2), one_sided(x2, n2, x1, n1)))


def test_holm_counts_the_pairs_that_were_not_tested():
    p = [0.01, 0.04]
    assert significance.holm_over_pairs(p, 2) == pytest.approx([0.02, 0.04])
    assert significance.holm_over_pairs(p, 6) == pytest.approx([0.06, 0.2])
    assert len(significance.holm_over_pairs([], 0)) == 0


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 4)), min_size=1, max_size=12))
def test_the_median_over_people_is_that_of_a_row_for_each(rows):
    scores, people = (np.array(column) for column in zip(*rows, strict=True))
    assert median(scores.astype(float), people) == np.median(np.repeat(scores, people))
    assert median(scores.astype(float)) == np.median(scores)


@pytest.mark.parametrize(
    ("names", "sex", "race"),
    [
        (["sex", "race"], "sex", "race"),
        (["age", "Gender", "Race/Ethnicity"], "Gender", "Race/Ethnicity"),
        (["RACE", "race_ethnicity"], None, "race_ethnicity"),
        (["Sex ", "ethnic group"], "Sex ", "ethnic group"),
        (["age", "sexual_orientation", "traces"], None, None),
    ],
)
def test_attributes_are_found_by_name(names, sex, race):
    assert parameters.find_attribute(names, parameters.SEX) == sex
    assert parameters.find_attribute(names, parameters.RACE_ETHNICITY) == race


def test_unknown_values_are_found_in_any_case_and_na_is_none_of_them():
    values = ["Asian", "NA", "UNKNOWN", "(missing)", " decline to state"]
    assert parameters.unknown_values(values, parameters.UNKNOWN) == ["UNKNOWN", "(missing)", " decline to state"]
