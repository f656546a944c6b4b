"""Zip archives, judged by their central directory before anything in them is read."""

import io
import zipfile

from auditkit.errors import ModelFileRejected
from auditkit.text import one_line

MOST_BYTES = 2 * 1024**3
"""Uncompressed bytes in one archive."""
MOST_RATIO = 100
"""Uncompressed bytes per byte of the file: weights hardly compress, bombs do."""
MOST_MEMBERS = 10_000


def members(data: bytes, name: str) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip archive that is safe to unpack.

    Raises:
        ModelFileRejected: the archive is broken or encrypted, unpacks to too much, has too many members, or members
            with the same name or with a name that leaves the archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except Exception as error:  # broken archives raise half a dozen types
        raise ModelFileRejected(
            f"{name}: the zip archive is broken: {type(error).__name__}: {one_line(error)}"
        ) from error
    total = sum(member.file_size for member in infos)
    if len(infos) > MOST_MEMBERS:
        raise ModelFileRejected(f"{name}: a model archive may have {MOST_MEMBERS} members; it has {len(infos)}")
    if total > MOST_BYTES:
        raise ModelFileRejected(f"{name}: a model archive may unpack to {MOST_BYTES} bytes; it would to {total}")
    # The sizes are those that the archive states; zipfile stops reading a member at its stated size.
    if total > MOST_RATIO * max(1, len(data)):
        raise ModelFileRejected(
            f"{name}: a model archive may unpack to {MOST_RATIO} times its size; it would to {total // len(data)} times"
        )
    for member in infos:
        if _leaves(member.filename):
            raise ModelFileRejected(f"{name}: a member's name leaves the archive: {one_line(member.filename)!r}")
        if member.flag_bits & 0x1:
            raise ModelFileRejected(f"{name}: the archive is encrypted; save the model without a password")
    by_name = {member.filename: member for member in infos}
    if len(by_name) < len(infos):
        raise ModelFileRejected(f"{name}: two members of the archive have the same name")
    return by_name


def read(data: bytes, member: str) -> bytes:
    """The bytes of one member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(member)


def _leaves(member: str) -> bool:
    # Windows reads a backslash as a slash, and C: as the root of a drive.
    parts = member.replace("\\", "/").split("/")
    return member.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]
