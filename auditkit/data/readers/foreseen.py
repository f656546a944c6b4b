"""Whether a file is read into memory or counted a batch at a time; decided before it is read.

How much memory a file would take as a table is told from its metadata or from its beginning.
"""

import contextlib
import os
import pathlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from auditkit.counts.dialect import Options, body, dialect_of
from auditkit.counts.records import first_record, form_of
from auditkit.counts.text_codec import GZIP, unpacked
from auditkit.data.readers.budget import CELL, SHARE, parquet_extent
from auditkit.data.readers.roles import as_groups, group_source
from auditkit.data.readers.table_settings import TableSettings
from auditkit.errors import DataError, Mend
from auditkit.lazy import pyarrow
from auditkit.memory import in_words, machine_memory, room, size
from auditkit.text import class_name

NO_PLACE: Final = ("drop", "id", "unit", "scores", "train", "features", "schema", "group_probabilities")
"""Options that a table of counts has no place for: passed over with a note."""
COUNTED: Final = ("people", "selected")
"""Options of a table that holds counts already."""
COUNTING: Final = 1e8
"""Bytes that counting takes, whatever the file holds."""
IN_MEMORY: Final = Mend("data.stream", False)


class Foreseen(NamedTuple):
    """That files are counted."""

    paths: tuple[pathlib.Path, ...]
    reason: str
    """Why, as a check says that cannot run on counts."""
    note: str
    """Why and what is not read, for the report."""
    rows: int | None
    """How many rows there are, where the files say so."""


def foresee(source: Any, settings: TableSettings) -> Foreseen | None:
    """How the source is going to be counted; None where it is read into memory.

    Args:
        source: as for `auditkit.data.readers.read_table`.
        settings: likewise.

    Raises:
        DataError: it must be counted and cannot be, or there is no such file.
    """
    if settings.stream:
        return _as_stated(source, settings)
    recorded = settings.decisions is not None or settings.scores is not None
    counted = any(getattr(settings, role) is not None for role in COUNTED)
    if settings.stream is False or not recorded or counted or not isinstance(source, str | os.PathLike):
        return None
    path = pathlib.Path(source)
    several = "*" in path.name and not path.is_file()
    paths = files(path) if several else (path,)
    named_columns = len(as_groups(settings.groups)) + 2  # the label and the decisions
    files_extent = extent(paths, named_columns, settings.text)
    memory = machine_memory()
    most = settings.memory_limit or memory * SHARE
    if not several and (files_extent is None or files_extent.memory <= most):
        return None
    why = f"{path.name} is several files"
    reason = "several files are counted one after the other"
    if files_extent is not None and files_extent.memory > most:
        bound = f"half of the {size(memory)} of memory here"
        if settings.memory_limit:
            bound = f"the {size(most)} of memory_limit"
        why = f"{path.name} would take about {size(files_extent.memory)}, over {bound}"
        reason = "the file was counted in a stream, as the table would not fit into half of the memory"
    _check_lacking(f"{why}, so people are counted in a stream, and", settings, several)
    rows = None if files_extent is None else files_extent.rows
    return Foreseen(paths, reason, f"{why}, so people were counted in a stream{_unread(settings)}", rows)


def with_room(source: Any, settings: TableSettings) -> Foreseen | None:
    """What `foresee` says, where a limit on this process leaves room for it; without, Arrow may end the process.

    Args:
        source: as for `foresee`.
        settings: likewise.

    Raises:
        MemoryError: there is no room.
    """
    counted, room_left = foresee(source, settings), room()
    if room_left is None or not isinstance(source, str | os.PathLike):
        return counted
    paths = (pathlib.Path(source),) if counted is None else counted.paths
    files_extent = extent(paths, len(as_groups(settings.groups)) + 2, settings.text)
    needed = 0.0 if files_extent is None else files_extent.memory
    needed = min(needed, COUNTING) if counted else needed
    if needed > room_left:
        raise MemoryError(
            f"about {size(needed)} are needed, and the limit on this process leaves {size(max(0, room_left))}"
        )
    return counted


@contextlib.contextmanager
def in_memory(source: Any, settings: TableSettings) -> Iterator[None]:
    """Say in a sentence that there was not enough memory to read the source.

    Args:
        source: as for `foresee`.
        settings: likewise.

    Raises:
        DataError: in its place.
    """
    path = pathlib.PurePath(source).name if isinstance(source, str | os.PathLike) else ""
    counts = path and not settings.stream and _can_be_counted(pathlib.Path(source), settings)
    mends = (Mend("data.stream", True),) if counts else ()
    counting = f"To count people in a stream instead, which takes little, say {mends[0]}" if mends else ""
    way_out = counting or "Take fewer rows or columns, or a machine with more memory"
    with in_words(DataError, f"reading {path or 'the data'}", way_out, mends):
        yield


def files(path: pathlib.Path) -> tuple[pathlib.Path, ...]:
    """The files that a path names, with * for any text.

    Raises:
        DataError: there is none.
    """
    if "*" not in path.name or path.is_file():
        return (path,)
    paths = sorted(path.parent.glob(path.name))
    if not paths:
        raise DataError(f"no file is called {path.name!r} there")
    return tuple(paths)


def _as_stated(source: Any, settings: TableSettings) -> Foreseen:
    """The owner says that it is to be counted."""
    sentence = "stream = true counts people in a stream, and"
    count_roles = [role for role in COUNTED if _is_given(getattr(settings, role))]
    if count_roles:
        raise DataError(
            f"{sentence} {count_roles[0]} says that the rows are counts already; take one of the two out, or say "
            f"{IN_MEMORY}",
            mend=IN_MEMORY,
        )
    if not isinstance(source, str | os.PathLike):
        raise DataError(
            f"{sentence} that needs the path of a Parquet or csv file, or of records of JSON; "
            f"{class_name(source)} was given. Or say {IN_MEMORY}",
            mend=IN_MEMORY,
        )
    paths = files(pathlib.Path(source))
    _check_lacking(sentence, settings, len(paths) > 1)
    note = f"people were counted in a stream, as stream = true says{_unread(settings)}"
    return Foreseen(paths, "stream = true counts people in a stream", note, None)


