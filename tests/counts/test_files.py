"""Counts of files of every kind are those of a group-by over the whole table."""

import datetime
import decimal
import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from auditkit.counts import arrow_codes, count_file, files, merge, streams, to_frame
from auditkit.data.blanks import Blanks
from auditkit.data.groups import group_column
from auditkit.errors import DataError

ROLES = {"groups": ["sex", "race"], "label": "y", "decision": "d"}


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "sex": rng.choice(np.array(["F", "M", None], dtype=object), n),
            "race": rng.choice(np.array(["a", "b", "c", "d"], dtype=object), n),
            "y": rng.choice(np.array(["no", "yes", None], dtype=object), n),
            "d": rng.choice(np.array(["no", "yes", None], dtype=object), n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


def expected(frame, groups=("sex", "race")):
    """{(groups…, label, decision): people} by a group-by of pandas."""
    marked = frame.assign(**{name: frame[name].fillna("(missing)") for name in groups})
    marked = marked.assign(**{name: frame[name].astype(object).fillna("-") for name in ("y", "d")})
    return marked.groupby([*groups, "y", "d"]).size().to_dict()


def people_by_cell(counts):
    frame = to_frame(counts)
    keys = [*counts.attributes, "label", "decision"]
    rows = frame[keys].astype(object).fillna("-").itertuples(index=False, name=None)
    return dict(zip(rows, frame["people"].tolist(), strict=True))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [13, 1 << 17])
def test_parquet_equals_a_group_by(tmp_path, monkeypatch, threads, batch):
    monkeypatch.setattr(streams, "BATCH", batch)
    monkeypatch.setattr(streams, "UNIT", 150)
    frame = table(1000)
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=90)
    counts = count_file(tmp_path / "t.parquet", **ROLES, threads=threads)
    assert people_by_cell(counts) == expected(frame)
    assert counts.values == (("(missing)", "F", "M"), ("a", "b", "c", "d")) and counts.classes == ("no", "yes")


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "categories", "plain", "semicolon"])
def test_every_kind_of_file_gives_the_same_table(tmp_path, kind):
    frame = table(500)
    path = tmp_path / f"t.{kind}"
    if kind == "categories":
        frame.astype(dict.fromkeys(("sex", "race", "y", "d"), "category")).to_parquet(path, row_group_size=99)
    elif kind == "plain":
        frame.to_parquet(path, use_dictionary=False)
    else:
        frame.to_csv(path, index=False, sep=";" if kind == "semicolon" else ",")
    assert people_by_cell(count_file(path, **ROLES)) == expected(frame)


def test_shards_of_several_kinds_are_one_table(tmp_path):
    frame = table(600)
    frame[:200].to_parquet(tmp_path / "1.parquet")
    frame[200:450].to_csv(tmp_path / "2.csv", index=False)
    frame[450:].to_parquet(tmp_path / "3.parquet")
    paths = [tmp_path / name for name in ("1.parquet", "2.csv", "3.parquet")]
    whole = count_file(paths, **ROLES)
    assert people_by_cell(whole) == expected(frame)
    assert people_by_cell(merge([count_file(path, **ROLES) for path in paths])) == expected(frame)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_weights_sum_to_the_same_bytes_whatever_the_threads(tmp_path, monkeypatch, threads):
    monkeypatch.setattr(streams, "UNIT", 100)
    frame = table(2000)
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=100)
    by_one_thread, by_many = (
        count_file(tmp_path / "t.parquet", **ROLES, weights="w", threads=workers) for workers in (1, threads)
    )
    assert (by_one_thread.tally.weight == by_many.tally.weight).all() and (
        by_one_thread.tally.square == by_many.tally.square
    ).all()
    assert by_one_thread.weighted and by_one_thread.tally.weight.sum() == pytest.approx(frame.w.sum())
    by_sex = by_one_thread.over(["sex"])
    marked = frame.sex.fillna("(missing)")
    for where, weight in zip(by_sex.where, by_sex.tally.weight, strict=True):
        assert weight.sum() == pytest.approx(frame.w[marked == where["sex"]].sum())


