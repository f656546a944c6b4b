"""A column as positions in the list of its values; columns that are encoded already are used as they are."""

import ctypes
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.lazy import pandas, pyarrow

SAMPLE: Final = 4096
"""Rows of a column of objects that are looked at, to tell whether they share a few."""
SHARED: Final = 256
"""Objects among these rows up to which they are taken to be shared."""


class Encoded(NamedTuple):
    """A column of group values as positions."""

    values: tuple[str, ...]
    """The distinct values, sorted."""
    codes: np.ndarray
    """(N,) of whole numbers: the position of each row's value; often of a small type such as uint8."""


class Codes(NamedTuple):
    """A column as its source encodes it: values in any order, some perhaps of no row, two perhaps the same as text."""

    values: tuple[str, ...]
    codes: np.ndarray


def encode(column: Any) -> Encoded:
    """The distinct values of a column, sorted, and the position of each row's.

    A column that is encoded in its source (categories of pandas, a dictionary of Arrow) is not decoded.

    Args:
        column: (N,) text without missing values, of numpy, pandas, pyarrow, polars or a list; or an `Encoded`, which is
            given back.

    Raises:
        DataError: a value is missing.
    """
    return column if isinstance(column, Encoded) else in_order(*raw(column))


def in_order(values: Sequence[str], codes: np.ndarray) -> Encoded:
    """The values that rows have, sorted and each once, and the position of each row's.

    Args:
        values: in any order, some perhaps of no row, two perhaps the same.
        codes: (N,) positions in `values`.
    """
    used = np.bincount(codes, minlength=len(values)) > 0
    names = sorted({value for value, some in zip(values, used, strict=True) if some})
    if names == list(values):
        return Encoded(tuple(names), codes)
    positions = {name: index for index, name in enumerate(names)}
    # the code of a value that no row has is never looked up, so any number will do
    table = np.array([positions.get(value, 0) for value in values], dtype=np.min_scalar_type(len(names)))
    return Encoded(tuple(names), table[codes] if len(table) else codes)


def raw(column: Any) -> Codes:
    """The codes of a column as fast as its source gives them.

    Raises:
        DataError: a value is missing.
    """
    if isinstance(column, Encoded):
        return Codes(*column)
    # a column of pandas exists only where somebody imported pandas: asking imports nothing
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(column, pandas.Series | pandas.Index):
        column = column.array
    if pandas is not None and isinstance(column, pandas.Categorical):
        return _without_missing(tuple(map(str, column.categories)), column.codes)
    if isinstance(column, np.ndarray) and column.dtype.kind == "U":
        return _fixed_width(column)
    # any package's Arrow column is taken by its protocol, so that none of these packages need be imported
    protocols = ("__arrow_array__", "__arrow_c_stream__", "__arrow_c_array__", "combine_chunks")
    return _arrow(column) if any(hasattr(column, name) for name in protocols) else _objects(column)


def _fixed_width(column: np.ndarray) -> Codes:
    """Text of a fixed width, hashed as bytes where it lies; making objects of it would take five times as long."""
    # Arrow knows no binary type of width 0
    if not column.dtype.itemsize or not len(column):
        return Codes(("",) if len(column) else (), np.zeros(len(column), np.int32))
    contiguous = np.ascontiguousarray(column)
    kind = pyarrow.binary(contiguous.dtype.itemsize)
    encoded = pyarrow.FixedSizeBinaryArray.from_buffers(kind, len(contiguous), [None, pyarrow.py_buffer(contiguous)])
    encoded = encoded.dictionary_encode()
    words = [np.frombuffer(value, dtype=contiguous.dtype)[0] for value in encoded.dictionary.to_pylist()]
    return Codes(tuple(map(str, words)), encoded.indices.to_numpy())


def _arrow(column: Any) -> Codes:
    array = column
    if not isinstance(array, pyarrow.Array | pyarrow.ChunkedArray):
        array = pyarrow.chunked_array(column) if hasattr(column, "__arrow_c_stream__") else pyarrow.array(column)
    if array.null_count:
        raise _missing_error(array.null_count)
    if not pyarrow.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.unify_dictionaries()
        chunks = [chunk.indices.to_numpy() for chunk in array.chunks]
        codes = np.concatenate(chunks) if len(chunks) != 1 else chunks[0]
        values = array.chunk(0).dictionary if chunks else pyarrow.array([], "string")
    else:
        codes, values = array.indices.to_numpy(), array.dictionary
    names = values.to_pylist()
    # a dictionary may hold a null among its values, which the count of nulls does not see
    lacking = np.array([name is None for name in names], dtype=bool)
    if lacking.any():
        absent = int(lacking[codes].sum())
        if absent:
            raise _missing_error(absent)
    return Codes(tuple(map(str, names)), codes)


def _objects(column: Any) -> Codes:
    # pandas hashes text an order of magnitude faster than numpy sorts it
    array = column if isinstance(column, np.ndarray) else np.asarray(column, dtype=object)
    if not _few_objects(array):
        codes, values = pandas.factorize(array)
        return _without_missing(tuple(map(str, values)), codes)
    # where the object of each row lies in memory: to be compared while `array` lives, and for nothing else
    raw = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
    object_codes, addresses = pandas.factorize(np.frombuffer(memoryview(raw), dtype=np.intp))
    example_rows = np.empty(len(addresses), dtype=np.int64)
    example_rows[object_codes] = np.arange(len(object_codes))  # any row of each object will do
    codes, values = pandas.factorize(array[example_rows])  # several objects may hold the same text
    return _without_missing(tuple(map(str, values)), codes[object_codes])


def _few_objects(array: np.ndarray) -> bool:
    """Whether the rows seem to share a few objects, as texts from a reader do: then none need be read twice."""
    some = array[:: max(1, len(array) // SAMPLE)]
    return len(array) > SAMPLE and array.flags.c_contiguous and len(set(map(id, some))) <= SHARED


def _without_missing(values: tuple[str, ...], codes: np.ndarray) -> Codes:
    # pandas gives a missing value the code -1
    if len(codes) and codes.min() < 0:
        raise _missing_error(int((codes < 0).sum()))
    return Codes(values, codes)


def _missing_error(count: int) -> DataError:
    return DataError(
        f"a column of groups has missing values ({count} in all); give them a name of their own, such as '(missing)', "
        "or take those rows out"
    )
