"""The check's tests of itself: changes asked about anew, one value at a time by hand, known boundaries, chance."""

from collections.abc import Callable, Sequence

import numpy as np

from auditkit.data import AuditData, codes_of
from auditkit.plugins.robustness.changes import search
from auditkit.plugins.robustness.changes.model_codes import Oracle, rule_oracle
from auditkit.plugins.robustness.changes.moves import Field, Moves
from auditkit.plugins.robustness.changes.parameters import Parameters

TRIED = 30
"""Rows on which the search is tried at most."""
BY_HAND = 8
"""Rows that are searched value by value."""
CLOSE = 0.01
"""A random change that is cheaper by less than this share does no better."""


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
    violations, total = 0, 0
    for slots, stated_costs in zip(changes, costs, strict=True):
        rows = np.flatnonzero(np.isfinite(stated_costs))
        if not len(rows):
            continue
        points = codes_of(data.decode(moves.points(rows, slots[rows])), data.schema)
        decisions = oracle(points).decisions
        is_valid = (decisions != before[rows]) & (decisions >= 0) & moves.possible(points, rows)
        for index, row in enumerate(rows):
            priced = price(moves.fields, moves.origins[row], points[index])
            is_valid[index] &= priced is not None and abs(priced - stated_costs[row]) <= 1e-6 * max(1.0, priced)
        violations, total = violations + int((~is_valid).sum()), total + len(rows)
    return violations / total if total else 0.0


def price(fields: tuple[Field, ...], before: np.ndarray, after: np.ndarray) -> float | None:
    """What a changed row costs; None where it is not allowed: one row, feature by feature.

    Args:
        fields: what may move.
        before: (D,) codes of the row.
        after: (D,) of the changed row.
    """
    field_of = {field.at: field for field in fields}
    total = 0.0
    for column, (old, new) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        if old == new or (old != old and new != new):  # NaN, a missing value, equals nothing, itself included
            continue
        field = field_of.get(column)
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


def by_hand(
    moves: Moves, before: np.ndarray, single: search.Singles, oracle: Oracle, rng: np.random.Generator
) -> float:
    """The largest difference between the cheapest single change of some rows and that found value by value."""
    worst = 0.0
    for row in rng.choice(len(before), min(BY_HAND, len(before)), replace=False).tolist():
        reported = float(np.where(single.flipped[row], moves.costs[row], np.inf).min())
        points, prices = [], []
        for slot in range(moves.costs.shape[1]):
            changed = moves.origins[row].copy()
            changed[moves.fields[int(moves.feature[slot])].at] = moves.values[row, slot]
            cost = price(moves.fields, moves.origins[row], changed)
            keeps_rules = all(
                bool(rule(changed[None])[0]) or moves.broken[row, index] for index, rule in enumerate(moves.rules)
            )
            if cost and keeps_rules:
                points.append(changed)
                prices.append(cost)
        if not points:
            worst = max(worst, 0.0 if np.isinf(reported) else np.inf)
            continue
        decisions = oracle(np.array(points)).decisions
        is_other = (decisions != before[row]) & (decisions >= 0)
        least = float(np.where(is_other, prices, np.inf).min())
        if least != reported:
            worst = max(worst, abs(least - reported))
    return worst


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
        affordable = np.flatnonzero(moves.costs[row] < limit[row])
        if not len(affordable):
            continue
        drawn_slots = rng.choice(affordable, (draws, depth))
        # as many features as the search may change, or fewer: a change of few features is cheap
        drawn_slots[np.arange(depth)[None, :] >= rng.integers(1, depth + 1, draws)[:, None]] = -1
        for position in range(1, depth):  # a feature is changed once
            is_repeated = (
                moves.feature[drawn_slots[:, :position]] == moves.feature[drawn_slots[:, position]][:, None]
            ) & (drawn_slots[:, :position] >= 0)
            drawn_slots[is_repeated.any(axis=1), position] = -1
        cost = np.where(drawn_slots >= 0, moves.costs[row][drawn_slots], 0.0).sum(axis=1)
        within_limit = drawn_slots[cost < limit[row]]
        rows.append(np.full(len(within_limit), row))
        slots.append(within_limit)
    if not rows:
        return 0.0
    all_rows, all_slots = np.concatenate(rows), np.concatenate(slots)
    points = moves.points(all_rows, all_slots)
    decisions = oracle(points).decisions
    is_cheaper_flip = (decisions != before[all_rows]) & (decisions >= 0) & moves.possible(points, all_rows)
    return len(np.unique(all_rows[is_cheaper_flip])) / n


