"""A column as positions in the list of its values; columns that are encoded already are used as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Encoded(NamedTuple):
    """A column of group values as positions."""

    values: tuple[str, ...]
    """The distinct values, sorted."""
    codes: np.ndarray
    """(N,) of whole numbers: the position of each row's value."""


def encode(column: Any) -> Encoded:
    """The distinct values of a column, sorted, and the position of each row's.

    Args:
        column: (N,) text without missing values, or an `Encoded`, which is given back.
    """
    if isinstance(column, Encoded):
        return column
    import pandas  # hashes text an order of magnitude faster than numpy sorts it

    codes, values = pandas.factorize(np.asarray(column), sort=True)
    return Encoded(tuple(str(value) for value in values), codes)
