"""Text files with one row a line: read as text, every field; what is a number is decided column by column.

So "NA" stays the text NA, a zip code 01234 keeps its zero, and only what is listed as missing is missing.
"""

import pathlib
from typing import Any

import pandas
import pyarrow
from pyarrow import compute, csv as arrow

from auditkit.counts.dialect import Dialect, body, broken, dialect_of
from auditkit.counts.markers import Markers
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.columns import read_column
from auditkit.errors import DataError
from auditkit.value_spelling import listed

BLOCK = 2**24
"""Bytes read at once; a row must fit."""


def read_text_file(path: pathlib.Path, name: str, reading: Reading) -> Source:
    """A csv file, or a file like it with another delimiter; also compressed with gzip.

    Raises:
        DataError: another encoding, a row with more or fewer fields than the header, a name that occurs twice or is
            empty, or values that are not of the kind declared.
    """
    dialect = dialect_of(path, reading.text)
    table = _table(path, dialect)
    names, notes = _names(dialect, table, path.name)
    missing = Markers(("",) if reading.missing is None else reading.missing)
    columns, stripped = {}, []
    doubts: dict[str, str] = {}
    merged: dict[str, tuple[str, ...]] = {}
    for index, column in names.items():
        kind = (reading.kinds or {}).get(column)
        read = read_column(table.column(index), column, missing, kind, reading.strip, reading.notation)
        doubts |= {column: read.doubt} if read.doubt else {}
        merged |= {column: read.merged} if read.merged else {}
        columns[column] = read.values
        notes += read.notes
        stripped += [column] if read.stripped else []
    notes += missing.notes
    if stripped:
        notes.append(f"blanks around the values of {', '.join(stripped)} were taken off")
    rows = pandas.RangeIndex(table.num_rows)
    return Source(pandas.DataFrame(columns, index=rows), None, rows, name, tuple(notes), doubts, merged)


def _table(path: pathlib.Path, dialect: Dialect) -> Any:
    """Every field as text, columns by position; without lines that are comments."""
    indices = [str(index) for index in range(dialect.fields)]
    read = arrow.ReadOptions(column_names=indices, block_size=BLOCK)
    convert = arrow.ConvertOptions(column_types=dict.fromkeys(indices, pyarrow.string()), strings_can_be_null=False)
    try:
        with body(path, dialect) as stream:
            table = arrow.read_csv(stream, read, dialect.parse_options(), convert)
    except (pyarrow.ArrowException, EOFError, OSError, UnicodeError) as error:
        if "Empty CSV" not in str(error):  # a header alone is a file without rows
            raise broken(path, error, dialect) from error
        table = pyarrow.table({index: pyarrow.array([], pyarrow.string()) for index in indices})
    if dialect.comment:  # Arrow's parser knows no comments
        table = table.filter(compute.invert(compute.starts_with(table.column(0), dialect.comment)))
    return table


def _names(dialect: Dialect, table: Any, file: str) -> tuple[dict[int, str], list[str]]:
    """{index: name} of the columns that are read, and what is to be said of the others."""
    names, notes = dict(enumerate(dialect.names)), list(dialect.notes)
    twice = sorted({name for name in names.values() if dialect.names.count(name) > 1 and name})
    if twice:
        raise DataError(f"{file}: column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    if not names[0] and len(names) > 1 and _counts_rows(table.column(0)):
        del names[0]
        notes.append("the first column has no name and numbers the rows, as pandas writes its index; it was left out")
    nameless = next((index for index, name in names.items() if not name), None)
    if nameless is not None:
        raise DataError(
            f"{file}: column {nameless + 1} has no name in the first line; name the column there, or take it out"
        )
    if dialect.trailing and set(table.column(len(dialect.names)).unique().to_pylist()) - {""}:
        raise DataError(f"{file}: some rows have more fields than the header; name every column in the first line")
    return names, notes


def _counts_rows(column: Any) -> bool:
    """Whether a column of texts counts the rows from 0."""
    return bool(column.to_pylist() == [str(row) for row in range(len(column))])
