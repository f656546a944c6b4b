"""What each feature of a table is: kind, categories, range, and whether a perturbation may touch it.

`auditkit.data.codes` makes a matrix of numbers from a table by its schema, and the table from the matrix again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from auditkit.errors import DataError, Mend, check_known
from auditkit.lazy import pandas
from auditkit.value_spelling import EXACT, listed

Kind: TypeAlias = Literal["number", "integer", "category", "boolean", "text", "identifier"]
KINDS: Final = ("number", "integer", "category", "boolean", "text", "identifier")
UNCOMPARED: Final = ("text", "identifier")
"""Kinds whose values have neither an order nor a likeness, and are never shown."""
FREE_TEXTS, DISTINCT, LETTERS, WORDS = 20, 0.9, 30, 5
"""A column of texts is free text where it has so many values, such a share of them is different, and the middle one has
so many letters and words; who knows better declares it."""
SAMPLE: Final = 1_000
"""Different values whose length is looked at."""


@dataclass(frozen=True)
class FeatureSchema:
    """One feature of a table."""

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    """The values of a category, in the order of their codes; of a text or an identifier there are none."""
    low: float | None = None
    high: float | None = None
    """The range of a number in the data, or as declared; perturbations stay inside it."""
    missing: int = 0
    """How many rows lack it."""
    mutable: bool = True
    """False: no perturbation may touch it (age, sex, …)."""
    dtype: str = ""
    """The column's type, given back by `decode`."""
    storage: Any = field(default=None, compare=False, repr=False)
    """The pandas type itself, where the name in `dtype` does not say all (the categories and their order)."""
    absent: Any = field(default=math.nan, compare=False, repr=False)
    """What stands for a missing value in a column of objects: None, NaN or NA."""
    texts: tuple[Any, ...] = field(default=(), repr=False)
    """The different values of free text or of an identifier, in the order of their codes: for `auditkit.data.codes`,
    never to be shown."""
    declared: bool = field(default=False, compare=False)
    """Whether the owner said what it is: a category or a text has no order, and a number is no date."""

    @property
    def numeric(self) -> bool:
        """True for numbers and integers."""
        return self.kind in ("number", "integer")

    @property
    def coded(self) -> tuple[Any, ...]:
        """The values that codes stand for, of a category, of free text or of an identifier."""
        return self.texts if self.kind in UNCOMPARED else self.categories


def infer_feature(column: pandas.Series[Any], name: str) -> FeatureSchema:
    """What a column is, from its type and its values.

    Raises:
        DataError: infinite values, or values that cannot be compared (lists, arrays).
    """
    lacking = column.isna()
    present = column[~lacking]
    missing = int(lacking.sum())
    dtype = column.dtype
    objects = pandas.api.types.is_object_dtype(dtype)
    absent = column[lacking].iloc[0] if objects and missing else math.nan
    feature = FeatureSchema(name, "category", (), None, None, missing, True, str(dtype), dtype, absent)
    if isinstance(dtype, pandas.CategoricalDtype):
        return replace(feature, categories=tuple(dtype.categories.tolist()))
    contents = pandas.api.types.infer_dtype(present, skipna=False) if objects else ""
    if pandas.api.types.is_bool_dtype(dtype) or contents == "boolean":
        return replace(feature, kind="boolean", categories=(False, True))
    if contents in ("integer", "floating", "mixed-integer-float") or (not objects and dtype.kind in "iuf"):
        return _number(feature, present, contents != "floating")
    values = _distinct(present, name)
    if _is_free_text(values, len(present)):
        return replace(feature, kind="text", texts=values)
    return replace(feature, categories=values)


def infer_schema(frame: pandas.DataFrame) -> tuple[FeatureSchema, ...]:
    """The schema of every column of a table, in its order.

    Raises:
        DataError: two columns with the same name, infinite values, or values that cannot be compared.
    """
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError(f"column names must differ; {listed(twice)} occurs more than once. Rename the columns")
    return tuple(infer_feature(frame.iloc[:, position], name) for position, name in enumerate(names))


def merge_schemas(
    schema: tuple[FeatureSchema, ...], other: tuple[FeatureSchema, ...]
) -> tuple[tuple[FeatureSchema, ...], tuple[FeatureSchema, ...]]:
    """Both schemas with the categories and ranges of both, so that their codes mean the same.

    Raises:
        DataError: a feature is a number in one and a category in the other.
    """
    other_features = {feature.name: feature for feature in other}
    own_features = {feature.name: feature for feature in schema}
    merged = tuple(_merged(feature, other_features.get(feature.name), is_own=True) for feature in schema)
    return merged, tuple(_merged(feature, own_features.get(feature.name), is_own=False) for feature in other)


