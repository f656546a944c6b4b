"""Frames of every library give the same audit data, and what is not in memory yet is collected within a limit."""

import datetime
import decimal
import types
import zipfile

import dask.config
import dask.dataframe
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError

ROWS = 60
DAY = datetime.date(2024, 2, 3)


def gaps(values, every):
    return [None if row % every == 0 else value for row, value in enumerate(values)]


def table():
    rows = range(ROWS)
    days = [DAY + datetime.timedelta(row) for row in rows]
    return pa.table(
        {
            "y": pa.array([row % 2 for row in rows]),
            "g": pa.array(["f", "m", "x"] * 20),
            "integer": pa.array(gaps(rows, 7)),
            "byte": pa.array(rows, pa.int8()),
            "float": pa.array([None if row == 3 else row / 7 for row in rows], pa.float32()),
            "boolean": pa.array([row % 3 == 0 for row in rows]),
            "boolean with gaps": pa.array(gaps([row % 3 == 0 for row in rows], 5)),
            "text": pa.array(gaps(["a", "b c"] * 30, 6)),
            "day": pa.array(gaps(days, 11)),
            "moment": pa.array([datetime.datetime(2024, 2, 3, row % 24) for row in rows]),
            "span": pa.array(gaps([datetime.timedelta(hours=row) for row in rows], 4)),
            "decimal": pa.array(gaps([decimal.Decimal(row) / 4 for row in rows], 9), pa.decimal128(9, 2)),
            "category": pa.array(["p", "q", "r"] * 20).dictionary_encode(),
        }
    )


def relation(frame):
    return duckdb.connect().from_arrow(frame)


def parts(frame):
    with dask.config.set({"dataframe.convert-string": False}):
        return dask.dataframe.from_pandas(frame.to_pandas(), npartitions=3)


FRAMES = {
    "arrow": lambda frame: frame,
    "stream": lambda frame: frame.to_reader(16),
    "data set": pa.dataset.dataset,
    "scanner": lambda frame: pa.dataset.dataset(frame).scanner(),
    "polars": pl.from_arrow,
    "polars, lazy": lambda frame: pl.from_arrow(frame).lazy(),
    "dask": parts,
    "pandas of arrow": lambda frame: frame.to_pandas().assign(
        category=pd.Series(frame["category"].to_pandas(), dtype=pd.ArrowDtype(frame["category"].type))
    ),
    "duckdb": relation,
}


def read(source, **options):
    return AuditData.from_table(source, label="y", groups=["g"], drop=["g"], **options)


@pytest.mark.parametrize("kind", FRAMES)
def test_the_same_table_is_the_same_data_in_every_library(kind):
    frame = table()
    if kind == "duckdb":  # which has no dictionaries: it holds them as texts
        frame = frame.drop(["category"])
    expected, given = read(frame.to_pandas()), read(FRAMES[kind](frame))
    for name in expected.inputs:  # one by one, to see which differs
        pd.testing.assert_series_equal(given.inputs[name], expected.inputs[name], check_categorical=False)
    assert given.digest == expected.digest and given.notes == expected.notes


def test_a_frame_in_parts_and_a_training_split_of_another_library_are_read_alike():
    frame = table().drop(["category"])
    as_pandas_frame = read(frame.to_pandas(), train=frame.to_pandas())
    assert read(relation(frame), train=pl.from_arrow(frame).lazy()).train.digest == as_pandas_frame.train.digest


@pytest.mark.parametrize(
    "values", [pl.Series, pa.array, lambda y: relation(pa.table({"v": y})), lambda y: pl.DataFrame({"v": y})]
)
def test_labels_and_groups_are_columns_of_any_library(values):
    frame = pl.from_arrow(table()).select("byte", "float")
    labels, groups = np.tile([0, 1], 30), np.tile(["f", "m", "x"], 20)
    data = AuditData.from_table(frame, label=values(labels), groups={"sex": values(groups)})
    assert data.labels.tolist() == labels.tolist() and data.groups["sex"].tolist() == groups.tolist()


def test_a_table_of_several_columns_is_no_column():
    with pytest.raises(DataError, match=r"one value per row; a table of 2 columns"):
        AuditData.from_table({"a": [1, 2]}, label=[0, 1], groups={"g": pl.DataFrame({"x": [1, 2], "z": [1, 2]})})


@pytest.mark.parametrize("kind", ["stream", "data set", "polars, lazy", "dask", "duckdb"])
def test_what_is_not_in_memory_is_collected_within_a_limit(kind):
    with pytest.raises(DataError, match=r"would take .* of memory or more.*write memory_limit = (\d+)") as refused:
        read(FRAMES[kind](table()), memory_limit=1000)
    mended = read(FRAMES[kind](table()), **{refused.value.mend[0].setting.removeprefix("data."): 10**6})
    assert len(mended) == ROWS


def test_a_query_that_fails_is_an_error_of_the_data():
    con = duckdb.connect()
    con.execute("create table t as select * from (values ('a'), ('b')) v(x)")
    with pytest.raises(DataError, match=r"could not be collected: .*Conversion"):
        read(con.sql("select cast(x as integer) as y from t"))
    with pytest.raises(DataError, match=r"could not be collected: .*unable to find column"):
        read(pl.LazyFrame({"a": [1]}).select("b"))


@pytest.mark.parametrize("member", ["[Content_Types].xml", "mimetype"])
def test_spreadsheets_are_refused_with_the_way_out(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr(member, "<x/>")
    (tmp_path / "book.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    for name in ("book.xlsx", "book.xls"):
        with pytest.raises(DataError, match=r"is a spreadsheet.*csv \(UTF-8\).*to_parquet"):
            read(tmp_path / name)


def test_no_table_is_said_to_be_none():
    with pytest.raises(DataError, match=r"pandas, polars, Arrow, DuckDB, Dask.*SimpleNamespace was given"):
        read(types.SimpleNamespace())
