"""Files as batches of columns: Parquet by row groups, csv by blocks, records of JSON by lines; faults are said here."""

import contextlib
import os
import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditkit.counts.dialect import Dialect, Options, arrow_rows, delimiter_hint, dialect_of
from auditkit.counts.records import Form, Records, form_of
from auditkit.counts.text_codec import encoding_of
from auditkit.counts.unit import Names, Unit
from auditkit.errors import DataError, closest, present
from auditkit.io.refusals import refusal
from auditkit.lazy import pyarrow
from auditkit.text import one_line

BATCH: Final = 1 << 17
"""Rows of Parquet at a time: their codes stay in the cache."""
UNIT: Final = 1 << 20
"""Rows that one thread counts before it takes the next; smaller row groups are taken together."""
BLOCK: Final = 1 << 23
"""Bytes of csv at a time; a row must fit."""


@dataclass(frozen=True)
class RowGroups(Unit):
    """Some row groups of a Parquet file."""

    metadata: Any = None
    groups: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    """Columns of text, which are read as the dictionaries that they are stored as."""

    def batches(self) -> Iterator[list[Any]]:
        """Lists of pyarrow arrays, one a column."""
        # a column may be a group and the label at once, and Arrow refuses to read it twice
        columns = list(dict.fromkeys(self.names.read))
        # the footer was read before, and pre-buffering would hold a whole row group
        options = {"metadata": self.metadata, "read_dictionary": list(self.texts), "pre_buffer": False}
        with _parquet(self.path, **options) as file:
            for batch in file.iter_batches(BATCH, row_groups=list(self.groups), columns=columns, use_threads=False):
                yield [batch.column(name) for name in self.names.read]


@dataclass(frozen=True)
class Csv(Unit):
    """A csv file, every field as text."""

    dialect: Dialect | None = None

    def batches(self) -> Iterator[list[Any]]:
        """Lists of pyarrow arrays, one a column."""
        dialect = present(self.dialect, "`units` found the dialect of the file")
        # numbers for names, as names of a header may be empty or occur twice
        numbered = [str(column) for column in range(dialect.fields)]
        columns = [numbered[dialect.names.index(name)] for name in self.names.read]
        included = list(dict.fromkeys([*columns, *(numbered[:1] if dialect.comment else [])]))
        kinds = dict.fromkeys(included, pyarrow.dictionary(pyarrow.int32(), pyarrow.string()))
        read = pyarrow.csv.ReadOptions(column_names=numbered, block_size=BLOCK)
        # what means missing is the owner's word, not a list of Arrow's
        convert = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False, include_columns=included)
        with arrow_rows(self.path, dialect) as stream:
            for batch in pyarrow.csv.open_csv(stream, read, dialect.parse_options(), convert):
                if dialect.comment:
                    first = batch.column(numbered[0]).cast(pyarrow.string())
                    batch = batch.filter(pyarrow.compute.invert(pyarrow.compute.starts_with(first, dialect.comment)))
                yield [batch.column(column) for column in columns]


def units(path: str | os.PathLike[str], names: Names, options: Options) -> list[Unit]:
    """The parts of a file; `options` is what the owner says of text files.

    Raises:
        DataError: there is no such file, it cannot be read, or it lacks a column.
    """
    file = pathlib.Path(path)
    form = _form(file, options)
    if form == "parquet":
        return _row_groups(file, names)
    if form == "records":
        return [Records(file, names, encoding=encoding_of(file, options.encoding))]
    dialect = dialect_of(file, options)
    _check_columns(file, names, dialect.names)
    return [Csv(file, names, True, dialect)]


def _form(file: pathlib.Path, options: Options) -> Form:
    """What a file is: Parquet, records or csv; raised where there is none, or of no such form."""
    if not os.path.isfile(file):  # also of a text that is too long for a name
        raise DataError(no_file_error(file))
    form = form_of(file, options.encoding)
    if form in ("npz", "binary"):
        raise DataError(f"{file.name} is neither Parquet, csv nor records of JSON; write it as one of them")
    if form == "document":
        raise DataError(
            f"{file.name} holds one document of JSON, which cannot be read a part at a time; write a record a line "
            '(with pandas orient="records", lines=True), Parquet or csv'
        )
    return form


def columns_of(path: str | os.PathLike[str], options: Options) -> dict[str, Any] | None:
    """{column: its type} of a file that can be read; a type None where it is text of unknown meaning.

    None for records of JSON, any of which may name a further column.
    """
    file = pathlib.Path(path)
    form = _form(file, options)
    if form == "records":
        return None
    if form == "parquet":
        with _parquet(file) as opened:
            schema = opened.schema_arrow
        return dict(zip(schema.names, schema.types, strict=True))
    return dict.fromkeys(dialect_of(file, options).names)


def _row_groups(file: pathlib.Path, names: Names) -> list[Unit]:
    with _parquet(file) as opened:
        metadata, schema = opened.metadata, opened.schema_arrow
    _check_columns(file, names, schema.names)
    texts = [name for name in names.counted if _is_text(schema.field(name).type)]
    parts: list[Unit] = []
    groups: list[int] = []
    rows = 0
    for index in range(metadata.num_row_groups):
        groups.append(index)
        rows += metadata.row_group(index).num_rows
        if rows >= UNIT or index == metadata.num_row_groups - 1:
            parts.append(RowGroups(file, names, False, metadata, tuple(groups), tuple(texts)))
            groups, rows = [], 0
    return parts


def _is_text(kind: Any) -> bool:
    tests = ("is_string", "is_large_string", "is_binary", "is_large_binary")
    return any(getattr(pyarrow.types, test)(kind) for test in tests)


def _check_columns(file: pathlib.Path, names: Names, columns: Sequence[str]) -> None:
    for name in names.read:
        if name not in columns:
            hint, mends = delimiter_hint(columns)
            nearest = closest(name, dict.fromkeys(columns))
            raise DataError(f"{file.name} has no column {name!r}; {nearest}{hint}", mend=mends)
        if list(columns).count(name) > 1:
            raise DataError(
                f"{file.name}: column names must differ; {name!r} occurs more than once. Rename the columns"
            )


def no_file_error(file: pathlib.Path) -> str:
    """What to say of a path at which no file is: a folder, or a name close to that of a file."""
    if os.path.isdir(file):
        return f"{str(file)!r} is a folder; name the files in it"
    if os.path.exists(file):
        return f"{str(file)!r} is a pipe or a device; write what it gives to a file"
    try:
        beside = [path.name for path in file.parent.iterdir() if path.is_file()]
    except OSError:
        beside = []
    return f"there is no file {str(file)[:200]!r}" + (f"; {closest(file.name, beside[:1000])}" if beside else "")


@contextlib.contextmanager
def _parquet(file: pathlib.Path, **options: Any) -> Iterator[Any]:
    try:
        with pyarrow.parquet.ParquetFile(file, **options) as opened:
            yield opened
    except (pyarrow.ArrowException, OSError) as error:
        why = refusal(error)
        wrong = f": {why}" if why else f" as parquet: {one_line(error, 300)}; it may be cut off: write it again"
        raise DataError(f"{file.name} cannot be read{wrong}") from error
