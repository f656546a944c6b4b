"""Records in JSON are a table, and never rows of a csv."""

from __future__ import annotations

import gzip
import json

import pandas
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError

FRAME = pandas.DataFrame({"age": [31, 42, 53], "sex": ["f", "m", None], "rate": [0.5, None, 2.0], "y": [0, 1, 0]})


def texts():
    rows = json.loads(FRAME.to_json(orient="records"))
    return {
        "records.json": json.dumps(rows),
        "records.data": json.dumps(rows, indent=1),
        "columns.json": json.dumps({name: [row[name] for row in rows] for name in FRAME}),
        "default.json": FRAME.to_json(),
        "split.json": FRAME.to_json(orient="split"),
        "lines.jsonl": FRAME.to_json(orient="records", lines=True),
        "lines.ndjson": "\n" + FRAME.to_json(orient="records", lines=True) + "\n",
        "lines.txt": FRAME.to_json(orient="records", lines=True),
        "gaps.jsonl": "\n".join(json.dumps({k: v for k, v in row.items() if v is not None}) for row in rows),
    }


@pytest.mark.parametrize("name", texts())
def test_every_shape_is_the_same_table(tmp_path, name):
    (tmp_path / name).write_text(texts()[name])
    data = AuditData.from_table(tmp_path / name, label="y", positive=1, groups=["sex"])
    again = AuditData.from_table(FRAME, label="y", positive=1, groups=["sex"])
    assert data.groups["sex"].tolist() == again.groups["sex"].tolist() == ["f", "m", "(missing)"]
    assert data.inputs["age"].tolist() == [31, 42, 53] and data.inputs["rate"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("name", ["records.json", "lines.jsonl", "lines.txt"])
def test_records_that_are_compressed_are_the_same_table(tmp_path, name):
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(texts()[name].encode()))
    data = AuditData.from_table(path, label="y", positive=1, groups=["sex"])
    assert data.groups["sex"].tolist() == ["f", "m", "(missing)"] and data.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("cut.json", '[{"a": 1, "secret": 2}, {"a": ', "cannot be read as JSON: line 1"),
        ("cut.jsonl", '{"a": 1}\n{"a": secret}\n', "cannot be read as JSON: line 2"),
        ("number.json", "42", "holds JSON that is no table"),
        ("nested.json", '[{"a": {"secret": 2}}]', "column 'a' holds lists or objects"),
        ("ragged.json", '{"a": [1, 2], "b": [1]}', "one value per row"),
        ("twice.json", '[{"a": 1, "y": 1, "a": "secret"}]', "the name 'a' more than once"),
        ("twice.jsonl", '{"y": 1, "y": "secret"}\n{"y": 2}', "the name 'y' more than once"),
        ("rows.json", '{"a": {"0": "secret", "1": 2}, "y": {"1": 0, "0": 1}}', "name the same rows in the same order"),
        ("long.json", '{"columns": ["a", "y"], "data": [[1, 0], [1, 1, "secret"]]}', "one value for each of the 2"),
        ("short.json", '{"columns": ["a", "y"], "data": [["secret"], [1, 1]]}', "one value for each of the 2"),
        ("deep.json", "[" * 200_000, "cannot be read as JSON: it is too deep"),
        ("digits.json", '[{"a": ' + "9" * 5000 + "}]", "cannot be read as JSON: a number in it is too long"),
        ("cut.txt", '[{"a": 1, "secret": 2}, {"a": ', "cannot be read as JSON: line 1"),
        ("lists.csv", '["secret", "y"]\n[1, 0]\n', "holds JSON that is no table"),
    ],
)
def test_what_is_no_table_is_refused_without_its_values(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        AuditData.from_table(tmp_path / name, label="y")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("orient", ["columns", "split"])
def test_names_of_rows_are_left_out_in_words(tmp_path, orient):
    for index, noted in (([0, 1, 2], False), ([30, 40, 50], True), (["p", "q", "r"], True)):
        (tmp_path / "t.json").write_text(FRAME.set_axis(index, axis=0).to_json(orient=orient))
        data = AuditData.from_table(tmp_path / "t.json", label="y")
        assert data.feature_names == ("age", "sex", "rate") and data.labels.tolist() == [0, 1, 0]
        assert any("has no name and is left out" in note for note in data.notes) == noted


def test_columns_of_pandas_that_name_other_rows_are_not_put_side_by_side():
    columns = {name: FRAME[name] for name in FRAME}
    assert len(AuditData.from_table(columns, label="y")) == 3
    with pytest.raises(DataError, match="same index; that of 'rate' is another"):
        AuditData.from_table({**columns, "rate": FRAME["rate"].iloc[::-1]}, label="y")


def test_a_csv_whose_header_begins_like_json_stays_a_csv(tmp_path):
    (tmp_path / "odd.csv").write_text("{a},y\n1,0\n2,1\n")
    assert AuditData.from_table(tmp_path / "odd.csv", label="y").feature_names == ("{a}",)


MARKED = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
WORDS = [
    {"stadt": "größe" if number % 3 else "Łódź", "sex": "fm"[number % 2], "y": number % 2, "d": number % 2}
    for number in range(24)
]
SHAPES = {
    "records": json.dumps(WORDS, ensure_ascii=False),
    "indented": json.dumps(WORDS, ensure_ascii=False, indent=1),
    "columns": json.dumps({name: [row[name] for row in WORDS] for name in WORDS[0]}, ensure_ascii=False),
    "lines": "\n".join(json.dumps(row, ensure_ascii=False) for row in WORDS),
}
NAMES = ("t.json", "t.jsonl", "t.txt", "t", "t.csv", "t.json.gz", "t.csv.gz")


def read(path, **options):
    return AuditData.from_table(path, label="y", positive=1, groups=["sex"], **options)


@pytest.mark.parametrize("encoding", [*MARKED, "utf-16-le", "cp1250", "cp852"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_encoding_of_json_is_read_or_proposed_under_any_name(tmp_path, shape, encoding):
    """Read whole and counted in a stream, packed and not; what is proposed reads the file."""
    raw = SHAPES[shape].encode(encoding)
    for name in NAMES:
        path = tmp_path / name
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        data = read(path, encoding=encoding)
        assert data.inputs["stadt"].tolist() == [row["stadt"] for row in WORDS]
        assert (f"the file is read as {encoding}" in data.notes) == (encoding not in MARKED[:2])
        if encoding in MARKED:
            assert read(path).inputs.equals(data.inputs)
        else:
            with pytest.raises(DataError, match="is not UTF-8") as caught:
                read(path)
            assert encoding in [mend.value for mend in caught.value.mend]
            assert all(len(read(path, encoding=mend.value)) == len(WORDS) for mend in caught.value.mend)
        if shape != "lines":
            with pytest.raises(DataError, match="holds one document of JSON, which cannot be read a part at a time"):
                read(path, encoding=encoding, stream=True, decisions="d")
            continue
        counted = read(path, encoding=encoding, stream=True, decisions="d")
        assert counted.groups["sex"].tolist() == ["f", "m"] and counted.people.tolist() == [12, 12]
        if encoding not in MARKED:
            with pytest.raises(DataError, match="is not UTF-8"):
                read(path, stream=True, decisions="d")


@pytest.mark.parametrize("text", [SHAPES["lines"], "stadt,sex,y,d\n" + "Łódź,f,1,0\nb,m,0,1\n" * 6])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("declared", ["utf-8", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_mark_of_an_encoding_is_believed_and_is_no_part_of_a_name(tmp_path, text, encoding, declared):
    (tmp_path / "t.txt").write_bytes(text.encode(encoding))
    data = read(tmp_path / "t.txt", encoding=declared)
    assert data.feature_names == ("stadt", "sex", "d") and data.inputs["stadt"][0] == "Łódź"


def test_a_letter_that_a_pickle_may_begin_with_begins_a_text_where_its_encoding_is_said(tmp_path):
    (tmp_path / "t.csv").write_bytes("€,y\n1,0\n2,1\n".encode("cp1252"))
    assert AuditData.from_table(tmp_path / "t.csv", label="y", encoding="cp1252").feature_names == ("€",)
    with pytest.raises(DataError, match="is not UTF-8"):
        AuditData.from_table(tmp_path / "t.csv", label="y")
