"""Records in JSON are a table, and never rows of a csv."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("cut.json", '[{"a": 1, "secret": 2}, {"a": ', "cannot be read as JSON: line 1"),
        ("cut.jsonl", '{"a": 1}\n{"a": secret}\n', "cannot be read as JSON: line 2"),
        ("number.json", "42", "holds JSON that is no table"),
        ("nested.json", '[{"a": {"secret": 2}}]', "column 'a' holds lists or objects"),
        ("ragged.json", '{"a": [1, 2], "b": [1]}', "one value per row"),
        ("deep.json", "[" * 200_000, "cannot be read as JSON"),
    ],
)
def test_what_is_no_table_is_refused_without_its_values(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said) as caught:
        AuditData.from_table(tmp_path / name, label="y")
    assert "secret" not in str(caught.value)


def test_a_csv_whose_header_begins_like_json_stays_a_csv(tmp_path):
    (tmp_path / "odd.csv").write_text("{a},y\n1,0\n2,1\n")
    assert AuditData.from_table(tmp_path / "odd.csv", label="y").feature_names == ("{a}",)
