"""Tables that already have types: of pandas, polars, pyarrow and their kin, and parquet files."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

from auditkit.data.readers.source import Source
from auditkit.errors import DataError
from auditkit.spelling import listed

if TYPE_CHECKING:
    import pandas


def from_frame(source: Any, missing: tuple[str, ...] | None) -> Source:
    """A table of any library that narwhals knows, as pandas.

    Raises:
        DataError: it is no table, or two columns have the same name.
    """
    import pandas

    if isinstance(source, pandas.DataFrame):
        frame = source
    else:
        import narwhals

        try:
            native = narwhals.from_native(source)
            frame = native.collect().to_pandas() if isinstance(native, narwhals.LazyFrame) else native.to_pandas()
        except (TypeError, AttributeError) as error:
            raise DataError(
                "data must be a path, a DataFrame (pandas, polars, pyarrow), a dictionary of arrays or an array; "
                f"{type(source).__name__} was given"
            ) from error
    tidied = mark_missing(tidy(frame.reset_index(drop=True)), missing or ())
    return Source(tidied, None, frame.index)


def read_parquet(path: pathlib.Path, name: str, missing: tuple[str, ...] | None) -> Source:
    """A parquet file.

    Raises:
        DataError: the file is broken.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path.name} cannot be read as parquet: {error}; write it again") from error
    twice = sorted({column for column in table.column_names if table.column_names.count(column) > 1})
    if twice:
        raise DataError(f"{path.name}: column names must differ; {listed(twice)} occurs more than once")
    frame = mark_missing(tidy(table.to_pandas().reset_index(drop=True)), missing or ())
    return Source(frame, None, frame.index, name)


def tidy(frame: pandas.DataFrame) -> pandas.DataFrame:
    """The table with decimal numbers as floats.

    Raises:
        DataError: two columns have the same name.
    """
    from pandas.api.types import infer_dtype

    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f"column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    decimals = [
        name for name in frame.columns if frame[name].dtype.kind == "O" and infer_dtype(frame[name]) == "decimal"
    ]
    return frame.astype(dict.fromkeys(decimals, "float64")) if decimals else frame


def mark_missing(frame: pandas.DataFrame, missing: tuple[str, ...]) -> pandas.DataFrame:
    """The table with every value that `missing` lists taken out, in whatever type it stands."""
    if not missing:
        return frame
    numbers = [float(text) for text in missing if _number(text)]
    marked = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "b":
            continue
        lacking = column.isin(numbers if column.dtype.kind in "iuf" else list(missing))
        if lacking.any():
            marked[name] = column.mask(lacking)
    if not marked:
        return frame
    frame = frame.copy(deep=False)
    for name, column in marked.items():
        frame[name] = column
    return frame


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
