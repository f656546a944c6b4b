"""Schemas and codes: what a column is, and that a table comes back from its codes as it was."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.data import AuditData
from auditkit.data.codes import from_codes, to_codes
from auditkit.data.schema import infer_feature, infer_schema, merge_schemas, override_schema
from auditkit.errors import DataError

COLUMNS = {
    "float": [1.5, -2.25, math.nan, 0.0],
    "int": [3, -1, 2**40, 0],
    "small": pd.array([1, 2, 3, 250], dtype="uint8"),
    "single": np.array([0.1, 0.2, np.nan, 1e-30], dtype=np.float32),
    "identifier": [2**60 + 1, 2**60 + 2, 2**60 + 3, 0],
    "flag": [True, False, True, True],
    "flag missing": pd.Series([True, None, False, True], dtype=object),
    "flag nullable": pd.array([True, None, False, True], dtype="boolean"),
    "int nullable": pd.array([1, None, 3, -4], dtype="Int32"),
    "float nullable": pd.array([1.5, None, 3, -4], dtype="Float64"),
    "text": ["b", "a", "b", "NA"],
    "text none": pd.Series(["b", None, "b", "a"], dtype=object),
    "text nan": pd.Series(["b", np.nan, "b", "a"], dtype=object),
    "text nullable": pd.array(["b", None, "b", "a"], dtype="string"),
    "category": pd.Categorical(["low", None, "high", "low"], categories=["low", "mid", "high"], ordered=True),
    "category of numbers": pd.Categorical([3, 1, None, 3], categories=[3, 2, 1]),
    "objects": pd.Series([1, None, 3, 4], dtype=object),
    "mixed": pd.Series([1, "one", None, 2.5], dtype=object),
    "date": pd.to_datetime(["2024-01-01", None, "2025-06-30", "2024-01-01"]),
    "zone": pd.to_datetime(["2024-01-01", None, "2025-06-30", "2024-01-01"]).tz_localize("Europe/Vienna"),
    "arrow": pd.array([1, None, 3, 4], dtype="int16[pyarrow]"),
    "arrow text": pd.array(["x", None, "y", "x"], dtype="string[pyarrow]"),
    "tuples": pd.Series([(1, 2), (3,), None, (1, 2)], dtype=object),
    "empty": [math.nan] * 4,
    "empty objects": pd.Series([None] * 4, dtype=object),
}


def table(**columns):
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_kind_of_column_comes_back_from_its_codes(name):
    frame = pd.DataFrame({name: COLUMNS[name]})
    schema = infer_schema(frame)
    codes = to_codes(frame, schema)
    assert codes.shape == (4, 1) and codes.dtype == np.float64
    assert np.array_equal(np.isnan(codes[:, 0]), frame[name].isna())
    back = from_codes(codes, schema)
    pd.testing.assert_frame_equal(back, frame)
    absent = [value for value in frame[name].astype(object) if pd.isna(value) is True]
    again = [value for value in back[name].astype(object) if pd.isna(value) is True]
    assert [type(value) for value in again] == [type(value) for value in absent]


def test_all_columns_at_once_also_through_audit_data():
    frame = pd.DataFrame(COLUMNS)
    data = AuditData(frame)
    pd.testing.assert_frame_equal(data.decode(data.codes()), frame)
    assert np.array_equal(data.codes(), AuditData(data.decode(data.codes())).codes(), equal_nan=True)


VALUES = {
    "float": st.one_of(st.floats(allow_nan=True, allow_infinity=False), st.none()),
    "int": st.integers(-(2**53) + 1, 2**53 - 1),
    "text": st.one_of(st.text(max_size=5), st.none()),
    "flag": st.one_of(st.booleans(), st.none()),
    "date": st.one_of(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), st.none()),
}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_table_comes_back(data):
    rows = data.draw(st.integers(1, 8))
    columns = {}
    for name, values in VALUES.items():
        drawn = data.draw(st.lists(values, min_size=rows, max_size=rows))
        columns[name] = pd.Series(drawn, dtype={"int": "int64", "float": "float64"}.get(name, object))
    columns["category"] = columns["text"].astype("category")
    frame = pd.DataFrame(columns)
    schema = infer_schema(frame)
    pd.testing.assert_frame_equal(from_codes(to_codes(frame, schema), schema), frame, check_exact=True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("float", "number"), ("int", "integer"), ("identifier", "category"), ("flag missing", "boolean"),
     ("flag nullable", "boolean"), ("int nullable", "integer"), ("objects", "integer"), ("text", "category"),
     ("category of numbers", "category"), ("mixed", "category"), ("empty", "number")],
)  # fmt: skip
def test_kinds(name, kind):
    assert infer_feature(pd.Series(COLUMNS[name]), name).kind == kind


def test_facts_of_a_feature():
    feature = infer_feature(pd.Series([3.0, np.nan, -1.0, 7.0]), "debt")
    assert (feature.kind, feature.low, feature.high, feature.missing) == ("integer", -1.0, 7.0, 1)
    category = infer_feature(pd.Series(COLUMNS["category"]), "level")
    assert category.categories == ("low", "mid", "high")  # the unused one too, in their order
    assert infer_feature(pd.Series(["b", "a", "c"]), "t").categories == ("a", "b", "c")


def test_decoding_clips_nothing():
    frame = table(byte=np.array([1, 2], dtype=np.uint8), whole=[1, 2])
    schema = infer_schema(frame)
    back = from_codes(np.array([[300.0, 1.6], [-1.0, 1e12]]), schema)
    assert back["byte"].tolist() == [300, -1] and back["whole"].tolist() == [2, 10**12]
    assert from_codes(np.array([[1e30, np.nan]]), schema).iloc[0, 0] == 1e30
    assert math.isnan(from_codes(np.array([[1.0, np.nan]]), schema).iloc[0, 1])
    nullable = infer_schema(table(x=pd.array([1, None], dtype="Int8")))
    assert from_codes(np.array([[300.0], [np.nan]]), nullable)["x"].tolist() == [300, pd.NA]


def test_missing_codes_among_booleans_and_categories_of_integers():
    frame = table(flag=[True, False], code=[7, 8])
    schema = override_schema(infer_schema(frame), {"code": {"kind": "category"}}, frame)
    back = from_codes(np.full((1, 2), np.nan), schema)
    assert back.isna().all(axis=None)
    pd.testing.assert_frame_equal(from_codes(to_codes(frame, schema), schema), frame)


@pytest.mark.parametrize("code", [2.0, -1.0, 17.0])
def test_a_code_without_a_category_is_refused(code):
    with pytest.raises(DataError, match=r"column 't': the code .* none of its 2 categories"):
        from_codes(np.array([[code]]), infer_schema(table(t=["a", "b"])))


def test_codes_of_the_wrong_width_and_tables_of_other_columns_are_refused():
    schema = infer_schema(table(income=[1, 2]))
    with pytest.raises(DataError, match=r"shape \(N, 1\)"):
        from_codes(np.zeros((2, 2)), schema)
    with pytest.raises(DataError, match="no column 'income'; did you mean 'incomes'"):
        to_codes(table(incomes=[1]), schema)
    with pytest.raises(DataError, match="'c' is none of the 2 categories"):
        to_codes(table(t=["c"]), infer_schema(table(t=["a", "b"])))


def test_columns_may_stand_in_another_order_or_be_called_by_numbers():
    frame = pd.DataFrame({0: [1, 2], 1: ["a", "b"]})
    data = AuditData(frame)
    assert list(data.decode(data.codes()).columns) == [0, 1]
    assert to_codes(frame[[1, 0]], data.schema).tolist() == data.codes().tolist()


def test_infinite_values_duplicate_names_and_lists_are_refused():
    with pytest.raises(DataError, match=r"column 'x' holds infinite values \(2 in all\); replace them"):
        infer_schema(table(x=[1.0, math.inf, -math.inf]))
    with pytest.raises(DataError, match="'a' occurs more than once"):
        infer_schema(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match="column 'l' holds values that cannot be compared"):
        infer_schema(table(l=[[1], [2]]))


def test_overrides():
    frame = table(zip=[1010, 8010], age=[17, 90], city=["Graz", "Wien"])
    schema = override_schema(
        infer_schema(frame),
        {"zip": {"kind": "category"}, "age": {"mutable": False, "low": 0, "high": 120},
         "city": {"categories": ["Wien", "Graz", "Linz"]}},
        frame,
    )  # fmt: skip
    post, age, city = schema
    assert post.kind == "category" and post.categories == (1010, 8010) and post.low is None
    assert (age.mutable, age.low, age.high) == (False, 0.0, 120.0)
    assert city.categories == ("Wien", "Graz", "Linz")
    assert to_codes(frame, schema).tolist() == [[0, 17, 1], [1, 90, 0]]
    pd.testing.assert_frame_equal(from_codes(to_codes(frame, schema), schema), frame)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"agee": {}}, "no column 'agee'; did you mean 'age'"),
        ({"age": {"kinds": "number"}}, "unknown fact 'kinds'; did you mean 'kind'"),
        ({"age": {"kind": "word"}}, "kind must be one of"),
        ({"city": {"kind": "number"}}, "the values are category, they cannot be read as number"),
        ({"city": {"low": 1}}, "low is for numbers"),
        ({"age": {"low": 9, "high": 1}}, "low must not be above high"),
        ({"age": {"categories": [1]}}, "categories are for a category"),
        ({"city": {"categories": ["Graz"]}}, "categories must name every value once; the data also holds 'Wien'"),
        ({"city": {"categories": ["Graz", "Wien", "Wien"]}}, "one occurs twice"),
    ],
)
def test_overrides_that_cannot_be(facts, message):
    frame = table(age=[17, 90], city=["Graz", "Wien"])
    with pytest.raises(DataError, match=message):
        override_schema(infer_schema(frame), facts, frame)


def test_two_splits_share_their_codes():
    first = table(t=["a", "c"], n=[1, 2], c=pd.Categorical(["x", "y"]))
    second = table(t=["b", "c"], n=[0.5, 9], c=pd.Categorical(["z", "x"]))
    first_schema, second_schema = merge_schemas(infer_schema(first), infer_schema(second))
    assert first_schema[0].categories == second_schema[0].categories == ("a", "c", "b")
    assert to_codes(first, first_schema)[1, 0] == to_codes(second, second_schema)[1, 0] == 1
    assert (first_schema[1].low, first_schema[1].high, first_schema[1].kind) == (0.5, 9.0, "number")
    assert to_codes(first, first_schema)[0, 2] == to_codes(second, second_schema)[1, 2]
    back = from_codes(np.array([[2, 1, 2]]), first_schema)  # what only the other split holds can be decoded too
    assert back.iloc[0].tolist() == ["b", 1, "z"] and list(back["c"].cat.categories[:2]) == ["x", "y"]
    assert from_codes(to_codes(second, second_schema), second_schema)["c"].tolist() == ["z", "x"]


def test_splits_that_disagree_are_refused():
    with pytest.raises(DataError, match="'x' is integer in the data and category in the training split"):
        merge_schemas(infer_schema(table(x=[1])), infer_schema(table(x=["?"])))
    empty, full = merge_schemas(infer_schema(table(x=[np.nan])), infer_schema(table(x=["a"])))
    assert empty[0].kind == "number" and full[0].categories == ("a",)
