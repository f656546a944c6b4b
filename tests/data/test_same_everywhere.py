"""The same table gives the same groups, numbers and missing values whichever reader it comes through."""

from __future__ import annotations

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.value_spelling import match_class

ROWS = 60
NOON, DAY = datetime.datetime(2024, 2, 3, 12), datetime.date(2024, 2, 3)
COLUMNS = {
    "integers": [1, 2, 3],
    "integers, one missing": [1, 2, None],
    "whole floats": [1.0, 2.0, 3.0],
    "floats": [0.1, 2.5, None],
    "floats in half the bytes": np.array([0.1, 2.5, 3.0], dtype=np.float32),
    "booleans": [True, False, True],
    "booleans, one missing": [True, False, None],
    "texts": ["a", "b c", None],
    "codes": ["1", "2", "2"],
    "codes with a point": ["1.0", "2.0", "2.0"],
    "words for true": ["true", "false", "true"],
    "capitals for true": ["TRUE", "FALSE", "TRUE"],
    "zip codes": ["01234", "1010", None],
    "days": [DAY, DAY + datetime.timedelta(1), None],
    "midnights": [datetime.datetime(2024, 2, 3), datetime.datetime(2024, 2, 4), None],
    "moments": [NOON, NOON + datetime.timedelta(0, 1), None],
    "texts like nan": ["nan", "NA", "None"],
    "blanks around": ["male ", " male", "fe male"],
    "nothing but blanks": ["", "  ", "a"],
    "numbers with blanks": [" 1", "2 ", "3"],
    "lengths of time": [datetime.timedelta(hours=2), datetime.timedelta(hours=-2), None],
    "days long": [datetime.timedelta(days=1), datetime.timedelta(days=2), None],
    "parts of seconds": [NOON, NOON + datetime.timedelta(milliseconds=500), None],
    "moments in a zone": [NOON.replace(tzinfo=datetime.UTC), None],
    "times of day": [datetime.time(9, 30), datetime.time(12), None],
    "nanoseconds": np.array(["2024-02-03T12:00:00.000000001", "2024-02-04"], dtype="datetime64[ns]"),
    "midnights in nanoseconds": np.array(["2024-02-03", "2024-02-04"], dtype="datetime64[ns]"),
    "lengths in nanoseconds": np.array([1, 2_000, 3 * 10**9], dtype="timedelta64[ns]"),
}
MISSING = [None, np.nan, pd.NA, pd.NaT, float("nan")]


def frame_of(values):
    values = (
        list(np.resize(np.array(values, dtype=object), ROWS)) if isinstance(values, list) else np.resize(values, ROWS)
    )
    groups = pd.Series(values, dtype=None if isinstance(values, np.ndarray) else object).infer_objects()
    return pd.DataFrame(
        {
            "g": groups,
            "x": np.arange(ROWS) / 4,
            "y": np.resize(["no", "yes"], ROWS),
            "d": np.resize(["no", "no", "yes"], ROWS),
        }
    )


def sources(frame, folder):
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    yield "frame", frame
    yield "csv", folder / "t.csv"
    yield "parquet", folder / "t.parquet"
    yield "arrow", pa.Table.from_pandas(frame)
    yield "polars", pl.from_pandas(frame)
    yield "polars, lazy", pl.from_pandas(frame).lazy()
    yield "nullable", frame.convert_dtypes()
    yield "backed by arrow", frame.convert_dtypes(dtype_backend="pyarrow")
    yield "dictionary", {name: frame[name].tolist() for name in frame}
    yield "objects", frame.astype(object)
    yield "category", frame.assign(g=frame["g"].astype("category"))


@pytest.mark.parametrize("name", COLUMNS)
def test_groups_are_the_same_through_every_reader(name, tmp_path):
    frame = frame_of(COLUMNS[name])
    expected = AuditData.from_table(frame, label="y", groups=["g"], drop=["g"], decisions="d")
    for kind, source in sources(frame, tmp_path):
        if name == "floats in half the bytes" and kind in ("dictionary", "objects"):
            continue  # Python has no such numbers
        read = AuditData.from_table(source, label="y", groups=["g"], drop=["g"], decisions="d")
        assert read.groups["g"].tolist() == expected.groups["g"].tolist(), kind
        assert (
            read.labels.tolist() == expected.labels.tolist() and read.codes().tolist() == expected.codes().tolist()
        ), kind
        assert read.recorded.decisions.tolist() == expected.recorded.decisions.tolist(), kind
        assert not [note for note in read.notes if "missing lists" in note]


