"""The search: every change of one feature on the grid, then of several features within a budget of questions."""

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
        return np.column_stack([costs[:, moves.feature == feature].min(axis=1) for feature in range(len(moves.fields))])


class Cheapest(NamedTuple):
    """The cheapest change found for each of N rows."""

    costs: np.ndarray
    """(N,) infinite where none was found."""
    slots: np.ndarray
    """(N, depth) the slots that are changed; -1 for none."""


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
    unchanged = oracle(moves.origins)
    for number in range(len(moves.fields)):
        progress(number, len(moves.fields), "changing one feature")
        slots = np.flatnonzero(moves.feature == number)
        row, column = np.nonzero(np.isfinite(moves.costs[:, slots]))
        slot = slots[column]
        points = moves.points(row, slot[:, None])
        answers = oracle(points)
        decisions[row, slot] = answers.decisions
        possible[row, slot] = moves.possible(points, row)
        if answers.scores is not None and unchanged.scores is not None:
            if scores is None:
                scores = np.repeat(unchanged.scores[:, None], k, axis=1)
            scores[row, slot] = answers.scores
    is_other = (decisions != before[:, None]) & (decisions >= 0)
    if scores is None or unchanged.scores is None:
        guessed = guess(moves, before, decisions, np.isfinite(moves.costs), np.random.default_rng(0))
        return Singles(before, is_other & possible, np.ones(n), _popularity(is_other, before), 0.0, guessed)
    # a slot that is no change of its row stands with the row's own answer, which `scores` was filled with
    all_answers = unchanged._replace(decisions=decisions.ravel(), scores=scores.reshape(n * k, *scores.shape[2:]))
    threshold = threshold_of(all_answers, oracle.positive)
    after = present(margins(all_answers, np.repeat(before, k), oracle.positive, threshold), "there are scores")
    start = present(margins(unchanged, before, oracle.positive, threshold), "there are scores")
    return Singles(before, is_other & possible, start, start[:, None] - after.reshape(n, k), threshold)


