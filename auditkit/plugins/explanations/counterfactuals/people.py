"""The people with the other outcome, and for each of them the nearest changed row that the model decides as wanted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from auditkit.plugins.explanations.counterfactuals.exact_solver import Solver
from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts
from auditkit.plugins.explanations.counterfactuals.reference import Reference
from auditkit.plugins.explanations.counterfactuals.search import Search, search
from auditkit.plugins.explanations.counterfactuals.space import Space

BETWEEN = 200
"""Real rows whose distance to the others is taken."""
DONORS = 20
"""Real rows of the wanted outcome with which the search of a person begins, the nearest ones."""


@dataclass(frozen=True)
class People:
    """Those with the other outcome, and what was found for each."""

    x: np.ndarray
    """(n, D) their rows."""
    nearest: np.ndarray
    """(n, D) changed rows; NaN throughout where none was found."""
    is_found: np.ndarray
    """(n,) bool."""
    proved: np.ndarray
    """(n,) bool: it is known to be the nearest, or that none exists."""
    asked: int
    """Rows that the search asked the model about."""


def find_nearest(
    space: Space, x: np.ndarray, real: Reference, ask: Callable[[np.ndarray], Verdicts], budget: int,
    solver: Solver | None, progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> People:  # fmt: skip
    """Solve where the model can be solved, search elsewhere; the searches of all people ask together.

    Args:
        space: what is allowed, and what it costs.
        x: (n, D) rows of people with the other outcome.
        real: real rows.
        ask: the model.
        budget: rows asked about for one person, at most.
        solver: of models that can be solved; None: search.
        progress: told how many people are done.
    """
    nearest, proved, asked = np.full(x.shape, np.nan), np.zeros(len(x), dtype=bool), 0
    if solver is not None and len(x):
        nearest, proved = solver(x, progress)
    left = np.flatnonzero(~proved)
    if len(left):
        scores, donors = ask(x[left]).scores, real.rows[real.answers.wanted]
        searches = {
            number: search(space, x[number], score, real.cut, donors[_order(space, x[number], donors)[:DONORS]], budget)
            for number, score in zip(left.tolist(), scores.tolist(), strict=True)
        }
        questions: dict[int, np.ndarray] = {}
        for number in list(searches):
            _advance(searches, questions, number, None, nearest)
        while questions:
            rows = np.concatenate(list(questions.values()))
            verdicts, start = ask(rows), 0
            asked += len(rows)
            for number, own in list(questions.items()):
                part = Verdicts(*(answer[start : start + len(own)] for answer in verdicts))
                start += len(own)
                _advance(searches, questions, number, part, nearest)
            progress(len(x) - len(questions), len(x), "people searched")
    return People(x, nearest, ~np.isnan(nearest).all(axis=1), proved, asked)


def distances(space: Space, rows: np.ndarray, real: np.ndarray) -> np.ndarray:
    """(m,) the least cost from each row to one of the real rows (N, D); none where there are no real rows."""
    return np.array([space.cost(row, real).min() for row in rows] if len(real) else [])


def distances_between(space: Space, real: np.ndarray) -> np.ndarray:
    """(min(N, 200),) the least cost from a real row to another of them (N, D); none where there is one only."""
    some = range(min(len(real), BETWEEN) if len(real) > 1 else 0)
    return np.array([space.cost(real[place], np.delete(real, place, axis=0)).min() for place in some])


def _order(space: Space, x: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """The real rows by what a change into them would cost, of the columns that may change."""
    return np.argsort(space.cost(x, np.where(space.mutable, donors, x)), kind="stable")


def _advance(
    searches: dict[int, Search], questions: dict[int, np.ndarray], number: int, verdicts: Verdicts | None,
    nearest: np.ndarray,
) -> None:  # fmt: skip
    """Send a search its answers, and note its next question or its outcome."""
    try:
        # the first answer is none, which starts the search
        questions[number] = searches[number].send(verdicts)  # type: ignore[arg-type]
    except StopIteration as end:
        questions.pop(number, None)
        if end.value is not None:
            nearest[number] = end.value
