"""What a change costs, and which changes are allowed."""

import dataclasses

import numpy as np
import pytest

from auditkit.plugins.explanations.counterfactuals.space import grid_of, spread_of
from tests.plugins.explanations.counterfactuals.spaces import people, space_of

CODES = people(np.random.default_rng(0))
SPACE = space_of(CODES)


def test_the_spread_is_the_median_absolute_deviation_and_that_of_a_column_of_zeros_the_mean_one():
    assert spread_of(np.array([1.0, 1, 2, 2, 4, 6, 9])) == 1.0  # the example of every textbook
    assert spread_of(np.array([0.0, 0, 0, 0, 10])) == 2.0
    assert spread_of(np.array([3.0, 3, np.nan])) == 0.0 == spread_of(np.array([np.nan]))


def test_the_cost_is_worked_out_by_hand():
    space = dataclasses.replace(SPACE, scale=np.array([2.0, 1, 1, 4, 1, 1, 1, 1]))
    x = np.array([1.0, 0, 0, 10, 0, 0, 3, np.nan])
    rows = np.array([x, x, x])
    rows[0, 0], rows[0, 3], rows[0, 6] = 4.0, 8.0, 4.0
    rows[2, 7] = 1.0
    assert space.cost(x, rows).tolist() == [1.5 + 0.5 + 1, 0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({0: 0.5}, True), ({3: 50.0}, True), ({3: 50.5}, False), ({0: 1e6}, False), ({6: 4.0}, True), ({6: 4.5}, False),
        ({7: np.nan}, False),
        ({0: 0.1, 1: 0.1, 2: 5.0, 3: 41.0}, True), ({0: 0.1, 1: 0.1, 2: 5.0, 3: 41.0, 4: 2.0}, False),
    ],
)  # fmt: skip
def test_changes_stay_in_ranges_categories_whole_numbers_and_few_columns(changes, allowed):
    x = np.array([0.0, 0, 1, 40, 1, 0, 3, 2])
    row = x.copy()
    for column, value in changes.items():
        row[column] = value
    assert SPACE.allowed(x, row[None]).tolist() == [allowed]


def test_fixed_columns_directions_and_sums_are_kept():
    space = space_of(CODES, fixed=(5,), up=(3,), sums=((0, 1),))
    x = np.array([0.0, 0, 1, 40, 1, 0, 3, 2])
    for column, value, allowed in ((5, 1.0, False), (3, 39.0, False), (3, 41.0, True), (0, 1.0, False)):
        row = x.copy()
        row[column] = value
        assert space.allowed(x, row[None])[0] == allowed
    both = x.copy()
    both[:2] = 1.0, -1.0
    assert space.allowed(x, both[None])[0]


def test_the_grid_holds_real_values_and_the_ends():
    values = grid_of(CODES[:, 3], True, (20.0, 61.0))
    assert np.isin(values, [*CODES[:, 3], 20.0, 61.0]).all() and {20.0, 61.0} <= set(values)
    assert grid_of(CODES[:, 6], False, (0, 0)).tolist() == [0, 1, 2, 3, 4]
