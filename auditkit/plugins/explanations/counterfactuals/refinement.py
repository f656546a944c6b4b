"""Changed rows made smaller: numbers go back as far as the decision lets them, and one change is traded for another."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.counterfactuals.moves import Moves
from auditkit.plugins.explanations.counterfactuals.query_log import Asking, QueryLog, Solution

STEPS = 8
"""Parts into which the way back to the row is divided, in each round."""
ROUNDS = 5
TRADES = 8
"""Trades that are tried at a time, those that should save most."""


class Rates(NamedTuple):
    """What a move of a number brings for its cost, at best, and which way that is; from moves of single columns."""

    rate: np.ndarray
    """(D,) 0 where nothing is known."""
    toward: np.ndarray
    """(D,) 1 or -1."""

    @classmethod
    def of_moves(cls, moves: Moves, gains: np.ndarray, x: np.ndarray) -> "Rates":
        """From moves of the row x (D,) and what each brought (M,)."""
        rate, toward = np.zeros(len(x)), np.ones(len(x))
        for columns, row, gain, cost in zip(moves.columns, moves.rows, gains, moves.costs, strict=True):
            for column in np.flatnonzero(columns):
                if np.isfinite(gain) and gain / cost > rate[column]:
                    rate[column], toward[column] = gain / cost, np.sign(row[column] - x[column])
        return cls(rate, toward)


def made_smaller(log: QueryLog, rows: np.ndarray, units: list[list[np.ndarray]]) -> Asking:
    """Take units of columns back, one after the other, as far as each row stays decided as wanted.

    Args:
        log: what is asked goes through it, and comes to stand in it.
        rows: (R, D) changed rows.
        units: for each the columns that go back together, in order.
    """
    current = rows.copy()
    for step in range(max(map(len, units), default=0)):
        turns = {number: parts[step] for number, parts in enumerate(units) if step < len(parts)}
        spans, start = dict.fromkeys(turns, (0.0, 1.0)), current.copy()
        for round_number in range(ROUNDS):
            tried = {
                number: [(t, _part_way(log, start[number], unit, t)) for t in _parts(log, unit, spans[number])]
                for number, unit in turns.items()
                if round_number == 0 or log.space.numeric[unit].all()
            }
            yield from log.ask(np.array([row for rows in tried.values() for _, row in rows]).reshape(-1, len(log.x)))
            for number, parts_tried in tried.items():
                low, high = spans[number]
                reached = next((t for t, row in parts_tried if log.is_wanted(row)), high)
                current[number] = _part_way(log, start[number], turns[number], reached)
                spans[number] = max(low, reached - (high - low) / STEPS), reached


def units_of(log: QueryLog, row: np.ndarray, rates: Rates) -> list[np.ndarray]:
    """The changed columns of a row, those together whose sum is kept; first those that bring least for their cost."""
    changed = np.flatnonzero(log.space.changed(log.x, row[None])[0])
    grouped = [unit for group in log.space.sums if len(unit := np.intersect1d(changed, group))]
    alone = np.setdiff1d(changed, np.concatenate([*grouped, np.zeros(0, dtype=np.int64)]))
    units = [*grouped, *(np.array([column]) for column in alone)]
    return sorted(units, key=lambda unit: float(rates.rate[unit].min()))


def trades(log: QueryLog, solution: Solution, rates: Rates) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Rows in which one change is taken back, or a whole number by one, and another number moves as far as it may.

    Args:
        log: the row, and what is allowed.
        solution: a changed row.
        rates: what moves of single numbers bring.

    Returns:
        (what it should cost, the row, the column that may go back) of those that should be cheaper.
    """
    space, x, row = log.space, log.x, solution.row
    (low, high), bound = space.reach(x), {column for group in space.sums for column in group}
    changed = np.flatnonzero(space.changed(x, row[None])[0])
    offers = []
    for dropped in set(changed.tolist()) - bound:
        step = np.sign(x[dropped] - row[dropped])
        backs = [x[dropped], row[dropped] + step] if space.whole[dropped] else [x[dropped]]
        for back in backs:
            without = row.copy()
            without[dropped] = back
            cost = float(space.cost(x, without[None])[0])
            lost = (solution.cost - cost) * rates.rate[dropped]
            for column in set(np.flatnonzero(high > low).tolist()) - bound - {dropped}:
                end = high[column] if rates.toward[column] > 0 else low[column]
                room = abs(end - without[column]) / space.scale[column]
                expected = cost + lost / max(float(rates.rate[column]), 1e-12)
                if expected < solution.cost * (1 - 1e-6) and expected - cost <= room * (1 + 1e-9):
                    traded = without.copy()
                    traded[column] = end
                    offers.append((expected, traded, np.array([column])))
    return sorted(offers, key=lambda offer: offer[0])[:TRADES]


def _parts(log: QueryLog, unit: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Parts of the way that are tried; of a category none of it."""
    return np.linspace(*span, STEPS + 1)[: STEPS if log.space.numeric[unit].all() else 1]


def _part_way(log: QueryLog, row: np.ndarray, unit: np.ndarray, t: float) -> np.ndarray:
    """A changed row with some columns only the part `t` of their way."""
    back, move = row.copy(), t * (row[unit] - log.x[unit])
    back[unit] = log.x[unit] + np.where(log.space.whole[unit], np.rint(move), move)
    return back
