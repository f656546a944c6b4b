"""Sequences of ids: which id is padding, which places may hold another id, and which ids there are."""

from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.data.inputs import as_array
from auditkit.errors import present

CANDIDATES = 5
"""Ids that are tried as padding, those that most often stand twice at the end of a row."""


class TokenPlaces(NamedTuple):
    """What may be changed of N sequences of T ids."""

    ids: np.ndarray
    """(N, T) int64."""
    free: np.ndarray
    """(N, T) bool: another id may stand there: neither padding nor a place where all rows have the same id."""
    padding: int | None
    """The id that fills rows up; None where there is none."""
    vocabulary: np.ndarray
    """(V,) the ids that stand in free places of these rows and of the training split, the most frequent first."""


def token_places(data: AuditData) -> TokenPlaces:
    """The places of sequences of ids, the training split beside them."""
    ids = _ids(data)
    train = ids[:0] if data.train is None or data.train.inputs.shape[1:] != data.inputs.shape[1:] else _ids(data.train)
    known = np.concatenate([ids, train])
    padding = padding_of(known)
    # a place where every row has the same id holds a mark of the format, such as a beginning
    free = np.broadcast_to((known != known[:1]).any(axis=0), known.shape)
    free = free if padding is None else free & (known != padding)
    values, counts = np.unique(known[free], return_counts=True)
    return TokenPlaces(ids, free[: len(ids)], padding, values[np.argsort(-counts, kind="stable")])


def padding_of(ids: np.ndarray) -> int | None:
    """The id that fills rows (N, T) up: it stands in one run at the same end of rows alone, somewhere twice or more.

    Of several that do, the one that stands there most often; None where none does.
    """
    for rows in (ids, ids[:, ::-1]) if ids.shape[1] > 1 else ():
        best: tuple[int, int] | None = None
        ends, counts = np.unique(rows[rows[:, -1] == rows[:, -2], -1], return_counts=True)
        for candidate in ends[np.argsort(-counts, kind="stable")][:CANDIDATES].tolist():
            is_it = rows == candidate
            in_run = np.logical_and.accumulate(is_it[:, ::-1], axis=1)[:, ::-1]
            # a row of nothing else is no sequence that was filled up
            if (is_it == in_run).all() and in_run.sum(axis=1).max() > 1 and not is_it.all(axis=1).any():
                best = max(best or (0, 0), (int(is_it.sum()), candidate))
        if best is not None:
            return best[1]
    return None


def _ids(data: AuditData) -> np.ndarray:
    return present(as_array(data.inputs), "tokens are an array").astype(np.int64)