def known_boundary(
    data: AuditData, moves: Moves, effort: Parameters, scored: bool, rng: np.random.Generator, progress: search.Progress
) -> tuple[float | None, float | None]:
    """The search against a linear rule on the same table, whose cheapest changes follow from its weights.

    Args:
        data: how a table is made.
        moves: what may be changed; implications are left out.
        effort: as the audited model is searched.
        scored: whether the search sees the rule's score, as it does the model's.
        rng: draws the weights and the rows.
        progress: told how far this is.

    Returns:
        For one feature and for several, how much dearer than the cheapest change the search's is; 1: as cheap.
    """
    sample = moves.free().take(np.sort(rng.choice(len(moves.origins), min(TRIED, len(moves.origins)), replace=False)))
    parts = [_part(field, rng) for field in moves.fields]

    def score(points: np.ndarray) -> np.ndarray:
        return np.sum([part(points[:, field.at]) for part, field in zip(parts, moves.fields, strict=True)], axis=0)

    centre = float(np.median(score(moves.origins))) + 1e-6  # off every row, so that none lies on the boundary
    oracle = rule_oracle(data, lambda points: score(points) - centre, scored)
    before = oracle(sample.origins).decisions
    single = search.singles(sample, before, oracle, progress)
    found_several = search.several(
        sample, single, oracle, effort.depth, effort.beam, effort.max_queries, progress
    )  # fmt: skip
    # the score counts down to 0 on either side of the boundary
    sign = np.where(before == 1, 1.0, -1.0)
    start = sign * (score(sample.origins) - centre)
    score_changes = np.column_stack(
        [
            parts[feature](sample.values[:, slot]) - parts[feature](sample.origins[:, sample.fields[feature].at])
            for slot, feature in enumerate(sample.feature.tolist())
        ]
    )
    after = start[:, None] + sign[:, None] * score_changes
    crosses = np.where(sign[:, None] > 0, after <= 0, after < 0)
    true_alone = np.where(crosses & np.isfinite(sample.costs), sample.costs, np.inf).min(axis=1)
    true_pairs = np.array(
        [_pairs(sample, row, start[row], sign[row] * score_changes[row], sign[row]) for row in range(len(before))]
    )
    found_alone = np.where(single.flipped, sample.costs, np.inf).min(axis=1)
    return _ratio(found_alone, true_alone), _ratio(found_several.costs, np.minimum(true_pairs, true_alone))


def constant_flips(data: AuditData, moves: Moves, effort: Parameters, progress: search.Progress) -> float:
    """The share of rows for which a change is found that flips a rule which always says the same."""
    sample = moves.take(np.arange(min(TRIED, len(moves.origins))))
    oracle = rule_oracle(data, lambda points: np.ones(len(points)), True)
    single = search.singles(sample, np.ones(len(sample.origins), dtype=np.int64), oracle, progress)
    cheapest = search.several(sample, single, oracle, effort.depth, effort.beam, min(effort.max_queries, 40), progress)
    return float(np.isfinite(cheapest.costs).mean())


def _part(field: Field, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """What one feature adds to the linear rule's score; nothing where it is missing."""
    if field.numeric:
        weight = float(rng.choice((-1, 1)) * rng.uniform(0.5, 1.5)) / field.unit
        return lambda column: np.where(np.isnan(column), 0.0, weight * column)
    # about as much as a number may add, so that changes of either kind are among the cheapest
    # numbered densely, for ids may be as large as they like
    effects = rng.uniform(-0.5, 0.5, len(field.values))

    def effect(column: np.ndarray) -> np.ndarray:
        place = np.clip(np.searchsorted(field.values, column), 0, len(effects) - 1)
        return np.where(field.values[place] == column, effects[place], 0.0)

    return effect


def _pairs(moves: Moves, row: int, start: float, score_changes: np.ndarray, sign: float) -> float:
    """The cheapest pair of slots of different features that crosses the linear rule's boundary."""
    slots = np.flatnonzero(np.isfinite(moves.costs[row]))
    scores = start + score_changes[slots][:, None] + score_changes[slots][None, :]
    crosses = (scores <= 0) if sign > 0 else (scores < 0)
    crosses &= moves.feature[slots][:, None] != moves.feature[slots][None, :]
    costs = moves.costs[row, slots]
    return float(np.where(crosses, costs[:, None] + costs[None, :], np.inf).min(initial=np.inf))


def _ratio(found_costs: np.ndarray, true_costs: np.ndarray) -> float | None:
    """The mean of found over true where there is a true one; None where there is none, infinite where one is missed."""
    has_truth = np.isfinite(true_costs)
    return float(np.mean(found_costs[has_truth] / true_costs[has_truth])) if has_truth.any() else None
