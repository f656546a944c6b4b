"""model.cdx.json: the model card as an ML-BOM, for inventories of software and models.

CycloneDX 1.6 (ECMA-424), component of type machine-learning-model with a modelCard. cyclonedx-python-lib builds and
validates the document; it has no model of modelCard (and drops it when it reads one), so the card is put into what it
wrote, and the whole is validated strictly afterwards.

The modelCard is the audit's numbers and the owner's words in the fields of CycloneDX 1.6. Every number is a text there,
and there is no field for n, a method or a limit: those are properties, whose names begin with `auditkit:`. What the
owner did not provide is listed, not filled with placeholders.
"""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from auditkit.errors import EvidenceError, require
from auditkit.reports import numbers
from auditkit.reports.card import STATEMENTS
from auditkit.reports.cardtables import required, standing, status
from auditkit.reports.frontmatter import filled
from auditkit.reports.metrics import key, meaningful
from auditkit.reports.outcome import sentence
from auditkit.results import AuditResult, Card, CheckResult, Comparison, Measurement, digest, verdict_line
from auditkit.text import one_line, printable

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "auditkit.results")
"""Serial numbers are made from the digest of the result, so that the same result gives the same bytes."""
LONGEST_NAME = 1000


def render(result: AuditResult | Comparison) -> bytes:
    """The BOM as JSON: one model is what it is about; several are its components.

    Raises:
        MissingExtra: cyclonedx-python-lib is not installed.
        EvidenceError: the document does not validate; nothing is written then.
    """
    # the library's own text is read back and added to, for its model drops a modelCard that it is given
    document = json.loads(_bare(result))
    alone = document["metadata"].get("component")
    components = {component["bom-ref"]: component for component in ([alone] if alone else document["components"])}
    for position, audit in enumerate(result.audits):
        components[f"model-{position + 1}"]["modelCard"] = model_card(audit)
    written = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    _validate(written)
    return written.encode("utf-8", "replace") + b"\n"


def _bare(result: AuditResult | Comparison) -> str:
    """The BOM without model cards."""
    bom_module: Any = require("cyclonedx.model.bom", "bom")
    parts: Any = require("cyclonedx.model.component", "bom")
    output: Any = require("cyclonedx.output.json", "bom")
    # the library would draw a random number and take the present time, and the same result would give other bytes
    bom = bom_module.Bom(serial_number=uuid.uuid5(NAMESPACE, digest(result)))
    bom.metadata.timestamp = max(audit.run.finished for audit in result.audits)
    version = result.audits[0].provenance.auditkit
    bom.metadata.tools.components.add(
        parts.Component(name="auditkit", version=version, type=parts.ComponentType.APPLICATION)
    )
    components = [_component(audit, f"model-{position + 1}") for position, audit in enumerate(result.audits)]
    # an inventory of models lists this one as what the document is about
    if len(components) == 1:
        bom.metadata.component = components[0]
    else:
        bom.components.update(components)
    return str(output.JsonV1Dot6(bom).output_as_string())


def _component(audit: AuditResult, reference: str) -> Any:
    parts: Any = require("cyclonedx.model.component", "bom")
    model: Any = require("cyclonedx.model", "bom")
    card = Card.model_validate({key: statement for key, statement in audit.card.items() if key in Card.model_fields})
    component = parts.Component(
        name=one_line(audit.model.name, LONGEST_NAME) or "model",
        # an empty text is not the same as none to the schema
        version=one_line(card.version, LONGEST_NAME) or None,
        description=one_line(card.summary, LONGEST_NAME) or None,
        type=parts.ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=reference,
    )
    if card.licence.strip():
        licences: Any = require("cyclonedx.contrib.license.factories", "bom")
        component.licenses.add(licences.LicenseFactory().make_from_string(one_line(card.licence, LONGEST_NAME)))
    component.external_references.add(
        model.ExternalReference(type=model.ExternalReferenceType.MODEL_CARD, url=model.XsUri("model_card.html"))
    )
    return component


def _validate(written: str) -> None:
    schema: Any = require("cyclonedx.schema", "bom")
    validation: Any = require("cyclonedx.validation.json", "bom")
    fault = validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(written)
    if fault is not None:
        raise EvidenceError(f"the ML-BOM does not validate against CycloneDX 1.6: {one_line(fault, 300)}")


LONGEST = 20_000


def model_card(audit: AuditResult) -> dict[str, Any]:
    """The card of one model; what is empty is left out."""
    card = Card.model_validate({name: value for name, value in audit.card.items() if name in Card.model_fields})
    parts = {
        "modelParameters": _parameters(audit, card),
        "quantitativeAnalysis": {"performanceMetrics": [_metric(*number) for number in meaningful(audit)]},
        "considerations": _considerations(audit, card),
        "properties": [{"name": _text(name), "value": _text(value)} for name, value in _properties(audit, card)],
    }
    # the schema refuses empty lists and texts in some places, so what is empty is left out everywhere
    return {name: filled(value) if isinstance(value, dict) else value for name, value in parts.items()}


