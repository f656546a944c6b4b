"""model.cdx.json: the model card as an ML-BOM, for inventories of software and models.

CycloneDX 1.6 (ECMA-424), component of type machine-learning-model with a modelCard. cyclonedx-python-lib builds and
validates the document; it has no model of modelCard (and drops it when it reads one), so the card is put into what it
wrote, and the whole is validated strictly afterwards.
"""

import json
import uuid
from typing import Any

from auditkit.errors import EvidenceError, require
from auditkit.reports.bomcard import model_card
from auditkit.results import AuditResult, Comparison, digest
from auditkit.results.card import Card
from auditkit.text import one_line

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "auditkit.results")
"""Serial numbers are made from the digest of the result, so that the same result gives the same bytes."""
LONGEST = 1000


def render(result: AuditResult | Comparison) -> bytes:
    """The BOM as JSON: one model is what it is about; several are its components.

    Raises:
        MissingExtra: cyclonedx-python-lib is not installed.
        EvidenceError: the document does not validate; nothing is written then.
    """
    audits = result.audits
    # the library's own text is read back and added to, for its model drops a modelCard that it is given
    document = json.loads(_bare(result, audits))
    components = {component["bom-ref"]: component for component in _components(document)}
    for position, audit in enumerate(audits):
        components[f"model-{position + 1}"]["modelCard"] = model_card(audit)
    written = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    _validate(written)
    return written.encode("utf-8", "replace") + b"\n"


def _bare(result: AuditResult | Comparison, audits: tuple[AuditResult, ...]) -> str:
    """The BOM without model cards."""
    bom_module: Any = require("cyclonedx.model.bom", "bom")
    parts: Any = require("cyclonedx.model.component", "bom")
    output: Any = require("cyclonedx.output.json", "bom")
    # the library would draw a random number and take the present time, and the same result would give other bytes
    bom = bom_module.Bom(serial_number=uuid.uuid5(NAMESPACE, digest(result)))
    bom.metadata.timestamp = max(audit.run.finished for audit in audits)
    version = audits[0].provenance.auditkit
    bom.metadata.tools.components.add(
        parts.Component(name="auditkit", version=version, type=parts.ComponentType.APPLICATION)
    )
    components = [_component(audit, f"model-{position + 1}") for position, audit in enumerate(audits)]
    # an inventory of models lists this one as what the document is about
    if len(components) == 1:
        bom.metadata.component = components[0]
    else:
        for component in components:
            bom.components.add(component)
    return str(output.JsonV1Dot6(bom).output_as_string())


def _component(audit: AuditResult, reference: str) -> Any:
    parts: Any = require("cyclonedx.model.component", "bom")
    model: Any = require("cyclonedx.model", "bom")
    card = Card.model_validate({key: statement for key, statement in audit.card.items() if key in Card.model_fields})
    component = parts.Component(
        name=one_line(audit.model.name, LONGEST) or "model",
        # an empty text is not the same as none to the schema
        version=one_line(card.version, LONGEST) or None,
        description=one_line(card.summary, LONGEST) or None,
        type=parts.ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=reference,
    )
    if card.licence.strip():
        licences: Any = require("cyclonedx.contrib.license.factories", "bom")
        component.licenses.add(licences.LicenseFactory().make_from_string(one_line(card.licence, LONGEST)))
    component.external_references.add(
        model.ExternalReference(type=model.ExternalReferenceType.MODEL_CARD, url=model.XsUri("model_card.html"))
    )
    return component


def _components(document: dict[str, Any]) -> list[dict[str, Any]]:
    alone = document["metadata"].get("component")
    return [alone] if alone else document["components"]


def _validate(written: str) -> None:
    schema: Any = require("cyclonedx.schema", "bom")
    validation: Any = require("cyclonedx.validation.json", "bom")
    fault = validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(written)
    if fault is not None:
        raise EvidenceError(f"the ML-BOM does not validate against CycloneDX 1.6: {one_line(fault, 300)}")
