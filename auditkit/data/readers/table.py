"""The one door for data: a source and what its columns mean, made into audit data; a table of counts too."""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.counts.text_codec import in_a_sentence
from auditkit.data.fields import Fields
from auditkit.data.readers.assembled import assemble
from auditkit.data.readers.base import Source
from auditkit.data.readers.foreseen import in_memory, with_room
from auditkit.data.readers.roles import (
    Columns,
    Roles,
    group_source,
    input_names,
    settle,
    unknown_columns,
    with_features,
)
from auditkit.data.readers.source import open_source
from auditkit.data.readers.table_settings import TableSettings
from auditkit.errors import DataError, check_known
from auditkit.value_spelling import listed


def read_table(make: Callable[..., Fields], source: Any, settings: TableSettings) -> Fields:
    """Audit data from a table or from arrays, in memory or in a file: as it is where there is room, else its counts.

    Args:
        make: `AuditData`, which is made of what is read.
        source: a csv (also gzipped), JSON, parquet or npz file; a table of pandas, polars, Arrow, DuckDB or Dask; a
            dictionary of arrays, of which `inputs` or `x` is what the model eats; an array; a list of texts.
        settings: what its columns mean and how they are read.

    Raises:
        DataError: the source cannot be read, a name is no column, or the values do not fit; the message says how to
            mend it.
    """
    path = pathlib.PurePath(source).name if isinstance(source, str | os.PathLike) else ""
    with in_memory(source, settings), in_a_sentence(path) if path else contextlib.nullcontext():
        # Decided before anything is read, since Arrow takes the memory at once.
        counting = with_room(source, settings)
        if counting is None:
            return _read(make, source, settings.roles, settings)
        from auditkit.data.readers.streamed import stream_counts  # pyarrow, wanted by few

        counted, roles = stream_counts(counting, settings.roles, settings.reading)
        name = settings.name or pathlib.PurePath(str(source)).name
        # The counts hold no features, so that nothing declared about them fits.
        settings = dataclasses.replace(settings, schema={}, modality=None, selected=None, train=None, name=name)
        return _read(make, counted, roles, settings)


def _read(make: Callable[..., Fields], source: Any, roles: Roles, settings: TableSettings) -> Fields:
    """The data and its training split, once it is known how to read them and which column is what."""
    opened = open_source(source, settings.reading)
    if settings.selected is not None:
        opened = split_selected(opened, roles.people, settings.selected)
        roles = dataclasses.replace(roles, decisions=settings.selected)
        settings = dataclasses.replace(settings, positive=1 if settings.positive is None else settings.positive)
    unknown_columns(settings.schema or {}, opened, "schema")
    roles = with_features(settle(roles, opened), opened)
    data = assemble(make, opened, roles, settings, settings.name or opened.name)
    if settings.train is None:
        return data
    return dataclasses.replace(data, train=_training(make, roles, settings, data, input_names(roles, opened)))


def _training(
    make: Callable[..., Fields], roles: Roles, settings: TableSettings, data: Fields, names: list[Any] | None
) -> Fields:
    """The training split, read as the data was; what only an audit needs may be absent there."""
    train = settings.train
    if isinstance(train, Fields):  # AuditData already
        return train
    if roles.label is not None and not isinstance(roles.label, str | Columns):
        raise DataError("train needs the label by its name; give the name of a column, or train as AuditData")
    try:
        source = open_source(train, settings.reading)
        known = {str(name) for name in source.columns.columns}
        groups = {
            name: options for name, options in (roles.groups or {}).items() if group_source(name, options) in known
        }
        training_roles = dataclasses.replace(
            roles,
            weights=roles.weights if isinstance(roles.weights, str) and roles.weights in known else None,
            decisions=None,
            scores=None,
            scored=_within(roles.scored, known),
            probable=None,
            alive=(),
            people=roles.people if isinstance(roles.people, str) and roles.people in known else None,
            id=(),
            drop=(),
            groups=groups,
            features=None if names is None else tuple(names),
        )
        if source.inputs is not None:
            training_roles = dataclasses.replace(training_roles, drop=tuple(known - {*training_roles.named, *groups}))
        training_settings = dataclasses.replace(
            settings, task=data.task, modality=data.modality, positive=data.positive, abstain=None, outcome=None,
            selected_means="", reference=None,
            unlabelled="drop" if settings.unlabelled == "keep" else settings.unlabelled,
        )  # fmt: skip
        return assemble(make, source, settle(training_roles, source), training_settings, "training split")
    except DataError as error:
        raise DataError(f"training split: {error}") from error


def _within(scored: Any, known: set[str]) -> Any:
    """The systems of which the training split holds every score, by its column."""
    return {
        system: columns
        for system, columns in (scored or {}).items()
        if all(isinstance(column, str) and column in known for column in columns.values())
    }


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
            f"selected must not be more than people; it is in row {wrong[0] + 1} (such rows: {len(wrong)}). "
            "Are the two columns the wrong way round?"
        )
    # Both rows keep every other column, so that groups and weights are read from them as from any other table.
    twice = table.loc[table.index.repeat(2)].reset_index(drop=True)
    twice[selected] = np.tile([1, 0], len(table))
    twice[people] = np.column_stack([chosen, everyone - chosen]).ravel()
    return dataclasses.replace(source, columns=twice[twice[people] > 0].reset_index(drop=True), index=None)


def _whole_numbers(table: Any, name: str, role: str) -> np.ndarray:
    known = [str(column_name) for column_name in table.columns]
    check_known((name,), known, DataError, lambda name: f"{role} names the column {name!r}, which the data lacks; ")
    column = table[name]
    try:
        numbers = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{role} must be whole numbers; column {name!r} holds {listed(column.unique(), 3)}") from None
    if not (np.isfinite(numbers) & (numbers >= 0) & (numbers == np.round(numbers))).all():
        raise DataError(f"{role} must be whole numbers from 0; column {name!r} holds others, or blanks")
    return numbers.astype(np.int64)
