"""Schemas are frozen: the golden file of each stays readable for ever, and its JSON Schema does not change."""

from __future__ import annotations

import json
import pathlib

import jsonschema
import pytest
from pydantic import ValidationError

from auditkit.command.lists import results_schema
from auditkit.reports import register_formats
from auditkit.results import SCHEMA_VERSION, SCHEMAS, AuditResult, canonical, digest
from auditkit.runfolder import parse_result
from tests import fakes

ON_REQUEST = ("pdf", "bom")
"""They need extras."""
DATA = pathlib.Path(__file__).resolve().parents[1] / "golden"


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("name", ["results", "comparison"])
def test_a_result_of_any_schema_is_read_and_written_back_to_the_same_bytes(name, version):
    raw = (DATA / f"{name}_v{version}.json").read_bytes()
    assert canonical(parse_result(raw)) == raw
    jsonschema.validate(json.loads(raw), json.loads((DATA / f"schema_v{version}.json").read_text()))


def test_todays_schema_is_the_frozen_one():
    assert results_schema() == json.loads((DATA / f"schema_v{SCHEMA_VERSION}.json").read_text())


def test_a_result_of_schema_1_keeps_its_digest_and_takes_nothing_new():
    raw = json.loads((DATA / "results_v1.json").read_text())
    old = AuditResult.model_validate(raw)
    assert old.schema_version == 1 and old.title == "" and "title" not in old.model_dump()
    assert digest(old) == digest(raw)
    with pytest.raises(ValidationError, match="a result of schema 1 has no title"):
        AuditResult.model_validate({**raw, "title": "new"})


def test_what_is_made_today_is_of_todays_schema():
    assert fakes.audit().schema_version == fakes.comparison().schema_version == SCHEMA_VERSION
    written = json.loads(canonical(fakes.comparison()))
    assert written["changes"] and written["results"][0]["title"] == ""


@pytest.mark.parametrize("name", ["results", "comparison"])
def test_a_result_of_schema_1_is_rendered_in_every_format(name):
    old = parse_result((DATA / f"{name}_v1.json").read_bytes())
    before = canonical(old)
    formats = [each for each in register_formats() if each.name not in ON_REQUEST]
    made = {each.name: each.render(old) for each in formats}
    assert len(made) > 5 and all(made.values()) and canonical(old) == before
