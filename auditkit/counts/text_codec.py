"""The encoding of a text file: told by its first bytes, or as the owner says."""

import codecs
import contextlib
import csv
import gzip
import io
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any, Final

from auditkit.counts.encodings import likely
from auditkit.errors import DataError, Mend

MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
"""What a file begins with where it says its encoding itself; the mark of 32 bits begins with that of 16."""
UTF8: Final = "utf-8-sig"
HEAD: Final = 4096
"""Bytes by which the kind of a file is told."""
SAMPLE: Final = 65536
"""Bytes by which an encoding is told."""
LONGEST: Final = 1 << 24
"""Characters that a value has at most."""
GZIP: Final = b"\x1f\x8b"
PACKED_FAULTS: Final = (EOFError, OSError, zlib.error)
"""What a file raises that is cut off or damaged and cannot be unpacked."""


@contextlib.contextmanager
def unpacked(path: pathlib.Path) -> Iterator[Any]:
    """The bytes of a file as a stream, unpacked where it is compressed with gzip.

    Raises:
        DataError: it cannot be unpacked.
    """
    try:
        with _bytes(path) as stream:
            yield stream
    except PACKED_FAULTS as error:
        raise DataError(f"{path.name} cannot be unpacked: {error}; it may be cut off") from error


def is_binary(head: bytes, encoding: str | None) -> bool:
    """Whether what begins so is no text, also none in characters of two bytes, as in UTF-16."""
    if encoding is not None or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    # In UTF-16 without a mark at its beginning every second byte of Latin letters is zero, the other ones are ASCII.
    high, low = sorted((head[::2], head[1::2]), key=lambda half: -half.count(0))
    wide = high.count(0) > 0.8 * len(high) and sum(9 <= byte < 127 for byte in low) > 0.7 * len(low)
    return not wide and b"\x00" in head


def encoding_of(path: pathlib.Path, declared: str | None) -> str:
    """The encoding of a file: as its first bytes say, as declared, or UTF-8.

    Raises:
        DataError: the file cannot be unpacked, or `declared` is no encoding.
    """
    with unpacked(path) as stream:
        head = stream.read(HEAD)
    # no text in another encoding begins with a mark, so that it is believed whatever is declared
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if declared is None:
        if marked is None and b"\x00" in head:
            raise _encoding_error(f"{path.name} is not UTF-8", head)
        return marked or UTF8
    try:
        name = codecs.lookup(declared).name
        b"a".decode(declared, "ignore")  # Python knows codecs of other things than text, such as hex
    except (LookupError, UnicodeError):
        raise DataError(
            f"encoding must be one that Python knows, such as utf-8, utf-16 or cp1252; {declared!r} was given"
        ) from None
    return marked or (UTF8 if name == "utf-8" else name)


def encoding_note(encoding: str) -> tuple[str, ...]:
    """What is to be said of an encoding, where it is another than UTF-8."""
    return () if encoding == UTF8 else (f"the file is read as {encoding}",)


def rows_of(path: pathlib.Path, encoding: str, lines: int) -> tuple[Any, bytes]:
    """A binary stream of the file as UTF-8, after so many lines; and a byte that was read too far."""
    raw = _bytes(path)
    try:
        stream = raw if encoding == UTF8 else codecs.EncodedFile(raw, "utf-8", encoding)
        return stream, _skip_lines(stream, lines)
    except BaseException:
        raw.close()
        raise


def reading(path: pathlib.Path, encoding: str, read: Any) -> Any:
    """What `read` makes of the file as text; the line is named where it is of another encoding.

    Raises:
        DataError: another encoding, a file that cannot be unpacked, or a field that never ends.
    """
    limit = csv.field_size_limit(LONGEST)
    try:
        with unpacked(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as stream:
            return read(stream)
    except UnicodeError:
        raise not_decoded(path, encoding) from None
    except csv.Error as error:
        raise DataError(f"{path.name} cannot be read as csv: {error}; a quotation mark may be missing") from None
    finally:
        csv.field_size_limit(limit)


def not_decoded(path: pathlib.Path, encoding: str) -> DataError:
    """The error that names the line and proposes the encodings that can read it."""
    with unpacked(path) as stream:
        sample = stream.read(SAMPLE)
        if not encoding.startswith("utf-8"):
            return _encoding_error(f"{path.name} is not {encoding}", sample)
        stream.seek(0)
        for number, line in enumerate(stream, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                byte = f"line {number} holds the byte 0x{line[error.start]:02x}"
                # characters of two bytes are told by the first of them, others by those that are no ASCII
                sample = sample if b"\x00" in sample else line + stream.read(SAMPLE)
                return _encoding_error(f"{path.name} is not UTF-8: {byte}", sample)
    return _encoding_error(f"{path.name} is not UTF-8", sample)


def _encoding_error(fault: str, sample: bytes) -> DataError:
    # of characters of two bytes one is mostly zero
    wide = "utf-16-le" if sample[1:2] == b"\x00" else "utf-16-be"
    # latin-1 reads whatever there is
    readings = {wide: ""} if b"\x00" in sample else likely(sample) or {"latin-1": ""}
    mends = {Mend("data.encoding", encoding): word for encoding, word in readings.items()}
    how = f"as in {next(iter(mends))}"
    if len(mends) > 1:
        how = "by the one of these, or another, that reads its words rightly: "
        how += ", ".join(f"{mend} reads {word!r}" for mend, word in mends.items())
    return DataError(f"{fault}; save it as UTF-8, or say how it is written, {how}", mend=mends)


def _bytes(path: pathlib.Path) -> Any:
    with path.open("rb") as stream:
        compressed = stream.read(2) == GZIP
    return gzip.open(path, "rb") if compressed else path.open("rb")


def _skip_lines(stream: Any, lines: int) -> bytes:
    """Read so many lines, however they end; the byte of the next one that had to be read."""
    pending = b""
    while lines:
        # a byte at a time, for whoever reads on must find the stream right behind the line
        sign = pending or stream.read(1)
        pending = b""
        if not sign:
            break
        if sign == b"\r":
            following = stream.read(1)
            # \r\n is one end of a line, a lone \r is one too
            pending = b"" if following == b"\n" else following
        lines -= sign in (b"\n", b"\r")
    return pending
