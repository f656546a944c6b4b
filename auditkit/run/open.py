"""Opening: the model wrapped, the data in the kinds that the model was fitted on, the run folder ready."""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from auditkit import runfolder
from auditkit.data import AuditData
from auditkit.data.schema import override_schema
from auditkit.errors import ConfigError, DataError, ModelError
from auditkit.host import Host
from auditkit.models import Model, ModelOptions
from auditkit.run import write
from auditkit.run.request import Request
from auditkit.text import class_name, shown
from auditkit.workers.threads import at_most


def checked(data: Any, model: Any = None) -> AuditData:
    """The audit data.

    Raises:
        DataError: it is none.
    """
    if isinstance(data, AuditData):
        return data
    kind = "none" if data is None else class_name(data)
    order = " there, and AuditData as the first argument, the model" if isinstance(model, AuditData) else ""
    raise DataError(
        "data is required: an AuditData, as the second argument, for instance from AuditData.from_table(table, "
        f"label=…) or AuditData(inputs, labels); {kind} was given{order}"
    )


def wrapped(host: Host, model: Any, data: AuditData) -> Model:
    """The model, wrapped for this data; recorded answers where there is no model.

    Raises:
        ModelError: there are neither, or no plugin knows the object.
    """
    if model is None and data.recorded is None and not data.scored and not data.has_other_answers:
        raise ModelError(
            "a model is required, as in audit(model, data), or recorded answers in the data, as in from_table(…, "
            "decisions=…), scores=…, case_scores=… or texts=…; neither was given"
        )
    # recorded answers are wrapped like a model, so that no later stage has to ask whether there is one
    return host.wrap_model(data if model is None else model, ModelOptions(task=data.task))


def with_fitted_kinds(data: AuditData, models: Sequence[Model]) -> AuditData:
    """The data with every number that a model was fitted on as a category declared one, in its training split too.

    Otherwise a check that changes numbers would ask a model about the category between two of its own.
    """
    if not hasattr(data.inputs, "columns"):
        return data
    columns = tuple(data.inputs.columns)
    as_categories = {str(columns[index]) for model in models for index in model.category_places(columns)}
    numeric = [feature.name for feature in data.schema if feature.numeric and feature.name in as_categories]
    if not numeric:
        return data
    # the training split too: a check that compares both would take the same column for two kinds
    train = None if data.train is None else _declared(data.train, numeric)
    note = f"categories to the model, so categories to every check: {', '.join(numeric)}"
    return _declared(dataclasses.replace(data, train=None, notes=(*data.notes, note)), numeric, train)


@contextlib.contextmanager
def prepared(host: Host, request: Request, out: str | os.PathLike[str] | None) -> Iterator[pathlib.Path | None]:
    """The run folder, ready for an audit and locked against others meanwhile, and no more threads than are allowed.

    Raises:
        ConfigError: a format is asked for that nobody offers.
        EvidenceError: the folder cannot be used, or another audit writes to it.
    """
    write.check_formats(host, request.formats)
    if not isinstance(out, str | os.PathLike | None) or "\0" in str(out):
        raise ConfigError(f"out must be the path of a folder; {shown(out)} was given")
    with runfolder.locked(out), at_most(request.threads):
        yield None if out is None else runfolder.prepare(out, write.files(host), fresh=request.fresh)


def _declared(data: AuditData, names: Sequence[str], train: AuditData | None = None) -> AuditData:
    declared = override_schema(data.schema, {name: {"kind": "category"} for name in names}, data.inputs)
    return dataclasses.replace(data, schema=declared, train=train)
