"""model.cdx.json: valid CycloneDX with every number of the card, made the same each time."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from auditkit.errors import EvidenceError
from auditkit.reports import bom, metrics
from auditkit.results import AuditResult
from tests import fakes
from tests.reports.test_markdown import HOSTILE


def read(result) -> dict:
    return json.loads(bom.render(result))


def card(result) -> dict:
    return read(result)["metadata"]["component"]["modelCard"]


def property_of(card: dict, name: str) -> str:
    (value,) = [property_["value"] for property_ in card["properties"] if property_["name"] == name]
    return value


def test_it_validates_strictly_and_an_unknown_field_does_not():
    text = bom.render(fakes.audit()).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    document["metadata"]["component"]["modelCard"]["surprise"] = 1
    with pytest.raises(EvidenceError, match=r"does not validate against CycloneDX 1\.6"):
        bom._validate(json.dumps(document))


def test_round_trip_every_number_is_the_same_as_in_metrics_json():
    for audit in (fakes.audit(), fakes.audit(shift=-0.013)):
        expected = json.loads(metrics.render(audit))
        performance = card(audit)["quantitativeAnalysis"]["performanceMetrics"]
        assert sorted(float(metric["value"]) for metric in performance) == sorted(expected.values())
        assert {f"auditkit:{key}" for key in expected} <= {property_["name"] for property_ in card(audit)["properties"]}


def test_a_number_has_its_slice_and_interval():
    audit = fakes.audit()
    performance = card(audit)["quantitativeAnalysis"]["performanceMetrics"]
    number = next(
        measurement
        for result in audit.results
        for measurement in result.measurements
        if measurement.slice and measurement.interval and measurement.value
    )
    ends = {"lowerBound": repr(number.interval.low), "upperBound": repr(number.interval.high)}
    matching = [
        candidate for candidate in performance if candidate["value"] == repr(number.value) and candidate.get("slice")
    ]
    assert any(metric["confidenceInterval"] == ends for metric in matching)


def test_what_failed_stands_among_the_limitations_and_what_was_not_provided_is_listed():
    model_card = card(fakes.audit())
    limitations = " ".join(model_card["considerations"]["technicalLimitations"])
    assert "Not tested: explanations.concepts" in limitations and "a control did not hold" in limitations
    missing = property_of(model_card, "auditkit:not provided by the owner")
    assert "training data" in missing and "intended use" not in missing
    assert property_of(model_card, "auditkit:verdict").startswith("missed")
    assert property_of(model_card, "auditkit:limit:eo-sex").startswith("waived")


def test_hidden_and_invalid_numbers_are_not_there():
    metrics_of = card(fakes.audit())["quantitativeAnalysis"]["performanceMetrics"]
    every = [measurement for result in fakes.audit().results for measurement in result.measurements]
    assert {"valid", "invalid"} < {measurement.validity for measurement in every} and None in {
        measurement.value for measurement in every
    }
    assert "explanations.importance.protected_share" not in {metric["type"] for metric in metrics_of}


def test_several_models_are_components_with_a_card_each():
    document = read(fakes.comparison())
    assert [component["type"] for component in document["components"]] == ["machine-learning-model"] * 3
    names = {component["name"] for component in document["components"]}
    assert names == {result.model.name for result in fakes.comparison().results}
    assert all("modelCard" in value for value in document["components"])


def test_the_same_result_gives_the_same_bytes_and_another_another_serial_number():
    assert bom.render(fakes.audit()) == bom.render(fakes.audit())
    assert read(fakes.audit())["serialNumber"] != read(fakes.audit(shift=0.01))["serialNumber"]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [("Apache-2.0", {"id": "Apache-2.0"}), ("our own", {"name": "our own"})],
)
def test_a_licence_is_an_id_where_there_is_one(licence, expected):
    audit = fakes.audit()
    audit = audit.model_copy(update={"card": {**audit.card, "licence": licence}})
    (entry,) = read(audit)["metadata"]["component"]["licenses"]
    assert expected.items() <= entry["license"].items()


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_is_a_value_and_nothing_else(payload):
    hostile: AuditResult = fakes.hostile(payload)
    document = read(hostile)
    assert document["bomFormat"] == "CycloneDX" and "\x1b" not in json.dumps(document)
