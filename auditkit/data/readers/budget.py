"""How much memory a table may take, and what stops reading where it would take more."""

import io
from typing import Any, Final

import numpy as np

from auditkit.errors import DataError, Mend
from auditkit.lazy import pyarrow
from auditkit.memory import size

SHARE: Final = 0.5
"""Of the memory, what a table may take; the rest is for the checks and for everybody else."""
CELL: Final = 24
"""Bytes that a value takes at the peak of reading, measured with 300 columns; a text takes its length too."""
COLUMNS: Final = 100_000
"""In a table; each takes thousands of bytes by itself."""
BATCH: Final = 1 << 16
"""Rows of Parquet, of which the texts are measured together."""


def check(held: float, most: float, name: str) -> None:
    """Refuse a table that would take more memory than it may.

    Args:
        held: bytes that it takes, or would.
        most: bytes that it may take.
        name: of the file.

    Raises:
        DataError: it is more.
    """
    if held > most:
        mend = Mend("data.memory_limit", int(2 * held))
        raise DataError(
            f"{name} would take {size(held)} of memory or more, and a table may take {size(most)}. Give fewer rows or "
            f"columns, or where that is meant write {mend}",
            mend=mend,
        )


def check_columns(count: int, name: str) -> None:
    """Refuse a table of too many columns.

    Raises:
        DataError: there are more than `COLUMNS`.
    """
    if count > COLUMNS:
        raise DataError(f"{name} has {count:,} columns; at most {COLUMNS:,} are read")


class Counted(io.RawIOBase):
    """Rows of text, which end in an error where the table that they make would take too much memory.

    Args:
        rows: a binary stream.
        delimiter: between fields.
        most: bytes that the table may take.
        name: of the file.
    """

    def __init__(self, rows: Any, delimiter: str, most: float, name: str) -> None:
        self._rows, self._delimiter, self._most, self._name = rows, delimiter.encode(), most, name
        self._held = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, count: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self._rows.read(count)
        self._held += len(data) + CELL * (data.count(self._delimiter) + data.count(b"\n"))
        check(self._held, self._most, self._name)
        return data


def check_parquet(file: Any, most: float, name: str) -> None:
    """Refuse a Parquet file whose table would take too much memory, by its metadata and by the lengths of its texts.

    Args:
        file: a `pyarrow.parquet.ParquetFile` that reads texts as dictionaries, as they are mostly stored: a text that
            many rows share is in the file once.
        most: bytes that the table may take.
        name: of the file.

    Raises:
        DataError: it is refused.
    """
    metadata = file.metadata
    check_columns(metadata.num_columns, name)
    values, texts = parquet_extent(metadata)
    check(values * CELL + texts, most, name)
    is_text = {field.name for field in file.schema_arrow if pyarrow.types.is_dictionary(field.type)}
    shared = [group.column(index) for group in _groups(metadata) for index in range(group.num_columns)]
    longest = sum(
        chunk.num_values * chunk.total_uncompressed_size for chunk in shared if chunk.path_in_schema in is_text
    )
    if values * CELL + longest <= most:
        return  # were every text as long as all texts together
    held = values * CELL
    for name_of_column in sorted(is_text):
        for batch in file.iter_batches(BATCH, columns=[name_of_column], use_threads=False):
            held += _length(batch.column(0))
            check(held, most, name)


def parquet_extent(metadata: Any) -> tuple[int, int]:
    """How many values a Parquet file holds, and how many bytes its texts have as they are stored, by its metadata."""
    columns = [group.column(index) for group in _groups(metadata) for index in range(group.num_columns)]
    texts = sum(column.total_uncompressed_size for column in columns if column.physical_type == "BYTE_ARRAY")
    return sum(column.num_values for column in columns), texts


def _groups(metadata: Any) -> list[Any]:
    return [metadata.row_group(index) for index in range(metadata.num_row_groups)]


def _length(texts: Any) -> int:
    """Bytes of all texts of a dictionary array, each as often as it occurs."""
    lengths = pyarrow.compute.binary_length(texts.dictionary).fill_null(0).to_numpy(zero_copy_only=False)
    codes = texts.indices.drop_null().to_numpy(zero_copy_only=False)
    return int(lengths[codes].sum(dtype=np.int64)) if len(lengths) else 0
