"""The one door for data: a source and what its columns mean, made into audit data."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from auditkit.data.fields import Fields
from auditkit.data.readers.assembled import Request, assemble
from auditkit.data.readers.counted import split_selected
from auditkit.data.readers.foreseen import in_memory, with_room
from auditkit.data.readers.roles import Roles, group_source, input_names, settle, unknown_columns, with_features
from auditkit.data.readers.source import open_source
from auditkit.data.readers.table_settings import TableSettings
from auditkit.errors import DataError


def read_table(make: Callable[..., Fields], source: Any, settings: TableSettings) -> Fields:
    """Audit data from a table or from arrays, in memory or in a file: as it is where there is room, else its counts.

    Args:
        make: `AuditData`, which is made of what is read.
        source: a csv (also gzipped), JSON, parquet or npz file; a DataFrame of pandas, polars or pyarrow; a
            dictionary of arrays, of which `inputs` or `x` is what the model eats; an array; a list of texts.
        settings: what its columns mean and how they are read.

    Raises:
        DataError: the source cannot be read, a name is no column, or the values do not fit; the message says how to
            mend it.
    """
    request, roles, name = settings.request(make), settings.roles, settings.name
    with in_memory(source, settings):
        # Decided before anything is read, since Arrow takes the memory at once.
        counting = with_room(source, settings)
        if counting is None:
            return _read(source, roles, request, settings.selected, settings.train, name)
        from auditkit.data.readers.streamed import stream_counts  # pyarrow, wanted by few

        counted, roles = stream_counts(counting, roles, request.reading)
        # The counts hold no features, so that nothing declared about them fits.
        request = dataclasses.replace(request, schema={}, modality=None)
        return _read(counted, roles, request, None, None, name or pathlib.PurePath(str(source)).name)


def _read(source: Any, roles: Roles, request: Request, selected: str | None, train: Any, name: str | None) -> Fields:
    """The data and its training split, once it is known how to read them and which column is what."""
    opened = open_source(source, request.reading)
    if selected is not None:
        opened = split_selected(opened, roles.people, selected)
        roles = dataclasses.replace(roles, decisions=selected)
        request = dataclasses.replace(request, positive=1 if request.positive is None else request.positive)
    unknown_columns(request.schema, opened, "schema")
    roles = with_features(settle(roles, opened), opened)
    data = assemble(opened, roles, request, name or opened.name)
    if train is None:
        return data
    return dataclasses.replace(data, train=_training(train, roles, request, data, input_names(roles, opened)))


def _training(train: Any, roles: Roles, request: Request, data: Fields, names: list[Any] | None) -> Fields:
    """The training split, read as the data was; what only an audit needs may be absent there."""
    if isinstance(train, Fields):  # AuditData already
        return train
    if roles.label is not None and not isinstance(roles.label, str):
        raise DataError("train needs the label by its name; give the name of a column, or train as AuditData")
    try:
        source = open_source(train, request.reading)
        known = {str(name) for name in source.columns.columns}
        groups = {
            name: options for name, options in (roles.groups or {}).items() if group_source(name, options) in known
        }
        training_roles = dataclasses.replace(
            roles,
            weights=roles.weights if isinstance(roles.weights, str) and roles.weights in known else None,
            decisions=None,
            scores=None,
            people=roles.people if isinstance(roles.people, str) and roles.people in known else None,
            id=(),
            drop=(),
            groups=groups,
            features=None if names is None else tuple(names),
        )
        if source.inputs is not None:
            training_roles = dataclasses.replace(training_roles, drop=tuple(known - {*training_roles.named, *groups}))
        return assemble(
            source,
            settle(training_roles, source),
            dataclasses.replace(
                request,
                task=data.task,
                modality=data.modality,
                positive=data.positive,
                abstain=None,
                stated={**request.stated, "outcome": None, "selected_means": "", "reference": {}},
                unlabelled="drop" if request.unlabelled == "keep" else request.unlabelled,
            ),
            "training split",
        )
    except DataError as error:
        raise DataError(f"training split: {error}") from error
