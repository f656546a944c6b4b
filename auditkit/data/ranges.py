"""The range that the owner declares for the values of an array, such as pixels: one for all, or one a channel."""

from typing import Any

import numpy as np

from auditkit.data.fields import Fields, Range
from auditkit.data.inputs import as_array
from auditkit.errors import DataError

RULE = "range must be [low, high] with low under high, as in range = [0, 255], or one such pair for each channel"


def declared_range(data: Fields) -> Range | None:
    """The declared range in its final form; None where none was declared.

    Raises:
        DataError: it is no pair of ascending finite numbers, the inputs are no array of numbers, the number of pairs
            is not that of the channels, or a value lies outside.
    """
    if data.range is None:
        return None
    pairs = _pairs(data.range)
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    if array is None or array.ndim < 2 or array.dtype.kind not in "fiub":
        raise DataError(
            f"{data.name}: range is for arrays of numbers such as images; for a column of a table, give low and high "
            "under [data.features.NAME]"
        )
    if len(pairs) not in (1, array.shape[1]) or (len(pairs) > 1 and array.ndim < 3):
        raise DataError(
            f"{data.name}: range has {len(pairs)} pairs; give one pair for all values, or for inputs (N, C, …) one for "
            f"each channel; these have the shape {array.shape}"
        )
    low, high = spread_range(pairs, array.shape[1:])
    outside = (array < low) | (array > high)  # false for NaN, which is a gap and no value
    if outside.any():
        declared = ", ".join(f"{low:g} to {high:g}" for low, high in pairs)
        least, greatest = np.nanmin(array), np.nanmax(array)
        raise DataError(
            f"{data.name}: range says {declared}, but values lie outside ({int(outside.sum()):,} in all); all "
            f"values go from {least:g} to {greatest:g}. Declare the range of the values as the model is given them"
        )
    return pairs


def spread_range(pairs: Range, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value of everything in an input of this shape.

    Returns:
        Two arrays of `shape`.
    """
    # One value a channel, stretched over the axes that follow the channels.
    along = (len(pairs), *(1,) * (len(shape) - 1))
    low, high = (np.broadcast_to(end.reshape(along), shape).copy() for end in np.array(pairs, dtype=np.float64).T)
    return low, high


def _pairs(stated: Any) -> Range:
    try:
        ends = np.asarray(stated, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{RULE}; {stated!r} was given") from None
    ends = ends[None] if ends.shape == (2,) else ends
    are_pairs = ends.ndim == 2 and ends.shape[1] == 2 and len(ends) > 0 and bool(np.isfinite(ends).all())
    if not are_pairs or (ends[:, 0] >= ends[:, 1]).any():
        raise DataError(f"{RULE}; {stated!r} was given")
    return tuple((float(low), float(high)) for low, high in ends)
