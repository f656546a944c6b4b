"""Audit data in the kinds that the models were fitted on: categories to a model are no numbers to any check."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from auditkit.data import AuditData
from auditkit.data.schema import override_schema
from auditkit.models import Model


def with_fitted_kinds(data: AuditData, models: Sequence[Model]) -> AuditData:
    """The data with every number that a model was fitted on as a category declared one, in its training split too.

    Otherwise a check that changes numbers would ask a model about the category between two of its own.
    """
    if not hasattr(data.inputs, "columns"):
        return data
    columns = tuple(data.inputs.columns)
    taken = {str(columns[place]) for model in models for place in model.category_places(columns)}
    numeric = [feature.name for feature in data.schema if feature.numeric and feature.name in taken]
    if not numeric:
        return data
    train = None if data.train is None else _declared(data.train, numeric)
    note = f"categories to the model, so categories to every check: {', '.join(numeric)}"
    return _declared(dataclasses.replace(data, train=None, notes=(*data.notes, note)), numeric, train)


def _declared(data: AuditData, names: Sequence[str], train: AuditData | None = None) -> AuditData:
    declared = override_schema(data.schema, {name: {"kind": "category"} for name in names}, data.inputs)
    return dataclasses.replace(data, schema=declared, train=train)
