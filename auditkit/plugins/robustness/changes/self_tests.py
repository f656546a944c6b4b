"""The check's tests of itself: changes asked about anew, one value at a time by hand, known boundaries, chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit.data.codes import codes_of
from auditkit.plugins.robustness.changes import search
from auditkit.plugins.robustness.changes.model_codes import Oracle, rule_oracle
from auditkit.plugins.robustness.changes.moves import Field, Moves
from auditkit.plugins.robustness.changes.search import Found, Progress, Singles

if TYPE_CHECKING:
    from auditkit.data import AuditData

TRIED = 30
"""Rows on which the search is tried at most."""
BY_HAND = 8
"""Rows that are searched value by value."""
CLOSE = 0.01
"""A random change that is cheaper by less than this share does no better."""


class Effort(NamedTuple):
    """How the several-feature search is run."""

    depth: int
    beam: int
    budget: int


class Known(NamedTuple):
    """How much dearer than the cheapest change the search's is, where the cheapest is known; 1: as cheap."""

    single: float | None
    several: float | None


def violating(
    data: AuditData, moves: Moves, before: np.ndarray, changes: Sequence[np.ndarray], costs: Sequence[np.ndarray],
    oracle: Oracle,
) -> float:  # fmt: skip
    """The share of returned changes that break a rule or do not flip when the model is asked anew.

    Every change is made into a table and read back; then it is looked at feature by feature.

    Args:
        data: the rows.
        moves: what was allowed.
        before: (N,) decisions.
        changes: for each search, (N, d) slots; -1 for none.
        costs: for each search, (N,) what it said they cost.
        oracle: the model.
    """
    wrong, total = 0, 0
    for slots, array in zip(changes, costs, strict=True):
        rows = np.flatnonzero(np.isfinite(array))
        if not len(rows):
            continue
        points = codes_of(data.decode(moves.points(rows, slots[rows])), data.schema)
        decisions = oracle(points).decisions
        fine = (decisions != before[rows]) & (decisions >= 0) & moves.possible(points, rows)
        for at, row in enumerate(rows):
            priced = price(moves.fields, moves.origins[row], points[at])
            fine[at] &= priced is not None and abs(priced - array[row]) <= 1e-6 * max(1.0, priced)
        wrong, total = wrong + int((~fine).sum()), total + len(rows)
    return wrong / total if total else 0.0


def price(fields: tuple[Field, ...], before: np.ndarray, after: np.ndarray) -> float | None:
    """What a changed row costs; None where it is not allowed: one row, feature by feature.

    Args:
        fields: what may move.
        before: (D,) codes of the row.
        after: (D,) of the changed row.
    """
    may = {field.at: field for field in fields}
    total = 0.0
    for at, (old, new) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        if old == new or (old != old and new != new):
            continue
        field = may.get(at)
        if field is None or old != old or new != new:
            return None
        if not field.numeric:
            if new not in field.values:
                return None
            total += field.cost
            continue
        if not field.low <= new <= field.high or (field.whole and new != round(new)):
            return None
        total += field.cost * abs(new - old) / field.unit
    return total


def by_hand(moves: Moves, before: np.ndarray, single: Singles, oracle: Oracle, rng: np.random.Generator) -> float:
    """The largest difference between the cheapest single change of some rows and that found value by value."""
    worst = 0.0
    for row in rng.choice(len(before), min(BY_HAND, len(before)), replace=False).tolist():
        number = float(np.where(single.flipped[row], moves.costs[row], np.inf).min())
        points, prices = [], []
        for slot in range(moves.costs.shape[1]):
            changed = moves.origins[row].copy()
            changed[moves.fields[int(moves.feature[slot])].at] = moves.values[row, slot]
            cost = price(moves.fields, moves.origins[row], changed)
            kept = all(bool(rule(changed[None])[0]) or moves.broken[row, at] for at, rule in enumerate(moves.rules))
            if cost and kept:
                points.append(changed)
                prices.append(cost)
        if not points:
            worst = max(worst, 0.0 if np.isinf(number) else np.inf)
            continue
        decisions = oracle(np.array(points)).decisions
        other = (decisions != before[row]) & (decisions >= 0)
        least = float(np.where(other, prices, np.inf).min())
        if least != number:
            worst = max(worst, abs(least - number))
    return worst


def cheaper_than(found: Found, most: float) -> np.ndarray:
    """(N,) costs clearly below what the search found, and `most` for rows that withstood."""
    return np.minimum(np.where(np.isfinite(found.costs), found.costs * (1 - CLOSE), np.inf), most)


