"""Rows of the audit data as values of JSON: numbers, texts, true and false, and null where a value is missing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from auditkit.data import as_array
from auditkit.errors import ConfigError, check_known, present


class Rows(NamedTuple):
    """Rows as plain values."""

    columns: tuple[str, ...]
    """Empty where values have no names, as those of an array and a text."""
    values: list[Any]
    """For each row a list of its values, or its text."""

    @property
    def records(self) -> list[Any]:
        """For each row {column: value}; lists and texts as they are."""
        if not self.columns:
            return self.values
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]


def rows_of(inputs: Any, chosen: Sequence[str] | None) -> Rows:
    """The rows of inputs of any kind.

    Args:
        inputs: a table, an array, a tensor or texts.
        chosen: the columns of a table that are taken; all where None.

    Raises:
        ConfigError: a table has no such column.
    """
    if isinstance(inputs, list):
        return Rows((), inputs)
    if not hasattr(inputs, "columns"):
        return Rows((), present(as_array(inputs), "neither a table nor texts").tolist())
    places = {str(column): place for place, column in enumerate(inputs.columns)}
    names = tuple(places) if chosen is None else tuple(chosen)
    check_known(names, places, ConfigError, lambda name: f"the data has no column {name!r} to send; ")
    if not names:
        raise ConfigError("one column or more must be sent; none is named")
    columns = [_values(inputs.iloc[:, places[name]]) for name in names]
    return Rows(names, [list(row) for row in zip(*columns, strict=True)])


def _values(column: Any) -> list[Any]:
    values = column.astype(object).tolist()
    return [None if missing else _plain(value) for value, missing in zip(values, column.isna().tolist(), strict=True)]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
