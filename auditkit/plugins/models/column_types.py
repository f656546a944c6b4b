"""The types of the columns that an object was fitted on, and a table brought back to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.plugins.models.boosted import Boosted, boosted
from auditkit.plugins.models.category_values import UNSEEN, Categories
from auditkit.plugins.models.inside import attribute, handed_on, places_of

if TYPE_CHECKING:
    import pandas


class Types:
    """What is known of the types of an object's columns.

    Args:
        boosters: those that are handed the table itself.
        encoded: {place: categories} of columns that an encoder of scikit-learn turns into numbers.
    """

    def __init__(self, boosters: list[Boosted], encoded: dict[int, Categories]) -> None:
        self._boosters, self._encoded = boosters, encoded

    @property
    def category_places(self) -> list[int]:
        """Places of the columns that are categories to it, in whatever type."""
        return sorted(
            {*self._encoded, *(place for booster in self._boosters for place in (*booster.categories, *booster.codes))}
        )

    def restore(self, frame: pandas.DataFrame, name: str) -> tuple[pandas.DataFrame, list[str]]:
        """The table with the types that the columns were fitted with, and what is to be said about it.

        Args:
            frame: the fitted columns, in their order.
            name: of the model, for messages.

        Raises:
            ModelError: a type cannot be brought back without guessing.
        """
        notes: list[str] = []
        changed: dict[int, Any] = {}
        for place, categories in self._encoded.items():
            column = _as_encoded(frame.iloc[:, place], categories, name)
            if column is not None:
                changed[place] = column
        for booster in self._boosters[:1]:
            more, notes = booster.restore(frame, name)
            changed.update(more)
        if not changed:
            return frame, notes
        names = ", ".join(str(frame.columns[place]) for place in sorted(changed))
        notes.append(f"asked in the types that the model was fitted with: {names}")
        columns = [changed.get(place, frame.iloc[:, place]) for place in range(frame.shape[1])]
        import pandas  # as the frame is one

        whole = pandas.concat([column.reset_index(drop=True) for column in columns], axis=1)
        return whole.set_axis(frame.columns, axis=1).set_axis(frame.index, axis=0), notes


def fitted_types(thing: Any) -> Types:
    """The types that the columns of an estimator, a booster or whatever is around one were fitted with."""
    boosters: list[Boosted] = []
    encoded: dict[int, Categories] = {}
    for part in handed_on(thing):
        found = boosted(part)
        if found is not None:
            boosters.append(found)
        for inner in (part, attribute(part, "_preprocessor")):
            for place, values in _encoders(inner):
                encoded.setdefault(place, Categories(values))
    return Types(boosters, encoded)


def _encoders(thing: Any) -> list[tuple[int, Any]]:
    """(place, categories) of the columns that a fitted encoder, or one in a ColumnTransformer, encodes."""
    own = attribute(thing, "categories_")
    if isinstance(own, list):
        return list(enumerate(own))
    found: list[tuple[int, Any]] = []
    for part, places in places_of(thing):
        values = attribute(_first_encoder(part), "categories_")
        if isinstance(values, list) and len(values) == len(places):
            found += zip(places, values, strict=True)
    return found


def _first_encoder(part: Any) -> Any:
    """The part itself, or the first step of a Pipeline that is no imputer, which leaves columns where they are."""
    steps = attribute(part, "steps")
    if not isinstance(steps, list):
        return part
    kept = (step for _, step in steps if step not in (None, "passthrough") and type(step).__name__ != "SimpleImputer")
    return next(kept, None)


def _as_encoded(column: pandas.Series[Any], categories: Categories, name: str) -> pandas.Series[Any] | None:
    """The column with the encoder's own values, where the same are written in another type; None where none are."""
    import pandas  # as above

    codes, distinct = pandas.factorize(column.astype(object))
    values = [value.item() if hasattr(value, "item") else value for value in distinct]
    where = f"{name}: column {str(column.name)!r}"
    places = [categories.place(value, where) for value in values]
    own = [value if place == UNSEEN else categories.values[place] for value, place in zip(values, places, strict=True)]
    if [(type(value), value) for value in own] == [(type(value), value) for value in values] or all(
        _same(mine, theirs) for mine, theirs in zip(own, values, strict=True)
    ):
        return None
    known = np.array([*own, np.nan], dtype=object)
    restored = pandas.Series(known[codes], dtype=object)
    return restored if any(isinstance(value, str) for value in own) else restored.infer_objects()


def _same(mine: Any, theirs: Any) -> bool:
    """1 and 1.0 are the same to an encoder; 1 and "1" are not."""
    return isinstance(mine, str) == isinstance(theirs, str) and bool(mine == theirs)
