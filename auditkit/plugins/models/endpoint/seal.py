"""Words of a server, encrypted before they are written: they may name people, and lie in the run folder.

AES-256-GCM (Dworkin 2007, NIST SP 800-38D) under a key that HKDF (Krawczyk and Eronen 2010, RFC 5869) derives from the
user's secret, each text with a nonce of its own by chance, bound to the digest of its request. Without the secret
nobody can read them, and whoever deletes the secret deletes all of them.
"""

from __future__ import annotations

import base64
import functools
import json
import os
from typing import TYPE_CHECKING, Any, Final

from auditkit.errors import EvidenceError, require

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12
_PURPOSE: Final = b"auditkit: words of a model that is asked over the network"


class Seal:
    """Encrypts the words of answers; other answers stay as they are.

    Args:
        secret: the user's.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def closed(self, key: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer as it may be written.

        Args:
            key: the digest under which it lies.
            answer: of which `texts` are words.

        Raises:
            MissingExtra: the package that encrypts is not installed.
        """
        if "texts" not in answer:
            return answer
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, json.dumps(answer["texts"]).encode(), key.encode())
        rest = {name: value for name, value in answer.items() if name != "texts"}
        return {**rest, "sealed": base64.b64encode(sealed).decode()}

    def opened(self, key: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with its words.

        Raises:
            EvidenceError: it was sealed under another secret, or changed since.
        """
        if "sealed" not in answer:
            return answer
        from cryptography.exceptions import InvalidTag

        rest = {name: value for name, value in answer.items() if name != "sealed"}
        try:
            sealed = base64.b64decode(answer["sealed"], validate=True)
            texts = json.loads(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], key.encode()))
        except (InvalidTag, ValueError, TypeError) as error:
            raise EvidenceError("a kept answer cannot be opened: it was sealed under another secret") from error
        return {**rest, "texts": texts}

    @functools.cached_property
    def _cipher(self) -> AESGCM:
        """Made where it is first wanted, for answers without words need no encryption."""
        ciphers = require("cryptography.hazmat.primitives.ciphers.aead", "sign")
        hashes = require("cryptography.hazmat.primitives.hashes", "sign")
        derivation = require("cryptography.hazmat.primitives.kdf.hkdf", "sign")
        derived = derivation.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(self._secret)
        cipher: AESGCM = ciphers.AESGCM(derived)
        return cipher
