"""Attributions of many rows, as counts and as means over values."""

import itertools

import numpy as np
import pytest

from auditkit.plugins.explanations.shapley.beeswarm import beeswarm, dependence

RNG = np.random.default_rng(0)
ROWS, NAMES = 100, ("slope", "turn", "town", "nothing")
X = np.column_stack([RNG.normal(size=(ROWS, 2)), RNG.integers(0, 3, ROWS), RNG.normal(size=ROWS)])
VALUES = np.column_stack([3 * X[:, 0], 2 * X[:, 1] ** 2 - 2, X[:, 2] - 1, np.zeros(ROWS)])
IS_CATEGORY = np.array([False, False, True, False])


def by_feature(figure, field):
    drawn = {}
    for row in figure.data:
        drawn.setdefault(row["feature"], []).append(row[field])
    return drawn


def test_a_beeswarm_counts_the_rows_of_each_bin():
    shares = by_feature(beeswarm(VALUES, NAMES, "logit", 1), "share")
    assert list(shares) == ["slope", "turn", "town", "nothing"]
    assert all(sum(share or 0 for share in one) == pytest.approx(1) for one in shares.values())
    edges = [-np.inf, *np.quantile(np.abs(VALUES), 0.9) * np.linspace(-1, 1, 6), np.inf]
    counts = [((VALUES[:, 0] >= low) & (VALUES[:, 0] < high)).mean() for low, high in itertools.pairwise(edges)]
    assert [share or 0 for share in shares["slope"]] == pytest.approx(counts)
    assert shares["nothing"] == [None] * 3 + [1.0] + [None] * 3


def test_few_rows_are_not_shown():
    shares = [share for one in by_feature(beeswarm(VALUES, NAMES, "logit", 10), "share").values() for share in one]
    assert min(share for share in shares if share is not None) >= 0.1 and None in shares
    assert beeswarm(VALUES, NAMES, "logit", 101) is None and beeswarm(0 * VALUES, NAMES, "logit", 1) is None


def test_dependence_shows_a_line_and_a_turn():
    figure = dependence(VALUES, X, NAMES, IS_CATEGORY, "logit", 10)
    drawn = by_feature(figure, "attribution")
    assert list(drawn) == ["slope", "turn", "nothing"]
    assert (np.diff(drawn["slope"]) > 0).all() and drawn["turn"][2] < min(drawn["turn"][0], drawn["turn"][-1])
    assert drawn["nothing"] == [0.0] * 5
    # a fifth of the rows each, by hand
    order = np.argsort(X[:, 0])
    assert drawn["slope"][0] == pytest.approx(VALUES[order[:20], 0].mean())
    assert by_feature(figure, "place")["slope"] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_equal_values_stay_together_and_missing_ones_are_left_out():
    x = X.copy()
    x[:, 0], x[:30, 1] = X[:, 2], np.nan
    figure = dependence(VALUES, x, NAMES, IS_CATEGORY, "logit", 10)
    drawn = by_feature(figure, "attribution")
    for value, mean in zip(range(3), drawn["slope"], strict=True):
        assert mean == pytest.approx(VALUES[x[:, 0] == value, 0].mean())
    assert len(drawn["turn"]) == 5
    assert dependence(VALUES, np.zeros(X.shape), NAMES, IS_CATEGORY, "logit", 10) is None
