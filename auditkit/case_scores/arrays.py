"""What all scores ask of their arrays: one prediction and one reference per case, finite, of the same shape."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.errors import DataError


def pair(predicted: Any, reference: Any) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) two arrays with a row per case, whatever shape a case has.

    Raises:
        DataError: their shapes differ, there is no second axis, or numbers that are not finite.
    """
    first, second = np.asarray(predicted), np.asarray(reference)
    if first.shape != second.shape or first.ndim < 2:
        raise DataError(
            f"predictions and references must have one shape, (N, …) with a row per case; they have {first.shape} and "
            f"{second.shape}"
        )
    for name, array in (("predictions", first), ("references", second)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{name} must be finite; {int((~np.isfinite(array)).sum())} values are not")
    return first.reshape(len(first), -1), second.reshape(len(second), -1)


def same_length(predicted: Sequence[Any], reference: Sequence[Any]) -> None:
    """Refuse lists of which one has more cases.

    Raises:
        DataError: their lengths differ.
    """
    if len(predicted) != len(reference):
        raise DataError(
            f"predictions and references must be as many cases; they are {len(predicted)} and {len(reference)}"
        )


def shares(part: np.ndarray, whole: np.ndarray, empty: float) -> np.ndarray:
    """(N,) part / whole; `empty` where the whole is 0."""
    return np.divide(part, whole, out=np.full(len(whole), float(empty)), where=whole > 0)
