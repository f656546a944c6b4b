"""Chance told from history and company, by asking the same again and again, each time after something else."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np

from auditkit.consistency.alike import as_numbers, rows_of, scores_of
from auditkit.consistency.asker import Asker, Question
from auditkit.memory import out_of_memory
from auditkit.models import Answers
from auditkit.stats import order_p, split_p
from auditkit.text import one_line

Finding: TypeAlias = Literal["alike", "dependence", "randomness"]
REPEATS: Final = 16
"""Times that the same question is asked where answers differed, and others in between."""
LONG: Final = 250
"""Rows in each of these questions."""
CHANCE: Final = 0.002
"""A p-value under this is no chance; the smallest possible, of a split of sixteen in halves, is 1 in 6,435."""
COMPANY: Final = "the rows that are asked about with it, or on their order"
HISTORY: Final = "what was asked before"


def tell(asker: Asker, some: np.ndarray, differing: Question, rng: np.random.Generator) -> tuple[Finding, str]:
    """Whether answers that differ do so by chance, or depend on something, and on what.

    The same rows are asked about in one fixed question, and between its repeats in two other ones: shuffled, one in the
    company of rows with low scores, one of rows with high scores.

    Args:
        asker: of the model.
        some: positions of rows, of which the first are used.
        differing: a question whose answers were not those of the shared pass.
        rng: of order and company.
    """
    some = some[:LONG]
    base, fill = some[: max(1, len(some) // 2)], some[max(1, len(some) // 2) :]
    fixed = np.concatenate([base, fill])
    orders = [rng.permutation(len(fixed)) for _ in range(2)]
    companies = _companies(asker, len(fill), rng)
    others = [np.concatenate([base, companies[number]])[orders[number]] for number in range(2)]
    places = [np.argsort(order)[: len(base)] for order in orders]
    repeats: list[Answers] = []
    mixed: list[Answers] = []
    try:
        for number in range(REPEATS):
            mixed.append(rows_of(asker.ask(others[number % 2]), places[number % 2]))
            repeats.append(rows_of(asker.ask(fixed), np.arange(len(base))))
    except Exception as error:  # a model may raise anything at all
        if out_of_memory(error):
            raise
        return "dependence", f"its company, in which the model failed: {one_line(error)}"
    same = asker.yardstick.compare
    if not any(same(repeats[0], repeat).differs for repeat in repeats):
        if any(same(repeats[0], answers).differs for answers in mixed):
            return "dependence", COMPANY
        again = asker.again(differing)
        if again is not None and not again.differs:
            return "randomness", ""
        return "dependence", COMPANY if len(differing.at) > 1 else "whether it is asked about alone"
    return _by_permutation(repeats, mixed)


def _by_permutation(repeats: list[Answers], mixed: list[Answers]) -> tuple[Finding, str]:
    """Repeats that vary: whether their order, what was asked before, or their company explains it."""
    classes = tuple(dict.fromkeys(label for answers in (*repeats, *mixed) for label in answers.labels.tolist()))
    same, other = (np.stack([as_numbers(each, classes).ravel() for each in kind]) for kind in (repeats, mixed))
    after = np.arange(len(same)) % 2 == 0
    if min(split_p(same, after), order_p(same)) < CHANCE:
        return "dependence", HISTORY
    if split_p(np.vstack([same, other]), np.arange(len(same) + len(other)) < len(same)) < CHANCE:
        return "dependence", COMPANY
    return "randomness", ""


def _companies(asker: Asker, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Two companies as unlike as the data allows: rows from the lower half of the scores, and from the upper half."""
    numbers = scores_of(asker.first)
    values = asker.first.labels if numbers is None else numbers[:, -1]
    order = np.argsort(values, kind="stable")
    middle = len(order) // 2
    return [rng.choice(half, size=size) for half in (order[: max(1, middle)], order[middle:])]
