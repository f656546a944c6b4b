"""Files of records in JSON: a list of objects, an object of columns, or an object a line."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pandas

from auditkit.counts.records import ENCODING, JSON, SHAPES, nested, once, parsed, unreadable
from auditkit.data.readers.base import Source
from auditkit.data.readers.frames import from_frame
from auditkit.errors import DataError


def read_json(path: pathlib.Path, name: str, missing: tuple[str, ...] | None) -> Source | None:
    """The records of a file; None where it is no JSON and its name does not say so either.

    Raises:
        DataError: JSON that is broken or holds no table.
    """
    try:
        columns, rows = _columns(_parsed(path.read_text(encoding=ENCODING)), path.name)
    except (ValueError, RecursionError) as error:  # a broken document, no UTF-8, or too deep
        if path.suffix.lower() not in JSON:
            return None
        raise unreadable(path.name, error) from None
    table = from_frame(pandas.DataFrame(columns, index=_index(rows)), missing)
    return Source(table.columns, None, table.index, name, table.notes)


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


def _columns(document: Any, file: str) -> tuple[Mapping[str, list[Any]], list[Any] | None]:
    """{column: values}, each a text, a number, true, false or nothing; and the names of the rows, if any."""
    # Every shape is turned into the next simpler one, in this order: split, columns by rows, one record, records.
    rows: Any = None
    if isinstance(document, Mapping) and isinstance(document.get("data"), list) and "columns" in document:
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
    for name, values in document.items():
        if any(isinstance(value, list | dict) for value in values):
            raise nested(file, name)
    named = isinstance(rows, list) and len(rows) == len(next(iter(document.values())))
    return document, rows if named else None


def _split(names: Any, rows: list[Any], file: str) -> list[dict[str, Any]]:
    """Records of the names of columns and of rows of values, as pandas writes them with orient="split"."""
    if len(set(map(str, names))) < len(names) or any(
        not isinstance(row, list) or len(row) != len(names) for row in rows
    ):
        raise DataError(f"{file}: each row of data must have one value for each of the {len(names)} columns, once")
    return [dict(zip(names, row, strict=True)) for row in rows]