@pytest.mark.parametrize("values", [[1.0, 2.5, "unknown"], [1, "2.0", "3"], [1.0, " 1 ", None]], ids=repr)
def test_a_column_of_numbers_and_texts_has_the_groups_that_it_has_as_csv(values, tmp_path):
    frame = frame_of(values)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_json(tmp_path / "t.json", orient="records")
    roles = {"label": "y", "groups": ["g"], "drop": ["g"]}
    read = [AuditData.from_table(source, **roles) for source in (frame, tmp_path / "t.csv", tmp_path / "t.json")]
    assert read[0].groups["g"].tolist() == read[1].groups["g"].tolist() == read[2].groups["g"].tolist()


TIMES = ["blanks around", "nothing but blanks", "lengths of time", "parts of seconds", "nanoseconds", "times of day"]


@pytest.mark.parametrize("name", TIMES)
def test_files_that_are_streamed_have_the_same_groups(name, tmp_path):
    frame = frame_of(COLUMNS[name])
    whole = AuditData.from_table(frame, label="y", groups=["g"], drop=["g"], decisions="d")
    for _, source in list(sources(frame, tmp_path))[1:3]:
        data = AuditData.from_table(source, label="y", groups=["g"], decisions="d", stream=True)
        names, sizes = np.unique(whole.groups["g"], return_counts=True)
        assert [int(data.people[data.groups["g"] == value].sum()) for value in names] == sizes.tolist(), source


def test_blanks_around_labels_decisions_and_ids_are_no_part_of_them_in_any_reader(tmp_path):
    frame = frame_of(["a", "b"]).assign(
        y=np.resize(["yes ", "no", "yes"], ROWS),
        d=np.resize(["yes", " ", "no "], ROWS),
        id=np.resize(["1 ", "1"], ROWS),
    )
    for kind, source in sources(frame, tmp_path):
        data = AuditData.from_table(source, label="y", groups=["g"], decisions="d", id="id", abstain="")
        assert data.classes == ("no", "yes") and data.withheld.sum() == ROWS / 3 and set(data.ids) == {0}, kind
        assert any("blanks around the values of" in note for note in data.notes), kind
    kept = AuditData.from_table(frame, label="y", groups=["g"], strip=False)
    assert kept.classes == ("no", "yes", "yes ")


def test_an_empty_text_is_a_group_only_where_something_else_is_listed_as_missing(tmp_path):
    frame = frame_of(["", "NA", "a"])
    for kind, source in sources(frame, tmp_path):
        for missing, expected in ((None, ["(missing)", "NA"]), (["NA"], ["(empty)", "(missing)"])):
            data = AuditData.from_table(source, label="y", groups=["g"], missing=missing)
            assert data.groups["g"][:2].tolist() == expected, kind


@pytest.mark.parametrize("missing", MISSING, ids=repr)
def test_every_kind_of_missing_is_missing(missing, tmp_path):
    frame = frame_of(["a", "b", "c"])
    frame["g"] = pd.Series(np.resize(np.array(["a", missing, "b"], dtype=object), ROWS), dtype=object)
    data = AuditData.from_table(frame, label="y", groups=["g"], drop=["g"])
    assert data.groups["g"][:3].tolist() == ["a", "(missing)", "b"]


MARKED = {
    "integers": [-1, 20, 30],
    "floats": [-1.0, 20.5, 30.0],
    "floats in half the bytes": np.array([-1, 20.5, 30], dtype=np.float32),
    "decimals": [decimal.Decimal("-1.00"), decimal.Decimal("20.50"), decimal.Decimal("30.00")],
    "texts": ["-1", "a", "b"],
    "texts with a point": ["-1.0", "a", "b"],
}


@pytest.mark.parametrize("marker", ["-1", "-1.0", "-1.00"])
@pytest.mark.parametrize("name", MARKED)
def test_a_number_that_means_missing_is_found_in_every_spelling_and_reader(name, marker, tmp_path):
    frame = frame_of(MARKED[name])
    for kind, source in sources(frame, tmp_path):
        data = AuditData.from_table(source, label="y", groups=["g"], drop=["g"], missing=["", marker, "typo"])
        assert (data.groups["g"] == "(missing)").sum() == ROWS / 3, kind
        assert [note for note in data.notes if "missing lists" in note] == [
            "missing lists 'typo', which no value has"
        ], kind
        column = AuditData.from_table(source, label="y", missing=["", marker]).inputs["g"]
        assert column.isna().sum() == ROWS / 3, kind


@pytest.mark.parametrize("marker", ["-1", "-1.0"])
@pytest.mark.parametrize("name", ["integers", "floats", "texts", "texts with a point"])
def test_files_that_are_streamed_miss_the_same(name, marker, tmp_path):
    frame = frame_of(MARKED[name])
    whole = AuditData.from_table(frame, label="y", groups=["g"], drop=["g", "x"], decisions="d", missing=[marker])
    for _, source in list(sources(frame, tmp_path))[1:3]:
        roles = {"label": "y", "groups": ["g"], "decisions": "d", "missing": ["", marker, "typo"], "stream": True}
        data = AuditData.from_table(source, **roles)
        for value in np.unique(whole.groups["g"]):
            assert data.people[data.groups["g"] == value].sum() == (whole.groups["g"] == value).sum()
        assert [note for note in data.notes if "lists" in note] == ["missing lists 'typo', which no value has"]


