"""A source of audit data, whatever it is, as columns of a table and, where there are some, an array of inputs."""

import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditkit.counts.names import Markers
from auditkit.counts.records import PICKLE, form_of
from auditkit.counts.streams import no_file_error
from auditkit.counts.text_codec import HEAD, in_a_sentence, unpacked
from auditkit.data.inputs import as_column, plain_inputs, without_mask
from auditkit.data.readers.base import INPUTS, SPREADSHEET, Reading, Source
from auditkit.data.readers.npz import read_npz
from auditkit.errors import DataError
from auditkit.lazy import pandas
from auditkit.text import class_name
from auditkit.value_spelling import listed

SHEETS: Final = "the container of older spreadsheets (xls)"
BINARIES: Final = {
    (b"ARROW1",): "an Arrow (Feather) file", PICKLE: "a pickle, which can run any code when it is opened",
    (b"\xd0\xcf\x11\xe0",): SHEETS, (b"",): "of no kind that is read here",
}  # fmt: skip
"""What files that are not read begin with."""


def open_source(source: Any, reading: Reading) -> Source:
    """Read any source.

    Args:
        source: what was read already; a path to a csv, JSON, parquet or npz file; a table of pandas, polars or any
            library that narwhals or Arrow knows, also lazy; records, also from an iterator; a dictionary of arrays; an
            array, also a structured one, or a tensor; texts.
        reading: see `Reading`.

    Raises:
        DataError: the source cannot be read, and why.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, str | os.PathLike):
        path = pathlib.Path(source)
        with in_a_sentence(path.name):
            return _file(path, reading)
    if isinstance(source, list | tuple | Iterator) and not (hasattr(source, "read") or hasattr(source, "schema")):
        source = _rows(list(source))
    fields = getattr(getattr(source, "dtype", None), "names", None)
    if fields:
        source = {field: source[field] for field in fields}
    if isinstance(source, Mapping):
        return from_arrays(source, missing=reading.missing)
    if hasattr(source, "shape") and not (hasattr(source, "columns") or hasattr(source, "toarray")):
        plain = plain_inputs(source, "table")
        if "modality" in plain or not hasattr(source, "to_frame"):
            return from_arrays({"inputs": plain["inputs"]})
        source = source.to_frame()  # a Series of numbers, whose name is that of a column
    from auditkit.data.readers.frames import from_frame  # pandas is imported only where there is a table

    return from_frame(source, reading.missing, reading.most)


def _rows(rows: list[Any]) -> dict[str, Any]:
    """Records as columns, else texts or rows of equally many numbers as inputs.

    Raises:
        DataError: they are none of these.
    """
    records = [row._asdict() if hasattr(row, "_asdict") else row for row in rows]
    if records and all(isinstance(record, Mapping) for record in records):
        names = dict.fromkeys(name for record in records for name in record)
        return {name: [record.get(name) for record in records] for name in names}
    if not rows:
        raise DataError("data: there are no rows; give at least one")
    plain = plain_inputs(rows, "table")
    if "modality" not in plain and not hasattr(plain["inputs"], "shape"):
        raise DataError(
            'data as a list must hold records [{"age": 40, …}, …], texts, or rows of equally many numbers; it holds '
            f"{listed(dict.fromkeys(class_name(row) for row in rows), 3)}. Other rows are given as "
            "pandas.DataFrame(rows, columns=[…]), and inputs beside labels as AuditData(inputs, labels)"
        )
    return {"inputs": plain["inputs"]}


def from_arrays(arrays: Mapping[str, Any], name: str = "data", missing: tuple[str, ...] | None = None) -> Source:
    """A dictionary of arrays: `inputs` or `x` with two or more axes (or texts), and columns; or columns alone.

    Raises:
        DataError: lengths that differ, a second array with more than one axis, or two columns of one name.
    """
    from auditkit.data.readers.frames import mark_missing, tidy

    columns = {
        str(key): without_mask(value) if hasattr(value, "shape") else _texts_or_array(value, key)
        for key, value in arrays.items()
    }
    if len(columns) < len(arrays):
        raise DataError(f"{name}: column names must differ also as texts; {listed(arrays)} were given")
    key = next((key for key in INPUTS if key in columns and _is_inputs(key, columns[key])), None)
    inputs: Any = None if key is None else columns.pop(key)
    _check_same_rows(arrays, name)
    for column, value in columns.items():
        if len(np.shape(value)) != 1:
            known = " or ".join(repr(input_name) for input_name in INPUTS)
            raise DataError(
                f"{name}: array {column!r} has the shape {np.shape(value)}; columns have one value per row, and the "
                f"array that the model eats is called {known}"
            )
    of_inputs = {} if key is None else {key: len(inputs)}
    rows = of_inputs | {column: len(value) for column, value in columns.items()}
    if len(set(rows.values())) > 1:
        raise DataError(f"{name}: arrays must have one entry per row; their lengths are {rows}")
    if not rows:
        raise DataError(f"{name}: there are no arrays; give at least one column, or inputs")
    length = next(iter(rows.values()))
    frame = pandas.DataFrame(
        {column: _column(value) for column, value in columns.items()}, index=pandas.RangeIndex(length)
    )
    markers = Markers(missing or ())
    marked = mark_missing(tidy(frame), markers)
    return Source(marked, inputs, pandas.RangeIndex(length), name, tuple(markers.notes))


def _check_same_rows(arrays: Mapping[str, Any], name: str) -> None:
    """Columns of pandas are put beside each other by position, so that they must name the same rows."""
    series = {key: value.index for key, value in arrays.items() if hasattr(value, "iloc") and hasattr(value, "index")}
    first = next(iter(series.values()), None)
    odd_one = next((key for key, index in series.items() if not index.equals(first)), None)
    if odd_one is not None:
        raise DataError(
            f"{name}: the columns must have the same index; that of {odd_one!r} is another. Give a DataFrame of them, "
            "or plain values with .to_numpy()"
        )


def _column(value: Any) -> Any:
    array = value.array if hasattr(value, "array") else as_column(value)  # by position: a dictionary has no index
    return array.tolist() if getattr(array.dtype, "kind", "") == "O" else array  # pandas finds the type of a list


def _texts_or_array(value: Any, key: Any) -> Any:
    value = value.to_pylist() if hasattr(value, "to_pylist") else value  # of Arrow
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(entry, str) for entry in value):
            return list(value)
        column = as_column(list(value))
        return column if column.ndim == 1 else np.asarray(value)
    raise DataError(
        f"a dictionary must hold arrays or lists, one value per row; its {key!r} is {class_name(value)}. Leave that "
        "out, or give a table, such as pandas.DataFrame"
    )


def _is_inputs(key: str, value: Any) -> bool:
    if len(np.shape(value)) >= 2:
        return True  # also a tensor, whose type has no kind
    are_texts = isinstance(value, list) or getattr(value, "dtype", np.dtype(float)).kind in "UO"
    return key == "inputs" and are_texts


def _file(path: pathlib.Path, reading: Reading) -> Source:
    if not os.path.isfile(path):  # also of a text that is too long for a name
        raise DataError(f"path must be a csv, JSON, parquet or npz file; {no_file_error(path)}")
    form = form_of(path, reading.text.encoding)
    name = pathlib.Path(path.name.removesuffix(".gz")).stem
    if form == "parquet":
        from auditkit.data.readers.frames import read_parquet

        return read_parquet(path, name, reading.missing, reading.most)
    if form == "npz" and path.name.endswith(".eval"):
        raise DataError(
            f"{path.name} is an eval log of Inspect in its packed form; write it as JSON, with: inspect log convert "
            f"--to json --output-dir json {path.name}"
        )
    if form == "npz":
        return from_arrays(read_npz(path, reading.most), name, reading.missing)
    if form == "binary":
        with unpacked(path) as stream:
            head = stream.read(HEAD)
        kind = next(kind for starts, kind in BINARIES.items() if head.startswith(starts))
        if kind == SHEETS:
            raise DataError(f"{path.name} {SPREADSHEET}")
        raise DataError(f"{path.name} is {kind}; write it as csv (UTF-8), JSON records, parquet or npz")
    from auditkit.data.readers import textfile  # pyarrow, which only a file of text needs

    return (textfile.read_text_file if form == "csv" else textfile.read_json)(path, name, reading)
