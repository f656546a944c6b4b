"""The exact solver of linear models, against every row that there is."""

import itertools

import numpy as np
import pytest

from auditkit.plugins.explanations.counterfactuals.linear import LinearForm, linear_form, nearest_linear
from tests.plugins.explanations.counterfactuals.spaces import people, space_of

FREE = np.inf


def tiny(seed, most):
    """Two whole numbers and two categories: few enough rows to try all."""
    rng = np.random.default_rng(seed)
    codes = np.column_stack(
        [rng.integers(0, 7, 80), rng.integers(0, 5, 80), rng.integers(0, 3, 80), rng.integers(0, 4, 80)]
    )
    numeric = np.array([True, True, False, False])
    space = space_of(codes.astype(float), numeric, numeric, most, up=(0,))
    amounts = ({}, {}, *({value: float(rng.normal()) for value in range(size)} for size in (3, 4)))
    return codes.astype(float), space, LinearForm(np.array([*rng.normal(size=2), 0, 0]), amounts)


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_nearest_of_all_rows_or_there_is_none(seed):
    codes, space, form = tiny(seed, most=1 + seed % 4)
    every = np.array(list(itertools.product(range(7), range(5), range(3), range(4))), dtype=float)
    for x in codes[:6]:
        need = 1.5 + seed / 6
        allowed = every[space.allowed(x, every)]
        reached = allowed[form.of(allowed) - form.of(x[None]) >= need]
        row, proved = nearest_linear(form, space, x, (need, FREE))
        assert proved and (row is None) == (not len(reached))
        if row is not None:
            assert space.allowed(x, row[None])[0] and form.of(row[None]) - form.of(x[None]) >= need - 1e-9
            assert space.cost(x, row[None])[0] == pytest.approx(space.cost(x, reached).min(), abs=1e-9)


def test_a_number_goes_as_far_as_is_needed_and_the_cheaper_one_first():
    codes = people(np.random.default_rng(0))
    space = space_of(codes)
    form = LinearForm(np.array([1.0, 0.1, 0, 0, 0, 0, 0, 0]) / space.scale, ({},) * 8)
    x = np.array([0.0, 0, 1, 40, 1, 0, 3, 2])
    row, proved = nearest_linear(form, space, x, (0.5, FREE))
    assert proved and row[0] == pytest.approx(0.5 * space.scale[0]) and (row[1:] == x[1:]).all()
    far, _ = nearest_linear(form, space, x, (space.high[0] / space.scale[0] + 0.2, FREE))
    assert far[0] == pytest.approx(space.high[0]) and far[1] == pytest.approx(2 * space.scale[1])


def test_sums_are_kept():
    codes = people(np.random.default_rng(0))
    space = space_of(codes, sums=((0, 1),))
    form = LinearForm(np.array([1.0, -0.1, 0, 0, 0, 0, 0, 0]), ({},) * 8)
    x = np.array([0.0, 0, 1, 40, 1, 0, 3, 2])
    row, proved = nearest_linear(form, space, x, (1.1, FREE))
    assert proved and row[:2] == pytest.approx([1.0, -1.0]) and (row[2:] == x[2:]).all()


def test_the_form_is_read_from_answers_and_is_none_for_what_interacts_or_bends():
    rng = np.random.default_rng(0)
    codes = people(rng)
    space, amounts = space_of(codes), rng.normal(size=8)

    def line(rows):
        return rows[:, 0] - 2 * rows[:, 3] + amounts[rows[:, 7].astype(int)] + 5

    form = linear_form(line, space, codes, rng)
    assert form.slopes[:5] == pytest.approx([1, 0, 0, -2, 0]) and np.ptp(line(codes) - form.of(codes)) < 1e-9
    assert linear_form(lambda rows: line(rows) + rows[:, 0] * rows[:, 1], space, codes, rng) is None
    assert linear_form(lambda rows: line(rows) + np.maximum(rows[:, 4] - 9, 0), space, codes, rng) is None
