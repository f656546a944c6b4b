"""Real rows with another value of one sensitive attribute, and what the model then decides."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Swapped(NamedTuple):
    """Rows of one data set with the value of one column taken from other rows."""

    rows: np.ndarray
    """(m,) positions of the rows that are changed."""
    donors: np.ndarray
    """(m,) positions of the rows whose value each takes."""


class Pair(NamedTuple):
    """People of one group, decided as if they were of another."""

    attribute: str
    origin: str
    target: str
    rows: np.ndarray
    """(m,) positions."""
    changed: np.ndarray
    """(m,) bool: the decision is another one."""
    toward: np.ndarray
    """(m,) bool: it became the positive one."""
    away: np.ndarray
    """(m,) bool: it was the positive one."""


def draw(among: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> Swapped:
    """Who is to be changed into a group, and from which real row of that group each takes the value.

    Args:
        among: (N,) bool: the rows that are changed where they are of another group.
        target: (N,) bool: the rows of the group; one or more.
        rng: draws the donors; where all of the group have one value, it does not matter who.
    """
    rows = np.flatnonzero(among & ~target)
    return Swapped(rows, rng.choice(np.flatnonzero(target), len(rows)))


def swap(inputs: Any, column: int, swapped: Swapped) -> Any:
    """The changed rows, as the model eats them: one column from the donors, all others as they were.

    Args:
        inputs: a data frame, an array or a tensor (N, D).
        column: the position of the column.
        swapped: who is changed, and who gives.
    """
    rows, donors = swapped
    if hasattr(inputs, "iloc"):
        # Without a fresh index pandas would align the donors' values back to their own rows.
        frame = inputs.iloc[rows].reset_index(drop=True)
        frame.isetitem(column, inputs.iloc[donors, column].reset_index(drop=True))
        return frame
    changed = inputs[rows]  # a list of positions copies
    changed[:, column] = inputs[donors, column]
    return changed


def pairs_of(
    attribute: str,
    origins: Mapping[str, np.ndarray],
    values: Sequence[str],
    ask: Callable[[Swapped], np.ndarray],
    before: np.ndarray,
    positive: int | None,
    rng: np.random.Generator,
) -> list[Pair]:
    """Groups of an attribute decided as if they were other ones.

    Args:
        attribute: its name.
        origins: {group: (N,) bool, its rows}; nobody is changed into a group that is part of their own.
        values: those of them into which people are changed.
        ask: takes who is changed and who gives, gives the decisions (m,).
        before: (N,) the decisions about the rows as they are.
        positive: the positive decision; None where there is none.
        rng: draws the donors.
    """
    pairs, among = [], np.logical_or.reduce([*origins.values()])
    for target in values:
        swapped = draw(among, origins[target], rng)
        after, decided = ask(swapped), before[swapped.rows]
        changed = after != decided
        # Of more than two classes none is the better one: no decision equals None, so nobody gains and nobody loses.
        gained, lost = changed & (after == positive), changed & (decided == positive)
        for origin, rows in origins.items():
            if not rows[origins[target]].any():
                at_origin = rows[swapped.rows]
                parts = (part[at_origin] for part in (swapped.rows, changed, gained, lost))
                pairs.append(Pair(attribute, origin, target, *parts))
    return pairs


def any_change(pairs: Sequence[Pair], total: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool: the rows that were changed into another group; and those whose decision then changed in any.

    Args:
        pairs: of one attribute.
        total: N.
    """
    tried, changed = np.zeros(total, dtype=bool), np.zeros(total, dtype=bool)
    for pair in pairs:
        tried[pair.rows] = True
        changed[pair.rows[pair.changed]] = True
    return tried, changed
