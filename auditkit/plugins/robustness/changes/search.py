"""The search: every change of one feature on the grid, then of several features within a budget of questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from auditkit.errors import present
from auditkit.plugins.robustness.changes.linear_guess import Guess, guess
from auditkit.plugins.robustness.changes.model_codes import Oracle, margins, threshold_of
from auditkit.plugins.robustness.changes.moves import Moves

Progress: TypeAlias = Callable[[int, int, str], None]

SLOTS = 300
"""Slots of a row that are combined at most."""
ROUNDS = 3
"""Rounds of questions at one depth: what is found in one makes dearer changes of the next needless."""
CHEAPER = 1 - 1e-9


class Singles(NamedTuple):
    """What changing one feature does, for N rows and K slots."""

    before: np.ndarray
    """(N,) the decisions about the rows as they are."""
    flipped: np.ndarray
    """(N, K) bool: a possible change that gives another decision."""
    start: np.ndarray
    """(N,) how far the row is from another decision."""
    gain: np.ndarray
    """(N, K) how much nearer the change brings it, so far as can be told."""
    threshold: float
    guessed: Guess | None = None
    """Where only decisions are given: another view of how near things are, beside how often a change flips others."""

    def cheapest(self, moves: Moves) -> np.ndarray:
        """(N, F) the cost of the cheapest flip by each feature alone; infinite where there is none."""
        costs = np.where(self.flipped, moves.costs, np.inf)
        return np.column_stack([costs[:, moves.feature == at].min(axis=1) for at in range(len(moves.fields))])


class Found(NamedTuple):
    """The cheapest change found for each of N rows."""

    costs: np.ndarray
    """(N,) infinite where none was found."""
    slots: np.ndarray
    """(N, depth) the slots that are changed; -1 for none."""


class Chosen(NamedTuple):
    """Changes of one row that are to be asked about."""

    slots: np.ndarray
    """(Q, d)"""
    costs: np.ndarray
    """(Q,)"""


def singles(moves: Moves, before: np.ndarray, oracle: Oracle, progress: Progress) -> Singles:
    """Ask about every change of one feature.

    Args:
        moves: what is tried.
        before: (N,) the decisions about the rows as they are.
        oracle: who decides.
        progress: told how far this is.
    """
    n, k = moves.costs.shape
    decisions, scores = np.broadcast_to(before[:, None], (n, k)).copy(), None
    possible = np.zeros((n, k), dtype=bool)
    at_rest = oracle(moves.origins)
    for number in range(len(moves.fields)):
        progress(number, len(moves.fields), "changing one feature")
        slots = np.flatnonzero(moves.feature == number)
        row, slot = np.nonzero(np.isfinite(moves.costs[:, slots]))
        slot = slots[slot]
        points = moves.points(row, slot[:, None])
        said = oracle(points)
        decisions[row, slot] = said.decisions
        possible[row, slot] = moves.possible(points, row)
        if said.scores is not None and at_rest.scores is not None:
            if scores is None:
                scores = np.repeat(at_rest.scores[:, None], k, axis=1)
            scores[row, slot] = said.scores
    other = (decisions != before[:, None]) & (decisions >= 0)
    if scores is None or at_rest.scores is None:
        guessed = guess(moves, before, decisions, np.isfinite(moves.costs), np.random.default_rng(0))
        return Singles(before, other & possible, np.ones(n), _popularity(other, before), 0.0, guessed)
    asked = at_rest._replace(
        decisions=decisions.ravel(), scores=scores.reshape(n * k, *scores.shape[2:])
    )  # rows that were not changed answer as they are
    threshold = threshold_of(asked, oracle.positive)
    after = margins(asked, np.repeat(before, k), oracle.positive, threshold)
    start = margins(at_rest, before, oracle.positive, threshold)
    after = present(after, "there are scores")
    start = present(start, "there are scores")
    return Singles(before, other & possible, start, start[:, None] - after.reshape(n, k), threshold)


def several(
    moves: Moves, single: Singles, oracle: Oracle, depth: int, beam: int, budget: int, progress: Progress
) -> Found:
    """The cheapest change of up to `depth` features that is found.

    Pairs are taken in the order in which the changes of their single features promise a flip; changes that do not flip
    are extended, the most promising first; what was found is made cheaper one feature at a time. Where there are two
    views of what is promising, each has half of the budget.

    Args:
        moves: what may be changed.
        single: what single changes do.
        oracle: who decides.
        depth: features changed at most.
        beam: changes of a row that are extended at each depth.
        budget: questions for a row, about: a quarter is kept for making what was found cheaper.
        progress: told how far this is.
    """
    finding = best_single(moves, single, depth)
    views = [single]
    if single.guessed is not None:
        views.insert(0, single._replace(start=single.guessed.start, gain=single.guessed.gain))
    for view in views:
        _combine(moves, view, oracle, finding, beam, 3 * budget // (4 * len(views)), progress)
    _cheaper(moves, single, oracle, finding, max(1, budget // 4))
    return finding


def _combine(
    moves: Moves, single: Singles, oracle: Oracle, found: Found, beam: int, budget: int, progress: Progress
) -> None:
    """Search changes of several features, as deep as `found` has room for, and keep there what is cheaper."""
    n, depth = found.slots.shape
    kept = [_first(moves, single, row) for row in range(n)]
    pool = [np.unique(array) for array in kept]
    states = [(array[:, None], single.start[row] - single.gain[row, array]) for row, array in enumerate(kept)]
    share = max(ROUNDS, budget // max(1, depth - 1))
    for _ in range(2, depth + 1):
        wanted = [
            _chosen(moves, single, row, states[row], pool[row], float(found.costs[row]), share) for row in range(n)
        ]
        states = _ask(moves, single, oracle, found, wanted, beam, progress)


def best_single(moves: Moves, single: Singles, depth: int) -> Found:
    """The cheapest flip of one feature, for each row."""
    costs = np.where(single.flipped, moves.costs, np.inf)
    slot = np.argmin(costs, axis=1)
    cheapest = costs[np.arange(len(slot)), slot]
    slots = np.full((len(slot), max(1, depth)), -1)
    slots[:, 0] = np.where(np.isfinite(cheapest), slot, -1)
    return Found(cheapest, slots)


def _popularity(other: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(N, K) where only decisions are given: how often the slot flips rows that were decided alike."""
    gain = np.zeros(other.shape)
    for decision in np.unique(before):
        gain[before == decision] = other[before == decision].mean(axis=0)
    return gain