def _can_be_counted(path: pathlib.Path, settings: TableSettings) -> bool:
    """Whether `stream = true` would help."""
    holds_counts = any(_is_given(getattr(settings, role)) for role in COUNTED)
    return not holds_counts and not _lacking(settings) and extent((path,), 2, settings.text) is not None


def _is_given(value: Any) -> bool:
    return value is not None and (callable(value) or not hasattr(value, "__len__") or len(value) > 0)


def _check_lacking(sentence: str, settings: TableSettings, several: bool) -> None:
    """Raise where something is not given that counting needs; several files are not read into one table instead."""
    lacking = _lacking(settings)
    if lacking:
        way_out = "" if several else f". Or say {IN_MEMORY} to read it all into memory"
        raise DataError(f"{sentence} {lacking}{way_out}", mend=() if several else IN_MEMORY)


def _lacking(settings: TableSettings) -> str:
    """What counting needs and was not given, in words; empty where nothing is missing."""
    decisions, label, weights = (getattr(settings, role) for role in ("decisions", "label", "weights"))
    groups = as_groups(settings.groups)
    if decisions is None:
        return (
            "that needs recorded decisions, where only scores were named: write a column of decisions, and name it "
            "as decisions under [model]"
        )
    if not all(column is None or isinstance(column, str) for column in (decisions, label, weights)):
        return "that needs recorded decisions, label and weights by the names of their columns"
    if not groups or any(group_source(name, group) is None for name, group in groups.items()):
        return "that needs groups, each named by its column: name at least one under [data] groups"
    if settings.task == "regression":
        return "that needs decisions that are classes, and the task is regression"
    if settings.strip is False:
        return "that takes blanks around values off, and strip = False keeps them"
    return ""


def _unread(settings: TableSettings) -> str:
    """What is not read of that which was named."""
    unread_roles = [role for role in NO_PLACE if _is_given(getattr(settings, role))]
    if not unread_roles:
        return "; no other column was read"
    return f"; what is named as {', '.join(unread_roles)} was not read, as no other column was"


NAMED: Final = 64
"""Bytes more for a value of a group, a label or a decision, measured with six columns."""
RECORD, FIELD = 100, 127
"""Bytes that a record of JSON and each of its values take, measured with six and with 63 columns; texts twice."""
START: Final = 1 << 20
"""Bytes of a text file, of which the length of a row and the compression are told."""
MOST: Final = 1 << 26
"""Bytes that these may unpack to."""


class Extent(NamedTuple):
    """What a file would come to."""

    memory: float
    """Bytes at the peak of reading it as a table."""
    rows: int | None
    """None where they are not known exactly."""


def extent(paths: Sequence[pathlib.Path], named: int, options: Options) -> Extent | None:
    """What these files would come to together; None where one cannot be read a batch at a time, or not at all.

    A value takes `CELL` bytes, one of a named column `NAMED` more, and a text its length. Values and texts are counted
    in the metadata of Parquet; of a text file, the rows are its size over the length of its first ones.

    Args:
        paths: Parquet or text files, or records of JSON.
        named: columns that are groups, label, decision or weights.
        options: what the owner says of text files.
    """
    extents = []
    for path in paths:
        try:
            measure = EXTENTS.get(form_of(path, options.encoding))
            if measure is None:
                return None
            extents.append(measure(path, named, options))
        except Exception:
            return None  # whoever reads it says what is wrong
    rows = [file_extent.rows for file_extent in extents]
    known = None if None in rows else sum(row or 0 for row in rows)
    return Extent(sum(file_extent.memory for file_extent in extents), known)


def _parquet(path: pathlib.Path, named: int, options: Options) -> Extent:
    with pyarrow.parquet.ParquetFile(path) as opened:
        metadata = opened.metadata
    values, texts = parquet_extent(metadata)
    return Extent(float(metadata.num_rows * named * NAMED + values * CELL + texts), metadata.num_rows)


def _text(path: pathlib.Path, named: int, options: Options) -> Extent:
    size = float(path.stat().st_size) * _expansion(path)
    dialect = dialect_of(path, options)
    with body(path, dialect) as stream:
        start = stream.read(START)
    rows = size / max(1.0, len(start) / max(1, start.count(b"\n")))
    return Extent(size + rows * (dialect.fields * CELL + named * NAMED), None)


def _records(path: pathlib.Path, named: int, options: Options) -> Extent:
    fields = len(first_record(path, options.encoding) or ())
    size = float(path.stat().st_size) * _expansion(path)
    with unpacked(path) as file:
        start = file.read(START)
    rows = size / (len(start) / max(1, start.count(b"\n")))
    return Extent(2 * size + rows * (RECORD + FIELD * fields), None)


EXTENTS: Final = {"parquet": _parquet, "csv": _text, "records": _records}


def _expansion(path: pathlib.Path) -> float:
    """Bytes that a byte of a file unpacks to, by its beginning; 1 where it is not compressed."""
    with path.open("rb") as file:
        packed = file.read(START)
    if not packed.startswith(GZIP):
        return 1.0
    unpacking = zlib.decompressobj(wbits=31)  # 31: gzip, not zlib
    unpacked = unpacking.decompress(packed, MOST)
    read = len(packed) - len(unpacking.unconsumed_tail) - len(unpacking.unused_data)
    return len(unpacked) / max(1, read)
