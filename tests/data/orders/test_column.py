"""Columns of every type as ordered numbers."""

from __future__ import annotations

import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from auditkit.data.orders import Notation, numbers_of, order_of
from auditkit.errors import DataError

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
TODAY = datetime.date(2024, 2, 3)
NOON = datetime.datetime(2024, 2, 3, 12, tzinfo=datetime.UTC)
RISING = {
    "decimals": [decimal.Decimal("1.5"), decimal.Decimal("2")],
    "fractions": [fractions.Fraction(1, 3), fractions.Fraction(1, 2)],
    "dates": [TODAY, TODAY + DAY],
    "dates of numpy": list(np.array(["2024-02-03", "2024-02-04"], dtype="datetime64[D]")),
    "moments": [NOON, NOON + HOUR],
    "moments of two zones": [NOON.astimezone(datetime.timezone(5 * HOUR)), NOON + HOUR],
    "times": [datetime.time(9, 30), datetime.time(10, 15)],
    "lengths of time": [HOUR, DAY],
    "periods": [pd.Period("2024-01"), pd.Period("2024-02")],
    "intervals": [pd.Interval(1, 2), pd.Interval(2, 30)],
    "numbers and text": [1, "2,5"],
    "bytes": [b"1,5", b"2,5"],
    "real complex numbers": [1 + 0j, 2 + 0j],
    "text": ["9,5", "12,5"],
}
TYPED = {
    "datetime64": pd.Series(pd.to_datetime(["2024-02-03", "2024-02-04"])),
    "datetime64 in a zone": pd.Series(pd.to_datetime(["2024-02-03", "2024-02-04"], utc=True)),
    "timedelta64": pd.Series(pd.to_timedelta([1, 2], unit="h")),
    "period": pd.Series(pd.period_range("2024", periods=2, freq="M")),
    "interval": pd.Series(pd.arrays.IntervalArray.from_breaks([0, 1, 2])),
    "ordered category": pd.Series(["low", "high"], dtype=pd.CategoricalDtype(["low", "high"], ordered=True)),
    "category of texts": pd.Series(["9,5", "12,5"], dtype="category"),
    "category of numbers": pd.Series([9.5, 12.5], dtype="category"),
    "cut": pd.cut(pd.Series([1, 9]), 2),
    "string": pd.Series(["9,5", "12,5"], dtype="string"),
    "Int64": pd.Series([2**60, 2**61], dtype="Int64"),
    "big integers": pd.Series([2**60, 2**61]),
    "Float64": pd.Series([1.5, 2.5], dtype="Float64"),
    "sparse": pd.Series(pd.arrays.SparseArray([0.0, 2.0])),
}
ARROW = {
    pa.decimal128(10, 2): [decimal.Decimal("9.50"), decimal.Decimal("12.50")],
    pa.date32(): [TODAY, TODAY + DAY],
    pa.date64(): [TODAY, TODAY + DAY],
    pa.time32("s"): [datetime.time(9), datetime.time(10)],
    pa.time64("us"): [datetime.time(9), datetime.time(10)],
    pa.duration("ms"): [HOUR, DAY],
    pa.timestamp("ns", "UTC"): [NOON, NOON + HOUR],
    pa.string(): ["9,5", "12,5"],
    pa.large_string(): ["9,5", "12,5"],
    pa.binary(): [b"9,5", b"12,5"],
    pa.dictionary(pa.int8(), pa.string()): ["9,5", "12,5"],
}


def rises(column):
    values = order_of(column).values
    assert values is not None and values[0] < values[1] and np.isnan(values[2:]).all()


@pytest.mark.parametrize("name", RISING)
@pytest.mark.parametrize("missing", [(), (None,), (np.nan,), (pd.NA,), (pd.NaT,)], ids=str)
def test_objects(name, missing):
    rises(pd.Series([*RISING[name], *missing], dtype=object))


@pytest.mark.parametrize("name", TYPED)
def test_types_of_pandas(name):
    rises(TYPED[name])
    rises(TYPED[name].reindex([0, 1, 5]))


@pytest.mark.parametrize("kind", ARROW, ids=str)
def test_types_of_arrow(kind):
    array = pa.array([*ARROW[kind], None], type=pa.string() if pa.types.is_dictionary(kind) else kind)
    array = array.dictionary_encode() if pa.types.is_dictionary(kind) else array
    rises(array.to_pandas())
    rises(pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array]))))


def test_types_of_polars():
    frame = pl.DataFrame({
        "decimal": pl.Series([decimal.Decimal("9.5"), decimal.Decimal("12.5"), None], dtype=pl.Decimal(10, 2)),
        "duration": [HOUR, DAY, None],
        "time": [datetime.time(9), datetime.time(10), None],
        "date": [TODAY, TODAY + DAY, None],
        "enum": pl.Series(["low", "high", None], dtype=pl.Enum(["low", "high"])),
        "categorical": pl.Series(["9,5", "12,5", None], dtype=pl.Categorical),
    })  # fmt: skip
    for name in frame.columns:
        rises(frame.to_pandas()[name])


@pytest.mark.parametrize(
    "values", [[1 + 2j, 2 + 1j], [TODAY, 5], [TODAY, "5 kg"], [("a", 1), ("b", 2)], ["x", "y"], [HOUR, TODAY]], ids=str
)
def test_what_has_no_order(values):
    series = pd.Series(values, dtype=object)
    assert order_of(series).values is None


def test_numbers_are_read_strictly_where_only_numbers_make_sense():
    notation = Notation()
    assert numbers_of(["1,5", "2,5", None], notation, "scores")[:2].tolist() == [1.5, 2.5]
    assert numbers_of(np.array([1.5, 2.5]), notation, "scores") is None
    assert numbers_of(["1,5", "2,5", "3,5", "n/a"], notation, "scores") is None
    assert numbers_of(["2024-02-03"], notation, "scores") is None
    digits = [f"{1 + at % 12:02d}{1 + at % 11:02d}{1990 + at}" for at in range(30)]
    assert numbers_of(digits, notation, "scores").tolist() == [float(digit) for digit in digits]
    with pytest.raises(DataError, match="scores must be numbers, and its values can be read as"):
        numbers_of(["1,234", "5"], notation, "scores")
    assert numbers_of(["1,234", "5"], Notation(decimal=","), "scores").tolist() == [1.234, 5]