def random_changes(
    moves: Moves, before: np.ndarray, limit: np.ndarray, depth: int, draws: int, oracle: Oracle,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """The share of rows for which a random change flips that costs less than a limit.

    Args:
        moves: what may be changed.
        before: (N,) decisions.
        limit: (N,) the cost up to which changes are drawn.
        depth: features changed at most.
        draws: random changes of each row.
        oracle: the model.
        rng: draws.
    """
    n = len(before)
    rows, slots = [], []
    for row in range(n):
        able = np.flatnonzero(moves.costs[row] < limit[row])
        if not len(able):
            continue
        picked = rng.choice(able, (draws, depth))
        picked[np.arange(depth)[None, :] >= rng.integers(1, depth + 1, draws)[:, None]] = -1
        for later in range(1, depth):  # a feature is changed once
            same = (moves.feature[picked[:, :later]] == moves.feature[picked[:, later]][:, None]) & (
                picked[:, :later] >= 0
            )
            picked[same.any(axis=1), later] = -1
        cost = np.where(picked >= 0, moves.costs[row][picked], 0.0).sum(axis=1)
        fitting = picked[cost < limit[row]]
        rows.append(np.full(len(fitting), row))
        slots.append(fitting)
    if not rows:
        return 0.0
    at, what = np.concatenate(rows), np.concatenate(slots)
    points = moves.points(at, what)
    decisions = oracle(points).decisions
    better = (decisions != before[at]) & (decisions >= 0) & moves.possible(points, at)
    return len(np.unique(at[better])) / n


def known_boundary(
    data: AuditData, moves: Moves, effort: Effort, scored: bool, rng: np.random.Generator, progress: Progress
) -> Known:
    """The search against a linear rule on the same table, whose cheapest changes follow from its weights.

    Args:
        data: how a table is made.
        moves: what may be changed; implications are left out.
        effort: as the audited model is searched.
        scored: whether the search sees the rule's score, as it does the model's.
        rng: draws the weights and the rows.
        progress: told how far this is.
    """
    tried = moves.free().take(np.sort(rng.choice(len(moves.origins), min(TRIED, len(moves.origins)), replace=False)))
    parts = [_part(field, rng) for field in moves.fields]

    def score(points: np.ndarray) -> np.ndarray:
        return np.sum([part(points[:, field.at]) for part, field in zip(parts, moves.fields, strict=True)], axis=0)

    centre = float(np.median(score(moves.origins))) + 1e-6
    oracle = rule_oracle(data, lambda points: score(points) - centre, scored)
    before = oracle(tried.origins).decisions
    single = search.singles(tried, before, oracle, progress)
    finding = search.several(tried, single, oracle, *effort, progress)
    sign = np.where(before == 1, 1.0, -1.0)
    start = sign * (score(tried.origins) - centre)
    moved = np.column_stack(
        [
            parts[at](tried.values[:, slot]) - parts[at](tried.origins[:, tried.fields[at].at])
            for slot, at in enumerate(tried.feature.tolist())
        ]
    )
    after = start[:, None] + sign[:, None] * moved
    over = np.where(sign[:, None] > 0, after <= 0, after < 0)
    alone = np.where(over & np.isfinite(tried.costs), tried.costs, np.inf).min(axis=1)
    least = np.array([_pairs(tried, row, start[row], sign[row] * moved[row], sign[row]) for row in range(len(before))])
    own = np.where(single.flipped, tried.costs, np.inf).min(axis=1)
    return Known(_ratio(own, alone), _ratio(finding.costs, np.minimum(least, alone)))


def constant_flips(data: AuditData, moves: Moves, effort: Effort, progress: Progress) -> float:
    """The share of rows for which a change is found that flips a rule which always says the same."""
    few = moves.take(np.arange(min(TRIED, len(moves.origins))))
    oracle = rule_oracle(data, lambda points: np.ones(len(points)), True)
    before = np.ones(len(few.origins), dtype=np.int64)
    single = search.singles(few, before, oracle, progress)
    finding = search.several(few, single, oracle, effort.depth, effort.beam, min(effort.budget, 40), progress)
    return float(np.isfinite(finding.costs).mean())


def _part(field: Field, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """What one feature adds to the linear rule's score; nothing where it is missing."""
    if field.numeric:
        weight = float(rng.choice((-1, 1)) * rng.uniform(0.5, 1.5)) / field.unit
        return lambda column: np.where(np.isnan(column), 0.0, weight * column)
    effects = rng.uniform(-0.5, 0.5, int(field.values.max()) + 1)

    def effect(column: np.ndarray) -> np.ndarray:
        there = ~np.isnan(column) & (column < len(effects))
        return np.where(there, effects[np.where(there, column, 0).astype(np.int64)], 0.0)

    return effect


def _pairs(moves: Moves, row: int, start: float, moved: np.ndarray, sign: float) -> float:
    """The cheapest pair of slots of different features that crosses the linear rule's boundary."""
    at = np.flatnonzero(np.isfinite(moves.costs[row]))
    left = start + moved[at][:, None] + moved[at][None, :]
    over = (left <= 0) if sign > 0 else (left < 0)
    over &= moves.feature[at][:, None] != moves.feature[at][None, :]
    costs = moves.costs[row, at]
    return float(np.where(over, costs[:, None] + costs[None, :], np.inf).min(initial=np.inf))


def _ratio(found: np.ndarray, true: np.ndarray) -> float | None:
    """The mean of found over true where there is a true one; None where there is none, infinite where one is missed."""
    there = np.isfinite(true)
    if not there.any():
        return None
    return float(np.mean(found[there] / true[there]))
