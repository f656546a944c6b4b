"""Which column of a table holds the texts, where the inputs are texts."""

from collections.abc import Collection
from typing import Any

import pandas

from auditkit.errors import DataError, Mend


def texts_of(table: Any, beside: Collection[str], name: str) -> tuple[list[str], list[str]]:
    """The texts of a table, and notes about which column they are.

    Args:
        table: the columns that are inputs.
        beside: columns that are groups; they stay beside the texts.
        name: of the data.

    Raises:
        DataError: there is not one column left, or a row has no text.
    """
    left = [column for column in table.columns if column not in set(beside)] or list(table.columns)
    if len(left) != 1:
        longest = max(left, key=lambda column: _length(table[column]))
        mend = Mend("data.drop", [str(column) for column in left if column != longest])
        raise DataError(
            f"{name}: texts are one column; the inputs are {len(left)}: {', '.join(map(str, left))}. Where "
            f"{longest!r} holds the texts, write {mend}",
            mend=mend,
        )
    column = table[left[0]]
    if column.isna().any():
        raise DataError(f"{name}: rows without a text must be taken out ({int(column.isna().sum())} in all)")
    if not all(isinstance(text, str) for text in column):
        raise DataError(f"{name}: {left[0]!r} must hold texts, for modality is 'text'; it holds {column.dtype}")
    note = f"the texts are the column {left[0]!r}; groups stand beside them"
    return column.astype(object).tolist(), [note] if len(table.columns) > 1 else []


def _length(column: Any) -> float:
    """Letters of a value on average; nothing of a column that holds no texts."""
    return float(column.astype(str).str.len().mean()) if pandas.api.types.is_string_dtype(column.dtype) else -1.0