def several(
    moves: Moves, single: Singles, oracle: Oracle, depth: int, beam: int, budget: int, progress: Progress
) -> Cheapest:
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
    cheapest = best_single(moves, single, depth)
    # the linear guess goes first: what it finds bounds the costs that the second view still has to ask about
    views = [single]
    if single.guessed is not None:
        views.insert(0, single._replace(start=single.guessed.start, gain=single.guessed.gain))
    for view in views:
        _combine(moves, view, oracle, cheapest, beam, 3 * budget // (4 * len(views)), progress)
    _cheaper(moves, single, oracle, cheapest, max(1, budget // 4))
    return cheapest


def _combine(
    moves: Moves, single: Singles, oracle: Oracle, cheapest: Cheapest, beam: int, budget: int, progress: Progress
) -> None:
    """Search changes of several features, as deep as `cheapest` has room for, and keep there what is cheaper."""
    n, depth = cheapest.slots.shape
    first_slots = [_first(moves, single, row) for row in range(n)]
    pool = [np.unique(slots) for slots in first_slots]
    frontier = [(slots[:, None], single.start[row] - single.gain[row, slots]) for row, slots in enumerate(first_slots)]
    # an equal part for each depth, and at least one question for each round
    questions = max(ROUNDS, budget // max(1, depth - 1))
    for _ in range(2, depth + 1):
        chosen = [
            _chosen(moves, single, row, frontier[row], pool[row], float(cheapest.costs[row]), questions)
            for row in range(n)
        ]
        frontier = _ask(moves, single, oracle, cheapest, chosen, beam, progress)


def best_single(moves: Moves, single: Singles, depth: int) -> Cheapest:
    """The cheapest flip of one feature, for each row."""
    costs = np.where(single.flipped, moves.costs, np.inf)
    slot = np.argmin(costs, axis=1)
    cheapest = costs[np.arange(len(slot)), slot]
    slots = np.full((len(slot), max(1, depth)), -1)
    slots[:, 0] = np.where(np.isfinite(cheapest), slot, -1)
    return Cheapest(cheapest, slots)


def _popularity(is_other: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(N, K) where only decisions are given: how often the slot flips rows that were decided alike."""
    gain = np.zeros(is_other.shape)
    for decision in np.unique(before):
        gain[before == decision] = is_other[before == decision].mean(axis=0)
    return gain


def _first(moves: Moves, single: Singles, row: int) -> np.ndarray:
    """The slots of a row that are worth combining: all, or those first that no cheaper one of the feature matches.

    Where these are too many, each feature keeps its strongest and an even choice of the others: a row that only two
    large changes flip is found as well as one that two small ones do.
    """
    cheapest_single = np.where(single.flipped[row], moves.costs[row], np.inf).min()
    finite = np.flatnonzero(np.isfinite(moves.costs[row]) & (moves.costs[row] < cheapest_single))
    if len(finite) <= SLOTS:
        return finite
    # by rising cost, so that a slot is worth its cost only where it gains more than every cheaper one of its feature
    order = finite[np.lexsort((-single.gain[row, finite], moves.costs[row, finite]))]
    best_gain: dict[int, float] = {}
    by_feature: dict[int, list[int]] = {}
    weaker: list[int] = []
    for slot in order.tolist():
        feature = int(moves.feature[slot])
        gain = float(single.gain[row, slot])
        if gain > best_gain.get(feature, 0.0):
            by_feature.setdefault(feature, []).append(slot)
        else:
            weaker.append(slot)
        best_gain[feature] = max(gain, best_gain.get(feature, 0.0))
    room = max(1, SLOTS // max(1, len(by_feature)))
    strongest = [slots[index] for slots in by_feature.values() for index in _spread(len(slots), room)]
    strongest.sort(key=lambda slot: (-single.gain[row, slot], moves.costs[row, slot]))
    return np.array([*strongest, *weaker][:SLOTS])


def _spread(count: int, room: int) -> list[int]:
    """Up to `room` indices below `count`, evenly, the last always."""
    if count <= room:
        return list(range(count))
    return sorted({count - 1 - index * count // room for index in range(room)})


def _chosen(
    moves: Moves, single: Singles, row: int, states: tuple[np.ndarray, np.ndarray], pool: np.ndarray, best: float,
    share: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Up to `share` extensions of a row's states by one slot, cheaper than the best, the most promising first.

    Slots (Q, d) and costs (Q,) of the changes that are to be asked about.
    """
    slots, margin = states
    cost_so_far = moves.costs[row][slots].sum(axis=1)
    total = cost_so_far[:, None] + moves.costs[row][pool][None, :]
    remaining = margin[:, None] - single.gain[row, pool][None, :]
    is_used = (moves.feature[slots][:, :, None] == moves.feature[pool][None, None, :]).any(axis=1)
    is_new = ~is_used & (total < best * CHEAPER)
    if slots.shape[1] == 1:  # each pair once
        is_new &= slots < pool[None, :]
    state, slot = np.nonzero(is_new)
    total, remaining = total[state, slot], remaining[state, slot]
    order = _order(total, remaining, share)
    return np.column_stack([slots[state[order]], pool[slot[order]]]), total[order]


def _order(total: np.ndarray, remaining: np.ndarray, share: int) -> np.ndarray:
    """Half by cost among those that promise a flip, a quarter by what they promise, the rest by cost; no repeats."""
    if len(total) <= share:
        return np.lexsort((total, remaining >= 0))
    promising = np.flatnonzero(remaining < 0)
    promising = promising[np.argsort(total[promising], kind="stable")]
    nearest = np.argsort(remaining, kind="stable")
    cheapest = np.argsort(total, kind="stable")
    order = np.concatenate([promising[: share // 2], nearest[: share // 4], cheapest[:share]])
    # np.unique sorts by value; the sorted first indices give the order of preference back
    _, first = np.unique(order, return_index=True)
    return order[np.sort(first)][:share]


def _ask(
    moves: Moves, single: Singles, oracle: Oracle, cheapest: Cheapest,
    candidates: list[tuple[np.ndarray, np.ndarray]], beam: int,
    progress: Progress,
) -> list[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """Ask round by round, keep what is cheaper, and give the changes of each row that are to be extended."""
    slots, costs = (np.concatenate(part) for part in zip(*candidates, strict=True))
    level, sizes = slots.shape[1], [len(row_costs) for _, row_costs in candidates]
    rows = np.repeat(np.arange(len(sizes)), sizes)
    # candidates stand in order of promise, so each row's first third is asked in the first round
    turns = np.concatenate([np.arange(size) * ROUNDS // max(1, size) for size in sizes])
    remaining = np.full(len(rows), np.inf)
    for turn in range(ROUNDS):
        progress(turn, ROUNDS, f"changing features, {level} at a time")
        pending = np.flatnonzero((turns == turn) & (costs < cheapest.costs[rows] * CHEAPER))
        flipped, remaining[pending] = _try(moves, single, oracle, rows[pending], slots[pending])
        _keep(cheapest, rows[pending[flipped]], slots[pending[flipped]], costs[pending[flipped]])
        remaining[pending[flipped]] = np.inf
    frontier, half = [], (beam + 1) // 2
    for row, end in enumerate(np.cumsum(sizes)):
        # what flipped, or was too dear to be asked about, has an infinite rest and is not extended
        own = np.arange(end - sizes[row], end)
        own = own[np.isfinite(remaining[own])]
        gain_per_cost = (single.start[row] - remaining[own]) / np.maximum(costs[own], 1e-12)
        nearest, best = np.argsort(remaining[own], kind="stable"), np.argsort(-gain_per_cost, kind="stable")
        extended = own[np.unique(np.concatenate([nearest[:half], best[:half]]))]
        frontier.append((slots[extended].reshape(-1, level), remaining[extended]))
    return frontier


def _try(
    moves: Moves, single: Singles, oracle: Oracle, rows: np.ndarray, slots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether changes (M, d) flip and are possible; and how far the rows then are from another decision."""
    points = moves.points(rows, slots)
    answers = oracle(points)
    before = single.before[rows]
    remaining = margins(answers, before, oracle.positive, single.threshold)
    if remaining is None:  # as far as single changes tell
        gained = np.where(slots >= 0, single.gain[rows[:, None], slots], 0.0).sum(axis=1)
        remaining = single.start[rows] - gained
    return (answers.decisions != before) & (answers.decisions >= 0) & moves.possible(points, rows), remaining


def _keep(cheapest: Cheapest, rows: np.ndarray, slots: np.ndarray, costs: np.ndarray) -> None:
    """The cheapest of these changes for each row, where it is cheaper than what the row has."""
    order = np.lexsort((costs, rows))
    rows, slots, costs = rows[order], slots[order], costs[order]
    _, best = np.unique(rows, return_index=True)
    # rounding alone must not count as cheaper, or two equal changes would replace each other for ever
    best = best[costs[best] < cheapest.costs[rows[best]] * CHEAPER]
    cheapest.costs[rows[best]] = costs[best]
    cheapest.slots[rows[best]] = -1
    cheapest.slots[rows[best], : slots.shape[1]] = slots[best]


def _cheaper(moves: Moves, single: Singles, oracle: Oracle, cheapest: Cheapest, budget: int) -> None:
    """Make changes cheaper one feature at a time: another value of the same feature, or none."""
    depth = cheapest.slots.shape[1]
    for position in range(depth):
        rows, slots, costs = [], [], []
        for row in np.flatnonzero((cheapest.slots >= 0).sum(axis=1) > 1):
            slot = cheapest.slots[row, position]
            if slot < 0:
                continue
            alternatives = np.flatnonzero(moves.feature == moves.feature[slot])
            alternatives = alternatives[moves.costs[row, alternatives] < moves.costs[row, slot] * CHEAPER]
            order = np.argsort(-moves.costs[row, alternatives], kind="stable")
            even = np.linspace(0, max(0, len(alternatives) - 1), max(1, budget // depth)).astype(int)
            picked = alternatives[order[np.unique(even)]] if len(alternatives) else alternatives
            variants = np.tile(cheapest.slots[row], (len(picked) + 1, 1))
            variants[:, position] = np.append(picked, -1)
            rows.append(np.full(len(variants), row))
            slots.append(variants)
            costs.append(np.where(variants >= 0, moves.costs[row][variants], 0.0).sum(axis=1))
        if not rows:
            continue
        all_rows, all_slots, all_costs = np.concatenate(rows), np.concatenate(slots), np.concatenate(costs)
        flipped, _ = _try(moves, single, oracle, all_rows, all_slots)
        _keep(cheapest, all_rows[flipped], all_slots[flipped], all_costs[flipped])
