"""The columns that a user names: inputs, groups or the label, each as numbers that are equal where values are."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import ConfigError, check_known
from auditkit.plugins.privacy.anonymity.classes import dense


class NamedColumn(NamedTuple):
    """One column."""

    name: str
    values: np.ndarray
    """(N,) float64 or int64; where `ordered`, as large as what they stand for."""
    ordered: bool
    """Whether they are sizes: numbers, and nothing missing among them."""


def names_of(data: AuditData) -> tuple[str, ...]:
    """What may be named: inputs, groups that are none, and the label."""
    label = (data.label_name,) if data.label_name is not None and data.labels is not None else ()
    return tuple(dict.fromkeys((*data.feature_names, *data.groups, *label)))


def refuse_unknown(parameter: str, names: Iterable[str], data: AuditData) -> None:
    """Refuse a name that is no column.

    Raises:
        ConfigError: with the nearest name.
    """
    check_known(
        names, names_of(data), ConfigError,
        lambda name: f"{parameter} must name inputs, groups or the label; {name!r} was given, ",
    )  # fmt: skip


def columns_of(data: AuditData, names: Iterable[str]) -> list[NamedColumn]:
    """The columns, an input before a group of the same name: a group may hold bins, where others know the number.

    Args:
        data: a table or an array (N, D).
        names: of inputs, groups or the label.
    """
    codes = data.codes()
    return [_column(data, codes, name) for name in names]


def _column(data: AuditData, codes: np.ndarray, name: str) -> NamedColumn:
    if name in data.feature_names:
        position = data.feature_names.index(name)
        values = codes[:, position]
        is_number = not data.schema or data.schema[position].numeric
        return NamedColumn(name, values, is_number and not np.isnan(values).any())
    if name in data.groups:
        return NamedColumn(name, dense(data.groups[name]), False)
    labels = np.asarray(data.labels)
    if data.known is None:
        return NamedColumn(name, labels if data.task == "regression" else dense(labels), data.task == "regression")
    # an unknown label is a value of its own; what stands in its place is a filler
    return NamedColumn(name, np.where(data.known, dense(labels), -1), False)
