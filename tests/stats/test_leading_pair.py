"""The pair that is farthest apart in standard errors, held against a look at every pair."""

import itertools

import numpy as np
import pytest

from auditkit import stats
from auditkit.stats.gaps import largest_z_of_means
from auditkit.stats.leading_pair import largest_z_of_one


def every_pair(values, variances, speck=0.0):
    largest = 0.0
    for i, j in itertools.combinations(range(len(values)), 2):
        gap, error = abs(values[i] - values[j]), np.sqrt(variances[i] + variances[j])
        apart = (gap / error if error > speck else np.inf) if gap > speck or error > speck else 0.0
        largest = max(largest, apart)
    return largest


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_largest_over_every_pair(seed):
    """Sizes that are alike and very unlike, many ties, groups without spread, one outlier."""
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([2, 3, 40, 130]))
    variances = np.exp(rng.normal(-6, rng.choice([0, 1, 4]), groups))
    values = np.round(rng.normal(0, 1, groups) * np.sqrt(variances), int(rng.choice([2, 12])))
    speck = float(rng.choice([0, 1e-12]))
    if seed % 4 == 0:
        variances[rng.random(groups) < 0.3] = rng.choice([0, 1e-26])
    if seed % 5 == 0:
        values[0] += 3
    assert largest_z_of_one(values, variances, speck) == every_pair(values, variances, speck)


def test_numbers_that_are_all_the_same_are_no_way_apart():
    assert largest_z_of_one(np.full(150, 0.3), np.full(150, 0.01)) == 0
    assert largest_z_of_one(np.full(150, 0.3), np.zeros(150)) == 0


def test_a_difference_without_any_spread_is_infinite_and_a_rounding_is_none():
    values, variances = np.full(150, 0.3), np.zeros(150)
    values[7] += 1e-13
    assert largest_z_of_one(values, variances, 1e-12) == 0
    values[7] += 1e-6
    assert largest_z_of_one(values, variances, 1e-12) == np.inf


def test_many_groups_and_few_have_the_same_numbers():
    """With one group more than is looked at pair by pair; that one is like another, so the largest stays."""
    rng = np.random.default_rng(3)
    values, variances = rng.normal(0, 0.1, (30, stats.PAIRWISE)), rng.uniform(0.001, 0.1, (30, stats.PAIRWISE))
    many = [np.concatenate([column, column[:, :1]], axis=1) for column in (values, variances)]
    assert (largest_z_of_means(*many) == largest_z_of_means(values, variances)).all()


def test_many_shares_are_as_far_apart_as_every_pair_says():
    rng = np.random.default_rng(4)
    sizes = rng.integers(10, 400, 130).astype(float)
    part = stats.Shares(rng.binomial(sizes.astype(int), 0.3).astype(float), sizes)
    pooled = part.common * (1 - part.common)
    assert stats.largest_z([part]) == pytest.approx(every_pair(part.rates, pooled / sizes), rel=1e-12)
    nobody = stats.Shares(np.zeros(130), sizes)
    assert stats.largest_z([nobody]) == 0
