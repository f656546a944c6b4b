"""What is signed: an in-toto statement that these audits of these models on this data ended so.

in-toto Attestation Framework, Statement v1 with the predicate test-result v0.1. A digest called `sha256` is that of a
file in the run folder, or of a record in it; the model's fingerprint and the data's digest have names of their own, for
auditkit defines them.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from auditkit.errors import EvidenceError
from auditkit.io import strict_json
from auditkit.results import AuditResult, Comparison, Verdict, canonical
from auditkit.runfolder.manifest import MANIFEST, Manifest
from auditkit.text import one_line

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
MODEL_DIGEST = "auditkitModelFingerprint"
DATA_DIGEST = "auditkitDataDigest"

_NAMED = ("results.json", "report.html")
"""Files that the statement names beside the manifest, which stands for all."""


def statement(result: AuditResult | Comparison, manifest_raw: bytes, manifest: Manifest) -> dict[str, Any]:
    """The statement that fits a sealed folder, and the only one that does.

    Args:
        result: what the folder holds.
        manifest_raw: the bytes of its manifest.
        manifest: the same, read.
    """
    audits = result.audits
    several = len(audits) > 1
    return {
        "_type": STATEMENT,
        "predicateType": PREDICATE,
        "subject": _subjects(audits, manifest_raw, manifest),
        "predicate": {
            "result": _outcome(audits),
            "configuration": [
                {"name": f"{subject}{f' of {audit.model.name}' if several else ''}", "digest": {"sha256": value}}
                for audit in audits
                for subject, value in (("plan", audit.plan.digest), ("settings", audit.provenance.settings_digest))
            ],
            **{name: _limits(audits, name, several) for name in ("passedTests", "warnedTests", "failedTests")},
        },
    }


def misfits(payload: bytes, expected: dict[str, Any]) -> list[str]:
    """Why a signed statement is not about this folder, each in a sentence; empty where it is, byte for byte.

    Args:
        payload: the bytes that were signed.
        expected: what `statement` makes of the folder.
    """
    # byte for byte; what follows only finds words for the difference
    if payload == canonical(expected):
        return []
    try:
        signed = strict_json.loads(payload, "the signed statement")
    except EvidenceError as error:
        return [str(error)]
    if not isinstance(signed, dict):
        return ["the signed statement is no object"]
    for key in ("_type", "predicateType"):
        if signed.get(key) != expected[key]:
            return [
                f"the signed statement has the {key} {one_line(signed.get(key), 80)!r}; {expected[key]} is required"
            ]
    texts = [*_other_subjects(signed.get("subject"), expected["subject"])]
    predicate = signed.get("predicate")
    if not isinstance(predicate, dict) or predicate.get("result") != expected["predicate"]["result"]:
        result_given = predicate.get("result") if isinstance(predicate, dict) else predicate
        texts.append(
            f"the signed result is {one_line(result_given, 40)!r}; this audit says {expected['predicate']['result']!r}"
        )
    elif predicate != expected["predicate"]:
        texts.append("the signed statement says something else about limits or settings than this audit")
    return texts or ["the signed statement is not byte for byte the one that fits this audit"]


def _subjects(audits: Sequence[AuditResult], manifest_raw: bytes, manifest: Manifest) -> list[dict[str, Any]]:
    files = [{"name": MANIFEST, "digest": {"sha256": hashlib.sha256(manifest_raw).hexdigest()}}]
    files += [
        {"name": name, "digest": {"sha256": manifest.files[name].sha256}} for name in _NAMED if name in manifest.files
    ]
    models = [
        {"name": f"model:{audit.model.name}", "digest": {MODEL_DIGEST: audit.model.fingerprint}} for audit in audits
    ]
    data = {(audit.data.name, audit.data.digest): None for audit in audits}
    return [
        *files, *models, *({"name": f"data:{name}", "digest": {DATA_DIGEST: value}} for name, value in data),
    ]  # fmt: skip


def _other_subjects(signed: Any, expected: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each thing that the statement is not about, or about in another form."""
    if not isinstance(signed, list):
        return ["the signed statement has no list of subjects"]
    differences = []
    for subject in expected:
        if subject in signed:
            continue
        same = any(
            isinstance(signed_subject, dict) and signed_subject.get("name") == subject["name"]
            for signed_subject in signed
        )
        described = (
            f"another {one_line(subject['name'])} than the one here" if same else f"no {one_line(subject['name'])}"
        )
        differences.append(f"the signature is about {described}")
    unexpected = [subject for subject in signed if subject not in expected]
    if unexpected and not differences:
        differences.append("the signature is about something that is not here")
    return differences


def _outcome(audits: Sequence[AuditResult]) -> str:
    """The result follows the exit code: passed with every limit met, warned where a waiver was needed, else failed."""
    if any(audit.exit_code != 0 for audit in audits):
        return "FAILED"
    return "WARNED" if any(verdict.waived for audit in audits for verdict in audit.verdicts) else "PASSED"


def _limits(audits: Sequence[AuditResult], list_name: str, several: bool) -> list[str]:
    return [
        f"{audit.model.name}: {verdict.limit.name}" if several else verdict.limit.name
        for audit in audits
        for verdict in audit.verdicts
        if _list_of(verdict) == list_name
    ]


def _list_of(verdict: Verdict) -> str:
    if verdict.waived or verdict.status in ("inconclusive", "not tested"):
        return "warnedTests"
    return "passedTests" if verdict.status == "met" else "failedTests"
