"""Ids that name people: who stands in several rows, and who only looks like another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data.identifiers import numbered

FRAME = pd.DataFrame({
    "id": [f"p{number}" for number in range(200)], "age": np.resize([30, 40], 200), "sex": np.resize(list("FFMM"), 200),
    "y": np.resize([0, 1, 1], 200),
})  # fmt: skip


def integrity(frame, **options):
    data = auditkit.AuditData.from_table(frame, label="y", groups=["sex"], decisions="y2", **options)
    return auditkit.audit(None, data, checks=["data.integrity"], budget="quick").results[0]


@pytest.fixture(scope="module")
def frame():
    return FRAME.assign(y2=FRAME["y"])


def value(result, name):
    return next(measurement.value for measurement in result.measurements if measurement.name == name)


def test_alike_people_are_no_repeats_where_ids_are_unique(frame):
    result = integrity(frame, id="id")
    assert result.measurements[0].name == "repeated_id_share" and result.measurements[0].value == 0
    assert value(result, "duplicate_share") == 196 / 200
    assert "no person twice; 98.0 % share all values with another" in " ".join(result.notes)
    assert "share all values" in result.definitions["duplicate_share"].title


def test_ids_that_repeat_are_a_finding(frame):
    result = integrity(frame.assign(id=np.resize(frame["id"].to_numpy()[:150], 200)), id="id")
    assert value(result, "repeated_id_share") == 50 / 200
    assert "50 rows have the id of an earlier row" in " ".join(result.notes)
    few = integrity(frame.assign(id=np.resize(frame["id"].to_numpy()[:197], 200)), id="id")
    assert ": 3 rows have the id" in " ".join(few.notes)


def test_without_ids_equal_rows_are_repeats(frame):
    result = integrity(frame, drop="id")
    assert result.measurements[0].name == "duplicate_share"
    assert result.definitions["duplicate_share"].title == "Repeated rows"
    assert not any("id" in note.split() for note in result.notes)


def test_an_id_of_several_columns_and_missing_ids(frame):
    two = frame.assign(id=np.repeat(np.arange(100), 2), visit=np.resize([1, 2], 200))
    assert value(integrity(two, id=["id", "visit"]), "repeated_id_share") == 0
    lacking = integrity(frame.assign(id=frame["id"].where(frame.index > 19)), id="id")
    assert value(lacking, "repeated_id_share") == 0 and "Some rows have no id" in " ".join(lacking.notes)


def test_numbers_of_people():
    assert numbered([["b", "a", None, "b"]]).tolist()[0] == numbered([["b", "a", None, "b"]]).tolist()[3]
    assert numbered([["b", "a", None, "b"]]).tolist()[2] == -1
    assert len(set(numbered([[1, 1, 2, 2], [1, 2, 1, 2]]).tolist())) == 4


def test_no_id_is_kept(frame):
    data = auditkit.AuditData.from_table(frame, label="y", groups=["sex"], id="id")
    assert data.ids.dtype == np.int64 and data.take(np.arange(5)).ids.tolist() == [0, 1, 2, 3, 4]
