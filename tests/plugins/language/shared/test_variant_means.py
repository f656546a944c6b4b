"""Differences of scores within base prompts: against loops, numbers counted by hand, and how often intervals hold."""

import itertools

import numpy as np
import pytest
import scipy

from auditkit import stats
from auditkit.plugins.language.shared import variant_means
from auditkit.plugins.language.shared.variant_means import Ends

UNIT = Ends(0, 1)


def table(rng, bases=40, variants=3, shift=0.0):
    means = rng.normal(size=(bases, 1)) + rng.normal(size=(bases, variants))
    means[:, 0] += shift
    return means


def test_cells_counted_by_hand():
    """Base 0 has two answers in variant 0, of 1 and 3, and one of 5 in variant 1; base 1 has an unscored one."""
    values = np.array([1.0, 3.0, 5.0, 7.0, np.nan, 9.0])
    cells = variant_means.cells(values, np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 0, 1, -1]), 2)
    np.testing.assert_array_equal(cells.means, [[2, 5], [7, np.nan]])
    assert cells.rows.tolist() == [[2, 1], [1, 0]]
    assert variant_means.difference(cells.means, 1, 0).tolist() == [3]


def test_the_widest_difference_is_that_of_a_loop_over_pairs():
    rng = np.random.default_rng(0)
    means = table(rng, 35, 4)
    means[rng.random(means.shape) < 0.1] = np.nan
    extreme = variant_means.widest(means, Ends())
    gaps, lows, highs = {}, [], []
    for first, second in itertools.combinations(range(4), 2):
        both = [row for row in means if not np.isnan(row[first]) and not np.isnan(row[second])]
        differences = np.array([row[first] - row[second] for row in both])
        gaps[first, second] = abs(np.mean(differences))
        level = 0.95 ** (1 / 6)
        half = scipy.stats.t.ppf(0.5 + level / 2, len(both) - 1) * np.std(differences, ddof=1) / np.sqrt(len(both))
        lows.append(max(np.mean(differences) - half, -np.mean(differences) - half))
        highs.append(max(np.mean(differences) + half, -np.mean(differences) + half))
    assert extreme.value == pytest.approx(max(gaps.values()))
    assert extreme.interval.low == pytest.approx(max(0, *lows)) and extreme.interval.high == pytest.approx(max(highs))
    assert {extreme.at.low, extreme.at.high} == set(max(gaps, key=gaps.get))
    assert "by base prompt, all pairs at once" in extreme.interval.method


def test_one_pair_counted_by_hand():
    """Differences 1, 2 and 3: mean 2, standard error 1 / √3, Student's quantile with 2 degrees of freedom 4.3027."""
    extreme = variant_means.widest(np.array([[0.0, 1.0], [5.0, 7.0], [2.0, 5.0]]), Ends())
    assert extreme.value == 2 and (extreme.at.low, extreme.at.high) == (0, 1)
    assert extreme.interval.low == 0
    assert extreme.interval.high == pytest.approx(2 + 4.302653 / np.sqrt(3), abs=1e-5)


def test_bounded_scores_that_never_differ_leave_room():
    extreme = variant_means.widest(np.zeros((40, 2)), UNIT)
    assert extreme.value == 0 and extreme.interval.low == 0 and 0.05 < extreme.interval.high < 0.2


def test_intervals_of_several_variants_that_are_alike_reach_zero_nineteen_times_in_twenty():
    rng, held = np.random.default_rng(1), 0
    for _ in range(300):
        held += variant_means.widest(table(rng, 30, 4), Ends()).interval.low == 0
    assert held / 300 >= 0.93


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_test_of_the_worst_pair_raises_few_false_alarms_and_finds_a_shift(missing):
    rng = np.random.default_rng(2)

    def p(shift):
        means = table(rng, 40, 3, shift)
        means[rng.random(means.shape) < missing] = np.nan
        observed = float(variant_means.largest_z(means[None])[0])
        return stats.permutation_p(observed, variant_means.law(means, 199, rng))

    assert np.mean([p(0.0) <= 0.05 for _ in range(200)]) <= 0.1
    assert np.mean([p(1.5) <= 0.05 for _ in range(20)]) >= 0.9


def test_shuffles_keep_the_scores_of_each_base_prompt_and_its_gaps():
    rng = np.random.default_rng(3)
    means = table(rng, 8, 4)
    means[0, 1] = means[3, 0] = means[3, 3] = np.nan
    for drawn in variant_means.shuffled(means, 50, rng):
        np.testing.assert_array_equal(np.isnan(drawn), np.isnan(means))
        np.testing.assert_allclose(np.sort(drawn, axis=1), np.sort(means, axis=1))
    places = variant_means.shuffled(np.arange(4.0).reshape(1, 4), 4000, rng)[:, 0, 0]
    assert np.bincount(places.astype(int), minlength=4).min() > 850  # each score is as often in the first place


def test_the_statistic_is_studentized_and_has_no_number_where_nothing_differs():
    means = np.array([[0.0, 1.0], [5.0, 7.0], [2.0, 5.0]])
    assert variant_means.largest_z(means[None])[0] == pytest.approx(2 / (1 / np.sqrt(3)))
    assert variant_means.largest_z(np.zeros((1, 5, 3)))[0] == 0
    assert variant_means.largest_z(np.array([[[0.0, 1.0]] * 3]))[0] == np.inf


def test_variants_that_share_too_few_base_prompts_are_not_compared():
    means = np.full((40, 4), np.nan)
    means[:, 0] = means[:, 1] = 1.0
    means[:5, 2] = means[30:, 3] = 1.0
    assert variant_means.comparable(means, 10).tolist() == [0, 1, 3]
    assert variant_means.comparable(means, 11).tolist() == [0, 1]
    assert variant_means.comparable(np.full((40, 2), np.nan), 2).tolist() == []


def test_changed_base_prompts_counted_by_hand():
    means = np.array([[1, 1, 1], [1, 2, np.nan], [np.nan, 3, 3], [np.nan, np.nan, 4]])
    assert variant_means.changed(means).tolist() == [False, True, False]
    assert variant_means.changed(np.full((3, 2), np.nan)).tolist() == []
