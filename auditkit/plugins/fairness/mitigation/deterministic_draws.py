"""One number between 0 and 1 for every person, from the person's own inputs: the same person gets the same draw.

A randomised rule selects a person with a chance. Drawing anew at every call would decide about the same person
differently from day to day. Here the draw is a hash of the row and a seed: fixed for each person, as good as random
over persons, the same in every process, whatever the order of rows and columns and the batch.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.data import as_array
from auditkit.lazy import pandas
from auditkit.value_spelling import spelling

_MISSING = np.array([np.nan])


def draws(inputs: Any, seed: int, columns: Sequence[Any] | None = None) -> np.ndarray:
    """(N,) float64, uniform in [0, 1): a row's number depends on its own values and the seed alone.

    A number is the same person's whether it is stored as an integer or a float, a text whether it is a category or
    not; -0.0 is 0.0, and every missing value is the same.

    Args:
        inputs: a data frame, an array or tensor (N, ...), or a list of texts.
        seed: another seed gives other numbers.
        columns: those that count: names in a data frame, positions in an array (N, D); None: all.

    Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, for the mixing function.
    """
    total = np.full(len(inputs), _digest(f"seed {seed}"), dtype=np.uint64)
    if hasattr(inputs, "columns"):
        for name in inputs.columns if columns is None else columns:
            total += _mixed(_keys(inputs[name]) ^ _digest(f"column {name}"))
    elif isinstance(inputs, list):
        total += _mixed(np.array([_digest(str(text)) for text in inputs], dtype=np.uint64))
    else:
        array = as_array(inputs)
        flat = np.asarray(inputs if array is None else array).reshape(len(inputs), -1)
        for position in range(flat.shape[1]) if columns is None else columns:
            total += _mixed(_keys(flat[:, position]) ^ _digest(f"column {position}"))
    # The columns' numbers are added, so that their order does not count; 53 bits are what a float64 below 1 holds.
    return (_mixed(total) >> np.uint64(11)) * 2.0**-53


def _keys(column: Any) -> np.ndarray:
    """(N,) uint64: equal for equal values."""
    kind = getattr(column.dtype, "kind", "O")
    if isinstance(column.dtype, np.dtype) and kind in "fiub":
        return _bits(np.asarray(column, dtype=np.float64))
    # pandas knows every kind of missing value
    codes, distinct = pandas.factorize(np.asarray(column, dtype=object))
    numbers = int | float | np.number | np.bool_
    keys = [
        _bits(np.array([float(value)]))[0] if isinstance(value, numbers) else _digest(spelling(value))
        for value in distinct
    ]
    return np.array([*keys, _bits(_MISSING)[0]], dtype=np.uint64)[codes]  # the code of a missing value is -1


def _bits(numbers: np.ndarray) -> np.ndarray:
    # Adding 0.0 turns -0.0 into 0.0, and of the many bit patterns of NaN one is taken.
    return np.where(np.isnan(numbers), np.nan, numbers + 0.0).view(np.uint64)


def _digest(text: str) -> Any:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()))


def _mixed(keys: np.ndarray) -> np.ndarray:
    # SplitMix64 with the constants of its authors' code; uint64 wraps around, which is meant.
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
