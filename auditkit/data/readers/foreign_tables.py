"""Tables of other libraries as pandas has them: through Arrow, so that a column is the same whoever held it.

What is not in memory yet (lazy frames, streams, data sets, relations, frames in parts) is collected within a limit.
"""

from __future__ import annotations

from typing import Any, Final

import narwhals
import pandas
import pyarrow
import pyarrow.dataset
from pyarrow import types

from auditkit.data.readers.base import SPREADSHEET
from auditkit.data.readers.budget import CELL, check
from auditkit.errors import DataError
from auditkit.text import class_name, one_line

START: Final = 1_000
"""Rows of a lazy frame by which its size is reckoned before it is collected."""


def as_pandas(source: Any, most: float) -> pandas.DataFrame:
    """A table of any library that narwhals or Arrow knows, as pandas.

    Args:
        source: an eager or lazy frame, a table, stream, data set or relation, or a frame of Dask.
        most: bytes that it may take, where it is not in memory yet.

    Raises:
        DataError: it is no table, would take more, or has a type that pandas lacks.
    """
    if isinstance(source, pandas.ExcelFile):
        raise DataError(f"the data {SPREADSHEET}")
    try:
        table = _in_memory(source, most)
    except DataError:
        raise
    except (TypeError, AttributeError) as error:
        hint = " (call .toarray())" if hasattr(source, "toarray") else ""
        raise DataError(
            "data must be a path, a table (pandas, polars, Arrow, DuckDB, Dask), records, a dictionary of arrays, an "
            f"array or texts; {class_name(source)} was given{hint}"
        ) from error
    except Exception as error:  # a lazy frame computes as it is collected, with any library's errors
        raise DataError(
            f"the {class_name(source)} could not be collected: {class_name(error)}: {one_line(error, 300)}"
        ) from error
    try:
        return table if isinstance(table, pandas.DataFrame) else _plain(table)
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        raise DataError(f"the table has a type that pandas lacks: {one_line(error)}; cast that column") from error


def _in_memory(source: Any, most: float) -> Any:
    """A table of Arrow; of pandas where the library's frames are such."""
    if type(source).__module__.startswith("dask.") and hasattr(source, "memory_usage_per_partition"):
        check(float(source.memory_usage_per_partition(index=False).sum().compute()), most, "the frame of Dask")
        return source.compute()
    if isinstance(source, pyarrow.RecordBatch):
        return pyarrow.table(source)
    if isinstance(source, pyarrow.dataset.Dataset):
        source = source.scanner()
    if isinstance(source, pyarrow.dataset.Scanner):
        source = source.to_reader()
    table = narwhals.from_native(source, pass_through=True)
    if isinstance(table, narwhals.DataFrame):
        # what is pandas in other clothes (Modin, cuDF) keeps its types
        return table.to_pandas() if table.implementation.is_pandas_like() else table.to_arrow()
    if hasattr(source, "__arrow_c_stream__") and (hasattr(source, "columns") or hasattr(source, "schema")):
        return _streamed(pyarrow.RecordBatchReader.from_stream(source), most, class_name(source))
    if isinstance(table, narwhals.LazyFrame):
        start = table.head(START).collect("pyarrow").to_native()
        rows = int(table.select(narwhals.len()).collect("pyarrow").item())
        check(_held(start) * rows / max(1, start.num_rows), most, f"the {class_name(source)}")
        return table.collect("pyarrow").to_native()
    raise TypeError("no table")


def _streamed(reader: Any, most: float, kind: str) -> Any:
    batches, held = [], 0
    for batch in reader:
        held += _held(batch)
        check(held, most, f"the {kind}")
        batches.append(batch)
    return pyarrow.Table.from_batches(batches, reader.schema)


def _held(part: Any) -> int:
    """Bytes that a table or batch of Arrow takes at the peak of reading: of each value, and of texts their length."""
    texts = [column.nbytes for column in part.columns if not types.is_primitive(column.type)]
    return part.num_rows * part.num_columns * CELL + sum(texts)


def _plain(table: Any) -> pandas.DataFrame:
    """A table of Arrow as pandas; lengths of time without months, as DuckDB has them, as lengths of time."""
    for position, field in enumerate(table.schema):
        if types.is_interval(field.type):
            spans = pandas.Series(table.column(position).to_pylist(), dtype=object)
            if all(span is None or not span.months for span in spans):
                lengths = [
                    None if span is None else pandas.Timedelta(span.days, "D") + pandas.Timedelta(span.nanoseconds)
                    for span in spans
                ]
                column = pyarrow.array(lengths, pyarrow.duration("us"))
                table = table.set_column(position, field.name, column)
    return table.to_pandas()
