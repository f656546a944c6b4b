"""Which groups too small to show can be worked out from everyone and the groups that are shown."""

from collections.abc import Iterable

import numpy as np

from auditkit.data.cells import Cells

ROUNDS = 100
"""Times that all lines are gone through at most; tables settle after a few."""


def deducible(cells: Cells, shown_sets: Iterable[tuple[str, ...]]) -> list[dict[str, str]]:
    """The small groups whose number of people follows from numbers that are shown.

    A reader knows how many people everyone and each larger group are, that a combination that is not listed is empty,
    and that a small group has at least one person and fewer than the smallest that is shown. Every line of a table adds
    up to a group of one attribute less, or to everyone; bounds are carried along these lines until they stand still.

    Args:
        cells: of the data.
        shown_sets: the sets of attributes whose groups are listed.

    Source: constraint propagation as in Buzzigoli and Giusti (1999), An algorithm to calculate the lower and upper
    bounds of the elements of an array given its marginals.
    """
    sets = sorted({(), *(tuple(name for name in cells.groups if name in names) for names in shown_sets)}, key=len)
    people = {names: cells.counts(names) if names else np.array(cells.size) for names in sets}
    small = {names: (table > 0) & (table < cells.minimum) & bool(names) for names, table in people.items()}
    low = {names: np.where(small[names], 1, table) for names, table in people.items()}
    high = {names: np.where(small[names], cells.minimum - 1, table) for names, table in people.items()}
    lines = [
        (names, axis, names[:axis] + names[axis + 1 :])
        for names in sets
        for axis in range(len(names))
        if names[:axis] + names[axis + 1 :] in people
    ]
    for _ in range(ROUNDS):
        before = sum(int((high[names] - low[names]).sum()) for names in sets)
        for names, axis, total in lines:
            _carry(low, high, names, axis, total)
        if sum(int((high[names] - low[names]).sum()) for names in sets) == before:
            break
    return [
        {name: cells.values[name][code] for name, code in zip(names, codes, strict=True)}
        for names in sets
        for codes in np.argwhere(small[names] & (low[names] == high[names])).tolist()
    ]


def _carry(
    low: dict[tuple[str, ...], np.ndarray],
    high: dict[tuple[str, ...], np.ndarray],
    table: tuple[str, ...],
    axis: int,
    total: tuple[str, ...],
) -> None:
    """Narrow the bounds of the lines of a table along an axis, and of their totals."""
    least, greatest = low[table].sum(axis=axis), high[table].sum(axis=axis)
    low[total], high[total] = np.maximum(low[total], least), np.minimum(high[total], greatest)
    # A cell is what the total leaves beside the largest, or the smallest, that the others can be.
    at_least, at_most = (np.expand_dims(bound, axis) for bound in (low[total] - greatest, high[total] - least))
    low[table], high[table] = (
        np.maximum(low[table], at_least + high[table]),
        np.minimum(high[table], at_most + low[table]),
    )
