"""Distances of distributions against scipy, their bands against simulation, their test against shuffles."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import ks_2samp, wasserstein_distance

from auditkit.plugins.fairness.regression import distances


def largest(codes, values, weights, groups):
    """The largest of both distances, with their intervals."""
    ks, area = distances.distances(codes, values, weights, groups).largest(np.arange(groups))
    return SimpleNamespace(
        ks=ks.value, ks_interval=ks.interval, wasserstein=area.value, wasserstein_interval=area.interval, at=ks.at
    )


def slow_ks(a, b):
    return max(abs((a <= value).mean() - (b <= value).mean()) for value in np.concatenate([a, b]))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=4), st.integers(0, 10**6), st.booleans(), st.booleans())
def test_the_largest_distances_equal_those_of_scipy(sizes, seed, tied, weighted):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = rng.integers(0, 6, len(codes)).astype(float) if tied else rng.normal(size=len(codes))
    weights = rng.integers(1, 4, len(codes)) if weighted else None
    distance = largest(codes, values, None if weights is None else weights.astype(float), len(sizes))
    copies = np.ones(len(codes), int) if weights is None else weights
    parts = [np.repeat(values[codes == at], copies[codes == at]) for at in range(len(sizes))]
    pairs = [(a, b) for number, a in enumerate(parts) for b in parts[number + 1 :]]
    assert distance.ks == pytest.approx(max(slow_ks(a, b) for a, b in pairs))
    assert distance.ks == pytest.approx(slow_ks(parts[distance.at.low], parts[distance.at.high]))
    assert distance.wasserstein == pytest.approx(max(wasserstein_distance(a, b) for a, b in pairs))
    for value, interval in ((distance.ks, distance.ks_interval), (distance.wasserstein, distance.wasserstein_interval)):
        assert 0 <= interval.low <= value + 1e-12 and value <= interval.high + 1e-12


def test_a_distance_by_hand():
    # {0, 1} and {1, 2}: every value is moved by 1; the functions differ by 1/2 from 0 to 1 and from 1 to 2
    distance = largest(np.array([0, 0, 1, 1]), np.array([0.0, 1.0, 1.0, 2.0]), None, 2)
    assert (distance.ks, distance.wasserstein) == (0.5, 1.0)


def test_the_band_is_the_published_one():
    codes, values = np.repeat([0, 1], [100, 400]), np.arange(500.0)
    distance = largest(codes, values, None, 2)
    share = 1 - 0.95**0.5
    both = sum(np.sqrt(np.log(2 / share) / (2 * size)) for size in (100, 400))
    assert distance.ks_interval.low == pytest.approx(1 - both) and distance.ks_interval.high == 1


def test_large_data_go_through_in_pieces_and_may_be_rounded(monkeypatch):
    rng = np.random.default_rng(0)
    codes, values = rng.integers(0, 3, 3000), np.round(rng.normal(size=3000), 2)
    whole = largest(codes, values, None, 3)
    monkeypatch.setattr(distances, "COLUMNS", 7)
    pieces = largest(codes, values, None, 3)
    assert pieces.ks == pytest.approx(whole.ks) and pieces.wasserstein == pytest.approx(whole.wasserstein)
    monkeypatch.setattr(distances, "WORK", 9 * 500)
    rounded = largest(codes, values, None, 3)
    assert rounded.ks == pytest.approx(whole.ks, abs=0.01)
    assert rounded.wasserstein == pytest.approx(whole.wasserstein, rel=0.05)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_intervals_hold_for_the_true_distance(shift):
    """Uniform on 0 to 4 against the same moved by `shift`: distances shift / 4 and shift."""
    rng = np.random.default_rng(1)
    codes, held = np.repeat([0, 1], [150, 300]), np.zeros(2)
    for _ in range(150):
        distance = largest(codes, rng.uniform(0, 4, 450) + shift * codes, None, 2)
        held += [
            distance.ks_interval.low <= shift / 4 <= distance.ks_interval.high,
            distance.wasserstein_interval.low <= shift <= distance.wasserstein_interval.high,
        ]
    assert held.min() >= 0.95 * 150


def test_equal_groups_are_not_called_apart_though_their_distances_are_above_0():
    rng = np.random.default_rng(2)
    p, usual = [], []
    for _ in range(100):
        codes, values = rng.integers(0, 3, 200), np.round(rng.exponential(size=200), 1)
        chance = distances.chance(codes, values, None, 3, 99, rng)
        observed = largest(codes, values, None, 3)
        p.append((chance.ks_p, chance.wasserstein_p))
        usual.append((observed.ks > chance.ks_usual, observed.wasserstein > chance.wasserstein_usual))
    for share in (np.mean(np.asarray(p) <= 0.05, axis=0), np.mean(usual, axis=0)):
        assert (share <= 0.13).all() and (share > 0).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_spread_is_found_where_means_agree(weighted):
    rng = np.random.default_rng(3)
    codes = np.repeat([0, 1], 500)
    values = rng.normal(size=1000) * np.where(codes == 0, 1, 2)
    chance = distances.chance(codes, values, rng.uniform(0.5, 2, 1000) if weighted else None, 2, 499, rng)
    assert max(chance.ks_p, chance.wasserstein_p) <= 0.01


def test_shuffles_of_bins_have_the_law_of_shuffled_rows():
    rng = np.random.default_rng(4)
    codes, values = rng.integers(0, 3, 500), rng.integers(0, 20, 500).astype(float)
    fast = distances.chance(codes, values, None, 3, 800, rng)
    slow = []
    for _ in range(800):
        mixed = rng.permutation(codes)
        slow.append(largest(mixed, values, None, 3).ks)
    assert fast.ks_usual == pytest.approx(np.quantile(slow, 0.95), rel=0.08)
    binned = [distances.scaled_ks(*distances.rounded(m, values, None, 3)) for m in (rng.permutation(codes),)]
    assert 0 < binned[0] < fast.ks_law.max() * 1.5


def test_the_scaled_statistic_of_two_groups_is_that_of_smirnov():
    rng = np.random.default_rng(5)
    codes, values = np.repeat([0, 1], [40, 70]), rng.integers(0, 30, 110).astype(float)
    statistic = distances.scaled_ks(*distances.rounded(codes, values, None, 2))
    oracle = ks_2samp(values[:40], values[40:], method="asymp").statistic * np.sqrt(40 * 70 / 110)
    assert statistic == pytest.approx(oracle)
    assert slow_ks(values[:40], values[40:]) * np.sqrt(40 * 70 / 110) == pytest.approx(oracle)


@pytest.mark.parametrize("people", [20, 60, 2000])
def test_the_largest_area_of_many_groups_is_that_over_all_pairs(people):
    rng = np.random.default_rng(people)
    tables = rng.multinomial(people, np.full(32, 1 / 32), size=(4, 120)).astype(float)
    widths = rng.random(31)
    shares = np.cumsum(tables, axis=2) / people
    plain = [
        max(float(np.abs(one - other)[:-1] @ widths) for one, other in itertools.combinations(table, 2))
        for table in shares
    ]
    assert distances._largest(tables, widths)[1] == pytest.approx(plain)


def test_a_group_of_one_row_among_many_is_shuffled_as_one():
    codes = np.r_[0, np.repeat(np.arange(1, 121), 5)]
    drawn = distances.chance(codes, np.arange(len(codes)) / 7.0, None, 121, 20, np.random.default_rng(0))
    assert 0 < drawn[0] <= 1
