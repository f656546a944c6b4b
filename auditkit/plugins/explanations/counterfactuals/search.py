"""The search for the nearest change of one row that a model decides otherwise, whatever the model."""

from collections.abc import Generator

import numpy as np

from auditkit.plugins.explanations.counterfactuals.moves import (
    BASES,
    Moves,
    expected_cost,
    extended,
    single_moves,
    worthwhile,
)
from auditkit.plugins.explanations.counterfactuals.query_log import Asking, QueryLog, Verdicts
from auditkit.plugins.explanations.counterfactuals.refinement import Rates, made_smaller, trades, units_of
from auditkit.plugins.explanations.counterfactuals.space import Space

AT_ONCE = 4
"""Rows from which the search goes on at a time."""
CLOSEST = 5
"""Real rows whose values are tried by themselves."""
SCANNED = 3
"""Solutions around which numbers are tried at close steps."""
SOLUTIONS = 5
"""Changed rows that are made smaller at the end."""

Search = Generator[np.ndarray, Verdicts, np.ndarray | None]
"""Yields rows (m, D) to ask about, is sent their verdicts, and returns the changed row; None: none was found."""


def search(space: Space, x: np.ndarray, score: float, cut: float, donors: np.ndarray, budget: int) -> Search:
    """Try single changes, then sets of them in the order of what they should cost, then make the best ones smaller.

    Gains of changes are added up to guess what a set of them would do; every guess is asked about. Numbers that changed
    go back as far as the decision lets them, the least efficient first; then one change is traded for another.

    Args:
        space: what is allowed, and what it costs.
        x: (D,) the row, which is not decided as wanted.
        score: of the row.
        cut: the score from which rows are decided as wanted, about.
        donors: (K, D) real rows that are, the nearest ones.
        budget: rows asked about, at most.
    """
    log, moves = QueryLog(space, x, budget), single_moves(space, x, donors[:CLOSEST])
    # at most a third of the budget: with very many columns, the cheapest changes
    moves = Moves(*(part[np.argsort(moves.costs, kind="stable")[: budget // 3]] for part in moves))
    yield from log.ask(moves.rows)
    gains = log.gains(moves.rows, score)
    yield from _from_donors(log, donors)
    yield from _together(log, moves, gains, score, cut)
    yield from _outwards(log, moves, gains, cut)
    rates = Rates.of_moves(moves, gains, x)
    yield from _refined(log, rates, SOLUTIONS)
    yield from _scanned(log)
    yield from _refined(log, rates, 2)
    return log.solutions[0].row if log.solutions else None


def _refined(log: QueryLog, rates: Rates, solutions: int) -> Asking:
    """The cheapest solutions made smaller, and traded."""
    rows = np.array([solution.row for solution in log.solutions[:solutions]]).reshape(-1, len(log.x))
    yield from made_smaller(log, rows, [units_of(log, row, rates) for row in rows])
    offers = [offer for solution in log.solutions[:2] for offer in trades(log, solution, rates)]
    ends = np.array([row for _, row, _ in offers]).reshape(-1, len(log.x))
    yield from log.ask(ends)
    yield from made_smaller(log, ends, [[unit] for _, _, unit in offers])


def _scanned(log: QueryLog) -> Asking:
    """Each number of the row, and of the best solutions less one change, at close steps up to what would be too dear.

    Where a decision changes there and back, as in deep trees, wanted values lie in narrow gaps of the grid.
    """
    space, x = log.space, log.x
    limit = min((solution.cost for solution in log.solutions), default=np.inf)
    bases = {x.tobytes(): x}
    for solution in log.solutions[:SCANNED]:
        for column in np.flatnonzero(space.changed(x, solution.row[None])[0]):
            base = solution.row.copy()
            base[column] = x[column]
            bases[base.tobytes()] = base
    (low, high), summed = space.reach(x), [column for group in space.sums for column in group]
    numbers = np.setdiff1d(np.flatnonzero(high > low), summed)
    steps = (log.left - log.left // 3) // max(1, 2 * len(bases) * len(numbers))
    rows = []
    for base in bases.values():
        room = limit - float(space.cost(x, base[None])[0])
        for column in numbers[base[numbers] == x[numbers]]:
            for end in (low[column], high[column]):
                far = min(abs(end - x[column]), room * space.scale[column])
                values = x[column] + np.sign(end - x[column]) * np.linspace(0, far, steps + 2)[1:-1]
                scanned = np.repeat(base[None], steps, axis=0)
                scanned[:, column] = np.rint(values) if space.whole[column] else values
                rows.append(scanned)
    yield from log.ask(np.concatenate([np.zeros((0, len(x))), *rows]), log.left - log.left // 3)


def _together(log: QueryLog, moves: Moves, gains: np.ndarray, score: float, cut: float) -> Asking:
    """Ask about sets of two moves, then of three and so on, as many as columns may change."""
    kept = worthwhile(moves, gains)
    sets, beyond = kept[:, None], np.zeros(len(kept))
    for _ in range(1, log.space.most):
        sets, origin = extended(moves, sets, kept)
        if not len(sets):
            break
        # what a set brings beyond its parts, a larger one should bring too
        beyond = beyond[origin]
        alone = gains[sets].sum(axis=1)
        expected = expected_cost(moves, sets, gains, alone + beyond, cut - score)
        worth = np.flatnonzero(expected < min((solution.cost for solution in log.solutions), default=np.inf))
        worth = worth[np.argsort(expected[worth], kind="stable")][: log.left // 8]
        rows = moves.combined(log.x, sets[worth])
        yield from log.ask(rows)
        reached = log.gains(rows, score)
        is_known = np.isfinite(reached)
        beyond[worth[is_known]] = (reached - alone[worth])[is_known]
        expected = expected_cost(moves, sets, gains, alone + beyond, cut - score)
        order = np.argsort(expected, kind="stable")[:BASES]
        sets, beyond = sets[order], beyond[order]


def _outwards(log: QueryLog, moves: Moves, gains: np.ndarray, cut: float) -> Asking:
    """Go on from the rows that look nearest by what the model says about them, with every single move.

    Gains do not add up where columns hang together, as in a tree: what one move does is seen only after another.
    """
    reserve, expanded = log.left // 2, set()
    best_rate = float((gains / moves.costs)[np.isfinite(gains)].max(initial=0.0))
    while log.left > reserve:
        limit = min((solution.cost for solution in log.solutions), default=np.inf)
        expected = log.costs + np.maximum(cut - log.scores, 0.0) / max(best_rate, 1e-12)
        order = np.argsort(expected, kind="stable")
        states = [number for number in order if number not in expanded and log.costs[number] < limit][:AT_ONCE]
        if not states:
            return
        expanded |= set(states)
        further = np.concatenate([np.where(moves.columns, moves.rows, log.refused[number]) for number in states])
        further = further[log.space.cost(log.x, further) < limit]
        yield from log.ask(further, log.left - reserve)


def _from_donors(log: QueryLog, donors: np.ndarray) -> Asking:
    """The row with all that donors have otherwise, which goes back column by column, dear ones first.

    What is left are changes that only together are enough, and lie where people are.
    """
    space, x = log.space, log.x
    low, high = space.reach(x)
    with np.errstate(invalid="ignore"):
        fits = ~space.numeric | ((donors >= low) & (donors <= high))
    summed = [column for group in space.sums for column in group]
    fits &= space.mutable & ~np.isnan(donors) & ~np.isnan(x)
    fits[:, summed] = False
    current = np.where(fits, donors, x)
    yield from log.ask(current, allowed=False)
    current = np.array([row for row in current if log.is_wanted(row)]).reshape(-1, len(x))
    sizes = np.where(space.numeric, np.abs(current - x) / space.scale, 1.0)
    order = np.argsort(-np.where(space.changed(x, current), sizes, -1.0), axis=1, kind="stable")
    for columns in order.T:
        back = current.copy()
        numbers = np.arange(len(current))
        back[numbers, columns] = x[columns]
        yield from log.ask(back, allowed=False)
        current = np.array([new if log.is_wanted(new) else old for new, old in zip(back, current, strict=True)])
        current = current.reshape(-1, len(x))
