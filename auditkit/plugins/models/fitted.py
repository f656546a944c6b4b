"""A table as an object was fitted on it: its columns, their order and their types.

The columns that an object was fitted on are found here among those of a table.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import ModelError, closest, present
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.column_types import Types, fitted_types
from auditkit.plugins.models.inside import attribute, handed_on, library, used_columns
from auditkit.text import first_few, ordinal
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
                f"{name}: the columns {both} could both be the feature {str(feature)!r}, as LightGBM and skl2onnx "
                "write a blank as _, and blanks around a name do not count; take the other one out with drop"
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


LISTED = 30
"""Columns of which a note says at which place they are asked."""


class FittedTable:
    """What an estimator or a booster was fitted on.

    Args:
        thing: a fitted estimator of scikit-learn, XGBoost, LightGBM or CatBoost, whatever is around it, or a booster
            of LightGBM.
        name: of the model, for messages.
    """

    def __init__(self, fitted: Any, name: str) -> None:
        self.thing, self.name = fitted, name

    @functools.cached_property
    def names(self) -> Names | None:
        """The columns that it was fitted on; None where it was fitted without names."""
        return fitted_names(self.thing)

    @functools.cached_property
    def types(self) -> Types:
        """The types of the columns that it was fitted on, as far as they matter."""
        return fitted_types(self.thing)

    def places(self, columns: tuple[Any, ...]) -> list[int] | None:
        """The places in a table of the columns that it was fitted on; None where it is asked by position.

        Raises:
            ModelError: columns are missing, or two could be meant.
        """
        if self.names is None:
            return None
        column_names = set(map(str, columns))
        if self.names.numbers and not column_names & {*map(str, self.names.names)}:
            return None  # numbered columns had no names
        return find_columns(self.names, columns, self.name)

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...]:
        """Those of a table's columns that it is handed and does not leave out in front of all else."""
        try:
            positions = self.places(columns)
        except ModelError:
            return columns  # an array is asked by position
        own_columns = columns if positions is None else tuple(columns[position] for position in positions)
        return used_columns(self.thing, own_columns)

    def category_places(self, columns: tuple[Any, ...]) -> list[int]:
        """The places in a table of the columns that it was fitted on as categories, where they are known."""
        try:
            positions = self.places(columns)
        except ModelError:
            return []  # said when it is asked
        own_positions = list(range(len(columns))) if positions is None else positions
        return [own_positions[position] for position in self.types.category_places if position < len(own_positions)]

    def table(self, frame: Any) -> tuple[Any, list[str]]:
        """The table as it was fitted, and what is to be said about it.

        Raises:
            ModelError: columns are missing, or their types cannot be brought back.
        """
        columns = tuple(frame.columns)
        positions = self.places(columns)
        if positions is None:
            notes = self._by_position(columns)
            names: list[Any] = list(columns)
        else:
            self_names = present(self.names, "there are no places without names")
            notes, names = [], handed_over(self_names, [columns[position] for position in positions])
            if positions != list(range(len(columns))):
                frame = frame.iloc[:, positions]
            # A number and the text of that number are two names to XGBoost and scikit-learn.
            if names != list(frame.columns):
                frame = frame.set_axis(names, axis=1)
        frame, sentences = self.types.restore(frame, self.name)
        return frame, [*notes, *sentences]

    def _by_position(self, columns: tuple[Any, ...]) -> list[str]:
        """What is said of a model that was fitted without names; empty where it may read the table by names of its own.

        Raises:
            ModelError: it was fitted on another number of columns.
        """
        count = attribute(self.thing, "n_features_in_")
        if count is None and hasattr(self.thing, "num_feature"):
            count = self.thing.num_feature()
        if not isinstance(count, int | np.integer):
            return []
        if count != len(columns):
            raise ModelError(
                f"{self.name}: the model was fitted without names of columns, on {count} of them, so it is asked by "
                f"position; the inputs have {len(columns)}: {listed(list(map(str, columns)))}. Take out what it is not "
                "fitted on with drop, or fit it on a table with names"
            )
        if _numbers_out_of_order(columns):
            raise ModelError(
                f"{self.name}: the model was fitted without names of columns, as scikit-learn keeps none that are "
                f"numbers, and the inputs have the columns {listed(list(map(str, columns)))}: by their places they "
                "mean other features than by their numbers. Put them in the order of their numbers where it was fitted "
                "so, else give them names that are no numbers, or fit it on a table with such names"
            )
        ordinals = [f"{str(column)!r} as its {ordinal(number)}" for number, column in enumerate(columns, 1)]
        return [
            "the model was fitted without names of columns and is asked by position; that they stand as they did then "
            f"cannot be checked: it is given {first_few(ordinals, LISTED)}"
        ]


def _numbers_out_of_order(columns: tuple[Any, ...]) -> bool:
    """Whether all columns are called by whole numbers, which do not rise."""
    names = [str(column) for column in columns]
    numbers = [int(name) for name in names if name.isdecimal()]
    return len(numbers) == len(names) and numbers != sorted(numbers)


class FittedModel(Model):
    """A model of a fitted object: tables are handed over as it was fitted.

    Args:
        thing: what was fitted.
        options: a preprocessing of the user's own hides which columns the object was fitted on.
    """

    def __init__(self, fitted: Any, options: ModelOptions) -> None:
        self._estimator, self._options = fitted, options

    @functools.cached_property
    def fitted_table(self) -> FittedTable:
        """What the object was fitted on."""
        return FittedTable(self._estimator, self.name)

    @property
    def feature_names(self) -> tuple[Any, ...] | None:
        """The columns that the model was fitted on, in its order; None where it knows none, or not the inputs'."""
        names = None if self._options.preprocess is not None else self.fitted_table.names
        return None if names is None else names.names

    def find_columns(self, columns: Sequence[Any]) -> list[int] | None:
        """The places in a table of the columns that the model was fitted on; None where it does not name them."""
        return None if self._options.preprocess is not None else self.fitted_table.places(tuple(columns))

    def category_places(self, columns: Sequence[Any]) -> list[int]:
        """The places in a table of the columns that it was fitted on as categories."""
        return [] if self._options.preprocess is not None else self.fitted_table.category_places(tuple(columns))

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The columns that the object was fitted on, less those that a ColumnTransformer in front leaves out."""
        return columns if self._options.preprocess is not None else self.fitted_table.given(columns)
