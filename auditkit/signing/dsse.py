"""The envelope of a signature: DSSE, as auditkit writes it and as it reads it, which is nothing else.

Secure Systems Lab (2021), Dead Simple Signing Envelope, protocol 1.0. The envelope names no algorithm, so nobody can
choose a weak one: a signature is Ed25519 or it is refused.
"""

import base64
import binascii
from typing import NamedTuple

from pydantic import Field

from auditkit.errors import EvidenceError
from auditkit.io import strict_json
from auditkit.results import Record, canonical
from auditkit.signing.keys import Signer, Verifier
from auditkit.text import one_line

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
