"""Text files with one row a line: read as text, every field; what is a number is decided column by column.

So "NA" stays the text NA, a zip code 01234 keeps its zero, and only what is listed as missing is missing.
"""

from __future__ import annotations

import csv
import gzip
import io
import pathlib
from typing import IO, Any, NamedTuple

from auditkit.data.readers.columns import read_column
from auditkit.data.readers.source import Reading, Source
from auditkit.errors import DataError
from auditkit.spelling import listed

DELIMITERS = (",", ";", "\t", "|")
BLOCK = 2**24
"""Bytes read at once; a row must fit."""


class Header(NamedTuple):
    """The first line of a file."""

    names: list[str]
    delimiter: str
    lines: int
    """Lines up to and with the header; 0 where there is none."""


def read_text_file(path: pathlib.Path, name: str, how: Reading, *, compressed: bool = False) -> Source:
    """A csv file in UTF-8, or a file like it with another delimiter.

    Raises:
        DataError: another encoding, a row with more or fewer fields than the header, a name that occurs twice or is
            empty, or values that are not of the kind declared.
    """
    import pandas

    header = _read(path, compressed, lambda stream: _header(stream, how, path.name))
    table = _table(path, compressed, header)
    missing = ("",) if how.missing is None else how.missing
    notes = [] if header.delimiter == "," or how.delimiter else [f"the fields are parted by {header.delimiter!r}"]
    columns, stripped = {}, []
    for at, column in enumerate(header.names):
        read = read_column(table.column(at), column, missing, (how.kinds or {}).get(column), how.strip)
        columns[column] = read.values
        notes += read.notes
        stripped += [column] if read.stripped else []
    if stripped:
        notes.append(f"blanks around the values of {', '.join(stripped)} were taken off")
    index = pandas.RangeIndex(table.num_rows)
    return Source(pandas.DataFrame(columns, index=index), None, index, name, tuple(notes))


def _table(path: pathlib.Path, compressed: bool, header: Header) -> Any:
    """Every field as text, columns by position."""
    import pyarrow
    from pyarrow import csv as arrow

    places = [str(place) for place in range(len(header.names))]
    read = arrow.ReadOptions(column_names=places, skip_rows_after_names=header.lines, block_size=BLOCK)
    parse = arrow.ParseOptions(delimiter=header.delimiter, newlines_in_values=True)
    convert = arrow.ConvertOptions(column_types=dict.fromkeys(places, pyarrow.string()), strings_can_be_null=False)
    try:
        with _bytes(path, compressed) as stream:
            return arrow.read_csv(stream, read, parse, convert)
    except (pyarrow.ArrowException, EOFError, OSError) as error:
        _read(path, compressed, lambda stream: _find_ragged(stream, header, path.name))
        raise DataError(f"{path.name} cannot be read as csv: {error}") from error


def _bytes(path: pathlib.Path, compressed: bool) -> Any:
    return gzip.open(path, "rb") if compressed else path.open("rb")


def _read(path: pathlib.Path, compressed: bool, read: Any) -> Any:
    """What `read` makes of the file as text; the line is named where it is no UTF-8."""
    try:
        with _bytes(path, compressed) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as stream:
            return read(stream)
    except UnicodeDecodeError:
        raise DataError(_not_utf8(path, compressed)) from None
    except (EOFError, OSError) as error:
        raise DataError(f"{path.name} cannot be unpacked: {error}; it may be cut off") from error


def _not_utf8(path: pathlib.Path, compressed: bool) -> str:
    mend = "save it as UTF-8 (in a spreadsheet: CSV UTF-8; or: iconv -f latin1 -t utf-8)"
    with _bytes(path, compressed) as stream:
        for number, line in enumerate(stream, start=1):
            if number == 1 and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return f"{path.name} is UTF-16; {mend}"
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return f"{path.name} is not UTF-8: line {number} holds the byte 0x{line[error.start]:02x}; {mend}"
    return f"{path.name} is not UTF-8; {mend}"


def _header(stream: IO[str], how: Reading, name: str) -> Header:
    first, lines = "", 0
    for line in stream:
        lines += 1
        first = line.strip("\r\n")
        if first:
            break
    if not first:
        raise DataError(f"{name} holds no rows")
    delimiter = how.delimiter or _delimiter(first)
    names = next(csv.reader([first], delimiter=delimiter))
    if how.columns is not None:
        if len(how.columns) != len(names):
            raise DataError(
                f"{name}: columns names {len(how.columns)} columns; the first line has {len(names)}, parted by "
                f"{delimiter!r}. Name every column, or say what parts them with delimiter = …"
            )
        return _checked(Header(list(how.columns), delimiter, 0), name)
    return _checked(Header([each.strip() for each in names], delimiter, lines), name)


def _delimiter(first: str) -> str:
    """Comma; where the header has none, the one of semicolon, tab and bar that it has most of."""
    return "," if "," in first else max(DELIMITERS, key=first.count)


def _checked(header: Header, name: str) -> Header:
    twice = sorted({each for each in header.names if header.names.count(each) > 1 and each})
    if twice:
        raise DataError(f"{name}: column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    if "" in header.names:
        raise DataError(
            f"{name}: column {header.names.index('') + 1} has no name in the first line (pandas writes its index so); "
            "write the file with index=False, or name the column"
        )
    return header


def _find_ragged(stream: IO[str], header: Header, name: str) -> None:
    """Raise with the first line that has another number of fields than the header."""
    wanted = len(header.names)
    reader = csv.reader(stream, delimiter=header.delimiter)
    for row in reader:
        if row and len(row) != wanted:
            raise DataError(
                f"{name}: line {reader.line_num} has {len(row)} fields, the header has {wanted}; mend that line, and "
                'put quotation marks "…" around a value that holds the delimiter'
            )