COLUMNS = {
    "bool": pa.array([True, False, None, True]),
    "int8": pa.array([1, 0, None, 1], pa.int8()),
    "int64 far": pa.array([5, 2**40, None, -(2**40)]),
    "int64 near": pa.array([-3, 70, None, 900]),
    "uint64": pa.array([2**64 - 1, 3, 2**63, None], pa.uint64()),
    "whole float": pa.array([1.0, 2.0, None, float("nan")]),
    "float": pa.array([0.5, float("nan"), None, -1e300]),
    "float32": pa.array([1.0, 3.5, None, 1.0], pa.float32()),
    "decimal": pa.array([decimal.Decimal("1.50"), decimal.Decimal("2.00"), None, None], pa.decimal128(10, 2)),
    "date": pa.array([datetime.date(2020, 1, 2), None, datetime.date(2020, 1, 2), datetime.date(1999, 1, 1)]),
    "text": pa.array(["a", "", None, "1"]),
    "large text": pa.array(["a", "", None, "1"], pa.large_string()),
    "nothing": pa.nulls(4, pa.string()),
    "no number": pa.nulls(4, pa.float64()),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("batch", [1, 2, 100])
def test_values_are_spelt_as_groups_of_audit_data_are(tmp_path, monkeypatch, name, batch):
    monkeypatch.setattr(streams, "BATCH", batch)
    parquet.write_table(pa.table({"g": COLUMNS[name]}), tmp_path / "t.parquet")
    marginal = count_file(tmp_path / "t.parquet", groups=["g"]).over(["g"])
    column = COLUMNS[name].to_pandas() if name != "decimal" else COLUMNS[name].cast(pa.float64()).to_pandas()
    if name == "uint64":
        column = np.array([2**64 - 1, 3, 2**63, None], dtype=object)  # pandas would round them
    names, sizes = np.unique(group_column("g", Blanks().off(column).values), return_counts=True)
    assert [where["g"] for where in marginal.where] == names.tolist()
    assert marginal.tally.rows.sum(axis=(1, 2)).tolist() == sizes.tolist()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (["1", "1.0", "2", ""], ["(missing)", "1", "2"]),
        (["1", "1.0", "x"], ["1", "1.0", "x"]),
        (["01", "1"], ["01", "1"]),
        (["true", "FALSE", "True"], ["False", "True"]),
        ([" a", "a ", "NA"], ["NA", "a"]),
        (["1e2", "100"], ["100"]),
    ],
)
def test_fields_are_numbers_where_all_are_over_all_files(tmp_path, monkeypatch, fields, names):
    (tmp_path / "t.csv").write_text("g,h\n" + "".join(f"{field},0\n" for field in fields))
    assert count_file(tmp_path / "t.csv", groups=["g"]).values == (tuple(names),)
    paths = []
    for at, text in enumerate(fields):
        paths.append(tmp_path / f"{at}.csv")
        paths[-1].write_text(f"g,h\n{text},0\n")
    assert count_file(paths, groups=["g"]).values == (tuple(names),)


def test_bins_and_renamed_values_fold_as_in_audit_data(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.integers(18, 90, 400).astype(float), "sex": rng.choice(["1", "2"], 400)})
    frame.loc[::7, "age"] = np.nan
    options = {"age": {"bins": [25, 45, 65]}, "sex": {"values": {"1": "male", "2": "female"}}}
    rename = {
        name: lambda raw, name=name: group_column(name, np.array(raw, dtype=object), options[name]) for name in options
    }
    direct = {name: group_column(name, frame[name], options[name]) for name in options}
    sizes = pd.DataFrame(direct).groupby(["age", "sex"]).size().to_dict()
    for path, write in ((tmp_path / "t.parquet", frame.to_parquet), (tmp_path / "t.csv", frame.to_csv)):
        write(path) if path.suffix == ".parquet" else write(path, index=False)
        marginal = count_file(path, groups=["age", "sex"], rename=rename).over(["age", "sex"])
        people = {tuple(w.values()): int(t.sum()) for w, t in zip(marginal.where, marginal.tally.rows, strict=True)}
        assert {key: size for key, size in people.items() if size} == sizes
    with pytest.raises(DataError, match="gave 1 names for 2"):
        count_file(tmp_path / "t.parquet", groups=["sex"], rename={"sex": lambda raw: ["one"]})


def test_decisions_are_spelt_as_labels_are_and_the_positive_class_comes_last(tmp_path):
    frame = pd.DataFrame({"y": [1, 0, 0, 1], "d": [True, False, True, True]})
    frame.to_parquet(tmp_path / "t.parquet")
    counts = count_file(tmp_path / "t.parquet", groups=[], label="y", decision="d")
    assert counts.classes == ("0", "1") and counts.tally.rows[0, :2, :2].tolist() == [[1, 1], [0, 2]]
    turned = count_file(tmp_path / "t.parquet", groups=[], label="y", decision="d", positive=0)
    assert turned.classes == ("1", "0") and turned.tally.rows[0, :2, :2].tolist() == [[2, 0], [1, 1]]
    with pytest.raises(DataError, match="positive must be one of the classes"):
        count_file(tmp_path / "t.parquet", groups=[], label="y", positive="yes")
    only = count_file(tmp_path / "t.parquet", groups=[], label="y")
    assert only.abstained and only.people == 4


