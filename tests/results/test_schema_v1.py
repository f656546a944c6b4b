"""Schema 1 is frozen: its golden file stays readable, and its JSON Schema does not change."""

from __future__ import annotations

import json
import pathlib

import jsonschema
import pytest

from auditkit.command.listing import results_schema
from auditkit.results import canonical
from auditkit.runfolder import parse_result

DATA = pathlib.Path(__file__).resolve().parents[1] / "golden"


@pytest.mark.parametrize("name", ["results_v1.json", "comparison_v1.json"])
def test_a_result_of_schema_1_is_read_and_written_back_to_the_same_bytes(name):
    raw = (DATA / name).read_bytes()
    assert canonical(parse_result(raw)) == raw
    jsonschema.validate(json.loads(raw), json.loads((DATA / "schema_v1.json").read_text()))


def test_the_schema_is_the_frozen_one():
    assert results_schema() == json.loads((DATA / "schema_v1.json").read_text())
