"""What is signed, in its envelope: an in-toto statement that these audits of these models on this data ended so.

in-toto Attestation Framework, Statement v1 with the predicate test-result v0.1. A digest called `sha256` is that of a
file in the run folder, or of a record in it; the model's fingerprint and the data's digest have names of their own, for
auditkit defines them.

Around it stands the envelope of a signature: DSSE, as auditkit writes it and as it reads it, which is nothing else.
Secure Systems Lab (2021), Dead Simple Signing Envelope, protocol 1.0. The envelope names no algorithm, so nobody can
choose a weak one: a signature is Ed25519 or it is refused.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import Field

from auditkit.errors import EvidenceError
from auditkit.io import strict_json
from auditkit.results import AuditResult, Comparison, Record, Verdict, canonical
from auditkit.runfolder.manifest import MANIFEST, Manifest
from auditkit.signing.keys import Signer, Verifier
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
    named = [(name, manifest.files[name]) for name in _NAMED if name in manifest.files]
    data = {(audit.data.name, audit.data.digest): None for audit in audits}
    return [
        {"name": MANIFEST, "digest": {"sha256": hashlib.sha256(manifest_raw).hexdigest()}},
        *({"name": name, "digest": {"sha256": file.sha256}} for name, file in named),
        *({"name": f"model:{audit.model.name}", "digest": {MODEL_DIGEST: audit.model.fingerprint}} for audit in audits),
        *({"name": f"data:{name}", "digest": {DATA_DIGEST: value}} for name, value in data),
    ]


def _other_subjects(signed: Any, expected: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each thing that the statement is not about, or about in another form."""
    if not isinstance(signed, list):
        return ["the signed statement has no list of subjects"]
    signed_names = [subject.get("name") for subject in signed if isinstance(subject, dict)]
    lacking = [subject["name"] for subject in expected if subject not in signed]
    differences = [
        f"another {one_line(name)} than the one here" if name in signed_names else f"no {one_line(name)}"
        for name in lacking
    ] or (["something that is not here"] if any(subject not in expected for subject in signed) else [])
    return [f"the signature is about {difference}" for difference in differences]


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


SIGNATURE_BYTES = 64


class Signature(Record):
    """One signature in an envelope."""

    keyid: str = Field(pattern="^[0-9a-f]{64}$")
    sig: str


class Envelope(Record):
    """What the file of a signature holds."""

    payload: str
    payloadType: str
    signatures: tuple[Signature, ...]


class Letter(NamedTuple):
    """An envelope that was opened; nothing in it is trusted yet."""

    kind: str
    """The type of the payload."""
    payload: bytes
    key_id: str
    signature: bytes

    def signed_by(self, verifier: Verifier) -> bool:
        """True where the private half of this very key signed this payload as this type."""
        return self.key_id == verifier.id and verifier.accepts(self.signature, pae(self.kind, self.payload))


def pae(kind: str, payload: bytes) -> bytes:
    """The bytes that are signed: the type and the payload, each with its length (Pre-Authentication Encoding)."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def enclose(kind: str, payload: bytes, signer: Signer) -> bytes:
    """Sign a payload.

    Args:
        kind: the type of the payload, a media type.
        payload: what is signed.
        signer: whose key signs.

    Returns:
        The envelope as a file holds it.
    """
    signature = Signature(keyid=signer.id, sig=_text(signer.sign(pae(kind, payload))))
    return canonical(Envelope(payload=_text(payload), payloadType=kind, signatures=(signature,)))


def disclose(raw: bytes, name: str) -> Letter:
    """Open an envelope with exactly one signature, without trusting it.

    Args:
        raw: the bytes of the file.
        name: what messages call the file.

    Raises:
        EvidenceError: it is not byte for byte what auditkit writes, or holds none or several signatures.
    """
    envelope = strict_json.record(Envelope, strict_json.loads(raw, name), name)
    # JSON has many spellings of one meaning; only one of them is accepted, so that nothing hides in another
    if canonical(envelope) != raw:
        raise EvidenceError(f"{name} is not byte for byte what auditkit writes, so it was changed")
    # a second signature would be one that nobody checks
    if len(envelope.signatures) != 1:
        raise EvidenceError(f"{name} holds {len(envelope.signatures)} signatures; exactly one is required")
    (signature,) = envelope.signatures
    raw_signature = _bytes(signature.sig, name)
    if len(raw_signature) != SIGNATURE_BYTES:
        raise EvidenceError(
            f"{name} holds a signature of {len(raw_signature)} bytes; an Ed25519 signature has {SIGNATURE_BYTES}"
        )
    return Letter(envelope.payloadType, _bytes(envelope.payload, name), signature.keyid, raw_signature)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str, name: str) -> bytes:
    """Base64 in its one spelling: no other letters, the padding there, unused bits zero."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{name} holds what is not base64: {one_line(error)}") from None
    # unused bits of the last letter can differ, and the bytes be the same
    if _text(raw) != text:
        raise EvidenceError(f"{name} holds base64 that was changed: two spellings of the same bytes")
    return raw
