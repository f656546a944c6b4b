"""Which groups too small to show can be worked out from everyone and the groups that are shown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from auditkit.data.cells import Cells

ROUNDS = 100
"""Times that all lines are gone through at most; tables settle after a few."""


def deducible(cells: Cells, shown: Iterable[tuple[str, ...]]) -> list[dict[str, str]]:
    """The small groups whose number of people follows from numbers that are shown.

    A reader knows how many people everyone and each larger group are, that a combination that is not listed is empty,
    and that a small group has at least one person and fewer than the smallest that is shown. Every line of a table adds
    up to a group of one attribute less, or to everyone; bounds are carried along these lines until they stand still.

    Args:
        cells: of the data.
        shown: the sets of attributes whose groups are listed.

    Source: constraint propagation as in Buzzigoli and Giusti (1999), An algorithm to calculate the lower and upper
    bounds of the elements of an array given its marginals.
    """
    sets = sorted({()} | {tuple(name for name in cells.groups if name in texts) for texts in map(set, shown)}, key=len)
    people = {texts: cells.counts(texts) if texts else np.array(_everyone(cells)) for texts in sets}
    small = {texts: (table > 0) & (table < cells.minimum) & bool(texts) for texts, table in people.items()}
    low = {texts: np.where(small[texts], 1, table) for texts, table in people.items()}
    high = {texts: np.where(small[texts], cells.minimum - 1, table) for texts, table in people.items()}
    lines = [
        (texts, axis, texts[:axis] + texts[axis + 1 :])
        for texts in sets
        for axis in range(len(texts))
        if texts[:axis] + texts[axis + 1 :] in people
    ]
    for _ in range(ROUNDS):
        before = sum(int((high[texts] - low[texts]).sum()) for texts in sets)
        for texts, axis, rest in lines:
            _carry(low, high, texts, axis, rest)
        if sum(int((high[texts] - low[texts]).sum()) for texts in sets) == before:
            break
    return [
        {name: cells.values[name][at] for name, at in zip(texts, place, strict=True)}
        for texts in sets
        for place in np.argwhere(small[texts] & (low[texts] == high[texts])).tolist()
    ]


def _carry(
    low: dict[tuple[str, ...], np.ndarray],
    high: dict[tuple[str, ...], np.ndarray],
    table: tuple[str, ...],
    axis: int,
    rest: tuple[str, ...],
) -> None:
    """Narrow the bounds of the lines of a table along an axis, and of their totals."""
    least, most = low[table].sum(axis=axis), high[table].sum(axis=axis)
    low[rest], high[rest] = np.maximum(low[rest], least), np.minimum(high[rest], most)
    at_least, at_most = (np.expand_dims(each, axis) for each in (low[rest] - most, high[rest] - least))
    low[table], high[table] = (
        np.maximum(low[table], at_least + high[table]),
        np.minimum(high[table], at_most + low[table]),
    )


def _everyone(cells: Cells) -> int:
    first = next(iter(cells.groups), None)
    return 0 if first is None else int(cells.counts((first,)).sum())
