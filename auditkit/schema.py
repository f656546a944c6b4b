"""What each feature of a table is, and how a table becomes numbers and back.

Any table becomes a matrix of float64 codes: numbers are themselves, a category is its position, a boolean is 0 or 1,
missing is NaN. The way back gives exactly the columns and types that the model eats, so that a coalition, a neighbour
or a perturbation can be made for any table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from auditkit.errors import DataError

if TYPE_CHECKING:
    import pandas

Kind: TypeAlias = Literal["number", "integer", "category", "boolean", "text"]


@dataclass(frozen=True)
class FeatureSchema:
    """One feature of a table."""

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    """The values of a category, in the order of their codes."""
    low: float | None = None
    high: float | None = None
    """The range of a number in the data, or as declared; perturbations stay inside it."""
    missing: int = 0
    """How many rows lack it."""
    mutable: bool = True
    """False: no perturbation may touch it (age, sex, …)."""
    dtype: str = ""
    """The column's type, given back by `decode`."""

    @property
    def numeric(self) -> bool:
        """True for numbers and integers."""
        return self.kind in ("number", "integer")


def infer_feature(column: pandas.Series[Any], name: str) -> FeatureSchema:
    """What a column is, from its type and its values."""
    import pandas  # data frames are read only where a table is

    present = column.dropna()
    missing = int(len(column) - len(present))
    dtype = str(column.dtype)
    if isinstance(column.dtype, pandas.CategoricalDtype):
        return FeatureSchema(name, "category", tuple(column.dtype.categories), missing=missing, dtype=dtype)
    if pandas.api.types.is_bool_dtype(column.dtype):
        return FeatureSchema(name, "boolean", (False, True), missing=missing, dtype=dtype)
    if pandas.api.types.is_numeric_dtype(column.dtype):
        values = present.to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise DataError(f"column {name!r} holds infinite values; replace them or list them under [data] missing")
        whole = bool(values.size) and bool((values == np.round(values)).all())
        low, high = (float(values.min()), float(values.max())) if values.size else (None, None)
        return FeatureSchema(name, "integer" if whole else "number", (), low, high, missing, dtype=dtype)
    categories = tuple(sorted(present.unique(), key=str))
    return FeatureSchema(name, "category", categories, missing=missing, dtype=dtype)


def infer_schema(frame: pandas.DataFrame) -> tuple[FeatureSchema, ...]:
    """The schema of every column of a table, in its order."""
    return tuple(infer_feature(frame[name], str(name)) for name in frame.columns)


def to_codes(frame: pandas.DataFrame, schema: tuple[FeatureSchema, ...]) -> np.ndarray:
    """A table as (N, D) float64 codes; NaN where a value is missing."""
    codes = np.empty((len(frame), len(schema)), dtype=np.float64)
    for position, feature in enumerate(schema):
        column = frame[feature.name]
        if feature.numeric:
            codes[:, position] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            continue
        place = {value: code for code, value in enumerate(feature.categories)}
        codes[:, position] = [place.get(value, np.nan) for value in column.astype(object)]
    return codes


def from_codes(codes: np.ndarray, schema: tuple[FeatureSchema, ...]) -> pandas.DataFrame:
    """The table that `to_codes` would turn into these codes: same columns, same types."""
    import pandas  # as above

    columns = {}
    for position, feature in enumerate(schema):
        columns[feature.name] = _column(codes[:, position], feature)
    return pandas.DataFrame(columns)


def _column(codes: np.ndarray, feature: FeatureSchema) -> pandas.Series[Any]:
    import pandas  # as above

    if feature.numeric:
        series = pandas.Series(codes)
        whole = feature.dtype.lower().startswith(("int", "uint"))
        return series.round().astype(feature.dtype) if whole and not series.isna().any() else _number(series, feature)
    known = np.append(np.asarray(feature.categories, dtype=object), None)
    position = np.where(np.isnan(codes), len(feature.categories), codes).astype(int)
    values = pandas.Series(known[position], dtype=object)
    return values.astype(feature.dtype) if feature.dtype and feature.dtype != "object" else values


def _number(series: pandas.Series[Any], feature: FeatureSchema) -> pandas.Series[Any]:
    return series.astype(feature.dtype) if feature.dtype.lower().startswith("float") else series
