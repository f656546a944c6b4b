"""A table of counts with a column of people and one of those selected, as two rows of recorded decisions for each."""

import dataclasses
from typing import Any

import numpy as np

from auditkit.data.readers.base import Source
from auditkit.errors import DataError, closest
from auditkit.value_spelling import listed


def split_selected(source: Source, people: Any, selected: str) -> Source:
    """Each row as two: those selected, with 1 in the column `selected`, and the rest, with 0.

    Args:
        source: a table of which a row stands for `people` people, of whom `selected` were selected.
        people: the name of the column of people.
        selected: the name of the column of those selected.

    Raises:
        DataError: a column is lacking, not of whole numbers, or more people were selected than there are.
    """
    if not isinstance(people, str):
        raise DataError("selected needs people, the column that says how many people a row stands for")
    if source.inputs is not None:
        raise DataError("selected is for tables of counts; this source holds arrays")
    table = source.columns
    everyone, chosen = (
        _whole_numbers(table, name, role) for name, role in ((people, "people"), (selected, "selected"))
    )
    wrong = np.flatnonzero(chosen > everyone)
    if len(wrong):
        raise DataError(
            f"selected must not be more than people; in {len(wrong)} rows it is, first in row {wrong[0] + 1}. "
            "Are the two columns the wrong way round?"
        )
    # Both rows keep every other column, so that groups and weights are read from them as from any other table.
    twice = table.loc[table.index.repeat(2)].reset_index(drop=True)
    twice[selected] = np.tile([1, 0], len(table))
    twice[people] = np.column_stack([chosen, everyone - chosen]).ravel()
    return dataclasses.replace(source, columns=twice[twice[people] > 0].reset_index(drop=True), index=None)


def _whole_numbers(table: Any, name: str, role: str) -> np.ndarray:
    known = [str(column_name) for column_name in table.columns]
    if name not in known:
        raise DataError(f"{role} names the column {name!r}, which the data lacks; {closest(name, known)}")
    column = table[name]
    try:
        numbers = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{role} must be whole numbers; column {name!r} holds {listed(column.unique(), 3)}") from None
    if not (np.isfinite(numbers) & (numbers >= 0) & (numbers == np.round(numbers))).all():
        raise DataError(f"{role} must be whole numbers from 0; column {name!r} holds others, or blanks")
    return numbers.astype(np.int64)
