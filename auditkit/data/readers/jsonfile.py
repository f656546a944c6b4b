"""Files of records in JSON: a list of objects, an object of columns, or an object a line."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from auditkit.counts.records import ENCODING, JSON, SHAPES, nested, parsed, unreadable
from auditkit.data.readers.source import Source
from auditkit.errors import DataError


def read_json(path: pathlib.Path, name: str, missing: tuple[str, ...] | None) -> Source | None:
    """The records of a file; None where it is no JSON and its name does not say so either.

    Raises:
        DataError: JSON that is broken or holds no table.
    """
    from auditkit.data.readers.frames import from_frame

    try:
        text = path.read_text(encoding=ENCODING)
        columns = _columns(_parsed(text), path.name)
    except (ValueError, RecursionError) as error:  # a broken document, no UTF-8, or too deep
        if path.suffix.lower() not in JSON:
            return None
        raise unreadable(path.name, error) from None
    import pandas

    frame = pandas.DataFrame(columns)
    read = from_frame(frame, missing)
    return Source(read.columns, None, read.index, name, read.notes)


def _parsed(text: str) -> Any:
    """The one document, or a list of those of each line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return list(parsed(text.split("\n")))


def _columns(document: Any, file: str) -> Mapping[str, list[Any]]:
    """{column: values}, each a text, a number, true, false or nothing."""
    if isinstance(document, Mapping) and isinstance(document.get("data"), list) and "columns" in document:
        document = [dict(zip(document["columns"], row, strict=False)) for row in document["data"]]  # pandas' "split"
    if isinstance(document, Mapping) and all(isinstance(values, Mapping) for values in document.values()):
        document = {column: list(values.values()) for column, values in document.items()}  # pandas' own default
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
    return document
