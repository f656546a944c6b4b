"""Whether repeated answers differ more than by chance: every split, and false alarms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.stats import order_p, split_p


def slow_split_p(repeats, first):
    """Every split, one after the other."""

    def apart(kinds):
        return ((repeats[kinds].mean(axis=0) - repeats[~kinds].mean(axis=0)) ** 2).sum()

    at_least_as_far = []
    for chosen in itertools.combinations(range(len(repeats)), int(first.sum())):
        kinds = np.zeros(len(repeats), dtype=bool)
        kinds[list(chosen)] = True
        at_least_as_far.append(apart(kinds) >= apart(first) * (1 - 1e-9))
    return np.mean(at_least_as_far)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 7), st.integers(1, 6))
def test_split_against_every_split(seed, count, size):
    rng = np.random.default_rng(seed)
    repeats = rng.normal(size=(count, 3))
    first = np.arange(count) < min(size, count - 1)
    assert split_p(repeats, first) == pytest.approx(slow_split_p(repeats, first))


def test_split_by_hand():
    """Two and two, far apart: of the six splits these two, each the other's mirror, lie furthest apart."""
    assert split_p(np.array([[0.0], [0], [1], [1]]), np.array([True, True, False, False])) == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    "repeats",
    [np.arange(16.0), np.arange(16) % 2, np.arange(16) % 3, np.arange(16) % 4, 0.8 ** np.arange(16), np.arange(16) > 7],
)
def test_drifts_and_cycles_are_no_chance(repeats):
    assert order_p(repeats[:, None] * np.ones(5)) < 0.01


def test_chance_is_found_no_more_often_than_the_level():
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(16, 20)) + rng.normal(size=(16, 1)) for _ in range(200)]
    assert np.mean([order_p(values) <= 0.1 for values in noise]) <= 0.15
    assert np.mean([split_p(values, np.arange(16) % 2 == 0) <= 0.1 for values in noise]) <= 0.16


def test_repeats_that_are_all_alike():
    assert order_p(np.ones((16, 3))) == 1 and split_p(np.ones((16, 3)), np.arange(16) < 8) == 1