def test_dates_and_booleans_may_mean_missing():
    frame = frame_of([datetime.datetime(1900, 1, 1), NOON, NOON])
    data = AuditData.from_table(frame, label="y", groups=["g"], drop=["g"], missing=["1900-01-01"])
    assert (data.groups["g"] == "(missing)").sum() == ROWS / 3
    data = AuditData.from_table(frame_of([DAY, DAY, NOON.date()]), label="y", groups=["g"], missing=["1900-01-01"])
    assert any("'1900-01-01', which no value has" in note for note in data.notes)


@pytest.mark.parametrize("first", ["1900-01-01 00:00:00", "1900-01-01T00:00:00", " 1900-01-01"])
def test_a_moment_that_means_missing_is_found_in_every_spelling(first, tmp_path):
    frame = frame_of([first, "2024-02-03", "2024-02-04"])
    for kind, source in sources(frame, tmp_path):
        data = AuditData.from_table(source, label="y", groups=["g"], missing=["", "1900-01-01"])
        assert (data.groups["g"] == "(missing)").sum() == ROWS / 3, kind
        assert not any("missing lists" in note for note in data.notes), kind


def test_a_number_is_no_marker_of_another():
    frame = frame_of(["01", "1", "10"])
    data = AuditData.from_table(frame, label="y", groups=["g"], drop=["g"], missing=["1"])
    assert data.groups["g"][:3].tolist() == ["01", "(missing)", "10"]


@pytest.mark.parametrize("levels", [["age"], ["age", "town"], ["age", None]])
def test_an_index_with_a_name_is_columns(levels, tmp_path):
    frame = frame_of(["a", "b", "c"])
    values = {"age": np.arange(ROWS) % 50, "town": np.resize(["u", "v"], ROWS), None: np.resize(["k", "l"], ROWS)}
    arrays = [values[level] for level in levels]
    frame.index = (
        pd.Index(arrays[0], name=levels[0]) if len(levels) == 1 else pd.MultiIndex.from_arrays(arrays, names=levels)
    )
    frame.to_parquet(tmp_path / "t.parquet")
    for source in (frame, tmp_path / "t.parquet", pa.Table.from_pandas(frame)):
        data = AuditData.from_table(source, label="y", groups=["g"], drop=["g", "d"])
        assert data.feature_names == (*[level for level in levels if level], "x")
        assert data.inputs["age"].tolist() == values["age"].tolist()
        assert any("index" in note for note in data.notes) == (None in levels)


def test_an_index_without_a_name_is_left_out_in_words_where_it_is_no_count_of_rows():
    frame = frame_of(["a", "b", "c"])
    rows, numbered = np.arange(ROWS), [f"p{at}" for at in range(ROWS)]
    for index, noted in ((rows, False), (rows[::-1] + 7, False), (rows * 3, True), (rows // 2, True), (numbered, True)):
        data = AuditData.from_table(frame.set_axis(index, axis=0), label="y", drop=["g", "d"])
        assert data.feature_names == ("x",)
        assert any("has no name and is left out" in note for note in data.notes) == noted
    with pytest.raises(DataError, match=r"both called 'x'; rename one of them.*reset_index"):
        AuditData.from_table(frame.set_axis(pd.Index(range(ROWS), name="x"), axis=0), label="y")
    inputs = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index([30, 40], name="age"))
    assert any("is left out: age; call" in note and "reset_index()" in note for note in AuditData(inputs).notes)


@pytest.mark.parametrize("value", [1, 1.0, "1", "1.0", True, "True", "true", "TRUE", np.int64(1), np.float32(1)])
@pytest.mark.parametrize(
    "known", [(0, 1), (0.0, 1.0), ("0", "1"), ("0.0", "1.0"), (False, True), ("False", "True"), ("false", "true")]
)
def test_one_class_written_in_many_ways(value, known):
    assert match_class(value, known) == known[1]
    assert match_class("yes", known) == "yes" and match_class(2, known) == 2


def test_json_gives_the_same(tmp_path):
    frame = frame_of([1, 2, 3])
    (tmp_path / "t.json").write_text(json.dumps(frame.to_dict("records")))
    data = AuditData.from_table(tmp_path / "t.json", label="y", groups=["g"], drop=["g"], missing=["1", "typo"])
    assert data.groups["g"][:3].tolist() == ["(missing)", "2", "3"]
    assert "missing lists 'typo', which no value has" in data.notes
