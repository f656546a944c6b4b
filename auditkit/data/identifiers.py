"""Columns that tell rows or persons apart, as numbers."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.lazy import pandas
from auditkit.value_spelling import spelling


def numbered(columns: Sequence[Any]) -> np.ndarray:
    """(N,) int64: a number for each combination of values, by first appearance; -1 where one is missing."""
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    lacking = np.zeros(len(columns[0]), dtype=bool)
    for column in columns:
        codes, distinct = pandas.factorize(np.asarray(column))
        lacking |= codes < 0
        # Two columns are fused at a time, and numbered again, so that the product of many does not overflow.
        numbers = pandas.factorize(numbers * (len(distinct) + 1) + codes + 1)[0].astype(np.int64)
    numbers[lacking] = -1
    return numbers


def identified(column: Any) -> np.ndarray:
    """(N,) int64: the same number for the same value in any table; -1 where it is missing.

    So a person who is in two tables is the same one. Numbers that are not negative stay what they are; of other values
    63 bits of a digest are taken.
    """
    codes, distinct = pandas.factorize(np.asarray(column))
    numbers = np.array([_identity(spelling(value)) for value in distinct], dtype=np.int64)
    return np.append(numbers, -1)[codes]


def _identity(text: str) -> int:
    if text.isdecimal() and text.isascii() and len(text) < 19 and str(int(text)) == text:
        return int(text)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1
