"""Files of records in JSON, one a line: read a batch at a time, as they may be of any size."""

import io
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditkit.counts.text_codec import unpacked
from auditkit.counts.unit import Unit
from auditkit.errors import DataError, closest
from auditkit.lazy import pyarrow

BATCH: Final = 1 << 16
"""Records at a time."""
START: Final = 1 << 20
"""Bytes in which the first record must end."""
JSON: Final = (".json", ".jsonl", ".ndjson")
"""Endings of files of records in JSON, and of such with a record a line."""
ENCODING: Final = "utf-8-sig"
SHAPES: Final = 'a list of records [{"age": 40, …}, …], an object of columns {"age": [40, …]}, or a record a line'


def is_named_json(path: pathlib.Path) -> bool:
    """Whether a file is JSON by its name."""
    return path.name.lower().removesuffix(".gz").endswith(JSON)


def first_record(path: pathlib.Path) -> Mapping[str, Any] | None:
    """The first record of a file that holds a record a line; None where it holds one document, or no JSON."""
    with unpacked(path) as file:
        start = file.read(START)
    # faults are ignored, for the start may end in the middle of a letter
    first_line, _, rest = start.decode(ENCODING, "ignore").lstrip().partition("\n")
    following = rest.strip()
    try:
        record = json.loads(first_line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, Mapping) or not (following.startswith("{") or (not following and len(start) < START)):
        return None
    is_columns = not following and any(isinstance(value, list | dict) for value in record.values())
    return None if is_columns else record  # an object of columns may stand on one line


def refuse_document(path: pathlib.Path) -> None:
    """Raise where a file is one document of JSON by its name, which is in memory as a whole or not at all.

    Raises:
        DataError: it is.
    """
    if is_named_json(path):
        raise DataError(
            f"{path.name} holds one document of JSON, which cannot be read a part at a time; write a record a line "
            '(with pandas orient="records", lines=True), Parquet or csv'
        )


def parsed(lines: Iterable[str]) -> Iterator[Any]:
    """What stands on each line that is not blank.

    Raises:
        json.JSONDecodeError: with the number of the line in the file.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line, object_pairs_hook=once)
        except json.JSONDecodeError as error:
            # the error counts line breaks in its document: as many as stand before this line in the file
            raise json.JSONDecodeError(error.msg, "\n" * (number - 1), number - 1) from None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, for `json.loads`.

    Raises:
        DataError: a name occurs twice, so that a value would be lost.
    """
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"an object in the JSON has the name {twice[:80]!r} more than once; give each value its own")
    return record


def unreadable(name: str, error: Exception) -> DataError:
    """The error about a file that is no JSON."""
    where = "it is no UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}: {error.msg}"
    return DataError(f"{name} cannot be read as JSON: {where}; it must be {SHAPES}")


def nested(name: str, column: str) -> DataError:
    """The error about a column whose values are no single ones."""
    return DataError(f"{name}: column {column!r} holds lists or objects; give it a column for each part")


@dataclass(frozen=True)
class Records(Unit):
    """A file with a record a line."""

    def batches(self) -> Iterator[list[Any]]:
        """Lists of pyarrow arrays, one a column; a list of values where these are of several kinds."""
        names = self.names.read
        columns: list[list[Any]] = [[] for _ in names]
        seen_names: set[str] = set()
        try:
            # only \n ends a record, for \r may stand between values
            with unpacked(self.path) as raw, io.TextIOWrapper(raw, ENCODING, newline="\n") as file:
                for record in parsed(file):
                    if not isinstance(record, Mapping):
                        raise DataError(f"{self.name} holds JSON that is no table; it must be {SHAPES}")
                    seen_names |= record.keys()
                    for values, name in zip(columns, names, strict=True):
                        values.append(record.get(name))
                    if len(columns[0]) == BATCH:
                        yield self._arrays(columns)
                        columns = [[] for _ in names]
        except (ValueError, RecursionError) as error:
            raise unreadable(self.name, error) from None
        lacking = next((name for name in names if name not in seen_names), None)
        if lacking is not None and seen_names:
            raise DataError(f"{self.name} has no column {lacking!r}; {closest(lacking, dict.fromkeys(seen_names))}")
        if columns[0]:
            yield self._arrays(columns)

    def _arrays(self, columns: list[list[Any]]) -> list[Any]:
        for name, values in zip(self.names.read, columns, strict=True):
            if any(isinstance(value, list | dict) for value in values):
                raise nested(self.name, name)
        return [_array(values) for values in columns]


def _array(values: list[Any]) -> Any:
    try:
        array = pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError):  # of several kinds, or larger than any number of Arrow's
        return values
    return array.dictionary_encode() if pyarrow.types.is_string(array.type) else array
