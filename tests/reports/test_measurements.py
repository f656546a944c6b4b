"""The table of all measurements: every number, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re

import pyarrow.parquet
import pytest
from hypothesis import given, strategies as st

from auditkit.reports import measurements
from tests import fakes
from tests.reports.test_markdown import HOSTILE

FORMULAS = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", '"=1', "\ufeff=1",
    "\uff1d1", "=HYPERLINK(\"//evil.example\")",
]  # fmt: skip


def read(result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(measurements.as_csv(result).decode())))


def test_every_measurement_is_a_row_with_the_columns_of_the_frame():
    audit = fakes.audit()
    rows, frame = read(audit), audit.frame()
    assert list(rows[0]) == ["model", *frame.columns]
    assert len(rows) == len(frame)
    for row, (_, expected) in zip(rows, frame.iterrows(), strict=True):
        assert row["model"] == audit.model.name and row["check"] == expected["check"]
        assert (
            (row["value"] == "") if expected["value"] != expected["value"] else float(row["value"]) == expected["value"]
        )


def test_several_models_stand_below_each_other():
    comparison = fakes.comparison()
    assert {row["model"] for row in read(comparison)} == {result.model.name for result in comparison.results}
    assert len(read(comparison)) == sum(len(result.rows()) for result in comparison.results)


@pytest.mark.parametrize("payload", FORMULAS)
def test_a_text_that_a_spreadsheet_would_run_is_put_behind_an_apostrophe(payload):
    cell = measurements.inert(payload)
    assert cell.startswith("'") and not re.match(r"[=+\-@\t\r\n]", cell)


@pytest.mark.parametrize("cell", [-0.5, 3, None, "plain", "a=b", "sex=F", "a-b", ""])
def test_numbers_and_plain_texts_stay_as_they_are(cell):
    assert measurements.inert(cell) == cell


@given(st.text())
def test_no_text_begins_like_a_formula(text):
    assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", measurements.inert(text))


@pytest.mark.parametrize("payload", [*HOSTILE, *FORMULAS])
def test_no_cell_of_a_hostile_audit_begins_like_a_formula(payload):
    hostile = fakes.hostile("")
    spoilt = hostile.model_copy(update={"model": hostile.model.model_copy(update={"name": payload})})
    for row in read(spoilt):
        for name, cell in row.items():
            if name not in measurements.NUMBERS | measurements.COUNTS:
                assert not re.match(r"\s*[=+\-@]|[\t\r\n]", cell), (name, cell)


def test_parquet_is_the_same_table_with_types():
    comparison = fakes.comparison()
    table = pyarrow.parquet.read_table(io.BytesIO(measurements.as_parquet(comparison)))
    assert tuple(table.column_names) == measurements.COLUMNS
    assert str(table.schema.field("value").type) == "double" and str(table.schema.field("n").type) == "int64"
    expected = [{"model": result.model.name, **row} for result in comparison.results for row in result.rows()]
    assert table.drop(["slice", "conditions"]).to_pylist() == [
        {name: row[name] for name in row if name not in ("slice", "conditions")} for row in expected
    ]


def test_nothing_measured_is_a_header():
    empty = fakes.audit().model_copy(update={"results": ()})
    assert measurements.as_csv(empty).decode().strip() == ",".join(measurements.COLUMNS)
    assert pyarrow.parquet.read_table(io.BytesIO(measurements.as_parquet(empty))).num_rows == 0
