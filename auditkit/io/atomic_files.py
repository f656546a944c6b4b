"""Files that are whole or absent, and names that are safe on every system."""

import contextlib
import hashlib
import os
import pathlib
import re
import secrets
import stat

from auditkit.errors import EvidenceError
from auditkit.text import one_line

TEMPORARY = re.compile(r"\.auditkit-[0-9a-f]{16}\.tmp")
"""Names of files that were being written; one that stays behind belongs to a process that was killed."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*")
_FILE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_LONGEST = 64


def slug(text: str) -> str:
    """A file name for any text: of `a-z 0-9 . _ - ~`, at most 64 characters, never a device of Windows.

    A text that is such a name already stays as it is. Any other is cut to words and a digest after `~`, which no plain
    name has, so that two texts never share a file.
    """
    if _SLUG.fullmatch(text) and len(text) <= _LONGEST and not _DEVICE.match(text):
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    words = re.sub(r"[^a-z0-9]+", "-", text[:1000].lower()).strip("-")[: _LONGEST - 13]
    return f"{words or 'x'}~{mark}"


def plain_name(name: str) -> str:
    """`name`, where it names one file in a folder on every system.

    Raises:
        EvidenceError: it has a separator, starts or ends with a dot, is too long, or is a device of Windows.
    """
    if not _FILE.fullmatch(name) or _DEVICE.match(name):
        raise EvidenceError(
            f"{one_line(name)!r} cannot be the name of a file in a run folder; "
            "it must be 1 to 100 of the characters A-Z a-z 0-9 . _ - and start with a letter or digit"
        )
    return name


def write_atomic(path: pathlib.Path, data: bytes) -> None:
    """Write a file so that whoever looks, whenever the power fails, sees the old bytes or the new ones.

    Raises:
        EvidenceError: the system refused, for instance because the disk is full.
    """
    # in the same folder, for a rename is atomic only within a file system
    temporary = path.with_name(f".auditkit-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            # before the rename, or a power failure could leave the new name with no content
            os.fsync(file.fileno())
        os.replace(temporary, path)
        if os.name != "nt":  # a folder cannot be opened there, and the rename is durable without it
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise EvidenceError(f"{path.name} could not be written in {path.parent}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read_plain(path: pathlib.Path) -> bytes:
    """The bytes of a regular file; a link or a device is not followed.

    Raises:
        OSError: there is no such file, it cannot be read, or it is no regular file.
    """
    # without blocking: a pipe that was put in the place of a file would wait for ever
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path.name} is not a regular file")
        return file.read()


def real_folder(path: pathlib.Path) -> bool:
    """True where `path` is a folder and not a link to one."""
    return path.is_dir() and not path.is_symlink()
