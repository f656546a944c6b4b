"""Columns of Arrow batches as codes: the list of values grows as new ones turn up; a dictionary is read once.

Numbers that are going to be put into bins are folded while they are read: one value stands for all of a bin.
"""

import decimal
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.lazy import pyarrow
from auditkit.value_spelling import EXACT, NUMBER

DISTINCT: Final = 100_000
"""Values of one column; more are an identifier, a score or a free text."""
FEW: Final = 16
"""A range of whole numbers that is listed without looking which of them occur."""
WIDE: Final = 1 << 20
"""A range of whole numbers up to which a value is looked up by its position."""


class TooManyValues(DataError):
    """A column has more different values than can be counted."""


class Field(str):
    """A value of a text file, of which it is not known yet whether it is a number."""

    __slots__ = ()


class Coder:
    """One column of a file, batch after batch.

    Args:
        name: of the column, for messages.
        file: likewise.
        fields: whether texts are fields of a text file.
    """

    def __init__(self, name: str, file: str, fields: bool = False) -> None:
        self.values: list[Any] = []
        """What each code stands for: text, a number, true or false, a date; None for a missing value."""
        self.name, self._file, self._fields = name, file, fields
        self._index: dict[Any, int] = {}
        self._dictionary: Any = None
        self._table = np.zeros(0, np.int32)
        self._low, self._codes = 0, np.zeros(0, np.int32)

    def codes(self, array: Any) -> np.ndarray:
        """(N,) codes of one batch.

        Args:
            array: a pyarrow array, or a list of values of several kinds.

        Raises:
            DataError: more than 100,000 values, or values that cannot be counted, such as lists.
        """
        if isinstance(array, list):
            return self.known(array)
        kind = array.type
        if pyarrow.types.is_boolean(kind) and not array.null_count:
            # Arrow packs eight booleans into a byte, which numpy cannot view
            return self._through(self.known((False, True)), array.cast(pyarrow.uint8()).to_numpy())
        return self._whole(array) if pyarrow.types.is_integer(kind) else self._by_dictionary(array)

    def _whole(self, array: Any) -> np.ndarray:
        ends = pyarrow.compute.min_max(array)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        # every value is missing
        if low is None:
            return np.full(len(array), self.known((None,))[0], dtype=np.int32)
        if low >= 0 and high < FEW and not array.null_count:
            return self._through(self.known(range(high + 1)), array.to_numpy())
        # a wide range needs too large a table; beyond 2^62 differences leave int64
        if high - low >= WIDE or high >= 1 << 62:
            return self._by_dictionary(array)
        lacking = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
        positions = array.fill_null(low).to_numpy().astype(np.int64)
        self._reach(low, high)
        positions -= self._low
        codes = self._codes[positions]
        if int(codes.min()) < 0:
            new_positions = np.unique(positions[codes < 0])
            self._codes[new_positions] = self.known((new_positions + self._low).tolist())
            codes = self._codes[positions]
        if lacking is not None:
            codes[lacking] = self.known((None,))[0]
        return codes

    def _reach(self, low: int, high: int) -> None:
        """Make the table of whole numbers reach from `low` to `high`; what was in it is found again in the index."""
        end = self._low + len(self._codes)
        if len(self._codes) and low >= self._low and high < end:
            return
        start, stop = (min(low, self._low), max(high + 1, end)) if len(self._codes) else (low, high + 1)
        # batches that lie far apart, as of a rising identifier, begin a table of their own rather than span the gap
        if stop - start > 4 * WIDE:
            start, stop = low, high + 1
        self._low, self._codes = start, np.full(stop - start, -1, dtype=np.int32)

    def _by_dictionary(self, array: Any) -> np.ndarray:
        if not pyarrow.types.is_dictionary(array.type):
            try:
                array = array.dictionary_encode()
            except pyarrow.ArrowException as error:
                raise DataError(
                    f"{self._file}: column {self.name!r} holds {array.type} values, which cannot be counted; take "
                    "another column"
                ) from error
        # batches of a file mostly bring the same dictionary, whose values are then looked at once
        if self._dictionary is None or not array.dictionary.equals(self._dictionary):
            self._check(len(array.dictionary))
            self._table = self.known(array.dictionary.to_pylist())
            self._dictionary = array.dictionary
        if not array.null_count:
            return self._through(self._table, array.indices.to_numpy())
        filled = array.indices.fill_null(len(self._table)).to_numpy()
        return self._through(np.append(self._table, self.known((None,))), filled)

    def known(self, values: Any) -> np.ndarray:
        """The code of each value; new ones are added to the list."""
        return np.array([self._code(value) for value in values], dtype=np.int32)

    def _code(self, value: Any) -> int:
        if isinstance(value, str) and self._fields:
            value = Field(value.strip())
        elif isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, decimal.Decimal):
            value = float(value)
        if value is not None and value != value:  # NaN
            value = None
        # for Python True, 1 and 1.0 are one key: the type keeps them apart
        key = (type(value), value)
        code = self._index.get(key)
        if code is None:
            code = self._index[key] = len(self.values)
            self.values.append(value)
            self._check(len(self.values))
        return code

    def _check(self, values: int) -> None:
        if values > DISTINCT:
            raise TooManyValues(
                f"{self._file}: column {self.name!r} has more than {DISTINCT:,} different values, which cannot be "
                "counted, as an identifier, a score or a free text has. Name another column, or put its values into "
                "bins first"
            )

    @staticmethod
    def _through(table: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Codes of a batch as codes of the column; as they are where these are the same."""
        # most columns meet their values in order: then a copy of the column is saved
        if len(table) == 0 or (table[0] == 0 and (table == np.arange(len(table))).all()):
            return codes
        return np.asarray(table[codes])


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
