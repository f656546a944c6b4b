"""A table as a matrix of numbers, and the table from the matrix again.

Any table becomes a matrix of float64 codes: numbers are themselves, a category is its position, a boolean is 0 or 1,
missing is NaN; of free text a code says which text it is, and nothing else. The way back gives exactly the columns and
types that the model eats, so that a coalition, a neighbour or a perturbation can be made for any table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.data.inputs import as_array
from auditkit.data.schema import FeatureSchema
from auditkit.errors import DataError, check_known, present
from auditkit.lazy import pandas


def to_codes(frame: pandas.DataFrame, schema: tuple[FeatureSchema, ...]) -> np.ndarray:
    """A table as (N, D) float64 codes, columns in the order of the schema; NaN where a value is missing.

    Raises:
        DataError: a column is not in the table, or a value is none of its feature's categories.
    """
    position_of = {str(name): position for position, name in enumerate(frame.columns)}
    codes = np.empty((len(frame), len(schema)), dtype=np.float64)
    names = (feature.name for feature in schema)
    check_known(names, position_of, DataError, lambda name: f"the table has no column {name!r}; ")
    for index, feature in enumerate(schema):
        column = frame.iloc[:, position_of[feature.name]]
        codes[:, index] = _numbers(column) if feature.numeric else _positions(column, feature)
    return codes


def codes_of(inputs: Any, schema: tuple[FeatureSchema, ...]) -> np.ndarray:
    """(N, D) float64 inputs, a table or an array, as codes in the schema; an array holds them already."""
    if hasattr(inputs, "columns"):
        return to_codes(inputs, schema)
    return present(as_array(inputs), "inputs that have a schema are a table or an array").astype(np.float64)


def from_codes(codes: np.ndarray, schema: tuple[FeatureSchema, ...]) -> pandas.DataFrame:
    """The table that `to_codes` would turn into these codes: same columns, same types.

    Whole-number columns round; nothing is clipped: a number that its type cannot hold (a missing value among
    integers, 300 in a byte) makes the column a wider type.

    Args:
        codes: (N, D), columns in the order of the schema.
        schema: as `infer_schema` gives it.

    Raises:
        DataError: the shape does not fit, or a code stands for no category.
    """
    codes = np.asarray(codes, dtype=np.float64)
    if codes.ndim != 2 or codes.shape[1] != len(schema):
        raise DataError(f"codes must have the shape (N, {len(schema)}), one column a feature; got {codes.shape}")
    columns = {
        feature.name: _numeric(codes[:, index], feature) if feature.numeric else _categories(codes[:, index], feature)
        for index, feature in enumerate(schema)
    }
    return pandas.DataFrame(columns, index=pandas.RangeIndex(len(codes)))


def _numbers(column: pandas.Series[Any]) -> np.ndarray:
    if column.dtype.kind in "fiub" and isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.float64)
    return column.astype(object).where(column.notna(), np.nan).to_numpy(dtype=np.float64)


def _positions(column: pandas.Series[Any], feature: FeatureSchema) -> np.ndarray:
    known = _as_index(feature.coded)
    if isinstance(column.dtype, pandas.CategoricalDtype):
        storage_positions = known.get_indexer(_as_index(column.dtype.categories))
        positions = np.append(storage_positions, -1)[column.cat.codes.to_numpy()]
    else:
        codes, distinct = pandas.factorize(column.astype(object))
        positions = np.append(known.get_indexer(_as_index(distinct)), -1)[codes]
    lacking = column.isna().to_numpy()
    # -1 is both a missing value and a value of no category; isna tells them apart.
    strange = (positions == -1) & ~lacking
    if strange.any():
        value = column.iloc[int(np.argmax(strange))]
        raise DataError(f"column {feature.name!r}: {value!r} is none of the {len(known)} categories of the schema")
    return np.where(lacking, np.nan, positions)


def _numeric(codes: np.ndarray, feature: FeatureSchema) -> pandas.Series[Any]:
    storage = _storage(feature)
    lacking = np.isnan(codes)
    if storage is None:
        return pandas.Series(codes)
    if isinstance(storage, np.dtype) and storage.kind == "O":
        return _objects(codes, feature)
    if isinstance(storage, np.dtype):
        return pandas.Series(whole_numbers(codes, storage) if storage.kind in "iu" else codes.astype(storage))
    if storage.kind not in "iu":
        values = pandas.Series(codes).astype(object)
    else:
        rounded = whole_numbers(np.where(lacking, 0, codes), storage.numpy_dtype)
        if rounded.dtype != storage.numpy_dtype:
            storage = pandas.Int64Dtype() if rounded.dtype.kind == "i" else pandas.Float64Dtype()
        values = pandas.Series(rounded).astype(object)
    values[lacking] = None
    return values.astype(storage)


def whole_numbers(codes: np.ndarray, storage: np.dtype[Any]) -> np.ndarray:
    """Codes rounded to integers of the type `storage`, of a wider type where they do not fit, or floats."""
    if np.isnan(codes).any():
        return codes  # integers have no missing value
    rounded = np.rint(codes)
    bounds = np.iinfo(storage)
    # numpy wraps a number round that its type cannot hold, 300 to 44 in a byte, without a word.
    if rounded.min(initial=0) >= bounds.min and rounded.max(initial=0) <= bounds.max:
        return rounded.astype(storage)
    return rounded.astype(np.int64) if (np.abs(rounded) < 2**63).all() else rounded


def _objects(codes: np.ndarray, feature: FeatureSchema) -> pandas.Series[Any]:
    """Plain Python numbers, as a column of objects holds them."""
    values = np.empty(len(codes), dtype=object)
    lacking = np.isnan(codes)
    present = np.rint(codes[~lacking]).astype(np.int64) if feature.kind == "integer" else codes[~lacking]
    values[~lacking] = present.tolist()
    values[lacking] = feature.absent
    return pandas.Series(values, dtype=object)


def _categories(codes: np.ndarray, feature: FeatureSchema) -> pandas.Series[Any]:
    lacking = np.isnan(codes)
    position = np.where(lacking, -1, np.rint(codes)).astype(np.int64)
    strange = (position >= len(feature.coded)) | ((position < 0) & ~lacking)
    if strange.any():
        raise DataError(
            f"column {feature.name!r}: the code {codes[int(np.argmax(strange))]:g} stands for none of its "
            f"{len(feature.coded)} categories"
        )
    storage = _storage(feature)
    if isinstance(storage, pandas.CategoricalDtype):
        storage_positions = _as_index(storage.categories).get_indexer(_as_index(feature.coded))
        return pandas.Series(pandas.Categorical.from_codes(np.append(storage_positions, -1)[position], dtype=storage))
    native = storage is None or isinstance(storage, np.dtype)
    # The entry at -1, the last one, is what stands for a missing value.
    known = pandas.Series([*feature.coded, feature.absent if native else None], dtype=object).to_numpy()
    values = pandas.Series(known[position], dtype=object)
    if storage is None or (native and lacking.any() and storage.kind == "b"):
        return values  # a column of booleans has no missing value
    if native and lacking.any() and storage.kind in "iu":
        return values.astype(np.float64)  # nor has a column of integers
    return values.astype(storage)


def _as_index(values: Any) -> pandas.Index[Any]:
    return pandas.Index(list(values), dtype=object, tupleize_cols=False)


def _storage(feature: FeatureSchema) -> Any:
    """The pandas type of the column, also where only its name is known."""
    is_named_only = feature.storage is None and feature.dtype
    return pandas.api.types.pandas_dtype(feature.dtype) if is_named_only else feature.storage
