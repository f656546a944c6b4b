"""Rows that stand in for what is taken out, against plain searches."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.explanations.quality.fill_in import conditional, filled, marginal


def gower_by_loops(row, other, kept, x, is_category):
    total = 0.0
    for column in np.flatnonzero(kept):
        here, there = row[column], other[column]
        if np.isnan(here) or np.isnan(there):
            total += float(np.isnan(here) != np.isnan(there))
        elif is_category[column]:
            total += float(here != there)
        else:
            total += abs(here - there) / np.ptp(x[:, column])
    return total


def test_the_nearest_rows_are_those_of_a_plain_search():
    rng = np.random.default_rng(0)
    x, pool = (np.column_stack([rng.normal(size=(n, 3)), rng.integers(0, 3, n)]) for n in (5, 40))
    is_category = np.array([False, False, False, True])
    donors = conditional(x, pool, is_category, 3, np.random.default_rng(1))
    both = np.concatenate([x, pool])
    kept = rng.random((5, 4)) < 0.6
    kept[:, 0] = True
    for row, filling in enumerate(donors(kept, np.arange(5))):
        distances = [gower_by_loops(x[row], other, kept[row], both, is_category) for other in pool]
        chosen = [gower_by_loops(x[row], other, kept[row], both, is_category) for other in filling]
        assert chosen == pytest.approx(sorted(distances)[:3])


def test_a_missing_value_agrees_with_a_missing_value_alone():
    x, pool = np.array([[np.nan, 1.0]]), np.array([[0.0, 5.0], [np.nan, 9.0], [3.0, 1.0]])
    donors = conditional(x, pool, np.array([False, False]), 1, np.random.default_rng(0))
    assert donors(np.array([[True, False]]), np.array([0]))[0, 0, 1] == 9.0


def test_a_row_never_fills_in_for_itself():
    x = np.random.default_rng(0).normal(size=(6, 3))
    donors = conditional(x, x, np.zeros(3, dtype=bool), 1, np.random.default_rng(0))
    filling = donors(np.array([[True, True, False]] * 6), np.arange(6))[:, 0]
    assert (filling != x).any(axis=1).all()


def test_where_nothing_is_kept_any_row_fills_in():
    x, pool = np.zeros((40, 2)), np.arange(20.0).reshape(10, 2)
    donors = conditional(x, pool, np.zeros(2, dtype=bool), 1, np.random.default_rng(0))
    drawn = donors(np.zeros((40, 2), dtype=bool), np.arange(40))[:, 0, 0]
    assert len(np.unique(drawn)) > 5


def test_a_twin_tells_what_is_deleted_so_that_the_output_stays():
    rng = np.random.default_rng(0)
    twin = rng.integers(0, 2, 200).astype(float)
    pool = np.column_stack([twin, twin, rng.normal(size=200)])
    x = pool[:30] + np.array([0, 0, 10.0])
    kept, rows = np.tile([False, True, True], (30, 1)), np.arange(30)

    def model(codes, _):
        return codes[:, 0]

    likely = conditional(x, pool, np.array([True, True, False]), 2, np.random.default_rng(0))
    np.testing.assert_array_equal(filled(model, x, likely)(kept, rows), x[:, 0])
    any_row = filled(model, x, marginal(30, pool, 4, np.random.default_rng(0)))(kept, rows)
    assert np.abs(any_row - x[:, 0]).mean() == pytest.approx(0.5, abs=0.15)


def test_marginal_fill_in_is_the_same_whatever_is_kept():
    pool = np.random.default_rng(0).normal(size=(50, 2))
    donors = marginal(3, pool, 4, np.random.default_rng(0))
    first, again = (donors(np.full((3, 2), kept), np.arange(3)) for kept in (True, False))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (3, 4, 2) and np.isin(first, pool).all()
