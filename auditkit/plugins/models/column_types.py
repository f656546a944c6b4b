"""The types of the columns that an object was fitted on, and a table brought back to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas

from auditkit.plugins.models.boosted import Boosted, boosted
from auditkit.plugins.models.category_values import UNSEEN, Categories
from auditkit.plugins.models.inside import attribute, handed_on, places_of


class Types:
    """What is known of the types of an object's columns.

    Args:
        boosters: those that are handed the table itself.
        encoded: {position: categories} of columns that an encoder of scikit-learn turns into numbers.
        hashed: positions of categories of which the object keeps no values, as CatBoost does.
    """

    def __init__(self, boosters: list[Boosted], encoded: dict[int, Categories], hashed: list[int]) -> None:
        self._boosters, self._encoded, self._hashed = boosters, encoded, hashed

    @property
    def category_places(self) -> list[int]:
        """Places of the columns that are categories to it, in whatever type."""
        return sorted(
            {
                *self._encoded,
                *(position for booster in self._boosters for position in (*booster.categories, *booster.codes)),
            }
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
        for position, categories in self._encoded.items():
            column = _as_encoded(frame.iloc[:, position], categories, name)
            if column is not None:
                changed[position] = column
        # Several boosters inside one estimator were fitted on the same table: the first one speaks for all.
        for booster in self._boosters[:1]:
            of_booster, notes = booster.restore(frame, name)
            changed.update(of_booster)
        for position in self._hashed:
            # numbers and their texts are one category to CatBoost, true and its text are two
            if pandas.api.types.is_bool_dtype(frame.dtypes.iloc[position]):
                column = frame.columns[position]
                notes.append(
                    f"{column} is a category to the model, which is asked about true and false; where it was fitted on "
                    f'texts of these, say kind = "category" under [data.features.{column}]'
                )
        if not changed:
            return frame, notes
        names = ", ".join(str(frame.columns[position]) for position in sorted(changed))
        notes.append(f"asked in the types that the model was fitted with: {names}")
        columns = [changed.get(position, frame.iloc[:, position]) for position in range(frame.shape[1])]
        restored = pandas.concat([column.reset_index(drop=True) for column in columns], axis=1)
        return restored.set_axis(frame.columns, axis=1).set_axis(frame.index, axis=0), notes


def fitted_types(estimator: Any) -> Types:
    """The types that the columns of an estimator, a booster or whatever is around one were fitted with."""
    boosters: list[Boosted] = []
    encoded: dict[int, Categories] = {}
    hashed: list[int] = []
    for part in handed_on(estimator):
        of_booster = boosted(part)
        if of_booster is not None:
            boosters.append(of_booster)
        for inner in (part, attribute(part, "_preprocessor")):
            for position, values in _encoders(inner):
                encoded.setdefault(position, Categories(values))
        hashed += getattr(part, "get_cat_feature_indices", list)()
    return Types(boosters, encoded, hashed)


def _encoders(transformer: Any) -> list[tuple[int, Any]]:
    """(position, categories) of the columns that a fitted encoder, or one in a ColumnTransformer, encodes."""
    own_categories = attribute(transformer, "categories_")
    if isinstance(own_categories, list):
        return list(enumerate(own_categories))
    encoders: list[tuple[int, Any]] = []
    for part, positions in places_of(transformer):
        values = attribute(_first_encoder(part), "categories_")
        if isinstance(values, list) and len(values) == len(positions):
            encoders += zip(positions, values, strict=True)
    return encoders


def _first_encoder(part: Any) -> Any:
    """The part itself, or the first step of a Pipeline that is no imputer, which leaves columns where they are."""
    steps = attribute(part, "steps")
    if not isinstance(steps, list):
        return part
    encoding_steps = (
        step for _, step in steps if step not in (None, "passthrough") and type(step).__name__ != "SimpleImputer"
    )
    return next(encoding_steps, None)


def _as_encoded(column: pandas.Series[Any], categories: Categories, name: str) -> pandas.Series[Any] | None:
    """The column with the encoder's own values, where the same are written in another type; None where none are."""
    codes, distinct = pandas.factorize(column.astype(object))
    values = [value.item() if hasattr(value, "item") else value for value in distinct]
    where = f"{name}: column {str(column.name)!r}"
    codes_of = [categories.code_of(value, where) for value in values]
    restored_values = [
        value if code == UNSEEN else categories.values[code] for value, code in zip(values, codes_of, strict=True)
    ]
    pairs = list(zip(restored_values, values, strict=True))
    # 1 and 1.0 are the same to an encoder, 1 and "1" are not, though numpy may compare them as texts.
    if all(isinstance(new, str) == isinstance(old, str) and bool(new == old) for new, old in pairs):
        return None
    known = np.array([*restored_values, np.nan], dtype=object)
    restored = pandas.Series(known[codes], dtype=object)
    return restored if any(isinstance(value, str) for value in restored_values) else restored.infer_objects()
