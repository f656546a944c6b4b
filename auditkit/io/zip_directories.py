"""Zip archives that are opened within bounds: their directory is short, and each member is read a piece at a time."""

import io
import zipfile
from typing import IO, Any, Final

DIRECTORY: Final = 4 * 2**20
"""Bytes that the directory of an archive may have; 10,000 members with usual names take a quarter."""
PIECE: Final = 2**16
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be compressed: a few bytes of the other methods unpack to any number at once."""


class _Bounded:
    """A file of which nobody reads much at once, as the reader of a directory does, of the length that it states.

    Members are read without this bound once the directory is known: whoever reads one asks for what it may have.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.is_open = False

    def read(self, count: int = -1) -> bytes:
        if count > DIRECTORY and not self.is_open:
            raise ValueError(f"its directory would have {count:,} bytes; at most {DIRECTORY:,} are read")
        return self._file.read(count)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive in a file, of which only the directory was read.

    Raises:
        Exception: whatever `zipfile` raises on a broken archive, and ValueError for a directory that is too long or a
            member that is compressed in another way than `METHODS`.
    """
    bounded = _Bounded(file)
    archive = zipfile.ZipFile(bounded)
    bounded.is_open = True
    strange = next((member for member in archive.infolist() if member.compress_type not in METHODS), None)
    if strange is not None:
        raise ValueError(
            "a member is compressed in a way that is not read; write the archive without compression, or with "
            "ZIP_DEFLATED"
        )
    return archive


def content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of one member, never more than its directory states, whatever it unpacks to."""
    buffer = io.BytesIO()
    with archive.open(member) as stream:
        # in one call, zipfile would unpack all there is before it compares
        for piece in iter(lambda: stream.read(PIECE), b""):
            buffer.write(piece)
    return buffer.getvalue()
