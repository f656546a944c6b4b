"""Means, gaps and tests of rows in units: those of the units, however many rows each has."""

import numpy as np
import pytest

from auditkit import stats
from auditkit.plugins.fairness.regression import distances
from auditkit.plugins.fairness.shared import moments, permutation
from auditkit.plugins.fairness.shared.exchangeable import exchangeable


def in_units(rng, units=40, most=12, spread=1.0):
    """Rows of units of unequal size that share most of what they vary by, in two groups of units."""
    unit = np.repeat(np.arange(units), rng.integers(1, most + 1, units))
    values = rng.normal(0, spread, units)[unit] + rng.normal(0, 0.5, len(unit))
    return rng.permutation(np.arange(units) % 2)[unit], values, unit


@pytest.mark.parametrize("copies", [1, 4, 9])
def test_copies_of_rows_in_a_unit_tell_nothing_more(copies):
    rng = np.random.default_rng(copies)
    codes, values = np.arange(60) % 2, rng.normal(size=60)
    alone = moments.means(codes, values, None, 2)
    twice = [np.repeat(column, copies) for column in (codes, values, np.arange(60))]
    by_unit, by_row = moments.means(*twice[:2], None, 2, twice[2]), moments.means(*twice[:2], None, 2)
    assert np.allclose(by_unit.values, alone.values) and np.allclose(by_unit.errors, alone.errors)
    assert np.allclose(by_unit.sizes, 30) and by_unit.rows.tolist() == [30 * copies] * 2
    # by row a mean of k copies looks √k times as sure
    assert np.allclose(np.sqrt(by_unit.errors / by_row.errors), np.sqrt(copies), rtol=0.02)
    band = [
        distances.distances(*twice[:2], None, 2, unit=twice[2]).ks, distances.distances(codes, values, None, 2).ks
    ]  # fmt: skip
    assert band[0].high[0] == pytest.approx(band[1].high[0])
    sample, plain = exchangeable(*twice[:2], None, twice[2]), exchangeable(codes, values, None, None)
    assert np.allclose(sample.values, plain.values) and (sample.codes == plain.codes).all()


def test_errors_are_those_of_leaving_out_each_unit():
    rng = np.random.default_rng(5)
    codes, values, unit = in_units(rng)
    weights = rng.uniform(0.5, 2, len(unit))
    by_unit = moments.means(codes, values, weights, 2, unit)
    for group in (0, 1):
        inside = codes == group
        without = np.array([
            np.average(values[inside & (unit != one)], weights=weights[inside & (unit != one)])
            for one in np.unique(unit[inside])
        ])  # fmt: skip
        whole = np.average(values[inside], weights=weights[inside])
        jackknife = (len(without) - 1) / len(without) * np.sum((without - whole) ** 2)
        assert by_unit.errors[group] == pytest.approx(jackknife)


def test_the_error_of_a_sample_of_units_is_linearised():
    codes, values, unit = in_units(np.random.default_rng(2))
    sample = exchangeable(codes, values, None, unit)
    means = moments.means(*sample, 2)
    for group in (0, 1):
        inside = codes == group
        sums = [np.sum(values[inside & (unit == one)] - means.values[group]) for one in np.unique(unit[inside])]
        expected = len(sums) / (len(sums) - 1) * np.sum(np.square(sums)) / inside.sum() ** 2
        assert means.errors[group] == pytest.approx(expected)


def test_intervals_and_tests_by_unit_hold_where_those_by_row_do_not():
    """120 samples of equal groups: a 95 % interval of the gap, and a test at 5 %."""
    covered, flagged = np.zeros(2), np.zeros(2)
    for seed in range(120):
        rng = np.random.default_rng(seed)
        codes, values, unit = in_units(rng)
        for way, of in enumerate((unit, None)):
            gap = moments.gap(moments.means(codes, values, None, 2, of))
            covered[way] += gap.interval.low == 0
            sample = exchangeable(codes, values, None, of)
            law = permutation.shuffled_z(*sample, 2, 199, rng)
            means = moments.means(*sample, 2)
            observed = float(stats.largest_z_of_means(means.values[None], means.errors[None])[0])
            flagged[way] += stats.permutation_p(observed, law) <= 0.05
    assert covered[0] >= 0.9 * 120 and flagged[0] <= 0.1 * 120
    assert covered[1] <= 0.75 * 120 and flagged[1] >= 0.25 * 120


def test_distances_of_units_are_called_different_as_seldom_as_promised():
    alarms = np.zeros(2)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        codes, values, unit = in_units(rng, spread=3.0)
        for way, of in enumerate((unit, None)):
            alarms[way] += distances.chance(codes, values, None, 2, 199, rng, of).ks_p <= 0.05
    assert alarms[0] <= 0.12 * 60 and alarms[1] >= 0.4 * 60


def test_units_in_several_groups_are_not_shuffled_and_a_gap_between_units_is_found():
    codes, values, unit = in_units(np.random.default_rng(1))
    assert exchangeable(np.arange(len(unit)) % 2, values, None, unit) is None
    moved = exchangeable(codes, values + 3 * codes, None, unit)
    law = permutation.shuffled_z(*moved, 2, 499, np.random.default_rng(0))
    means = moments.means(*moved, 2)
    assert stats.permutation_p(float(stats.largest_z_of_means(means.values[None], means.errors[None])[0]), law) < 0.01
