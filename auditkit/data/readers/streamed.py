"""Files that need not fit into memory, read once into a table of counts."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas
import pyarrow

from auditkit.counts.arrow_codes import Bins, TooManyValues, all_bounds
from auditkit.counts.files import count_values
from auditkit.counts.names import Markers
from auditkit.counts.streams import columns_of
from auditkit.data.groups import group_column
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.columns import read_column
from auditkit.data.readers.foreseen import IN_MEMORY, Foreseen
from auditkit.data.readers.frames import mark_missing, tidy
from auditkit.data.readers.roles import Roles, group_source, options_of
from auditkit.errors import DataError, closest


def stream_counts(counting: Foreseen, roles: Roles, reading: Reading) -> tuple[Source, Roles]:
    """The table of counts of files: groups, label, decisions and weights, and how many people.

    Args:
        counting: files of Parquet, of text or of records of JSON with the same columns, and why they are counted.
        roles: groups, label, decisions and weights by their columns; the other roles are left out.
        reading: see `Reading`.

    Returns:
        A row for each combination of groups and of values as the whole table would hold them; and the roles of its
        columns.

    Raises:
        DataError: a file or a column is not there or cannot be read, or there are too many combinations.
    """
    group_options = roles.groups or {}
    groups = {name: str(group_source(name, options)) for name, options in group_options.items()}
    other_columns = tuple(str(name) for name in (roles.label, roles.decisions, roles.weights) if name is not None)
    _check_names(groups, other_columns)
    columns = tuple(dict.fromkeys((*groups.values(), *other_columns)))
    kinds = columns_of(counting.paths[0], reading.text)
    _check_unread(roles, kinds)
    with _too_many(counting):
        values, cells = count_values(
            counting.paths, columns, bins=_bins(group_options, groups, other_columns, reading), text=reading.text
        )
    # Types are inferred from all distinct values together, as they would be from the whole column.
    typed, notes = _typed(values, kinds, reading)
    bare = {name: reading.blanks.off(typed[column]).values for name, column in groups.items()}
    named = {
        name: group_column(name, bare[name], options_of(group_options[name]), reading.notation)
        for name in group_options
    }
    codes_of = dict(zip(columns, cells.codes, strict=True))
    parts = {
        name: (pandas.DataFrame({name: values_of_group})[name], codes_of[groups[name]])
        for name, values_of_group in named.items()
    } | {name: (typed[name], codes_of[name]) for name in other_columns}
    table, people = _folded(parts, cells.rows)
    counted_roles = dataclasses.replace(
        roles, scores=None, id=(), features=None, people=people, groups=dict.fromkeys(groups),
        drop=tuple(name for name, column in groups.items() if column in roles.drop),
    )  # fmt: skip
    return Source(table, index=table.index, notes=(counting.note, *notes), streamed=counting.reason), counted_roles


@contextlib.contextmanager
def _too_many(counting: Foreseen) -> Iterator[None]:
    """Say of a column of too many values, such as weights of a survey, that a single file can be read as a table."""
    try:
        yield
    except TooManyValues as error:
        if len(counting.paths) > 1:
            raise
        message = f"{error} (weights: round them), or say {IN_MEMORY} to read it all into memory"
        raise DataError(message, mend=IN_MEMORY) from error


def _check_unread(roles: Roles, kinds: dict[str, Any] | None) -> None:
    """Names of columns that are not read are names of columns all the same, as far as those are known."""
    for role, names in (("drop", roles.drop), ("id", roles.id), ("scores", (roles.scores,)), ("unit", (roles.unit,))):
        for name in names:
            if kinds is not None and isinstance(name, str) and name not in kinds:
                raise DataError(f"{role} names the column {name!r}, which the data lacks; {closest(name, kinds)}")


def _bins(
    group_options: Mapping[str, Any], groups: dict[str, str], other_columns: Sequence[str], reading: Reading
) -> dict[str, Bins]:
    """The bins of each column that is used for bins only; none where the owner says how numbers are written."""
    if not reading.notation.says_nothing:
        return {}
    markers = tuple(Markers(reading.missing or ()).numbers)
    used = {
        column: [options_of(group_options[name]).get("bins") for name, source in groups.items() if source == column]
        for column in {*groups.values()} - {*other_columns}
    }
    bounds = {column: all_bounds(several) for column, several in used.items() if None not in several}
    return {column: Bins(ends, markers) for column, ends in bounds.items() if ends}


def _check_names(groups: dict[str, str], other_columns: Sequence[str]) -> None:
    """A group must have a name of its own among the columns of the table of counts."""
    for name, column in groups.items():
        if name in other_columns:
            role = "as label, decisions or weights"
            raise DataError(
                f"column {column!r} is named as a group and {role}; leave one of the two out" if name == column
                else f"group {name!r} is called as the column that is named {role}; give the group another name"
            )  # fmt: skip


def _folded(
    parts: dict[str, tuple[pandas.Series[Any], np.ndarray]], people: np.ndarray
) -> tuple[pandas.DataFrame, np.ndarray]:
    """Rows that hold the same values as one row, with the people of all.

    Args:
        parts: {column: its distinct values, and for each row the position among them}.
        people: (K,) int64, for each row.
    """
    coded = pandas.DataFrame(
        {name: values.factorize(use_na_sentinel=False)[0][codes] for name, (values, codes) in parts.items()}
    )
    # Two values that differ in the file may be one value as read (1 and 1.0), so rows that were apart may be the same.
    first = ~coded.duplicated().to_numpy()
    cell = coded.groupby(list(coded), sort=False).ngroup().to_numpy()
    table = {name: values.take(codes[first]).reset_index(drop=True) for name, (values, codes) in parts.items()}
    total = np.zeros(int(first.sum()), dtype=np.int64)
    np.add.at(total, cell, people)  # bincount with weights would count in float64
    return pandas.DataFrame(table), total


def _typed(
    values: dict[str, list[Any]], kinds: dict[str, Any] | None, reading: Reading
) -> tuple[dict[str, pandas.Series[Any]], list[str]]:
    """The distinct values of each column with the type that the whole column has, those that mean missing taken out."""
    if kinds is not None and all(kinds[name] is None for name in values):
        return _from_text(values, reading)
    markers = Markers(reading.missing or ())
    typed = {}
    for name, distinct in values.items():
        frame = pandas.DataFrame({name: distinct if kinds is None else _of_type(distinct, kinds[name])})
        typed[name] = mark_missing(tidy(frame), markers)[name]
    return typed, markers.notes


def _from_text(values: dict[str, list[Any]], reading: Reading) -> tuple[dict[str, pandas.Series[Any]], list[str]]:
    markers = Markers(("",) if reading.missing is None else reading.missing)
    kinds = reading.kinds or {}
    texts = {
        name: pyarrow.chunked_array([pyarrow.array(map(str, distinct), pyarrow.string())])
        for name, distinct in values.items()
    }
    columns = {
        name: read_column(column, name, markers, kinds.get(name), reading.strip, reading.notation)
        for name, column in texts.items()
    }
    notes = [note for column in columns.values() for note in column.notes]
    return {name: column.values for name, column in columns.items()}, [*notes, *markers.notes]


def _of_type(distinct: list[Any], kind: Any) -> Any:
    """Values of a Parquet column as pandas reads that column."""
    plain = kind.value_type if pyarrow.types.is_dictionary(kind) else kind
    try:
        return pyarrow.chunked_array([pyarrow.array(distinct, plain)]).to_pandas()
    except (pyarrow.ArrowException, TypeError, ValueError):
        return pandas.Series(distinct)  # decimals and bytes were read as numbers and text
