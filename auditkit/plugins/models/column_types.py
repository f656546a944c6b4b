"""The types of the columns that an object was fitted on, and a table brought back to them.

Of a booster of XGBoost or LightGBM they are numbers, or categories that the booster keeps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas
from pandas.api import types

from auditkit.errors import Mend, ModelError
from auditkit.plugins.models.category_values import UNSEEN, Categories
from auditkit.plugins.models.inside import attribute, handed_on, library, places_of
from auditkit.value_spelling import listed


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
                *self._hashed,
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
        encoded = {
            position: _as_encoded(frame.iloc[:, position], categories, name)
            for position, categories in self._encoded.items()
        }
        changed: dict[int, Any] = {position: column for position, column in encoded.items() if column is not None}
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


_MEND = "Give the table with its types (Parquet, a frame), or as the numbers that the model was fitted on"


class Boosted(NamedTuple):
    """What a booster knows of its columns."""

    whose: str
    """The library."""
    categories: dict[int, Any]
    """{position: (C,) index of the categories}; of LightGBM those whose position is known."""
    codes: frozenset[int] = frozenset()
    """Places of categories that were numbers before fitting: the booster keeps no others."""
    ordered: tuple[Any, ...] = ()
    """LightGBM: the categories of each categorical column, in the order of the columns."""

    def restore(self, frame: pandas.DataFrame, name: str) -> tuple[dict[int, Any], list[str]]:
        """{position: column} of the columns whose type changes, and what is to be said about it.

        Raises:
            ModelError: a column cannot be what the booster was fitted on.
        """
        categories = self._placed(frame, name)
        changed: dict[int, Any] = {}
        notes: list[str] = []
        # LightGBM takes a value that it has not seen as missing; XGBoost refuses it in the middle of a batch.
        for position in range(frame.shape[1]):
            column = frame.iloc[:, position]
            where = f"{name}: column {str(column.name)!r}"
            if position in categories:
                restored, unseen = _as_category(column, categories[position], where)
                if unseen is not None and self.whose == "XGBoost":
                    mend = Mend("data.missing", [unseen])
                    raise ModelError(
                        f"{where} holds {unseen!r}, which is none of the categories that the model was fitted with, "
                        f"and XGBoost refuses such values; it knows {listed(list(categories[position]), 5)}. Take the "
                        f"rows out, or list what means missing under [data] missing, as in {mend.line}",
                        mend=mend,
                    )
                if unseen is not None:
                    notes.append(f"values of {column.name} that the model was not fitted with are missing to LightGBM")
            else:
                restored = _as_number(column, where, position in self.codes)
            if restored is not None:
                changed[position] = restored
        return changed, notes

    def _placed(self, frame: pandas.DataFrame, name: str) -> dict[int, Any]:
        """{position: categories}; LightGBM keeps only the order of its columns of categories."""
        if not self.ordered:
            return self.categories
        typed = [position for position in range(frame.shape[1]) if _typed(frame.iloc[:, position])]
        positions = (
            typed
            if len(typed) == len(self.ordered)
            else sorted(
                {
                    *typed,
                    *self.codes,
                    *(position for position in range(frame.shape[1]) if _texts(frame.iloc[:, position])),
                }
            )
        )
        if len(positions) != len(self.ordered) or not self.codes <= set(positions):
            raise ModelError(
                f"{name}: the model was fitted on {len(self.ordered)} columns of categories, and which of the "
                f'table\'s they are is not clear; say it with kind = "category" under [data.features.NAME], or give '
                "the table with its types (Parquet, a frame)"
            )
        return dict(zip(positions, self.ordered, strict=True))


def boosted(estimator: Any) -> Boosted | None:
    """What an estimator or a booster of XGBoost or LightGBM knows of its columns; None for anything else."""
    if library(estimator) == "xgboost":
        booster = estimator if type(estimator).__name__ == "Booster" else attribute(estimator, "get_booster")()
        return _xgboost(booster)
    if library(estimator) == "lightgbm":
        booster = estimator if type(estimator).__name__ == "Booster" else attribute(estimator, "booster_")
        return None if booster is None else _lightgbm(booster)
    return None


def _xgboost(booster: Any) -> Boosted:
    kinds = booster.feature_types or []
    stored: dict[int, Any] = {}
    if "c" in kinds and hasattr(booster, "get_categories"):
        arrays = booster.get_categories(export_to_arrow=True).to_arrow() or []
        stored = {
            position: pandas.Index(values.to_pandas())
            for position, (_, values) in enumerate(arrays)
            if values is not None
        }
    codes = frozenset(position for position, kind in enumerate(kinds) if kind == "c" and position not in stored)
    return Boosted("XGBoost", stored, codes)


def _lightgbm(booster: Any) -> Boosted:
    # Which columns were categories stands among the parameters of the text form, and nowhere else; one tree is enough.
    lines = booster.model_to_string(num_iteration=1).splitlines()
    named = next((line for line in lines if line.startswith("[categorical_feature: ")), "")
    numbers = named.removeprefix("[categorical_feature: ").rstrip("]").split(",")
    codes = frozenset(int(position) for position in numbers if position.strip().isdigit())
    categories = tuple(pandas.Index(values) for values in booster.pandas_categorical or ())
    return Boosted("LightGBM", {}, codes, categories)


def _as_category(column: pandas.Series[Any], categories: Any, where: str) -> tuple[pandas.Series[Any] | None, Any]:
    """The column with these categories (None where it has them), and a value that is none of them."""
    if _typed(column) and column.cat.categories.equals(categories):
        return None, None
    known = Categories(categories)
    codes, distinct = pandas.factorize(column.astype(object))
    codes_of = np.array([known.code_of(value, where) for value in distinct] + [-1], dtype=np.int64)
    unseen = next((value for value, code in zip(distinct, codes_of, strict=False) if code == UNSEEN), None)
    # The codes are counted in the categories of the fitted model, whatever those of the table are.
    kind = pandas.CategoricalDtype(categories, ordered=bool(_typed(column) and column.cat.ordered))
    restored = pandas.Categorical.from_codes(np.where(codes_of == UNSEEN, -1, codes_of)[codes], dtype=kind)
    return pandas.Series(restored), unseen


def _as_number(column: pandas.Series[Any], where: str, coded: bool) -> pandas.Series[Any] | None:
    """The column as numbers; None where it holds them.

    Raises:
        ModelError: it holds anything else, or categories whose codes nobody knows.
    """
    if not _typed(column) and not _texts(column):
        return None
    fitted_as = "the numbers of categories, which the model does not keep" if coded else "numbers"
    if coded and _typed(column):
        raise ModelError(f"{where} was fitted as {fitted_as}, and the table has categories there. {_MEND}")
    # A text that is no number becomes missing here, and is found by being missing where the column is not.
    numbers = pandas.to_numeric(column.astype(object), errors="coerce").astype(np.float64)
    lost = column[numbers.isna() & column.notna()]
    if len(lost):
        raise ModelError(f"{where} was fitted as {fitted_as}, and holds {lost.iloc[0]!r}. {_MEND}")
    return numbers


def _typed(column: pandas.Series[Any]) -> bool:
    return isinstance(column.dtype, pandas.CategoricalDtype)


def _texts(column: pandas.Series[Any]) -> bool:
    """Whether the column holds texts, or other objects that are no plain numbers."""
    return not _typed(column) and not types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype)
