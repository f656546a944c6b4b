"""Schemas are frozen: the golden file of each stays readable for ever, and its JSON Schema does not change."""

from __future__ import annotations

import json

import jsonschema
import pytest
from pydantic import ValidationError

from auditkit.command.lists import results_schema
from auditkit.reports import register_formats
from auditkit.results import SCHEMA_VERSION, SCHEMAS, AuditResult, ScoreInfo, canonical, digest
from auditkit.runfolder import parse_result
from tests import fakes
from tests.reports import golden

ON_REQUEST = ("pdf", "bom")
"""They need extras."""


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("name", ["audit", "comparison"])
def test_a_result_of_any_schema_is_read_and_written_back_to_the_same_bytes(name, version):
    raw = golden.whole(version, name)
    assert canonical(parse_result(raw)) == raw
    jsonschema.validate(json.loads(raw), golden.schema(version))


@pytest.mark.parametrize(
    "path", sorted(golden.FOLDER.glob("v*/*.json")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_part_is_small_enough_to_be_read(path):
    assert len(path.read_text().splitlines()) < 500


def test_todays_schema_is_the_frozen_one():
    assert results_schema() == golden.schema(SCHEMA_VERSION)


def test_a_result_of_schema_1_keeps_its_digest_and_takes_nothing_new():
    raw = json.loads(golden.whole(1, "audit"))
    old = AuditResult.model_validate(raw)
    assert old.schema_version == 1 and old.title == "" and "title" not in old.model_dump()
    assert digest(old) == digest(raw)
    with pytest.raises(ValidationError, match="a result of schema 1 has no title"):
        AuditResult.model_validate({**raw, "title": "new"})


def test_what_is_made_today_is_of_todays_schema():
    assert fakes.audit().schema_version == fakes.comparison().schema_version == SCHEMA_VERSION
    written = json.loads(canonical(fakes.comparison()))
    assert written["changes"] and written["results"][0]["title"] == ""


def test_what_schema_4_adds_is_written_only_where_it_says_something():
    score = ScoreInfo(name="dice", better="higher", low=0, high=1)
    data = fakes.audit().data.model_copy(update={"unit": "patient", "units": 40, "case_scores": (score,)})
    written = json.loads(canonical(data))
    assert [written[name] for name in ("unit", "units")] == ["patient", 40]
    assert written["case_scores"][0]["name"] == "dice"
    assert not {"unit", "units", "case_scores"} & set(json.loads(golden.whole(3, "audit"))["data"])


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("name", ["audit", "comparison"])
def test_a_result_of_an_older_schema_is_rendered_in_every_format(name, version):
    old = parse_result(golden.whole(version, name))
    before = canonical(old)
    formats = [format for format in register_formats() if format.name not in ON_REQUEST]
    rendered = {format.name: format.render(old) for format in formats}
    assert len(rendered) > 5 and all(rendered.values()) and canonical(old) == before


def test_half_of_a_pair_of_code_units_is_written_as_what_cannot_be_written():
    assert canonical({"a": "x\ud800y"}) == '{\n "a": "x\ufffdy"\n}\n'.encode()
