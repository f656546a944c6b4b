"""Bounds of rates of groups known by probability: by hand, against a linear programme, and on groups that are known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from auditkit.plugins.fairness.group_probabilities import bounds
from auditkit.plugins.fairness.group_probabilities.bounds import People
from auditkit.plugins.fairness.group_probabilities.cells import cells_of, mean_of_others


def one_fold(cells, weights=None):
    """People whose bounds are chosen on themselves, as the formulas have it."""
    return People(np.asarray(cells), np.zeros(len(cells), dtype=int), weights, None)


def test_one_cell_by_hand():
    # 10 people, 0.4 of the group, 3 selected: all 3 may be of the group (3 / 4), or none; of the others 3 / 6 or none
    selected, people = np.arange(10) < 3, one_fold([0] * 10)
    rate = bounds.selection_rate(np.full(10, 0.4), selected, people)
    others = bounds.selection_rate(np.full(10, 0.6), selected, people)
    assert (rate.low.value, rate.high.value, rate.weighted.value) == pytest.approx((0, 0.75, 0.3))
    assert (others.low.value, others.high.value) == pytest.approx((0, 0.5))
    # 8 of 10 selected, 0.4 of the group: at least 0.4 + 0.8 - 1 = 0.2 of all people are both, half of the group
    many = bounds.selection_rate(np.full(10, 0.4), np.arange(10) < 8, people)
    assert (many.low.value, many.high.value) == pytest.approx((0.5, 1))
    assert bounds.difference(rate.high, others.low).value == pytest.approx(0.75)


def test_certain_probabilities_give_the_rates_themselves():
    group = np.arange(400) % 3 == 0
    selected = np.random.default_rng(0).random(400) < 0.3 + 0.3 * group
    rate = bounds.selection_rate(group.astype(float), selected, one_fold(group.astype(int)))
    assert rate.low.value == pytest.approx(rate.high.value) == pytest.approx(selected[group].mean())
    assert rate.weighted.value == pytest.approx(selected[group].mean())


def table(seed, groups=3, cells=4, rows=240):
    """People in cells, with probabilities of several groups, decisions and labels."""
    rng = np.random.default_rng(seed)
    cell = np.arange(rows) % cells
    shares = rng.dirichlet(np.ones(groups), cells)[cell]
    selected = rng.random(rows) < rng.random(cells)[cell]
    positive = rng.random(rows) < 0.3 + 0.4 * selected
    return cell, shares, selected, positive


def programme(cell, shares, outcome, kinds):
    """The constraints on the joint shares (cell, group, outcome): those of groups and of outcomes in each cell."""
    groups, cells = shares.shape[1], cell.max() + 1
    rows, right = [], []
    for c in range(cells):
        inside = cell == c
        for g in range(groups):
            row = np.zeros((cells, groups, kinds))
            row[c, g] = 1
            rows.append(row.ravel())
            right.append(shares[inside, g].sum() / len(cell))
        for o in range(kinds):
            row = np.zeros((cells, groups, kinds))
            row[c, :, o] = 1
            rows.append(row.ravel())
            right.append((outcome[inside] == o).sum() / len(cell))
    return np.array(rows), np.array(right)


@pytest.mark.parametrize("seed", range(4))
def test_differences_of_selection_rates_are_those_of_a_linear_programme(seed):
    cell, shares, selected, _ = table(seed)
    left, right = programme(cell, shares, selected.astype(int), 2)
    rates = [bounds.selection_rate(column, selected, one_fold(cell)) for column in shares.T]
    for a, b in ((0, 1), (1, 0), (2, 1)):
        gain = np.zeros((cell.max() + 1, 3, 2))
        gain[:, a, 1], gain[:, b, 1] = 1 / shares[:, a].mean(), -1 / shares[:, b].mean()
        best = scipy.optimize.linprog(-gain.ravel(), A_eq=left, b_eq=right, bounds=(0, None))
        assert bounds.difference(rates[a].high, rates[b].low).value == pytest.approx(-best.fun)


@pytest.mark.parametrize("seed", range(4))
def test_true_positive_rates_are_those_of_a_linear_fractional_programme(seed):
    cell, shares, selected, positive = table(seed)
    outcome = np.where(positive, np.where(selected, 1, 2), 0)
    left, right = programme(cell, shares, outcome, 3)
    for group in range(3):
        rate = bounds.true_positive_rate(shares[:, group], selected, positive, one_fold(cell))
        top, base = (np.zeros((cell.max() + 1, 3, 3)) for _ in range(2))
        top[:, group, 1] = base[:, group, 1] = base[:, group, 2] = 1
        # Charnes and Cooper (1962): divide all by the denominator, which is a variable more
        equal = np.vstack([np.column_stack([left, -right]), np.append(base.ravel(), 0)])
        ends = [
            sign * scipy.optimize.linprog(
                np.append(sign * top.ravel(), 0), A_eq=equal, b_eq=np.append(np.zeros(len(right)), 1), bounds=(0, None)
            ).fun
            for sign in (1, -1)
        ]  # fmt: skip
        assert (rate.low.value, rate.high.value) == pytest.approx(ends, abs=1e-7)
        assert rate.low.value <= rate.weighted.value <= rate.high.value


@pytest.mark.parametrize("seed", range(3))
def test_both_ends_of_a_difference_of_true_positive_rates_are_reached_at_once(seed):
    cell, shares, selected, positive = table(seed)
    outcome = np.where(positive, np.where(selected, 1, 2), 0)
    left, right = programme(cell, shares, outcome, 3)
    (_, most), (least, _) = (bounds.mass(shares[:, g], selected & positive, one_fold(cell)) for g in (0, 1))
    (fewest, _), (_, missed) = (bounds.mass(shares[:, g], ~selected & positive, one_fold(cell)) for g in (0, 1))
    wanted = []
    for group, kind in ((0, 1), (1, 1), (0, 2), (1, 2)):
        row = np.zeros((cell.max() + 1, 3, 3))
        row[:, group, kind] = 1
        wanted.append(row.ravel())
    ends = [array.mean() for array in (most, least, fewest, missed)]
    reached = scipy.optimize.linprog(
        np.zeros(left.shape[1]), A_eq=np.vstack([left, wanted]), b_eq=np.append(right, ends), bounds=(0, None)
    )
    assert reached.success


def test_means_of_others_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    values, weights = rng.random(60), rng.random(60) + 0.1
    cells, folds = rng.integers(0, 4, 60), rng.integers(0, 3, 60)
    slow = [
        np.average(values[(cells == c) & (folds != f)], weights=weights[(cells == c) & (folds != f)])
        for c, f in zip(cells, folds, strict=True)
    ]
    assert mean_of_others(values, cells, folds, weights) == pytest.approx(slow)


def test_cells_hold_people_enough_and_equal_people_stay_together():
    first = np.round(np.random.default_rng(0).random(1000), 1)
    cells = cells_of(np.column_stack([first, 1 - first]), 64, 50)
    assert np.bincount(cells).min() >= 50 and cells.max() > 3
    assert all(len(np.unique(cells[first == value])) == 1 for value in np.unique(first))
    assert cells_of(np.full((30, 2), 0.5), 64, 20).tolist() == [0] * 30


def test_the_interval_holds_where_decisions_go_with_the_group_and_every_cell_is_at_a_kink():
    # p = s in every cell, and the groups as unequal as decisions allow: the sampling error of the end is one-sided
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p = np.repeat(np.linspace(0.1, 0.9, 8), 100)
        group = rng.random(800) < p
        people = People(np.repeat(np.arange(8), 100), rng.permutation(800) % 5, None, None)
        rates = [bounds.selection_rate(share, group, people) for share in (p, 1 - p)]
        low, high = (bounds.difference(rates[0].low, rates[1].high), bounds.difference(rates[0].high, rates[1].low))
        held += bounds.ends(low, high, people, 0.95, -1.0).high >= 1.0 - 1e-9
    assert held >= 54  # the true difference is 1
