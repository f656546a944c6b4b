"""Keys for signing: Ed25519 alone, as PEM files of the owner's own; auditkit keeps none."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from auditkit.errors import ConfigError, require
from auditkit.text import class_name, one_line

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PASSPHRASE = "AUDITKIT_KEY_PASSPHRASE"
"""The environment variable with the passphrase of the private key."""

_LARGEST = 65536
_ED25519 = "cryptography.hazmat.primitives.asymmetric.ed25519"
_PEM = "cryptography.hazmat.primitives.serialization"


class Signer(NamedTuple):
    """A private key that can sign."""

    key: Ed25519PrivateKey
    id: str
    """Of the public half: SHA-256, in hexadecimal, of its SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Josefsson and Liusvaara (2017), EdDSA, RFC 8032, section 5.1.6."""
        return self.key.sign(message)


class Verifier(NamedTuple):
    """A public key that can check a signature."""

    key: Ed25519PublicKey
    id: str

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """True where the private half of this key signed this message."""
        from cryptography.exceptions import InvalidSignature  # an optional package

        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Pair(NamedTuple):
    """Where a new pair of keys lies."""

    private: pathlib.Path
    public: pathlib.Path
    id: str


def new_pair(path: pathlib.Path, passphrase: str | None = None) -> Pair:
    """Make a pair of keys: `path` with the private one, readable by its owner alone, and `.pub` with the public one.

    Args:
        path: where the private key goes; nothing is ever overwritten.
        passphrase: encrypts the private key; not encrypted where left out.

    Raises:
        ConfigError: one of the files is there already, or cannot be written.
        MissingExtra: the extra `sign` is not installed.
    """
    ed25519, pem = require(_ED25519, "sign"), require(_PEM, "sign")
    if not path.name:
        raise ConfigError(f"the private key needs the name of a file; {str(path)!r} is a folder")
    public = path.with_suffix(".pub")
    if public == path:
        raise ConfigError(f"the private key needs another name than {path.name}: .pub is for the public one")
    for file in (path, public):
        if file.exists() or file.is_symlink():
            raise ConfigError(f"{file} is there already, and a key is never overwritten; choose another name")
    key = ed25519.Ed25519PrivateKey.generate()
    hidden = pem.BestAvailableEncryption(passphrase.encode()) if passphrase else pem.NoEncryption()
    private_text = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, hidden)
    # the public half first: what stays behind if the second cannot be written is no secret
    _write_new(public, key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo), 0o644)
    try:
        _write_new(path, private_text, 0o600)
    except ConfigError:
        with contextlib.suppress(OSError):
            public.unlink()
        raise
    return Pair(path, public, key_id(key.public_key()))


def read_signer(path: pathlib.Path, passphrase: Callable[[], str | None] = lambda: None) -> Signer:
    """The private key in a PEM file.

    Args:
        path: the file; PKCS #8, encrypted or not.
        passphrase: asked only where the key is encrypted.

    Raises:
        ConfigError: it cannot be read, is encrypted under another passphrase, or is no private Ed25519 key.
        MissingExtra: the extra `sign` is not installed.
    """
    ed25519, pem = require(_ED25519, "sign"), require(_PEM, "sign")
    raw = _read(path, "key")
    # looked at before it is parsed, for the library says of a public key only that it cannot be read
    if b"PRIVATE KEY-----" not in raw:
        kind = "a public key" if b"PUBLIC KEY-----" in raw else "no PEM file"
        raise ConfigError(f"key: a private Ed25519 key in PEM is required; {path.name} is {kind}. {_MAKE}")
    secret = passphrase() if b"ENCRYPTED" in raw else None
    if b"ENCRYPTED" in raw and not secret:
        raise ConfigError(f"key: {path.name} is encrypted; give its passphrase in the environment as {PASSPHRASE}")
    try:
        key = pem.load_pem_private_key(raw, secret.encode() if secret else None)
    except Exception as error:  # the library's own kinds differ by version, and none of them may show the key
        wrong = "with this passphrase " if secret else ""
        raise ConfigError(f"key: {path.name} cannot be read {wrong}as PKCS #8 in PEM ({class_name(error)})") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ConfigError(f"key: an Ed25519 key is required; {path.name} is another kind. {_MAKE}")
    return Signer(key, key_id(key.public_key()))


def read_verifier(path: pathlib.Path) -> Verifier:
    """The public key in a PEM file.

    Raises:
        ConfigError: it cannot be read, or is no public Ed25519 key.
        MissingExtra: the extra `sign` is not installed.
    """
    ed25519, pem = require(_ED25519, "sign"), require(_PEM, "sign")
    raw = _read(path, "public key")
    # somebody who hands a private key out by mistake should hear of it
    if b"PRIVATE KEY-----" in raw:
        raise ConfigError(f"public key: {path.name} is a private key; give the public one, and keep this one secret")
    try:
        key = pem.load_pem_public_key(raw)
    except Exception as error:  # the library's own kinds differ by version
        raise ConfigError(f"public key: {path.name} is no public key in PEM ({class_name(error)})") from None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ConfigError(f"public key: an Ed25519 key is required; {path.name} is another kind")
    return Verifier(key, key_id(key))


def key_id(public: Any) -> str:
    """SHA-256, in hexadecimal, of a public key as SubjectPublicKeyInfo in DER; `openssl pkey -pubin -outform DER`."""
    pem = require(_PEM, "sign")
    return hashlib.sha256(public.public_bytes(pem.Encoding.DER, pem.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def open_to_others(path: pathlib.Path) -> bool:
    """True where other users of this machine can read the file."""
    return os.name != "nt" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


_MAKE = "`auditkit keygen FILE` makes one"


def _read(path: pathlib.Path, setting: str) -> bytes:
    """A key file; a link is followed, for secrets are often mounted as links."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # no name of a file holds a zero byte
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{setting}: {one_line(path)} cannot be read: {why}") from None
    if len(raw) > _LARGEST:
        raise ConfigError(f"{setting}: {path.name} is too large for a key")
    return raw


def _write_new(path: pathlib.Path, content: bytes, mode: int) -> None:
    # created or refused by the system in one step: to look first and write then leaves a moment for somebody else
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None
