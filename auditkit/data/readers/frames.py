"""Tables that already have types: frames of any library, and parquet files."""

from __future__ import annotations

import dataclasses
import pathlib
import sys
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet
from pandas.api.types import infer_dtype

from auditkit.counts.names import Markers
from auditkit.data.readers.base import Source
from auditkit.data.readers.budget import check_parquet
from auditkit.errors import DataError
from auditkit.io.refusals import refusal
from auditkit.text import one_line
from auditkit.value_spelling import listed


def from_frame(source: Any, missing: tuple[str, ...] | None, most: float = sys.maxsize) -> Source:
    """A table of any library that narwhals or Arrow knows, as pandas.

    Raises:
        DataError: it is no table, two columns have the same name, or collecting it would take more than `most` bytes.
    """
    if isinstance(source, pandas.DataFrame):
        frame = source
    else:
        from auditkit.data.readers.foreign_tables import as_pandas  # narwhals, wanted by few

        frame = as_pandas(source, most)
    columns, notes = with_index(frame)
    markers = Markers(missing or ())
    marked = mark_missing(tidy(columns), markers)
    return Source(marked, None, frame.index, notes=(*notes, *markers.notes))


def read_parquet(path: pathlib.Path, name: str, missing: tuple[str, ...] | None, most: int) -> Source:
    """A parquet file, whose table may take so many bytes of memory.

    Raises:
        DataError: the file is broken, or would take more.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            texts = [field.name for field in file.schema_arrow if pyarrow.types.is_string(field.type)]
        with pyarrow.parquet.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
            check_parquet(file, most, path.name)
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        why = refusal(error)
        wrong = f": {why}" if why else f" as parquet: {one_line(error, 300)}; write it again"
        raise DataError(f"{path.name} cannot be read{wrong}") from error
    # pandas takes two columns of one name without a word, and every later look-up by name would give both.
    twice = sorted({column for column in table.column_names if table.column_names.count(column) > 1})
    if twice:
        raise DataError(f"{path.name}: column names must differ; {listed(twice)} occurs more than once")
    return dataclasses.replace(
        from_frame(_as_pandas(table, path.name), missing), index=pandas.RangeIndex(table.num_rows), name=name
    )


def _as_pandas(table: pyarrow.Table, name: str) -> pandas.DataFrame:
    """The table as pandas.

    Raises:
        DataError: a column holds values that pandas and Python cannot hold, such as a date in the year 10,000.
    """
    try:
        return table.to_pandas()
    except (ValueError, OverflowError, pyarrow.ArrowException) as error:
        for column in table.column_names:
            try:
                table[column].to_pandas()
            except (ValueError, OverflowError, pyarrow.ArrowException):
                kind = table.schema.field(column).type
                raise DataError(
                    f"{name}: column {one_line(column)!r} of type {kind} holds values that pandas cannot hold, such as "
                    "a date after the year 9999 or a part of a microsecond; write it as text or as a number, or leave "
                    "it out of the file"
                ) from error
        raise


def tidy(frame: pandas.DataFrame) -> pandas.DataFrame:
    """The table with decimal numbers as floats, and dictionaries of Arrow as categories.

    Raises:
        DataError: two columns have the same name.
    """
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f"column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    decimals = [
        name for name in frame.columns if frame[name].dtype.kind == "O" and infer_dtype(frame[name]) == "decimal"
    ]
    kinds = {name: "category" for name in frame.columns if str(frame[name].dtype).startswith("dictionary<")}
    kinds |= dict.fromkeys(decimals, "float64")
    return frame.astype(kinds) if kinds else frame


def with_index(frame: pandas.DataFrame) -> tuple[pandas.DataFrame, list[str]]:
    """The table with each level of its index that has a name as a column, and what is to be said of the others.

    Raises:
        DataError: a level has the name of a column, or of another level.
    """
    named = [name for name in frame.index.names if name is not None]
    all_names = [str(name) for name in (*named, *frame.columns)]
    twice = next((str(name) for name in named if all_names.count(str(name)) > 1), None)
    if twice is not None:
        raise DataError(
            f"the index of the table and one of its columns are both called {twice!r}; rename one of them, or leave "
            "the index out with reset_index(drop=True)"
        )
    is_lost = None in frame.index.names and not _numbers_rows(frame.index)
    note = "the index of the table has no name and is left out; name it, or call reset_index(), to keep it"
    frame = frame.reset_index(level=named) if named else frame
    return frame.reset_index(drop=True), [note] if is_lost else []


def _numbers_rows(index: pandas.Index[Any]) -> bool:
    """Whether an index does no more than number the rows, from any start and in any order."""
    if index.nlevels > 1 or index.dtype.kind not in "iu":
        return not len(index)
    return bool(index.is_unique) and (not len(index) or int(index.max()) - int(index.min()) == len(index) - 1)


def mark_missing(frame: pandas.DataFrame, markers: Markers) -> pandas.DataFrame:
    """The table with every value that is a marker taken out, in whatever type it stands."""
    are_lacking = {name: _are_markers(frame[name], markers) for name in (frame.columns if markers.texts else ())}
    marked = {name: frame[name].mask(lacking) for name, lacking in are_lacking.items() if lacking.any()}
    if not marked:
        return frame
    frame = frame.copy(deep=False)  # the table may be the user's own
    for name, column in marked.items():
        frame[name] = column
    return frame


def _are_markers(column: pandas.Series[Any], markers: Markers) -> np.ndarray:
    """(N,) bool: where a value is a marker."""
    if column.dtype.kind in "iuf" and isinstance(column.dtype, np.dtype):
        # A marker such as 9.9 is another number in float32 than in float64, so it takes the type of the column.
        known = np.asarray(list(markers.numbers)).astype(column.dtype if column.dtype.kind == "f" else np.float64)
        lacking = np.isin(column.to_numpy(), known)
        for value in np.unique(column.to_numpy()[lacking]):
            markers.means_missing(value)
        return lacking
    try:
        codes, distinct = pandas.factorize(column.astype(object))
    except TypeError:  # lists and objects, of which none is a marker
        return np.zeros(len(column), dtype=bool)
    means = np.array([markers.means_missing(value) for value in distinct] + [False], dtype=bool)
    return np.asarray(means[codes])  # the code of a missing value is -1