def _first(moves: Moves, single: Singles, row: int) -> np.ndarray:
    """The slots of a row that are worth combining: all, or those first that no cheaper one of the feature matches.

    Where these are too many, each feature keeps its strongest and an even choice of the others: a row that only two
    large changes flip is found as well as one that two small ones do.
    """
    alone = np.where(single.flipped[row], moves.costs[row], np.inf).min()
    finite = np.flatnonzero(np.isfinite(moves.costs[row]) & (moves.costs[row] < alone))
    if len(finite) <= SLOTS:
        return finite
    order = finite[np.lexsort((-single.gain[row, finite], moves.costs[row, finite]))]
    most: dict[int, float] = {}
    ahead: dict[int, list[int]] = {}
    behind: list[int] = []
    for slot in order.tolist():
        feature = int(moves.feature[slot])
        gain = float(single.gain[row, slot])
        if gain > most.get(feature, 0.0):
            ahead.setdefault(feature, []).append(slot)
        else:
            behind.append(slot)
        most[feature] = max(gain, most.get(feature, 0.0))
    room = max(1, SLOTS // max(1, len(ahead)))
    kept = [slots[at] for slots in ahead.values() for at in _spread(len(slots), room)]
    kept.sort(key=lambda slot: (-single.gain[row, slot], moves.costs[row, slot]))
    return np.array([*kept, *behind][:SLOTS])


def _spread(count: int, room: int) -> list[int]:
    """Up to `room` places among `count`, evenly, the last always."""
    if count <= room:
        return list(range(count))
    return sorted({count - 1 - place * count // room for place in range(room)})


def _chosen(
    moves: Moves, single: Singles, row: int, states: tuple[np.ndarray, np.ndarray], pool: np.ndarray, best: float,
    share: int,
) -> Chosen:  # fmt: skip
    """Up to `share` extensions of a row's states by one slot, cheaper than the best, the most promising first."""
    slots, margin = states
    spent = moves.costs[row][slots].sum(axis=1)
    total = spent[:, None] + moves.costs[row][pool][None, :]
    left = margin[:, None] - single.gain[row, pool][None, :]
    used = (moves.feature[slots][:, :, None] == moves.feature[pool][None, None, :]).any(axis=1)
    fresh = ~used & (total < best * CHEAPER)
    if slots.shape[1] == 1:  # each pair once
        fresh &= slots < pool[None, :]
    state, slot = np.nonzero(fresh)
    total, left = total[state, slot], left[state, slot]
    order = _order(total, left, share)
    return Chosen(np.column_stack([slots[state[order]], pool[slot[order]]]), total[order])


def _order(total: np.ndarray, left: np.ndarray, share: int) -> np.ndarray:
    """Half by cost among those that promise a flip, a quarter by what they promise, the rest by cost; no repeats."""
    if len(total) <= share:
        return np.lexsort((total, left >= 0))
    promising = np.flatnonzero(left < 0)
    promising = promising[np.argsort(total[promising], kind="stable")]
    nearest = np.argsort(left, kind="stable")
    cheapest = np.argsort(total, kind="stable")
    order = np.concatenate([promising[: share // 2], nearest[: share // 4], cheapest[:share]])
    _, first = np.unique(order, return_index=True)
    return order[np.sort(first)][:share]


def _ask(
    moves: Moves, single: Singles, oracle: Oracle, found: Found, wanted: list[Chosen], beam: int, progress: Progress
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ask round by round, keep what is cheaper, and give the changes of each row that are to be extended."""
    n = len(wanted)
    slots = np.concatenate([choice.slots for choice in wanted])
    level = slots.shape[1]
    costs = np.concatenate([choice.costs for choice in wanted])
    rows = np.repeat(np.arange(n), [len(choice.costs) for choice in wanted])
    place = np.concatenate([np.arange(len(choice.costs)) * ROUNDS // max(1, len(choice.costs)) for choice in wanted])
    left = np.full(len(rows), np.inf)
    for turn in range(ROUNDS):
        progress(turn, ROUNDS, f"changing {level} features")
        at = np.flatnonzero((place == turn) & (costs < found.costs[rows] * CHEAPER))
        flipped, left[at] = _try(moves, single, oracle, rows[at], slots[at])
        _keep(found, rows[at[flipped]], slots[at[flipped]], costs[at[flipped]])
        left[at[flipped]] = np.inf
    ends = np.cumsum([len(choice.costs) for choice in wanted])
    states = []
    for row in range(n):
        mine = np.arange(ends[row] - len(wanted[row].costs), ends[row])
        mine = mine[np.isfinite(left[mine])]
        worth = (single.start[row] - left[mine]) / np.maximum(costs[mine], 1e-12)
        near, good = np.argsort(left[mine], kind="stable"), np.argsort(-worth, kind="stable")
        chosen = np.unique(np.concatenate([near[: (beam + 1) // 2], good[: (beam + 1) // 2]]))
        states.append((slots[mine[chosen]].reshape(-1, level), left[mine[chosen]]))
    return states


def _try(
    moves: Moves, single: Singles, oracle: Oracle, rows: np.ndarray, slots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether changes (M, d) flip and are possible; and how far the rows then are from another decision."""
    points = moves.points(rows, slots)
    said = oracle(points)
    before = single.before[rows]
    left = margins(said, before, oracle.positive, single.threshold)
    if left is None:  # as far as single changes tell
        gained = np.where(slots >= 0, single.gain[rows[:, None], slots], 0.0).sum(axis=1)
        left = single.start[rows] - gained
    return (said.decisions != before) & (said.decisions >= 0) & moves.possible(points, rows), left


def _keep(found: Found, rows: np.ndarray, slots: np.ndarray, costs: np.ndarray) -> None:
    """The cheapest of these changes for each row, where it is cheaper than what the row has."""
    order = np.lexsort((costs, rows))
    rows, slots, costs = rows[order], slots[order], costs[order]
    _, first = np.unique(rows, return_index=True)
    first = first[costs[first] < found.costs[rows[first]] * CHEAPER]
    found.costs[rows[first]] = costs[first]
    found.slots[rows[first]] = -1
    found.slots[rows[first], : slots.shape[1]] = slots[first]


def _cheaper(moves: Moves, single: Singles, oracle: Oracle, found: Found, budget: int) -> None:
    """Make changes cheaper one feature at a time: another value of the same feature, or none."""
    depth = found.slots.shape[1]
    for position in range(depth):
        rows, slots, costs = [], [], []
        for row in np.flatnonzero((found.slots >= 0).sum(axis=1) > 1):
            old = found.slots[row, position]
            if old < 0:
                continue
            same = np.flatnonzero(moves.feature == moves.feature[old])
            same = same[moves.costs[row, same] < moves.costs[row, old] * CHEAPER]
            order = np.argsort(-moves.costs[row, same], kind="stable")
            picked = (
                same[order[np.unique(np.linspace(0, max(0, len(same) - 1), max(1, budget // depth)).astype(int))]]
                if len(same)
                else same
            )
            tried = np.tile(found.slots[row], (len(picked) + 1, 1))
            tried[:, position] = np.append(picked, -1)
            rows.append(np.full(len(tried), row))
            slots.append(tried)
            costs.append(np.where(tried >= 0, moves.costs[row][tried], 0.0).sum(axis=1))
        if not rows:
            continue
        at, what, price = np.concatenate(rows), np.concatenate(slots), np.concatenate(costs)
        flipped, _ = _try(moves, single, oracle, at, what)
        _keep(found, at[flipped], what[flipped], price[flipped])
