"""Zip archives, judged by their directory before anything in them is read, and unpacked within a budget of bytes."""

import io
import zipfile
from typing import IO

from auditkit.errors import Mend, ModelFileRejected
from auditkit.io.refusals import refusal
from auditkit.io.zip_directories import content, opened
from auditkit.memory import size
from auditkit.text import class_name, one_line

MOST_MEMBERS = 10_000
ZIP = b"PK\x03\x04"


def members(file: IO[bytes], name: str, most: int) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip archive that is safe to unpack.

    Args:
        file: the archive; only its directory is read.
        name: what messages call it.
        most: bytes that it may unpack to, by what its directory states.

    Raises:
        ModelFileRejected: the archive is broken or encrypted, unpacks to too much, has too many members, or members
            with the same name or with a name that leaves the archive.
    """
    try:
        with opened(file) as archive:
            infos = archive.infolist()
    except Exception as error:  # broken archives raise half a dozen types
        why = refusal(error)
        wrong = (
            f"it cannot be read: {why}" if why else f"the zip archive is broken: {class_name(error)}: {one_line(error)}"
        )
        raise ModelFileRejected(f"{name}: {wrong}") from error
    total = sum(member.file_size for member in infos)
    by_name = {member.filename: member for member in infos}
    leaving = next((member for member in by_name if _leaves(member)), "")
    faults = (
        (len(infos) > MOST_MEMBERS, f"a model archive may have {MOST_MEMBERS} members; it has {len(infos)}"),
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
    check_size(total, name, most, "it would unpack to")
    return by_name


def check_size(count: int, name: str, most: int, what: str) -> None:
    """Refuse what would take more memory than a model may.

    Args:
        count: bytes.
        name: of the file.
        most: bytes that it may take.
        what: the words before the number of bytes.

    Raises:
        ModelFileRejected: there are more.
    """
    if count > most:
        mend = Mend("model.memory_limit", 2 * count)
        raise ModelFileRejected(
            f"{name}: {what} {size(count)}, and opening it may take {size(most)}. If that is meant, write {mend}",
            mend=mend,
        )


def unpacked(data: bytes, name: str, most: int) -> bytes:
    """An archive with the same members, none of them compressed, so that no library can unpack more than was counted.

    Archives among its members, such as sparse matrices, are unpacked within the same budget.

    Raises:
        ModelFileRejected: as `members`.
    """
    infos = members(io.BytesIO(data), name, most).values()
    left = most - sum(member.file_size for member in infos)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        for member in infos:
            raw = content(archive, member)
            if raw.startswith(ZIP):
                raw = _flat(raw, f"{name}, {one_line(member.filename)}", left)
                left -= max(0, len(raw) - member.file_size)
            rebuilt.writestr(member.filename, raw)
    return buffer.getvalue()


def _flat(data: bytes, name: str, most: int) -> bytes:
    """A member that is an archive itself; what lies deeper in it is opened by nobody."""
    buffer = io.BytesIO()
    infos = members(io.BytesIO(data), name, most).values()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        for member in infos:
            rebuilt.writestr(member.filename, content(archive, member))
    return buffer.getvalue()


def _leaves(member: str) -> bool:
    # Windows reads a backslash as a slash, and C: as the root of a drive.
    parts = member.replace("\\", "/").split("/")
    return member.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]
