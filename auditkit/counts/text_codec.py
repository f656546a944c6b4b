"""The encoding of a text file: told by its first bytes, or as the owner says.

UTF-8 is told for certain, and the other encodings are not: every byte is a letter in some encoding. So each that can
have written the text is tried, and whoever knows the words chooses.
"""

import codecs
import contextlib
import csv
import gzip
import io
import itertools
import operator
import pathlib
import re
import unicodedata
import zlib
from collections.abc import Iterator
from typing import IO, Any, AnyStr, Final

from auditkit.errors import AuditkitError, DataError, Mend
from auditkit.io.refusals import refusal
from auditkit.memory import out_of_memory
from auditkit.text import class_name

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
def in_a_sentence(name: str) -> Iterator[None]:
    """While a file is read: whatever a library raises on it is a sentence.

    Its own text is left out, for it may quote people's values.

    Raises:
        DataError: in place of any error but of auditkit's own, and of those that mean that memory was not enough.
    """
    try:
        yield
    except AuditkitError:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise
        why = refusal(error)
        wrong = f": {why}" if why else f" ({class_name(error)}); it may be damaged: write it again"
        raise DataError(f"{name} cannot be read{wrong}") from error


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
        why = refusal(error)
        wrong = f"read: {why}" if why else f"unpacked: {error}; it may be cut off"
        raise DataError(f"{path.name} cannot be {wrong}") from error


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
            return read(lines_of(stream, path.name))
    except UnicodeError:
        raise not_decoded(path, encoding) from None
    except csv.Error as error:
        raise DataError(f"{path.name} cannot be read as csv: {error}; a quotation mark may be missing") from None
    finally:
        csv.field_size_limit(limit)


def lines_of(stream: IO[AnyStr], name: str) -> Iterator[AnyStr]:
    """The lines of a file, none of which is longer than a value may be.

    Raises:
        DataError: one is.
    """
    while line := stream.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise DataError(f"{name} has a line of more than {LONGEST:,} characters, and is no table")
        yield line


def not_decoded(path: pathlib.Path, encoding: str) -> DataError:
    """The error that names the line and proposes the encodings that can read it."""
    with unpacked(path) as stream:
        sample = stream.read(SAMPLE)
        if not encoding.startswith("utf-8"):
            return _encoding_error(f"{path.name} is not {encoding}", sample)
        stream.seek(0)
        for number, line in enumerate(lines_of(stream, path.name), start=1):
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


CANDIDATES: Final = (
    "utf-8", "cp1252", "cp1250", "cp1254", "cp1257", "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "cp874", "cp932",
    "euc-jp", "gb18030", "big5", "cp949", "iso8859-15", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-6", "koi8-u",
    "cp850", "cp852", "cp857", "cp775", "cp866", "cp737", "cp862", "mac_roman", "mac_turkish", "mac_cyrillic",
    "mac_greek",
)  # fmt: skip
"""UTF-8; of Windows, letters of one byte: Western, central European, Turkish, Baltic, Cyrillic (with that of Unix),
Greek, Hebrew, Arabic, Thai; and of several: Japanese (two), Chinese (two), Korean. Then of ISO and Unix, of DOS and of
the Macintosh before Unicode."""
EAST: Final = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"}
"""Scripts that Japanese mixes with Chinese characters in a word."""
COMMON: Final = {"cp932": 0x97, "euc-jp": 0xCF, "gb18030": 0xD7, "big5": 0xC6, "cp949": 0xC8}
"""The last first byte of common characters; those of China and Korea, and in euc-jp, have no byte below 0xA1."""
MOST_WRONG: Final = 0.34
"""Of the signs beyond ASCII, where no language writes them."""
MOST: Final = 6
"""Encodings that are proposed, the likelier ones."""
WITHIN: Final = "’·–—"
"""Signs beyond ASCII between the letters of a word."""
_MARKS = ("Mn", "Mc", "Nd")
_WORD = re.compile(r"(?:[A-Za-z0-9]|[^\x00-\x7f\s])+")
_FIELD = re.compile(r"[^\s,;\"|]+")


def likely(sample: bytes) -> dict[str, str]:
    """{encoding: how it reads a word beyond ASCII} of those that can have written a text, likelier ones first.

    The word is the first that tells them apart.

    Args:
        sample: lines of the text, which may end within a letter.
    """
    readings: list[tuple[float, str, str]] = []
    for encoding in CANDIDATES:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":  # nothing else is written so by chance
            return {encoding: ""}
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        wrong = sum(_wrong(word, encoding) for word in words)
        share = wrong / max(1, sum(not sign.isascii() for word in words for sign in word))
        if share <= MOST_WRONG and not any(map(_is_drawn, text)):
            readings.append((share, encoding, text))
    # encodings that read all of it alike are one way out
    first_of: dict[str, str] = {}
    for _, encoding, text in sorted(readings, key=operator.itemgetter(0)):
        first_of.setdefault(text, encoding)
    fields_of = {encoding: fields for text, encoding in first_of.items() if (fields := _beyond_ascii(text))}
    likeliest = dict(itertools.islice(fields_of.items(), MOST))
    shortest = min(map(len, likeliest.values()), default=0)
    place = max(range(shortest), key=lambda place: len({fields[place] for fields in likeliest.values()}), default=0)
    return {encoding: fields[place][:20] for encoding, fields in likeliest.items()}


def _beyond_ascii(text: str) -> list[str]:
    return [field for field in _FIELD.findall(text) if not field.isascii()]


def _wrong(word: str, encoding: str) -> int:
    """How many signs beyond ASCII in a word stand where no language writes them."""
    beyond_ascii = sum(not sign.isascii() for sign in word)
    if not _one_script(word):
        return beyond_ascii
    if encoding in COMMON:
        return sum(not sign.isascii() and _is_rare(sign, encoding) for sign in word)
    places = zip(f" {word}", word, f"{word[1:]} ", strict=False)
    return sum(not sign.isascii() and _is_odd(before, sign, after) for before, sign, after in places)


def _is_rare(character: str, encoding: str) -> bool:
    raw = character.encode(encoding)
    return raw[0] > COMMON[encoding] or (encoding not in ("cp932", "big5") and min(raw) < 0xA1)


def _is_odd(before: str, sign: str, after: str) -> bool:
    """Whether it is a capital behind a small letter, or none and beside letters, but no mark of punctuation there."""
    kind = unicodedata.category(sign)
    if kind[0] in "LM":
        return sign.isupper() and before.islower()
    if before.isalpha():
        return sign not in WITHIN if after.isalpha() else kind not in ("Pf", "Po", "Pd")
    return after.isalpha() and not before.isdigit() and kind[0] != "P"


def _one_script(word: str) -> bool:
    """Whether a language writes such a word: in letters of one script, and of Latin ones some without an accent."""
    # marks too, such as Thai vowels, and digits beyond ASCII
    scripts = {_script(letter) for letter in word if letter.isalpha() or unicodedata.category(letter) in _MARKS}
    scripts.discard("DIGIT")
    if not scripts:
        return len(word) == 1  # a sign, such as that of a currency
    if scripts == {"LATIN"} and len(word) > 2:
        return any(letter.isascii() for letter in word)
    return len(scripts) == 1


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if script in EAST else script


def _is_drawn(sign: str) -> bool:
    """A control sign, one for private use, or a piece of a drawn line: what no column of a table holds."""
    return (ord(sign) > 127 and unicodedata.category(sign) in ("Cc", "Co", "Cn")) or "\u2500" <= sign <= "\u25ff"