def override_schema(
    schema: tuple[FeatureSchema, ...], overrides: Mapping[str, Mapping[str, Any]], frame: pandas.DataFrame
) -> tuple[FeatureSchema, ...]:
    """The schema with what the owner declared in place of what was inferred.

    Args:
        schema: as inferred from `frame`.
        overrides: `{"zip": {"kind": "category"}, "age": {"mutable": False, "low": 0, "high": 120}}`; also `categories`.
        frame: the table, for the values of a number that is declared a category.

    Raises:
        DataError: an unknown feature or fact, or a fact that the values contradict.
    """
    names = [feature.name for feature in schema]
    check_known(overrides, names, DataError, lambda name: f"schema: the inputs have no column {name!r}; ")
    return tuple(
        _overridden(feature, overrides[feature.name], frame.iloc[:, position]) if feature.name in overrides else feature
        for position, feature in enumerate(schema)
    )


def _number(feature: FeatureSchema, present: pandas.Series[Any], may_be_whole: bool) -> FeatureSchema:
    values = present.to_numpy(dtype=np.float64)
    values = values[~np.isnan(values)]  # a nullable column can hold NaN beside NA
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise DataError(
            f"column {feature.name!r} holds infinite values ({count} in all); replace them by the largest number that "
            "is meant, or by a missing value"
        )
    if not values.size:
        return replace(feature, kind="number")
    # Floats of that size lost their digits before they came here, so they stay numbers; integers are names of things,
    # and categories.
    if (np.abs(values) >= EXACT).any() and present.dtype.kind != "f":
        return replace(feature, categories=_distinct(present, feature.name))
    is_whole = may_be_whole and bool((values == np.round(values)).all())
    low, high = float(values.min()) + 0.0, float(values.max()) + 0.0  # never -0.0
    return replace(feature, kind="integer" if is_whole else "number", low=low, high=high)


def _distinct(present: pandas.Series[Any], name: str) -> tuple[Any, ...]:
    """The values of a column, sorted: numbers by size, anything else as text."""
    try:
        values = present.unique().tolist()
    except TypeError:
        raise DataError(
            f"column {name!r} holds values that cannot be compared, such as lists; make one column of each part, "
            "or take it out with drop"
        ) from None
    return tuple(sorted(values, key=None if present.dtype.kind in "iuf" else str))


