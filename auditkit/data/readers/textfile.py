"""Text files with one row a line: read as text, every field; what is a number is decided column by column.

So "NA" stays the text NA, a zip code 01234 keeps its zero, and only what is listed as missing is missing. Records in
JSON are read here too: a list of objects, an object of columns, or an object a line.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pandas
import pyarrow
from pyarrow import compute, csv as arrow

from auditkit.counts.dialect import Dialect, arrow_rows, dialect_of
from auditkit.counts.names import Markers
from auditkit.counts.records import SHAPES, nested, once, parsed, unreadable
from auditkit.counts.text_codec import encoding_note, encoding_of, not_decoded, unpacked
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.budget import Counted, check, check_columns
from auditkit.data.readers.columns import read_column
from auditkit.data.readers.frames import from_frame
from auditkit.data.readers.inspect_log import columns_of, is_log
from auditkit.errors import DataError
from auditkit.memory import json_size
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
    table = _table(path, dialect, reading.most)
    names, notes = _names(dialect, table, path.name)
    missing = Markers(("",) if reading.missing is None else reading.missing)
    kinds = reading.kinds or {}
    columns = {
        column: read_column(table.column(index), column, missing, kinds.get(column), reading.strip, reading.notation)
        for index, column in names.items()
    }
    notes += [*(note for read in columns.values() for note in read.notes), *missing.notes]
    stripped = [column for column, read in columns.items() if read.stripped]
    if stripped:
        notes.append(f"blanks around the values of {', '.join(stripped)} were taken off")
    rows = pandas.RangeIndex(table.num_rows)
    return Source(
        columns=pandas.DataFrame({column: read.values for column, read in columns.items()}, index=rows),
        index=rows,
        name=name,
        notes=tuple(notes),
        doubts={column: read.doubt for column, read in columns.items() if read.doubt},
        merged={column: read.merged for column, read in columns.items() if read.merged},
    )


def _table(path: pathlib.Path, dialect: Dialect, most: int) -> Any:
    """Every field as text, columns by position; without lines that are comments."""
    check_columns(dialect.fields, path.name)
    indices = [str(index) for index in range(dialect.fields)]
    read = arrow.ReadOptions(column_names=indices, block_size=BLOCK)
    convert = arrow.ConvertOptions(column_types=dict.fromkeys(indices, pyarrow.string()), strings_can_be_null=False)
    table = pyarrow.table({index: pyarrow.array([], pyarrow.string()) for index in indices})
    with arrow_rows(path, dialect) as stream:
        table = arrow.read_csv(
            Counted(stream, dialect.delimiter, most, path.name), read, dialect.parse_options(), convert
        )
    if dialect.comment:  # Arrow's parser knows no comments
        table = table.filter(compute.invert(compute.starts_with(table.column(0), dialect.comment)))
    return table


def _names(dialect: Dialect, table: Any, file: str) -> tuple[dict[int, str], list[str]]:
    """{index: name} of the columns that are read, and what is to be said of the others."""
    names, notes = dict(enumerate(dialect.names)), list(dialect.notes)
    twice = sorted({name for name in names.values() if dialect.names.count(name) > 1 and name})
    if twice:
        raise DataError(f"{file}: column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    rows = range(table.num_rows)
    if not names[0] and len(names) > 1 and table.column(0).to_pylist() == [str(row) for row in rows]:
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


def read_json(path: pathlib.Path, name: str, reading: Reading) -> Source:
    """The records of a file.

    Raises:
        DataError: another encoding, JSON that is broken, or that holds no table.
    """
    encoding = encoding_of(path, reading.text.encoding)
    try:
        text = _text(path, reading.most).decode(encoding)
        document, notes = _parsed(text), list[str]()
        if is_log(document):
            document, notes = columns_of(document, path.name)
        columns, rows = _columns(document, path.name, reading.passages)
    except UnicodeError:
        raise not_decoded(path, encoding) from None
    except (ValueError, RecursionError) as error:
        raise unreadable(path.name, error) from None
    table = from_frame(pandas.DataFrame(columns, index=_index(rows)), reading.missing)
    return Source(table.columns, None, table.index, name, (*table.notes, *notes, *encoding_note(encoding)))


def _text(path: pathlib.Path, most: int) -> bytes:
    """All of a file, whose values may take so many bytes of memory."""
    pieces: list[bytes] = []
    held = 0
    with unpacked(path) as stream:
        while piece := stream.read(BLOCK):
            held += json_size(piece)
            check(held, most, path.name)
            pieces.append(piece)
    return b"".join(pieces)


def _parsed(text: str) -> Any:
    """The one document, or a list of those of each line."""
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError:
        # One document a line is no JSON as a whole, so it is tried second.
        return list(parsed(text.split("\n")))


def _index(rows: list[Any] | None) -> Any:
    """The names of the rows, as an index; None where they have none."""
    if rows is None:
        return None
    index = pandas.Index(rows)
    return index.astype("int64") if all(str(row).isdecimal() for row in rows) else index


def _columns(document: Any, file: str, passages: bool) -> tuple[Mapping[str, list[Any]], list[Any] | None]:
    """{column: values}, each a text, a number, true, false or nothing; and the names of the rows, if any."""
    # Every shape is turned into the next simpler one, in this order: split, columns by rows, one record, records.
    rows: Any = None
    if isinstance(document, Mapping) and isinstance(document.get("data"), list) and _is_names(document.get("columns")):
        rows, document = document.get("index"), _split(document["columns"], document["data"], file)
    if isinstance(document, Mapping) and all(isinstance(values, Mapping) for values in document.values()):
        rows = list(next(iter(document.values()), {}))  # pandas' own default
        if any(list(values) != rows for values in document.values()):
            raise DataError(f"{file}: every column must name the same rows in the same order; write a list of records")
        document = {column: list(values.values()) for column, values in document.items()}
    if isinstance(document, Mapping) and all(not isinstance(values, list) for values in document.values()):
        document = [document]
    if isinstance(document, list) and document and all(isinstance(record, Mapping) for record in document):
        names = dict.fromkeys(name for record in document for name in record)
        document = {name: [record.get(name) for record in document] for name in names}
    if not isinstance(document, Mapping) or not document or not all(isinstance(v, list) for v in document.values()):
        raise DataError(f"{file} holds JSON that is no table; it must be {SHAPES}")
    if len({len(values) for values in document.values()}) > 1:
        raise DataError(f"{file}: columns must have one value per row; their lengths differ")
    if passages:
        document = {name: [_passages(value) for value in values] for name, values in document.items()}
    for name, values in document.items():
        if any(isinstance(value, list | dict) for value in values):
            raise nested(file, name)
    named = isinstance(rows, list) and len(rows) == len(next(iter(document.values())))
    return document, rows if named else None


def _passages(value: Any) -> Any:
    """A list of texts as one value; anything else as it is."""
    return tuple(value) if isinstance(value, list) and all(isinstance(part, str) for part in value) else value


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(name, list | dict) for name in value)


def _split(names: Any, rows: list[Any], file: str) -> list[dict[str, Any]]:
    """Records of the names of columns and of rows of values, as pandas writes them with orient="split"."""
    if len(set(map(str, names))) < len(names) or any(
        not isinstance(row, list) or len(row) != len(names) for row in rows
    ):
        raise DataError(f"{file}: each row of data must have one value for each of the {len(names)} columns, once")
    return [dict(zip(names, row, strict=True)) for row in rows]
