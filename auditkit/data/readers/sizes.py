"""How much memory a file would take as a table, told from its metadata or from its beginning."""

import pathlib
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from auditkit.counts.dialect import Options, body, dialect_of
from auditkit.counts.records import JSON, first_record
from auditkit.counts.streams import GZIP, PARQUET
from auditkit.data.readers.base import RECORDS
from auditkit.errors import DataError

CELL: Final = 24
"""Bytes that a value takes at the peak of reading, measured with 300 columns; a text takes its length too."""
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
            with path.open("rb") as file:
                head = file.read(4096)
            # The header of a csv file may begin with the letters PAR1, but holds no byte below the tab.
            if head.startswith(PARQUET) and min(head) < 9:
                extents.append(_parquet(path, named))
            elif first_record(path) is not None:
                extents.append(_records(path))
            elif path.suffix.lower() in JSON or RECORDS.match(head):
                return None
            elif head.startswith(GZIP) or b"\x00" not in head or options.encoding is not None:
                extents.append(_text(path, named, options, head.startswith(GZIP)))
            else:
                return None
        except (DataError, OSError, ValueError, zlib.error):
            return None  # whoever reads it says what is wrong
    rows = [file_extent.rows for file_extent in extents]
    known = None if None in rows else sum(row or 0 for row in rows)
    return Extent(sum(file_extent.memory for file_extent in extents), known)


def _parquet(path: pathlib.Path, named: int) -> Extent:
    from pyarrow import parquet  # its errors are of the kinds caught above

    with parquet.ParquetFile(path) as opened:
        metadata = opened.metadata
    memory = float(metadata.num_rows * named * NAMED)
    for row_group_index in range(metadata.num_row_groups):
        group = metadata.row_group(row_group_index)
        for column_index in range(group.num_columns):
            column = group.column(column_index)
            texts = column.total_uncompressed_size if column.physical_type == "BYTE_ARRAY" else 0
            memory += column.num_values * CELL + texts
    return Extent(memory, metadata.num_rows)


def _text(path: pathlib.Path, named: int, options: Options, compressed: bool) -> Extent:
    size = float(path.stat().st_size)
    if compressed:
        size *= _expansion(path)
    dialect = dialect_of(path, options)
    with body(path, dialect) as stream:
        start = stream.read(START)
    rows = size / max(1.0, len(start) / max(1, start.count(b"\n")))
    return Extent(size + rows * (dialect.fields * CELL + named * NAMED), None)


def _records(path: pathlib.Path) -> Extent:
    fields = len(first_record(path) or ())
    size = float(path.stat().st_size)
    with path.open("rb") as file:
        start = file.read(START)
    rows = size / (len(start) / max(1, start.count(b"\n")))
    return Extent(2 * size + rows * (RECORD + FIELD * fields), None)


def _expansion(path: pathlib.Path) -> float:
    """Bytes that a byte of a gzip file unpacks to, by its beginning."""
    with path.open("rb") as file:
        packed = file.read(START)
    unpacking = zlib.decompressobj(wbits=31)  # 31: gzip, not zlib
    unpacked = unpacking.decompress(packed, MOST)
    read = len(packed) - len(unpacking.unconsumed_tail) - len(unpacking.unused_data)
    return len(unpacked) / max(1, read)
