"""The columns that a booster of XGBoost or LightGBM was fitted on: numbers, or categories that the booster keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditkit.errors import Mend, ModelError
from auditkit.plugins.models.category_values import UNSEEN, Categories
from auditkit.plugins.models.inside import attribute, library
from auditkit.value_spelling import listed

if TYPE_CHECKING:
    import pandas

_MEND = "Give the table with its types (Parquet, a frame), or as the numbers that the model was fitted on"


class Boosted(NamedTuple):
    """What a booster knows of its columns."""

    whose: str
    """The library."""
    categories: dict[int, Any]
    """{place: (C,) index of the categories}; of LightGBM those whose place is known."""
    codes: frozenset[int] = frozenset()
    """Places of categories that were numbers before fitting: the booster keeps no others."""
    ordered: tuple[Any, ...] = ()
    """LightGBM: the categories of each categorical column, in the order of the columns."""

    def restore(self, frame: pandas.DataFrame, name: str) -> tuple[dict[int, Any], list[str]]:
        """{place: column} of the columns whose type changes, and what is to be said about it.

        Raises:
            ModelError: a column cannot be what the booster was fitted on.
        """
        categories = self._placed(frame, name)
        changed: dict[int, Any] = {}
        notes: list[str] = []
        for place in range(frame.shape[1]):
            column = frame.iloc[:, place]
            where = f"{name}: column {str(column.name)!r}"
            if place in categories:
                restored, unseen = _as_category(column, categories[place], where)
                if unseen is not None and self.whose == "XGBoost":
                    mend = Mend("data.missing", [unseen])
                    raise ModelError(
                        f"{where} holds {unseen!r}, which is none of the categories that the model was fitted with, "
                        f"and XGBoost refuses such values; it knows {listed(list(categories[place]), 5)}. Take the "
                        f"rows out, or list what means missing under [data] missing, as in {mend.line}",
                        mend=mend,
                    )
                if unseen is not None:
                    notes.append(f"values of {column.name} that the model was not fitted with are missing to LightGBM")
            else:
                restored = _as_number(column, where, place in self.codes)
            if restored is not None:
                changed[place] = restored
        return changed, notes

    def _placed(self, frame: pandas.DataFrame, name: str) -> dict[int, Any]:
        """{place: categories}; LightGBM keeps only the order of its columns of categories."""
        if not self.ordered:
            return self.categories
        typed = [place for place in range(frame.shape[1]) if _typed(frame.iloc[:, place])]
        places = (
            typed
            if len(typed) == len(self.ordered)
            else sorted(
                {*typed, *self.codes, *(place for place in range(frame.shape[1]) if _texts(frame.iloc[:, place]))}
            )
        )
        if len(places) != len(self.ordered) or not self.codes <= set(places):
            raise ModelError(
                f"{name}: the model was fitted on {len(self.ordered)} columns of categories, and which of the "
                f'table\'s they are is not clear; say it with kind = "category" under [data.features.NAME], or give '
                "the table with its types (Parquet, a frame)"
            )
        return dict(zip(places, self.ordered, strict=True))


def boosted(thing: Any) -> Boosted | None:
    """What an estimator or a booster of XGBoost or LightGBM knows of its columns; None for anything else."""
    if library(thing) == "xgboost":
        booster = thing if type(thing).__name__ == "Booster" else attribute(thing, "get_booster")()
        return _xgboost(booster)
    if library(thing) == "lightgbm":
        booster = thing if type(thing).__name__ == "Booster" else attribute(thing, "booster_")
        return None if booster is None else _lightgbm(booster)
    return None


def _xgboost(booster: Any) -> Boosted:
    import pandas  # only a table gets here

    kinds = booster.feature_types or []
    stored: dict[int, Any] = {}
    if "c" in kinds and hasattr(booster, "get_categories"):
        kept = booster.get_categories(export_to_arrow=True).to_arrow() or []
        stored = {
            place: pandas.Index(values.to_pandas()) for place, (_, values) in enumerate(kept) if values is not None
        }
    codes = frozenset(place for place, kind in enumerate(kinds) if kind == "c" and place not in stored)
    return Boosted("XGBoost", stored, codes)


def _lightgbm(booster: Any) -> Boosted:
    import pandas  # as above

    lines = booster.model_to_string(num_iteration=1).splitlines()
    named = next((line for line in lines if line.startswith("[categorical_feature: ")), "")
    numbers = named.removeprefix("[categorical_feature: ").rstrip("]").split(",")
    codes = frozenset(int(number) for number in numbers if number.strip().isdigit())
    kept = tuple(pandas.Index(values) for values in booster.pandas_categorical or ())
    return Boosted("LightGBM", {}, codes, kept)


def _as_category(column: pandas.Series[Any], index: Any, where: str) -> tuple[pandas.Series[Any] | None, Any]:
    """The column with these categories (None where it has them), and a value that is none of them."""
    import pandas  # as above

    if _typed(column) and column.cat.categories.equals(index):
        return None, None
    known = Categories(index)
    codes, distinct = pandas.factorize(column.astype(object))
    places = np.array([known.place(value, where) for value in distinct] + [-1], dtype=np.int64)
    unseen = next((value for value, place in zip(distinct, places, strict=False) if place == UNSEEN), None)
    kind = pandas.CategoricalDtype(index, ordered=bool(_typed(column) and column.cat.ordered))
    restored = pandas.Categorical.from_codes(np.where(places == UNSEEN, -1, places)[codes], dtype=kind)
    return pandas.Series(restored), unseen


def _as_number(column: pandas.Series[Any], where: str, coded: bool) -> pandas.Series[Any] | None:
    """The column as numbers; None where it holds them.

    Raises:
        ModelError: it holds anything else, or categories whose codes nobody knows.
    """
    import pandas  # as above

    if not _typed(column) and not _texts(column):
        return None
    what = "the numbers of categories, which the model does not keep" if coded else "numbers"
    if coded and _typed(column):
        raise ModelError(f"{where} was fitted as {what}, and the table has categories there. {_MEND}")
    numbers = pandas.to_numeric(column.astype(object), errors="coerce").astype(np.float64)
    lost = column[numbers.isna() & column.notna()]
    if len(lost):
        raise ModelError(f"{where} was fitted as {what}, and holds {lost.iloc[0]!r}. {_MEND}")
    return numbers


def _typed(column: pandas.Series[Any]) -> bool:
    import pandas  # as above

    return isinstance(column.dtype, pandas.CategoricalDtype)


def _texts(column: pandas.Series[Any]) -> bool:
    """Whether the column holds texts, or other objects that are no plain numbers."""
    from pandas.api import types  # as above

    return not _typed(column) and not types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype)
