"""Intervals of differences and means from an interval for each part: a published example, and the rules they keep."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.stats import mover, wilson_bounds
from auditkit.stats.mover import Ends


def share(successes, n):
    return Ends(successes / n, *wilson_bounds(successes, n))


shares = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))).map(lambda pair: share(*pair))


def test_newcombes_example():
    """Newcombe (1998), Statistics in Medicine 17, table II, example (a), method 10."""
    low, high = mover.difference(share(56, 70), share(48, 80))
    assert (round(float(low), 4), round(float(high), 4)) == (0.0524, 0.3339)


@given(shares, shares, st.floats(0, 1))
def test_a_difference_equals_the_formula_and_turns_round_with_its_parts(first, second, correlation):
    def distance(down, up, r):
        return math.sqrt(max(0.0, down**2 + up**2 - 2 * r * down * up))

    for given_r, r in ((None, 0.0), (correlation, correlation)):
        low, high = mover.difference(first, second, given_r)
        value = first.at - second.at
        assert low == pytest.approx(value - distance(first.at - first.low, second.high - second.at, r), abs=1e-7)
        assert high == pytest.approx(value + distance(first.high - first.at, second.at - second.low, r), abs=1e-7)
        again = mover.difference(second, first, given_r)
        assert (-float(again.high), -float(again.low)) == pytest.approx((float(low), float(high)), abs=1e-7)


@given(st.lists(shares, min_size=1, max_size=9))
def test_the_mean_of_parts_lies_within_the_mean_of_their_ends(parts):
    average = mover.mean(parts)
    assert average.at == pytest.approx(sum(part.at for part in parts) / len(parts))
    down = math.sqrt(sum((part.at - part.low) ** 2 for part in parts)) / len(parts)
    assert average.low == pytest.approx(average.at - down)
    assert np.mean([part.low for part in parts]) - 1e-12 <= average.low <= average.at + 1e-12
    assert average.at - 1e-12 <= average.high <= np.mean([part.high for part in parts]) + 1e-12


def test_arrays_give_what_their_numbers_give():
    first, second = (np.array([3.0, 7.0]), np.array([10.0, 9.0])), (np.array([1.0, 8.0]), np.array([12.0, 9.0]))
    together = mover.difference(share(*first), share(*second))
    for at in (0, 1):
        alone = mover.difference(share(first[0][at], first[1][at]), share(second[0][at], second[1][at]))
        assert (together.low[at], together.high[at]) == tuple(alone)


def test_two_independent_parts_always_take_the_same_road():
    """The root of a sum differs from np.hypot in the last digit, and a number that two checks name must not."""
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 1000))
    assert np.array_equal(mover.squared_and_added(first, second), np.hypot(first, second))
    assert np.array_equal(mover.squared_and_added(first, second) / 2, mover.squared_and_added(first / 2, second / 2))
