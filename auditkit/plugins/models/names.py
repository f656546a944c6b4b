"""The columns that an object was fitted on, found among those of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import ModelError, closest
from auditkit.plugins.models.inside import attribute, handed_on, library
from auditkit.value_spelling import listed


class Names(NamedTuple):
    """The names of the columns that an object was fitted on, in its order."""

    names: tuple[Any, ...]
    loose: bool = False
    """LightGBM is inside, which writes a blank as `_`."""
    numbers: bool = False
    """They are numbers: of columns without names, or names of their own."""


def fitted_names(estimator: Any) -> Names | None:
    """The columns that the estimator was fitted on; None where it was fitted without names.

    A wrapper around LightGBM, CatBoost or XGBoost passes on their names, or none; then they are asked themselves.
    """
    inside = list(handed_on(estimator))
    loose = any(library(each) == "lightgbm" for each in inside)
    for each in inside:
        names = _own_names(each)
        if names:
            count = range(len(names))
            if loose and names == tuple(f"Column_{number}" for number in count):
                return None
            return Names(names, loose, [*map(str, names)] == [*map(str, count)])
    return None


def find_columns(fitted: Names, columns: Sequence[Any], name: str) -> list[int]:
    """The place of each fitted column in a table.

    A column is found under its name, under a number's text, without the blanks around it, and for LightGBM with `_`
    where the table has a blank.

    Args:
        fitted: the names to be found.
        columns: the table's own names.
        name: of the model, for messages.

    Raises:
        ModelError: columns are missing, with the close match, or two could be meant.
    """
    places = [_places(wanted, columns, fitted.loose) for wanted in fitted.names]
    missing = [str(wanted) for wanted, numbers in zip(fitted.names, places, strict=True) if not numbers]
    if missing:
        own = [str(column) for column in columns]
        raise ModelError(
            f"{name}: the inputs must have the columns that the model was fitted on; missing: {listed(missing)}; "
            f"{closest(missing[0], own)}. Given: {listed(own)}"
        )
    for wanted, numbers in zip(fitted.names, places, strict=True):
        if len(numbers) > 1:
            both = " and ".join(repr(str(columns[place])) for place in numbers[:2])
            raise ModelError(
                f"{name}: the columns {both} could both be the feature {str(wanted)!r}, as LightGBM writes a blank as "
                "_ and blanks around a name do not count; take the other one out with drop"
            )
    return [numbers[0] for numbers in places]


def handed_over(fitted: Names, columns: Sequence[Any]) -> list[Any]:
    """The names under which these columns are handed over: as fitted, or the table's own where LightGBM wrote `_`."""
    pairs = zip(fitted.names, columns, strict=True)
    return [own if fitted.loose and _flat(own) != str(wanted) else wanted for wanted, own in pairs]


def _places(wanted: Any, columns: Sequence[Any], loose: bool) -> list[int]:
    """Where the column may be: one place where it is clear."""
    text, flat = str(wanted), [_flat(column) for column in columns]
    numbers = [place for place, name in enumerate(flat) if name == text]
    if loose:
        numbers = [place for place, name in enumerate(flat) if text in (name, name.replace(" ", "_"))]
    numbers = numbers or [place for place, name in enumerate(flat) if name.strip() == text.strip()]
    if loose and not numbers:  # a file keeps no blanks around a name, LightGBM wrote them as `_`
        numbers = [place for place, name in enumerate(flat) if name.strip().replace(" ", "_") == text.strip("_")]
    return numbers


def _flat(column: Any) -> str:
    """A column's name as text; the levels of a name of several are joined by a blank, as XGBoost joins them."""
    return " ".join(map(str, column)) if isinstance(column, tuple) else str(column)


def _own_names(thing: Any) -> tuple[Any, ...] | None:
    for name in ("feature_names_in_", "feature_names_"):
        found = attribute(thing, name)
        if isinstance(found, list | tuple | np.ndarray) and len(found) and all(isinstance(each, str) for each in found):
            return tuple(map(str, found))
    if type(thing).__name__ == "Booster" and library(thing) == "lightgbm":
        return tuple(thing.feature_name())
    return None