def test_what_means_missing_can_be_said(tmp_path):
    pd.DataFrame({"g": ["?", "a"], "n": [-9, 1]}).to_parquet(tmp_path / "t.parquet")
    counts = count_file(tmp_path / "t.parquet", groups=["g", "n"], missing=["?", "-9"])
    assert counts.values == (("(missing)", "a"), ("(missing)", "1"))


def test_many_values_take_the_sparse_way_and_too_many_are_refused(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 10**9, 300) for name in "abc"} | {"y": 0, "d": 1})
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=100)
    counts = count_file(tmp_path / "t.parquet", groups=list("abc"))
    assert len(counts.cells) == 300 and counts.people == 300
    monkeypatch.setattr(files, "HELD", 50)
    again = count_file(tmp_path / "t.parquet", groups=list("abc"))
    assert (again.cells == counts.cells).all()
    monkeypatch.setattr(files, "ROWS", 250)
    with pytest.raises(DataError, match="more than 250 combinations"):
        count_file(tmp_path / "t.parquet", groups=list("abc"))
    monkeypatch.setattr(arrow_codes, "DISTINCT", 200)
    with pytest.raises(DataError, match="column 'a' has more than 200 different values"):
        count_file(tmp_path / "t.parquet", groups=["a"])


@pytest.fixture
def folder(tmp_path):
    table(50).to_parquet(tmp_path / "people.parquet")
    table(50).to_csv(tmp_path / "people.csv", index=False)
    whole = (tmp_path / "people.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-100])
    (tmp_path / "scrambled.parquet").write_bytes(whole[:8] + b"\xff" * 600 + whole[608:])
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("sex,race,y,d\n")
    (tmp_path / "ragged.csv").write_text("sex,race,y,d\nF,a,1,0\nM,secret,1\n")
    (tmp_path / "latin.csv").write_bytes("sex,race,y,d\nF,é,1,0\n".encode("latin1"))
    (tmp_path / "binary.csv").write_bytes(b"\x80\x04\x00\x00")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"sex,race,y,d\n" + b"F,a,1,0\n" * 9999)[:60])
    table(0).to_parquet(tmp_path / "none.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("peopel.csv", {}, "there is no file .* did you mean 'people.csv'"),
        (".", {}, "is a folder"),
        ("people.parquet", {"groups": ["sexx"]}, "no column 'sexx'; did you mean 'sex'"),
        ("people.csv", {"label": "yy"}, "no column 'yy'"),
        ("people.csv", {"groups": "sex"}, "must be a list"),
        ("people.csv", {"groups": ["sex", "sex"]}, "each column once"),
        ("people.csv", {"groups": ["sex"], "rename": {"race": list}}, "none of the groups"),
        ("people.csv", {"groups": [], "label": None, "decision": None}, "nothing to count"),
        ("people.csv", {"weights": "sex"}, "weights 'sex' must be numbers"),
        ("people.parquet", {"weights": "id"}, "positive finite numbers; 1 or more"),
        ("cut.parquet", {}, "cannot be read as parquet"),
        ("scrambled.parquet", {}, "scrambled.parquet cannot be read as parquet"),
        ("empty.csv", {}, "is empty"),
        ("header.csv", {}, "there are no rows"),
        ("none.parquet", {}, "there are no rows"),
        ("ragged.csv", {}, "has 3 fields, the header has 4; mend that line"),
        ("latin.csv", {}, "not UTF-8"),
        ("binary.csv", {}, "neither Parquet, csv nor records of JSON"),
        ("cut.csv.gz", {}, "cannot be unpacked.*it may be cut off"),
    ],
)
def test_what_cannot_be_counted_is_said(folder, name, more, words):
    with pytest.raises(DataError, match=words) as caught:
        count_file(folder / name, **(ROLES | more))
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="at least one file"):
        count_file([], **ROLES)


def test_lists_of_values_are_refused(tmp_path):
    parquet.write_table(pa.table({"g": pa.array([[1], [2]])}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="cannot be counted"):
        count_file(tmp_path / "t.parquet", groups=["g"])


def test_a_score_is_no_class(tmp_path):
    pd.DataFrame({"y": np.linspace(0, 1, 200)}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="'y' has 200 different values; at most 100"):
        count_file(tmp_path / "t.parquet", groups=[], label="y")
