"""Numbers that are going to be put into bins, folded while they are read: one value stands for all of a bin."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.lazy import pyarrow
from auditkit.value_spelling import EXACT, NUMBER


class Bins(NamedTuple):
    """The bins of one column."""

    bounds: tuple[float, ...]
    """Rising; of several attributes together."""
    kept: tuple[float, ...] = ()
    """Numbers that stand for themselves, as they may mean missing."""


def folded(array: Any, bins: Bins) -> Any:
    """The array with one number of a bin, the first that is met, in place of the others.

    A whole number stands for whole ones, another for others, so that bins are named as they would be. What is no number
    stays as it is.

    Args:
        array: a pyarrow array of numbers, or of text as a dictionary; of another kind, it stays as it is.
        bins: of the column.
    """
    if isinstance(array, list):
        return array
    if pyarrow.types.is_dictionary(array.type):
        representatives = _representatives(_as_numbers(array.dictionary), bins)
        if representatives is None:
            return array
        distinct_positions, codes = np.unique(representatives, return_inverse=True)
        indices = pyarrow.array(codes.astype(np.int32)).take(array.indices)
        return pyarrow.DictionaryArray.from_arrays(indices, array.dictionary.take(pyarrow.array(distinct_positions)))
    if not (pyarrow.types.is_floating(array.type) or pyarrow.types.is_integer(array.type)):
        return array
    representatives = _representatives(array.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False), bins)
    return array if representatives is None else array.take(pyarrow.array(representatives))


def _representatives(numbers: np.ndarray, bins: Bins) -> np.ndarray | None:
    """(N,) the position of the first number like each; itself for what stays. None where nothing can be folded."""
    foldable = np.flatnonzero((np.abs(numbers) < EXACT) & ~np.isin(numbers, np.asarray(bins.kept)))
    if not len(foldable):
        return None
    values = numbers[foldable]
    # twice the bin, and one more for whole numbers, so that the two are told apart in one sorting
    kind = np.searchsorted(np.asarray(bins.bounds), values, side="right") * 2 + (values == np.round(values))
    _, first_positions, inverse = np.unique(kind, return_index=True, return_inverse=True)
    representatives = np.arange(len(numbers))
    representatives[foldable] = foldable[first_positions[inverse]]
    return representatives


def _as_numbers(texts: Any) -> np.ndarray:
    """(N,) float64, NaN for a text that is no number."""
    if not (pyarrow.types.is_string(texts.type) or pyarrow.types.is_large_string(texts.type)):
        return np.full(len(texts), np.nan)
    trimmed = pyarrow.compute.utf8_trim_whitespace(texts)
    is_number = pyarrow.compute.match_substring_regex(trimmed, f"^({NUMBER.pattern})$")
    # Arrow refuses a whole array for one text that is no number: those are taken out before
    cast = pyarrow.compute.if_else(is_number, trimmed, None).cast(pyarrow.float64())
    return np.asarray(cast.to_numpy(zero_copy_only=False))


def all_bounds(columns: Sequence[Any]) -> tuple[float, ...]:
    """The bounds of several attributes that are made of one column; none where one is no list of numbers."""
    try:
        return tuple(sorted({float(bound) for bounds in columns for bound in bounds}))
    except (TypeError, ValueError):
        return ()  # refused in words where the groups are made
