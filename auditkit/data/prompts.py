"""Prompts and answers in words: the task `generation`, in which a model takes a text and gives one.

Each row is a prompt. What stands beside it in a table, such as a reference answer or retrieved passages, is kept as a
column of its own and is not given to the model. Several answers to one prompt are rows of one unit.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from auditkit.data.fields import Fields
from auditkit.data.identifiers import identified
from auditkit.data.inputs import read_only
from auditkit.errors import DataError, closest
from auditkit.lazy import pandas
from auditkit.text import class_name, number_of
from auditkit.value_spelling import listed

TASK: Final = "generation"
LETTERS: Final = 1_000_000
"""Of a prompt or an answer, at most: what is longer is a document, whose checks would take hours without a word."""
NO_PROMPTS: Final = (
    'prompts are for the task generation: say task = "generation" under [data], and name the column of the prompts '
    'with prompt = "…"'
)
REPEATED: Final = "prompts that are equal are one unit, as no unit is named: answers to one prompt vary together"


def check_prompts(data: Fields, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of audit data whose task is `generation`, in their final form; nothing for other tasks.

    Args:
        data: as it was given.
        checked: fields that are in their final form already.

    Raises:
        DataError: the inputs are no texts, or something stands beside them that such a task has not.
    """
    if data.task != TASK:
        if data.answered is not None or data.asides:
            raise DataError(f"{data.name}: answers in words are for the task generation; the task is {data.task}")
        return {}
    if not isinstance(data.inputs, list):
        raise DataError(
            f"{data.name}: the task generation takes texts, a prompt for each row; {class_name(data.inputs)} was "
            'given. Of a table, name the column of the prompts with prompt = "…"'
        )
    taken = {"label": data.labels, "decisions or scores of [model]": data.recorded, "people": data.people}
    strange = [role for role, part in taken.items() if part is not None]
    if strange:
        raise DataError(
            f"{data.name}: the task generation takes no {strange[0]}: answers are words, and are held against no "
            "class. Take it out; what an answer should be stands in a column beside the prompt"
        )
    _check_lengths(data.inputs, f"{data.name}: prompts")
    fields: dict[str, Any] = {
        "asides": {str(name): _aside(column, len(data.inputs), name) for name, column in data.asides.items()}
    }
    if data.answered is not None:
        fields["answered"] = answered(data.answered, f"{data.name}: recorded answers")
    if data.unit is None and len(set(data.inputs)) < len(data.inputs):
        fields["unit"] = identified(np.array(data.inputs, dtype=object))
        fields["unit_name"] = "prompt"
        fields["notes"] = (*checked.get("notes", data.notes), REPEATED)
    return fields


def answered(values: Any, name: str) -> np.ndarray:
    """(N,) object: recorded answers as texts, None where nothing came.

    Args:
        values: (N,) texts; what pandas calls missing is None.
        name: for messages.

    Raises:
        DataError: one is no text, or none came at all.
    """
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    column[np.asarray(pandas.isna(column), dtype=bool)] = None
    wrong = next((value for value in column if value is not None and not isinstance(value, str)), None)
    if wrong is not None:
        raise DataError(f"{name} must be texts, blank where nothing came; they hold a {class_name(wrong)}")
    if all(value is None for value in column):
        raise DataError(f"{name} are blank in every row; check that the right column is named")
    _check_lengths(column, name)
    return column


def prompts_of(data: Fields) -> np.ndarray:
    """(N,) object: the prompts.

    Raises:
        DataError: the data are none.
    """
    if data.task != TASK:
        raise DataError(f"{data.name}: {NO_PROMPTS}")
    prompts = np.empty(len(data.inputs), dtype=object)
    prompts[:] = data.inputs
    return read_only(prompts)


def column_of(data: Fields, name: str) -> np.ndarray:
    """(N,) the values of a column beside the prompts, or of the groups, the weights or the unit.

    Raises:
        DataError: there is no such column.
    """
    if name in data.asides:
        return data.asides[name]
    if name in data.groups:
        return data.groups[name]
    if name == data.unit_name and data.unit is not None:
        return data.unit
    known = [*data.asides, *data.groups, *([data.unit_name] if data.unit_name and data.unit is not None else [])]
    has = f"It has: {listed(known)}" if known else "Nothing stands beside its prompts"
    raise DataError(f"{data.name}: the data has no column {name!r} beside the prompts; {closest(name, known)}. {has}")


def with_prompts(data: Fields, prompts: Any) -> list[str]:
    """A text for each row, as a model is asked about them.

    Raises:
        DataError: not one text for each row.
    """
    texts = list(prompts)
    if len(texts) != len(data.inputs) or not all(isinstance(text, str) for text in texts):
        raise DataError(
            f"{data.name}: with_prompts takes one text for each row ({len(data.inputs)}); {len(texts)} were given"
        )
    return [str(text) for text in texts]


def prompt_column(table: Any, named: str | None, beside: set[str], name: str) -> Any:
    """Which column of a table holds the prompts: the one that is named, or called `prompt`, or the only one of texts.

    Args:
        table: the columns that have no other role.
        named: by the user, or None.
        beside: columns that are groups or the unit.
        name: of the data.

    Raises:
        DataError: there is no such column, or several could be meant.
    """
    columns = {str(column): column for column in table.columns}
    if named is not None:
        if named not in columns:
            raise DataError(
                f"{name}: prompt names the column {named!r}, which the inputs lack; {closest(named, columns)}"
            )
        return columns[named]
    if "prompt" in columns:
        return columns["prompt"]
    left = [
        column
        for column in columns
        if column not in beside and pandas.api.types.is_string_dtype(table[columns[column]])
    ]
    if len(left) != 1:
        which = f"several could be meant: {listed(left)}" if left else "none holds texts"
        raise DataError(
            f'{name}: the column of the prompts must be named, as in prompt = "question" under [data]; {which}'
        )
    return columns[left[0]]


def texts_in(column: Any, name: str, label: str) -> list[str]:
    """The texts of a column, of which none may lack.

    Raises:
        DataError: a row has no text.
    """
    values = column.astype(object).tolist()
    lacking = sum(not isinstance(value, str) for value in values)
    if lacking:
        raise DataError(
            f"{name}: {label!r} must hold a text in every row, for it is given to the model; "
            f"{number_of(lacking, 'row lacks', 'rows lack')} one. Take these out"
        )
    return [str(value) for value in values]


def _check_lengths(texts: Any, name: str) -> None:
    long = sum(text is not None and len(text) > LETTERS for text in texts)
    if long:
        raise DataError(
            f"{name} must be texts of at most {LETTERS:,} characters; {number_of(long, 'row is', 'rows are')} longer"
        )


def _aside(values: Any, rows: int, name: Any) -> np.ndarray:
    """(N,) object, read-only: one value for each row; lists are tuples, so that nobody changes them."""
    if len(values) != rows:
        raise DataError(f"column {str(name)!r} must have one value per row ({rows}); it has {len(values)}")
    column = np.empty(rows, dtype=object)
    column[:] = [_frozen(value) for value in values]
    return read_only(column)


def _frozen(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(_frozen(part) for part in value)
    return json.dumps(value, default=str, sort_keys=True) if isinstance(value, dict) else value
