"""Files of records in JSON, one a line: read a batch at a time, as they may be of any size."""

import io
import json
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from auditkit.counts.text_codec import HEAD, UTF8, encoding_of, is_binary, lines_of, not_decoded, unpacked
from auditkit.counts.unit import Unit
from auditkit.errors import DataError, closest
from auditkit.lazy import pyarrow

Form: TypeAlias = Literal["parquet", "npz", "binary", "records", "document", "csv"]
"""Of JSON there are files with a record a line, and those of one document; `binary` is of no kind that is read."""
PARQUET: Final = b"PAR1"
PICKLE: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""What such a file begins with."""
BATCH: Final = 1 << 16
"""Records at a time."""
START: Final = 1 << 20
"""Bytes in which the first record must end."""
JSON: Final = (".json", ".jsonl", ".ndjson")
"""Endings of files of records in JSON, and of such with a record a line."""
OPENING: Final = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{"])')
"""What a text begins with that is JSON, and no header of a csv file."""
OTHERS: Final = {
    "<!doctype": "a page of HTML", "<html": "a page of HTML", "<?xml": "XML", "%pdf-": "a PDF",
    "version https://git-lfs": "a pointer of Git LFS (git lfs pull fetches the file itself)",
}  # fmt: skip
"""What other files that are no tables begin with."""
SHAPES: Final = 'a list of records [{"age": 40, …}, …], an object of columns {"age": [40, …]}, or a record a line'


def form_of(path: pathlib.Path, declared: str | None) -> Form:
    """What a file holds by what it begins with, as a name may say anything; text that is no JSON is taken to be csv.

    Args:
        path: the file, text also compressed with gzip. A name alone makes it a document, so that no broken one is a
            csv.
        declared: the encoding as the owner says.

    Raises:
        DataError: it is empty, cannot be read, or is in another encoding.
    """
    try:
        if not path.is_file() and path.exists():  # to open a pipe may take for ever
            raise DataError(f"{path.name} is no file; write what it gives to one")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
    if not head:
        raise DataError(f"{path.name} is empty")
    if head.startswith(PARQUET) and min(head) < 9:  # a header of text may begin so too
        return "parquet"
    if head.startswith(ZIP):
        return "npz"
    with unpacked(path) as file:
        head = file.read(HEAD)
    if is_binary(head, declared) or head.startswith(PICKLE):
        return "binary"
    # faults are ignored, for the start may end in the middle of a letter
    start = head.decode(encoding_of(path, declared), "ignore")
    for opening, kind in OTHERS.items():
        if start.lstrip().lower().startswith(opening):
            raise DataError(f"{path.name} is {kind}, and no table; write it as csv, JSON records, parquet or npz")
    if not OPENING.match(start):
        return "document" if path.name.lower().removesuffix(".gz").endswith(JSON) else "csv"
    return "document" if first_record(path, declared) is None else "records"


def first_record(path: pathlib.Path, declared: str | None) -> Mapping[str, Any] | None:
    """The first record of a file that holds a record a line; None where it holds one document, or no JSON."""
    with unpacked(path) as file:
        start = file.read(START)
    first_line, _, rest = start.decode(encoding_of(path, declared), "ignore").lstrip().partition("\n")
    following = rest.strip()
    try:
        record = json.loads(first_line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, Mapping) or not (following.startswith("{") or (not following and len(start) < START)):
        return None
    is_columns = not following and any(isinstance(value, list | dict) for value in record.values())
    return None if is_columns else record  # an object of columns may stand on one line


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
    where = "it is too deep" if isinstance(error, RecursionError) else "a number in it is too long"
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}: {error.msg}"
    return DataError(f"{name} cannot be read as JSON: {where}; it must be {SHAPES}")


def nested(name: str, column: str) -> DataError:
    """The error about a column whose values are no single ones."""
    return DataError(f"{name}: column {column!r} holds lists or objects; give it a column for each part")


@dataclass(frozen=True)
class Records(Unit):
    """A file with a record a line."""

    encoding: str = UTF8

    def batches(self) -> Iterator[list[Any]]:
        """Lists of pyarrow arrays, one a column; a list of values where these are of several kinds."""
        names = self.names.read
        columns: list[list[Any]] = [[] for _ in names]
        seen_names: set[str] = set()
        try:
            # only \n ends a record, for \r may stand between values
            with unpacked(self.path) as raw, io.TextIOWrapper(raw, self.encoding, newline="\n") as file:
                for record in parsed(lines_of(file, self.name)):
                    if not isinstance(record, Mapping):
                        raise DataError(f"{self.name} holds JSON that is no table; it must be {SHAPES}")
                    seen_names |= record.keys()
                    for values, name in zip(columns, names, strict=True):
                        values.append(record.get(name))
                    if len(columns[0]) == BATCH:
                        yield self._arrays(columns)
                        columns = [[] for _ in names]
        except UnicodeError:
            raise not_decoded(self.path, self.encoding) from None
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
