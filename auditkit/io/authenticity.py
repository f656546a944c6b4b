"""Whether a file was kept by this user: codes under a secret that lies outside of the folder with the file.

Whoever can write to that folder can read and delete what is in it, and cannot make up a finished check or a training.
"""

import contextlib
import functools
import hashlib
import hmac
import os
import pathlib
import secrets
import stat
import sys

SECRET = "AUDITKIT_RESUME_SECRET"
"""The environment variable with the secret, for machines on which nobody has a home."""
SHORTEST = 16
"""Characters of a secret in that variable."""


def code_of(facts: bytes) -> str:
    """HMAC-SHA-256 (Krawczyk, Bellare and Canetti 1997, RFC 2104) of facts under the user's secret; "" without one."""
    secret = user_secret()
    return "" if secret is None else hmac.new(secret, facts, hashlib.sha256).hexdigest()


def fits(code: str, facts: bytes) -> bool:
    """Whether this user's secret made this code of these facts; never where there is no secret."""
    expected = code_of(facts)
    return bool(expected) and hmac.compare_digest(code.encode("utf-8", "replace"), expected.encode())


@functools.cache
def user_secret() -> bytes | None:
    """The user's secret, made where there is none; None where it can be neither read nor kept for this user alone."""
    given = os.environ.get(SECRET, "")
    if len(given) >= SHORTEST:
        return given.encode()
    path = state_folder() / "resume.key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with contextlib.suppress(FileExistsError), open(os.open(path, flags, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            kept = os.fstat(file.fileno())
            # a secret that others can read or could have written is none
            foreign = os.name == "posix" and (kept.st_uid != os.geteuid() or stat.S_IMODE(kept.st_mode) & 0o077)
            secret = file.read()
    except OSError:
        return None
    return None if foreign or len(secret) != 32 else secret


def state_folder() -> pathlib.Path:
    """Where this system keeps what programs remember for a user."""
    if sys.platform == "win32":
        return pathlib.Path(os.environ.get("LOCALAPPDATA", pathlib.Path.home())) / "auditkit"
    if sys.platform == "darwin":
        return pathlib.Path.home() / "Library" / "Application Support" / "auditkit"
    return pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local" / "state") / "auditkit"