def _is_free_text(values: tuple[Any, ...], rows: int) -> bool:
    """Whether different values of so many rows are what people write, and no names of things."""
    if rows < FREE_TEXTS or len(values) < DISTINCT * rows:
        return False
    some = values[:: max(1, len(values) // SAMPLE)]
    if not all(isinstance(value, str) for value in some):
        return False
    return bool(np.median([len(text) for text in some]) >= LETTERS and np.median([*map(_words, some)]) >= WORDS)


def _words(text: str) -> int:
    return len(text.split())


def _family(feature: FeatureSchema) -> str:
    return "number" if feature.numeric else "boolean" if feature.kind == "boolean" else "category"


def _merged(feature: FeatureSchema, other: FeatureSchema | None, *, is_own: bool) -> FeatureSchema:
    if other is None or other == feature:
        return feature
    first, second = (feature, other) if is_own else (other, feature)
    if _family(feature) != _family(other):
        if any(side.low is None and side.kind != "boolean" and not side.coded for side in (feature, other)):
            return feature  # nothing but missing values on one side: no values to disagree about
        mend = Mend(f'data.features."{feature.name}".kind', "category")
        raise DataError(
            f"column {feature.name!r} is {first.kind} in the data and {second.kind} in the training split; list what "
            "means missing under [data] missing, or say what it is, in the configuration: "
            f'[data.features."{feature.name}"] {mend.line}',
            mend=mend,
        )
    if feature.numeric:
        bounds = [(side.low, side.high) for side in (feature, other) if side.low is not None and side.high is not None]
        low, high = (min(low for low, _ in bounds), max(high for _, high in bounds)) if bounds else (None, None)
        kind: Kind = "integer" if feature.kind == other.kind == "integer" else "number"
        return replace(feature, kind=kind, low=low, high=high)
    known = set(first.coded)
    categories = (*first.coded, *(value for value in second.coded if value not in known))
    hidden = next((side.kind for side in (first, second) if side.kind in UNCOMPARED), None)
    if hidden is not None and (first.kind == hidden or not first.declared):
        return replace(feature, kind=hidden, categories=(), texts=categories, storage=_widened(feature, categories))
    return replace(feature, kind=first.kind, categories=categories, storage=_widened(feature, categories))


def _widened(feature: FeatureSchema, categories: tuple[Any, ...]) -> Any:
    """The type of a categorical column with the categories of both splits, its own first: its codes stay."""
    if not isinstance(feature.storage, pandas.CategoricalDtype):
        return feature.storage
    # The split's own categories come first, so that the codes of its column stay what they are.
    own_categories = feature.storage.categories.tolist()
    added = [value for value in categories if value not in set(own_categories)]
    return (
        pandas.CategoricalDtype([*own_categories, *added], ordered=feature.storage.ordered)
        if added
        else feature.storage
    )


def _overridden(feature: FeatureSchema, facts: Mapping[str, Any], column: pandas.Series[Any]) -> FeatureSchema:
    known = ("kind", "categories", "low", "high", "mutable")
    check_known(facts, known, DataError, lambda fact: f"schema of {feature.name!r}: unknown fact {fact!r}; ")
    feature = _of_kind(feature, facts.get("kind", feature.kind), column)
    is_declared = facts.get("kind") not in (None, "boolean")
    feature = replace(feature, declared=is_declared, mutable=bool(facts.get("mutable", feature.mutable)))
    if "categories" in facts:
        feature = _with_categories(feature, tuple(facts["categories"]))
    ends = [end for end in ("low", "high") if facts.get(end) is not None]
    if ends and not feature.numeric:
        raise DataError(f"schema of {feature.name!r}: {ends[0]} is for numbers; the column is {feature.kind}")
    bounds: dict[str, Any] = {end: float(facts[end]) for end in ends}
    feature = replace(feature, **bounds)
    if feature.low is not None and feature.high is not None and feature.low > feature.high:
        low, high = f"{feature.low:g}", f"{feature.high:g}"
        raise DataError(f"schema of {feature.name!r}: low must not be above high; low is {low} and high is {high}")
    return feature


def _of_kind(feature: FeatureSchema, kind: Any, column: pandas.Series[Any]) -> FeatureSchema:
    if kind not in KINDS:
        raise DataError(f"schema of {feature.name!r}: kind must be one of {listed(KINDS)}; {kind!r} was given")
    if kind == feature.kind:
        return feature
    if kind == "text" and any(not isinstance(value, str) for value in feature.coded or _distinct(column.dropna(), "")):
        mend = Mend(f'data.features."{feature.name}".kind', "category")
        raise DataError(
            f"schema of {feature.name!r}: text is for what people write; the values are {feature.kind}. Say {mend}",
            mend=mend,
        )
    if kind == "identifier" and feature.kind in ("number", "boolean"):
        mend = Mend(f'data.features."{feature.name}".kind', "category")
        raise DataError(
            f"schema of {feature.name!r}: an identifier names things by whole numbers or texts; the values are "
            f"{feature.kind}. Say {mend}",
            mend=mend,
        )
    if kind in ("category", *UNCOMPARED):
        values = feature.coded or _distinct(column.dropna(), feature.name)
        categories, texts = (values, ()) if kind == "category" else ((), values)
        return replace(feature, kind=kind, categories=categories, texts=texts, low=None, high=None)
    if feature.numeric and kind == "number":
        return replace(feature, kind="number")
    if feature.low is None and not feature.coded:
        return replace(feature, kind=kind)
    raise DataError(f"schema of {feature.name!r}: the values are {feature.kind}, they cannot be read as {kind}")


def _with_categories(feature: FeatureSchema, categories: tuple[Any, ...]) -> FeatureSchema:
    if feature.numeric or feature.kind in UNCOMPARED:
        raise DataError(f"schema of {feature.name!r}: categories are for a category; the column is {feature.kind}")
    lost = [value for value in feature.categories if value not in categories]
    if lost or len(set(categories)) < len(categories):
        fault = f"the data also holds {listed(lost)}" if lost else "one occurs twice"
        raise DataError(f"schema of {feature.name!r}: categories must name every value once; {fault}")
    return replace(feature, categories=categories)
