"""The nearest change of a row that a linear model decides otherwise: exact, also where there is none."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from auditkit.plugins.explanations.counterfactuals.space import Space

TRIED = 60
"""Real rows, mixed with each other, on which the form of a model is tried."""
INFEASIBLE = 2
"""scipy's word for: no such change exists."""


class LinearForm(NamedTuple):
    """A sum over columns: a slope times each number, and an amount for each category."""

    slopes: np.ndarray
    """(D,) 0 for categories."""
    amounts: tuple[dict[float, float], ...]
    """For each column {category: amount}; empty for numbers."""

    def of(self, rows: np.ndarray) -> np.ndarray:
        """(m,) of rows without missing values, up to a constant."""
        total = rows @ self.slopes
        for column, amounts in enumerate(self.amounts):
            if amounts:
                total = total + np.array([amounts[value] for value in rows[:, column]])
        return np.asarray(total)


def linear_form(
    margin: Callable[[np.ndarray], np.ndarray], space: Space, real: np.ndarray, rng: np.random.Generator
) -> LinearForm | None:
    """The form of a margin (m, D) -> (m,), by changing one column at a time; None where it is no such sum.

    The outcome is tried on mixtures of real rows and of the ends of their columns, which any interaction between
    columns or bend in one changes.
    """
    whole_rows = real[~np.isnan(real).any(axis=1)]
    if len(whole_rows) < 2:
        return None
    start = whole_rows[0]
    slopes, amounts = np.zeros(len(start)), []
    for column, values in enumerate(space.values):
        rows = np.repeat(start[None], len(values), axis=0)
        rows[:, column] = values
        margins = margin(rows)
        if space.numeric[column]:
            span = float(np.ptp(values))
            slopes[column] = (margins[-1] - margins[0]) / span if span else 0.0
        amounts.append({} if space.numeric[column] else dict(zip(values.tolist(), margins.tolist(), strict=True)))
    form = LinearForm(slopes, tuple(amounts))
    drawn = np.array([
        [rng.choice(values) if rng.random() < 0.2 else value for values, value in zip(space.values, row, strict=True)]
        for row in whole_rows[rng.integers(0, len(whole_rows), TRIED)]
    ])  # fmt: skip
    gaps = margin(drawn) - form.of(drawn)
    return form if np.ptp(gaps) <= 1e-6 * max(1.0, float(np.ptp(margin(drawn)))) else None


def nearest_linear(
    form: LinearForm, space: Space, x: np.ndarray, need: tuple[float, float]
) -> tuple[np.ndarray | None, bool]:
    """The cheapest allowed change that moves the form by at least need[0] and at most need[1].

    A mixed-integer linear programme, solved by branch and bound to a gap of 0 (HiGHS, Huangfu and Hall 2018): numbers
    go up or down, a category is taken or not, and so many columns may change.

    Returns:
        The changed row (D,) and True; None and True where none exists; None and False where the solver did not say.
    """
    low, high = space.reach(x)
    numbers = np.flatnonzero(high > low)
    options = [
        (column, value, form.amounts[column][value] - form.amounts[column][x[column]])
        for column in np.flatnonzero(~space.numeric & space.mutable & ~np.isnan(x))
        for value in form.amounts[column] if value != x[column] and x[column] in form.amounts[column]
    ]  # fmt: skip
    n, k = len(numbers), len(options)
    # numbers that are not whole are in units of cost, so that all coefficients are of about one size
    unit = np.where(space.whole[numbers], 1.0, space.scale[numbers])
    # variables: up, down and whether it changed, of each number; then which category is taken
    up, down, is_changed, taken = np.split(np.eye(3 * n + k), [n, 2 * n, 3 * n])
    price = unit / space.scale[numbers]
    cost = price @ (up + down) + taken.sum(axis=0) if n else taken.sum(axis=0)
    step = form.slopes[numbers] * unit
    gain = step @ (up - down) + np.array([gain for _, _, gain in options]) @ taken
    far_up, far_down = (high[numbers] - x[numbers]) / unit, (x[numbers] - low[numbers]) / unit
    limits = [scipy.optimize.LinearConstraint(gain, *need)]
    limits += [scipy.optimize.LinearConstraint(is_changed.sum(axis=0) + taken.sum(axis=0), 0, space.most)]
    if n:
        most = np.maximum(far_up, far_down)[:, None]
        limits += [scipy.optimize.LinearConstraint(up + down - most * is_changed, -np.inf, 0)]
    for column in {column for column, _, _ in options}:
        of_column = np.array([owner == column for owner, _, _ in options], dtype=float)
        limits += [scipy.optimize.LinearConstraint(of_column @ taken, 0, 1)]
    for group in space.sums:
        inside = np.isin(numbers, group) * unit
        limits += [scipy.optimize.LinearConstraint(inside @ (up - down), 0, 0)]
    whole = np.tile(space.whole[numbers], 2).astype(int)
    if not n + k:
        return None, True
    outcome = scipy.optimize.milp(
        cost, constraints=limits, bounds=scipy.optimize.Bounds(0, np.concatenate([far_up, far_down, np.ones(n + k)])),
        integrality=np.concatenate([whole, np.ones(n + k, dtype=int)]), options={"mip_rel_gap": 0.0, "time_limit": 5.0},
    )  # fmt: skip
    if outcome.x is None:
        return None, outcome.status == INFEASIBLE
    row = x.copy()
    moved = outcome.x[:n] - outcome.x[n : 2 * n]
    row[numbers] += np.where(space.whole[numbers], np.rint(moved), moved) * unit
    for (column, value, _), amount in zip(options, outcome.x[3 * n :], strict=True):
        if amount > 0.5:
            row[column] = value
    # what rounding left of numbers that do not change
    close = space.numeric & (np.abs(row - x) <= 1e-7 * space.scale)
    row[close] = x[close]
    return row, outcome.status == 0
