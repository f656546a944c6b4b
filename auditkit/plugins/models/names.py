"""The columns that an object was fitted on, found among those of a table."""

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
    # The outermost names count: an inner object may have been fitted on columns that were renamed on the way.
    inside = list(handed_on(estimator))
    loose = any(library(part) == "lightgbm" for part in inside)
    for part in inside:
        names = _own_names(part)
        if names:
            count = range(len(names))
            if loose and names == tuple(f"Column_{position}" for position in count):
                return None
            return Names(names, loose, [*map(str, names)] == [*map(str, count)])
    return None


def find_columns(fitted: Names, columns: Sequence[Any], name: str) -> list[int]:
    """The position of each fitted column in a table.

    A column is found under its name, under a number's text, without the blanks around it, and for LightGBM with `_`
    where the table has a blank.

    Args:
        fitted: the names to be found.
        columns: the table's own names.
        name: of the model, for messages.

    Raises:
        ModelError: columns are missing, with the close match, or two could be meant.
    """
    candidates = [_places(feature, columns, fitted.loose) for feature in fitted.names]
    missing = [str(feature) for feature, positions in zip(fitted.names, candidates, strict=True) if not positions]
    if missing:
        column_names = [str(column) for column in columns]
        raise ModelError(
            f"{name}: the inputs must have the columns that the model was fitted on; missing: {listed(missing)}; "
            f"{closest(missing[0], column_names)}. Given: {listed(column_names)}"
        )
    for feature, positions in zip(fitted.names, candidates, strict=True):
        if len(positions) > 1:
            both = " and ".join(repr(str(columns[position])) for position in positions[:2])
            raise ModelError(
                f"{name}: the columns {both} could both be the feature {str(feature)!r}, as LightGBM writes a blank as "
                "_ and blanks around a name do not count; take the other one out with drop"
            )
    return [positions[0] for positions in candidates]


def handed_over(fitted: Names, columns: Sequence[Any]) -> list[Any]:
    """The names under which these columns are handed over: as fitted, or the table's own where LightGBM wrote `_`."""
    pairs = zip(fitted.names, columns, strict=True)
    return [column if fitted.loose and _flat(column) != str(feature) else feature for feature, column in pairs]


def _places(feature: Any, columns: Sequence[Any], loose: bool) -> list[int]:
    """Where the column may be: one position where it is clear."""
    text, flat = str(feature), [_flat(column) for column in columns]
    spellings = [{name, name.replace(" ", "_")} if loose else {name} for name in flat]
    positions = [position for position, names in enumerate(spellings) if text in names]
    positions = positions or [position for position, name in enumerate(flat) if name.strip() == text.strip()]
    if loose and not positions:  # a file keeps no blanks around a name, LightGBM wrote them as `_`
        return [index for index, name in enumerate(flat) if name.strip().replace(" ", "_") == text.strip("_")]
    return positions


def _flat(column: Any) -> str:
    """A column's name as text; the levels of a name of several are joined by a blank, as XGBoost joins them."""
    return " ".join(map(str, column)) if isinstance(column, tuple) else str(column)


def _own_names(estimator: Any) -> tuple[Any, ...] | None:
    for name in ("feature_names_in_", "feature_names_"):
        feature_names = attribute(estimator, name)
        if (
            isinstance(feature_names, list | tuple | np.ndarray)
            and len(feature_names)
            and all(isinstance(feature, str) for feature in feature_names)
        ):
            return tuple(map(str, feature_names))
    if type(estimator).__name__ == "Booster" and library(estimator) == "lightgbm":
        return tuple(estimator.feature_name())
    return None