def _parameters(audit: AuditResult, card: Card) -> dict[str, Any]:
    data = audit.data
    evaluation = {
        "type": "dataset",
        "name": _text(data.name),
        "description": _text(" ".join(filter(None, (card.evaluation_data, f"Audit data: {data.rows:,} rows.")))),
        "contents": {"properties": [{"name": "auditkit:sha256", "value": data.digest}]},
    }
    training = {"type": "dataset", "name": "training data", "description": _text(card.training_data)}
    return {
        "approach": {"type": "supervised"} if data.label else None,
        "task": f"{data.task} on inputs of kind {data.modality}",
        "architectureFamily": _text(audit.model.kind),
        "datasets": [evaluation, *([training] if card.training_data.strip() else [])],
        "inputs": [{"format": data.modality}],
        "outputs": [{"format": _text(capability)} for capability in audit.model.capabilities],
    }


def _metric(result: CheckResult, measurement: Measurement) -> dict[str, Any]:
    # repr gives the shortest digits that read back as the same number
    metric: dict[str, Any] = {"type": _text(f"{result.check}.{measurement.name}"), "value": repr(measurement.value)}
    if measurement.slice or measurement.across or measurement.conditions:
        metric["slice"] = _text(numbers.about(measurement))
    if measurement.interval is not None:
        ends = zip(("lowerBound", "upperBound"), measurement.holding_ends, strict=True)
        metric["confidenceInterval"] = {name: repr(end) for name, end in ends if end is not None}
    return metric


def _considerations(audit: AuditResult, card: Card) -> dict[str, Any]:
    limits = [
        f"Not tested: {coverage.check}: {coverage.reason}"
        for coverage in audit.coverage
        if coverage.status in ("skipped", "error")
    ]
    broken = [
        f"{result.check}: a control did not hold: {control.question} {control.reason}"
        for result in audit.results
        for control in result.controls
        if control.holds is not True
    ]
    sentences = {"name": _text(card.ethical_considerations), "mitigationStrategy": _text(card.recommendations)}
    return {
        "users": _texts([card.users]),
        "useCases": _texts([card.intended_use, card.out_of_scope and f"Out of scope: {card.out_of_scope}"]),
        "technicalLimitations": _texts([card.caveats, *limits, *broken]),
        "ethicalConsiderations": [filled(sentences)] if card.ethical_considerations.strip() else [],
        "fairnessAssessments": [
            _fairness(audit, attribute) for attribute in dict.fromkeys(group.attribute for group in audit.data.groups)
        ],
    }


def _fairness(audit: AuditResult, attribute: str) -> dict[str, Any]:
    """The disparities over the groups of an attribute; whether they harm is for people to say."""
    texts = [
        f"{result.title_of(measurement.name)}: {numbers.value(measurement)} ({numbers.uncertainty(measurement)})"
        for result, measurement in meaningful(audit)
        if measurement.across == (attribute,)
    ]
    groups = ", ".join(group.value for group in audit.data.groups if group.attribute == attribute)
    disparities = "; ".join(texts) if texts else "No disparity over these groups was measured."
    return {
        "groupAtRisk": _text(f"{attribute}: {groups}"),
        "harms": _text(" ".join(filter(None, (sentence(audit.data), f"Measured disparities. {disparities}")))),
    }


def _properties(audit: AuditResult, card: Card) -> list[tuple[str, str]]:
    missing = [name.replace("_", " ") for name in STATEMENTS if name not in card.given]
    return [
        ("auditkit:verdict", f"{audit.outcome.verdict}: {verdict_line(audit)}"),
        *(
            (
                f"auditkit:limit:{verdict.limit.name}",
                f"{status(verdict)}; required: {required(verdict)}; {verdict.reason}",
            )
            for verdict in audit.verdicts
        ),
        ("auditkit:not provided by the owner", ", ".join(missing) or "nothing"),
        ("auditkit:fingerprint of the model", audit.model.fingerprint),
        ("auditkit:digest of the plan", audit.plan.digest),
        *(
            (f"auditkit:{key(result.check, measurement)}", _worth(measurement))
            for result, measurement in meaningful(audit)
        ),
    ]


def _worth(measurement: Measurement) -> str:
    # CycloneDX has no field for these, and they decide what a number is worth
    facts = {
        "n": measurement.n,
        "unit": measurement.unit,
        "interval": measurement.interval and f"{numbers.level(measurement.interval)}, {measurement.interval.method}",
        "exact": "yes" if measurement.exact else None,
        "over all groups": measurement.bound and f"{measurement.bound} this number, as groups are left out",
        "standing": None if standing(measurement) == "valid" else standing(measurement),
    }
    return "; ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, ""))


def _texts(values: Iterable[str]) -> list[str]:
    return [_text(value) for value in dict.fromkeys(values) if value.strip()]


def _text(value: str) -> str:
    return printable(value, LONGEST).encode("utf-8", "replace").decode()
