"""Deletion and insertion curves against plain loops, and attributions that must not gain anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.explanations.quality.curves import Curves, curves, gains, places, random_places

WEIGHTS = np.array([4.0, -2.0, 1.0, 0.5])


def linear(x):
    """A model that adds up what is kept of a row."""
    return lambda kept, rows: (x[rows] * kept) @ WEIGHTS


def curve_by_loops(x, ordered, steps, inserted):
    outputs = np.empty((len(x), steps + 1))
    for row in range(len(x)):
        for step in range(steps + 1):
            first = [part for part in range(x.shape[1]) if ordered[row, part] < step]
            kept = first if inserted else [part for part in range(x.shape[1]) if part not in first]
            outputs[row, step] = sum(x[row, part] * WEIGHTS[part] for part in kept)
    return outputs


def test_curves_are_those_of_plain_loops():
    x = np.random.default_rng(0).normal(size=(6, 4))
    ordered = places(x * WEIGHTS, np.random.default_rng(0))
    drawn = curves(linear(x), ordered)
    assert drawn.shares == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(drawn.deletion, curve_by_loops(x, ordered, 4, inserted=False))
    np.testing.assert_allclose(drawn.insertion, curve_by_loops(x, ordered, 4, inserted=True))


def test_gains_by_hand():
    # one row, two parts worth 2 and 0: in the right order the output falls at once, in the wrong one at last
    right = Curves(np.array([0, 0.5, 1]), np.array([[2.0, 0, 0]]), np.array([[0.0, 2, 2]]))
    wrong = Curves(np.array([0, 0.5, 1]), np.array([[2.0, 2, 0]]), np.array([[0.0, 0, 2]]))
    gained = gains(right, wrong)
    # areas 0.5 and 1.5 over a range of 2
    assert gained.deletion == pytest.approx([0.5]) and gained.insertion == pytest.approx([0.5])
    assert gains(wrong, right).deletion == pytest.approx([-0.5])
    assert gained.means[0].low is None


def gain_of(values, x, seed=0):
    rng = np.random.default_rng(seed)
    return gains(curves(linear(x), places(values, rng)), curves(linear(x), random_places(values, rng)))


def test_right_attributions_gain_and_turned_ones_lose():
    x = np.random.default_rng(0).normal(size=(60, 4))
    deletion, insertion = gain_of(x * WEIGHTS, x).means
    assert deletion.low > 0.05 and insertion.low > 0.05
    deletion, insertion = gain_of(-x * WEIGHTS, x).means
    assert deletion.high < 0 and insertion.high < 0


def test_an_order_by_chance_gains_nothing_beyond_chance():
    x = np.abs(np.random.default_rng(0).normal(size=(80, 4)))
    lows = [gain_of(np.zeros(x.shape), x, seed).means[0].low for seed in range(200)]
    # with intervals at 95 % one in forty lies above 0 by chance
    assert sum(low > 0 for low in lows) <= 12


def test_where_nothing_moves_there_is_no_gain():
    x = np.ones((5, 4))
    flat = curves(lambda kept, rows: np.full(len(rows), 7.0), places(x, np.random.default_rng(0)))
    assert gains(flat, flat) is None


def test_rows_of_fewer_parts_go_from_full_to_empty_too():
    values = np.array([[3.0, 2.0, 1.0], [1.0, np.nan, np.nan]])
    ordered = places(values, np.random.default_rng(0))
    assert ordered.tolist() == [[0, 1, 2], [0, -1, -1]]
    seen = curves(lambda kept, rows: (kept & (ordered[rows] >= 0)).sum(axis=1), ordered)
    assert seen.deletion.tolist() == [[3, 2, 1, 0], [1, 1, 0, 0]]
    assert seen.insertion.tolist() == [[0, 1, 2, 3], [0, 0, 1, 1]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_many_parts_are_taken_in_few_steps_from_full_to_empty(seed, parts):
    values = np.random.default_rng(seed).normal(size=(4, parts))
    ordered = places(values, np.random.default_rng(0))
    assert (np.sort(ordered, axis=1) == np.arange(parts)).all()

    def answer(kept, rows):
        return (values[rows] * kept).sum(axis=1)

    drawn, whole = curves(answer, ordered), values.sum(axis=1)[:, None]
    assert len(drawn.shares) == min(parts, 8) + 1
    np.testing.assert_allclose(drawn.deletion + drawn.insertion, np.tile(whole, len(drawn.shares)))
    # no order of the parts lies above that of insertion by attribution
    other = curves(answer, random_places(values, np.random.default_rng(1)))
    assert (drawn.insertion >= other.insertion - 1e-9).all()
