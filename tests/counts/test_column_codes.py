"""A column of any form is the same sorted values and codes."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from auditkit.counts import Encoded, count, encode
from auditkit.errors import DataError

TEXTS = ["b", "", "ä", "a", "b", "long text", "日本", "a"]


def forms(texts):
    yield "numpy", np.array(texts, dtype=str)
    yield "strided", np.array([value for text in texts for value in (text, "x")], dtype=str)[::2]
    yield "objects", np.array(texts, dtype=object)
    yield "list", list(texts)
    yield "pandas", pd.Series(texts)
    yield "pandas objects", pd.Series(texts, dtype=object)
    yield "index", pd.Index(texts)
    yield "categorical", pd.Categorical(texts)
    yield "category with more values", pd.Series(pd.Categorical(texts, categories=["zz", *dict.fromkeys(texts)]))
    yield "polars", pl.Series(texts)
    yield "polars categories", pl.Series(texts, dtype=pl.Categorical)
    yield "arrow", pa.array(texts, pa.string())
    yield "arrow large", pa.array(texts, pa.large_string())
    yield "arrow dictionary", pa.array(texts, pa.string()).dictionary_encode()
    half = len(texts) // 2
    yield "arrow chunks", pa.chunked_array([texts[:half], texts[half:]], pa.string())
    pieces = [pa.array(part, pa.string()).dictionary_encode() for part in (texts[:half], texts[half:])]
    yield "arrow dictionaries", pa.chunked_array(pieces, pa.dictionary(pa.int32(), pa.string()))
    small = pa.DictionaryArray.from_arrays(pa.array([texts.index(t) for t in texts], pa.int8()), pa.array(texts))
    yield "arrow repeated dictionary", small


@pytest.mark.parametrize("kind", [name for name, _ in forms(TEXTS)])
def test_every_form_gives_the_sorted_texts(kind):
    column = dict(forms(TEXTS))[kind]
    values, codes = encode(column)
    assert values == tuple(sorted(set(TEXTS)))
    assert [values[code] for code in codes] == TEXTS
    counts = count({"g": column}, np.zeros(len(TEXTS), int))
    assert counts.values == (values,)
    assert counts.over(["g"]).tally.rows[:, 2, 0].tolist() == [TEXTS.count(value) for value in values]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_fixed_width_text_equals_numpy(texts):
    column = np.array(texts, dtype=str)
    values, codes = encode(column)
    expected, inverse = np.unique(column, return_inverse=True)
    assert values == tuple(expected.tolist()) and (codes == inverse).all()


def test_codes_stay_in_their_small_type():
    column = pd.Categorical(["a", "b"] * 5)
    assert encode(column).codes.dtype == np.int8
    assert encode(pd.Categorical(["a", "b"], categories=["b", "a"])).codes.dtype.itemsize == 1
    own = Encoded(("a", "b"), np.array([0, 1], np.uint8))
    assert encode(own) is own


def test_an_encoded_column_keeps_a_value_of_nobody_and_a_category_does_not():
    own = Encoded(("a", "b"), np.array([1, 1]))
    assert count({"g": own}, np.array([0, 1])).values == (("a", "b"),)
    assert count({"g": pd.Categorical(["b", "b"], categories=["a", "b"])}, np.array([0, 1])).values == (("b",),)


@pytest.mark.parametrize(
    "column",
    [
        ["a", None],
        np.array(["a", np.nan], dtype=object),
        pd.Series(["a", None]),
        pd.Categorical(["a", None]),
        pa.array(["a", None]),
        pa.array(["a", None]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", None])),
        pl.Series(["a", None]),
    ],
)
def test_a_missing_value_is_refused_and_not_dropped(column):
    with pytest.raises(DataError, match=r"missing values \(1 in all\)"):
        encode(column)
    with pytest.raises(DataError, match=r"missing values \(1 in all\)"):
        count({"g": column}, np.array([0, 1]))


def test_no_rows():
    for column in ([], np.array([], dtype=str), pa.array([], pa.string()), pd.Series([], dtype=str)):
        assert encode(column).values == ()
        assert count({"g": column}, np.array([], dtype=int)).people == 0
    assert encode(np.array(["", ""])).values == ("",)


@pytest.mark.parametrize("shared", [True, False])
def test_long_columns_of_objects_are_read_alike_whether_they_share_them_or_not(shared):
    rng = np.random.default_rng(0)
    names = np.array(["b", "a", "".join(["a"]), "日本", "b "], dtype=object)
    column = names[rng.integers(0, 5, 20_000)]
    if not shared:
        column = np.array([("x" + text)[1:] for text in column], dtype=object)
    values, codes = encode(column)
    assert values == ("a", "b", "b ", "日本")
    assert (np.array(values, dtype=object)[codes] == column).all()
    column[7] = None
    with pytest.raises(DataError, match=r"has missing values \(1 in all\)"):
        encode(column)


def test_many_objects_behind_a_sample_of_few_are_read_too():
    column = np.array(["same"] * 40_000, dtype=object)
    column[1::2] = [f"value {number % 3000}" for number in range(20_000)]
    values, codes = encode(column)
    assert len(values) == 3001 and (np.array(values, dtype=object)[codes] == column).all()
