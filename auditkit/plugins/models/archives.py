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
    ratio = total // max(1, len(data))
    by_name = {member.filename: member for member in infos}
    leaving = next((member for member in by_name if _leaves(member)), "")
    # The sizes are those that the archive states; zipfile stops reading a member at its stated size.
    faults = (
        (len(infos) > MOST_MEMBERS, f"a model archive may have {MOST_MEMBERS} members; it has {len(infos)}"),
        (total > MOST_BYTES, f"a model archive may unpack to {MOST_BYTES} bytes; it would to {total}"),
        (
            total > MOST_RATIO * max(1, len(data)),
            f"a model archive may unpack to {MOST_RATIO} times its size; it would to {ratio} times",
        ),
        (leaving, f"a member's name leaves the archive: {one_line(leaving)!r}"),
        (
            any(member.flag_bits & 0x1 for member in infos),
            "the archive is encrypted; save the model without a password",
        ),
        (len(by_name) < len(infos), "two members of the archive have the same name"),
    )
    fault = next((sentence for is_there, sentence in faults if is_there), None)
    if fault is not None:
        raise ModelFileRejected(f"{name}: {fault}")
    return by_name


def _leaves(member: str) -> bool:
    # Windows reads a backslash as a slash, and C: as the root of a drive.
    parts = member.replace("\\", "/").split("/")
    return member.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]
