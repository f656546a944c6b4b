"""What copies of a model are fitted to, and what is said where there can be none."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Ask: TypeAlias = Callable[[Any], np.ndarray]
"""Inputs of n rows to (n, C) probabilities; decisions as 0 and 1 where the model gives no probabilities."""


class Pool(NamedTuple):
    """What K copies are fitted to."""

    inputs: Any
    """P rows."""
    codes: np.ndarray
    """(P,) positions of their classes; -1 for a row that no copy is fitted to."""
    fitted: np.ndarray
    """(K, P) bool: the rows of each copy."""
    seeds: np.ndarray
    """(K,)"""


GoOn: TypeAlias = Callable[[int, int], bool]
"""Told how many copies are fitted, of how many; says whether there is time for another."""
Copier: TypeAlias = Callable[[Pool, GoOn], list[Ask]]
"""A pool to K copies; where the time is up before all are fitted, to those pairs that are."""


class NoCopy(Exception):
    """No copy of the model can be fitted, and why: a part of a sentence."""
