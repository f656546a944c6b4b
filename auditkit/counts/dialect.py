"""What a text file with one row a line looks like: delimiter, header, comments; one answer for every reader."""

from __future__ import annotations

import collections
import contextlib
import csv
import itertools
import pathlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final, NamedTuple

from auditkit.counts.quotation import MarkedRows
from auditkit.counts.text_codec import (
    PACKED_FAULTS,
    UTF8,
    encoding_note,
    encoding_of,
    not_decoded,
    reading,
    rows_of,
)
from auditkit.errors import DataError, Mend
from auditkit.io.refusals import refusal
from auditkit.lazy import pyarrow
from auditkit.text import class_name, number_of
from auditkit.value_spelling import listed

DELIMITERS: Final = (",", ";", "\t", "|")
QUOTES: Final = ('"', "'")
HINT: Final = re.compile(r'("?)sep=(.)\1', re.IGNORECASE)
"""The first line by which a spreadsheet is told what parts the fields."""
NO_QUOTE: Final = "\0"
"""A sign that no text holds, where the owner says that no marks stand around values."""
ESCAPE: Final = "\\"
COMMENT: Final = "#"
LONGEST: Final = 1 << 20
"""Letters in which a header must end."""
SIGN: Final = re.compile(r"[^\w\s\"']{1,3}")
"""What lines that are no rows may begin with."""


class Options(NamedTuple):
    """What the owner says about text files; None: it is found out."""

    delimiter: str | None = None
    columns: tuple[str, ...] | None = None
    """The names of the columns of a file without a header."""
    encoding: str | None = None
    comment: str | None = None
    """What a line begins with that is no row."""
    quote: str | None = None
    """What stands around a field that holds the delimiter; empty where every mark is part of a value."""
    escape: str | None = None
    """What stands before a quotation mark, or a delimiter, that is part of a value."""


class Dialect(NamedTuple):
    """How one file is read."""

    names: tuple[str, ...]
    """Of the columns, blanks around them taken off."""
    delimiter: str
    lines: int
    """Lines before the first row."""
    encoding: str
    trailing: bool
    """Whether rows end with a delimiter that parts nothing."""
    comment: str | None
    """What a line begins with that is no row; None: every line is one."""
    quote: str
    """What stands around a field that holds the delimiter."""
    escape: str | None
    """What stands before a sign that is part of a value; None: two quotation marks stand for one."""
    notes: tuple[str, ...]

    @property
    def fields(self) -> int:
        """How many fields a row has."""
        return len(self.names) + self.trailing

    def parse_options(self) -> Any:
        """For pyarrow: comments with another number of fields than a row are passed over, other such lines refused."""

        def unfit(row: Any) -> str:
            return "skip" if row.text.startswith(self.comment) else "error"

        return pyarrow.csv.ParseOptions(
            delimiter=self.delimiter, quote_char=self.quote != NO_QUOTE and self.quote,
            escape_char=self.escape or False, newlines_in_values=True,
            invalid_row_handler=unfit if self.comment else None,
        )  # fmt: skip

    @property
    def signs(self) -> dict[str, Any]:
        """For Python's reader."""
        return {"delimiter": self.delimiter, "quotechar": self.quote, "escapechar": self.escape}

    def strict_reader(self, lines: Iterable[str]) -> Any:
        """Rows of lines; `csv.Error` where a value does not end where its quotation mark does."""
        # blanks behind a mark are taken off with those around values
        blanks = " \t".replace(self.delimiter, "")
        behind = re.compile(rf"{re.escape(self.quote)}[{blanks}]+(?=[{re.escape(self.delimiter)}\r\n]|$)")
        return csv.reader((behind.sub(self.quote, line) for line in lines), **self.signs, strict=True)


def dialect_of(path: pathlib.Path, options: Options) -> Dialect:
    """How a text file is read, from what the owner says and from its first lines.

    Raises:
        DataError: no rows, an encoding that cannot be read, or names that do not fit the first line.
    """
    encoding = encoding_of(path, options.encoding)
    dialect: Dialect = reading(path, encoding, lambda stream: _dialect(_Lines(stream), path.name, options))
    return dialect._replace(encoding=encoding, notes=(*dialect.notes, *encoding_note(encoding)))


def body(path: pathlib.Path, dialect: Dialect) -> MarkedRows:
    """A binary stream of the rows as UTF-8, from the first row on."""
    return MarkedRows(*rows_of(path, dialect.encoding, dialect.lines), dialect.delimiter, dialect.quote)


@contextlib.contextmanager
def arrow_rows(path: pathlib.Path, dialect: Dialect) -> Iterator[MarkedRows]:
    """The body of a file while Arrow reads it; a header alone, which Arrow refuses, is a file without rows.

    Raises:
        DataError: what is wrong with the file; where a value does not end where its quotation mark does, with the line,
            and ways to say how marks within values are written.
    """
    try:
        with body(path, dialect) as rows:
            yield rows
            if rows.doubtful:
                reading(path, dialect.encoding, lambda stream: _find_fault(stream, dialect, path.name))
    except (pyarrow.ArrowException, *PACKED_FAULTS, UnicodeError) as error:
        if "Empty CSV" not in str(error):
            raise _broken(path, error, dialect) from error


def delimiter_hint(names: Sequence[str]) -> tuple[str, list[Mend]]:
    """What to say where a text file has one column alone: the sign in its name that may part the fields."""
    signs = collections.Counter(re.findall(r"[^\w\"'.-]", names[0])) if len(names) == 1 else None
    if not signs:
        return "", []
    mend = Mend("data.delimiter", signs.most_common(1)[0][0])
    return f" (where that is the line of several names in a text file, say what parts them, as in {mend})", [mend]


def _broken(path: pathlib.Path, error: Exception, dialect: Dialect) -> DataError:
    """What is wrong with a file that cannot be taken apart, without the values that stand in it."""
    if why := refusal(error):
        return DataError(f"{path.name} cannot be read: {why}")
    text = str(error)
    if "UTF8" in text or "UTF-8" in text or isinstance(error, UnicodeError):
        return not_decoded(path, dialect.encoding)
    reading(path, dialect.encoding, lambda stream: _find_fault(stream, dialect, path.name))
    # Arrow's message quotes the row, and with it people's values: only the numbers are taken from it
    fields = re.search(r"Expected \d+ columns, got \d+", text)
    sentence = f": {fields.group()}; mend that line" if fields else f": {class_name(error)}; it may be cut off"
    return DataError(f"{path.name} cannot be read as csv{sentence}")


def _dialect(lines: _Lines, name: str, options: Options) -> Dialect:
    notes: list[str] = []
    header_line, delimiter = lines.text(), options.delimiter
    hint = HINT.fullmatch(header_line.strip("\r\n"))
    if hint:
        header_line, delimiter = lines.text(), delimiter or hint.group(2)
    comments, header_line = _comments(header_line, lines, options.comment)
    if not header_line.strip("\r\n"):
        raise DataError(f"{name} holds no rows")
    comment = options.comment or (COMMENT if comments else None)
    if comments:
        notes.append(
            number_of(
                comments,
                f"line before the header that begins with {comment!r} is no row",
                f"lines before the header that begin with {comment!r} are no rows",
            )
        )
    quote = _quote(header_line, options.quote)
    # a name may hold a line break
    while _marks(header_line, quote, options.escape) % 2 and len(header_line) < LONGEST and (line := next(lines, "")):
        header_line += line
    delimiter = delimiter or _delimiter(header_line, quote)
    dialect = Dialect((), delimiter, lines.read, UTF8, False, comment, quote, options.escape, ())
    _check_signs(dialect, name)
    if options.quote is None and quote != QUOTES[0]:
        notes.append(f"names and values are read as quoted by {quote}")
    if delimiter != "," and not options.delimiter:
        notes.append(f"the fields are parted by {delimiter!r}")
    # the header goes through csv as well, for a quoted name may hold the delimiter or a line break
    header_lines = header_line.splitlines(keepends=True)
    before = lines.read - len(header_lines)
    try:
        header = next(dialect.strict_reader(header_lines))
    except csv.Error:
        raise _odd_mark(name, before + 1, header_line, dialect) from None
    if options.columns is None:
        before = lines.read
        names = tuple(field.strip() for field in header)
        # the first row alone shows whether rows end with a delimiter
        rows = csv.reader(lines, **dialect.signs)
        row = next((row for row in rows if row and not (comment and row[0].startswith(comment))), [])
    else:
        names, row = _declared_names(options.columns, header, delimiter, name), header
    names, trailing = _without_trailing(names, row)
    if trailing:
        notes.append("every row ends with a delimiter, after which nothing stands")
    return dialect._replace(names=names, lines=before, trailing=trailing, notes=tuple(notes))


def _check_signs(dialect: Dialect, name: str) -> None:
    signs = [sign for sign in dialect.signs.values() if sign is not None]
    if len(set(signs)) < len(signs) or not all(
        re.fullmatch(r"[^\r\nA-Za-z0-9\x80-\U0010ffff]", sign) for sign in signs
    ):
        raise DataError(
            f"{name}: delimiter, quote and escape must be different characters of ASCII, such as ';', '\"' and '\\'; "
            f"{listed(signs)} were given"
        )


def _marks(line: str, quote: str, escape: str | None) -> int:
    """How many quotation marks stand in a line that are no part of a value."""
    return (re.sub(re.escape(escape) + ".", "", line) if escape else line).count(quote)


def _without_trailing(names: tuple[str, ...], row: list[str]) -> tuple[tuple[str, ...], bool]:
    """The names, and whether rows like this one end with a delimiter that parts nothing."""
    empty = len(row) > 1 and not row[-1].strip()
    is_nameless = empty and not names[-1] and len(row) == len(names)
    return (names[:-1], True) if is_nameless else (names, empty and len(row) == len(names) + 1)


class _Lines:
    """Lines, how many were read so far, and a way to put the last one back."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self.read = stream, 0
        self._held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._held.pop() if self._held else next(self._stream)
        self.read += 1
        return line

    def text(self) -> str:
        """The next line that is not blank, without its end; empty where there is none."""
        return next((line for line in self if line.strip("\r\n")), "")

    def put_back(self, line: str) -> None:
        """The line is the next one again."""
        self._held.append(line)
        self.read -= 1


def _comments(line: str, lines: _Lines, sign: str | None) -> tuple[int, str]:
    """How many lines are comments, and the first that is none.

    A header may begin with # too, as in `#id,age`; where the owner does not say, # and a blank begin a comment, and so
    does # where the next line has another number of fields.
    """
    count = 0
    while line.startswith(sign or COMMENT):
        following = lines.text()
        header = sign is None and line[1:2].strip() and _field_count(line) == _field_count(following)
        if header and _field_count(line) > 1:
            lines.put_back(following)
            break
        count, line = count + 1, following
    return count, line


def _field_count(line: str) -> int:
    quote = _quote(line, None)
    return len(next(csv.reader([line.strip("\r\n")], delimiter=_delimiter(line, quote), quotechar=quote), []))


def _quote(line: str, declared: str | None) -> str:
    """As the owner says; a single quotation mark where it stands around every name of the header."""
    if declared and (len(declared) != 1 or declared.isalnum() or declared.isspace()):
        raise DataError(f'quote must be one character, such as "\'", or "" for none; {declared!r} was given')
    if declared == "":
        return NO_QUOTE
    names = f"('[^']*'[{''.join(DELIMITERS)}]?)+"
    return declared or QUOTES[re.fullmatch(names, line.strip()) is not None]


def _delimiter(line: str, quote: str) -> str:
    """Comma; where the header has none outside of quotation marks, the sign that it has most of."""
    # a name in quotation marks may hold any sign
    bare = re.sub(rf"{re.escape(quote)}[^{re.escape(quote)}]*({re.escape(quote)}|$)", "", line)
    return "," if "," in bare else max(DELIMITERS, key=bare.count)


def _declared_names(columns: tuple[str, ...], header: list[str], delimiter: str, name: str) -> tuple[str, ...]:
    if len(columns) not in (len(header), len(header) - (not header[-1].strip())):
        raise DataError(
            f"{name}: columns names {number_of(len(columns), 'column')}; the first line has {len(header)}, parted by "
            f"{delimiter!r}. Name every column, or say what parts them with delimiter = …"
        )
    return columns


def _find_fault(stream: IO[str], dialect: Dialect, name: str) -> None:
    """Raise with the first value that does not end where its mark does, or line of another number of fields."""
    read: list[str] = []
    before = dialect.lines

    def kept() -> Iterator[str]:
        for line in itertools.islice(stream, dialect.lines, None):
            read.append(line)
            yield line

    try:
        # Arrow says which row it was, not which line: a value in quotation marks may run over several
        for row in dialect.strict_reader(kept()):
            if row and len(row) != dialect.fields and not (dialect.comment and row[0].startswith(dialect.comment)):
                raise _ragged(name, before + len(read), row, "".join(read), dialect)
            before += len(read)
            read.clear()
    except csv.Error:
        raise _odd_mark(name, before + 1, "".join(read), dialect) from None


def _odd_mark(name: str, line: int, text: str, dialect: Dialect) -> DataError:
    escapes, unquoted = _escapes(text, dialect.quote, dialect), Mend("data.quote", "")
    hint = "".join(f", where a backslash stands before it say {mend}" for mend in escapes)
    return DataError(
        f"{name}: in the row from line {line} on a value does not end where its quotation mark does; write a mark "
        f"within a value twice ({dialect.quote * 2}){hint}, or where marks are part of values say {unquoted}",
        mend=[*escapes, unquoted],
    )


def _escapes(text: str, sign: str, dialect: Dialect) -> list[Mend]:
    """What to say where a backslash stands before a sign in the text, and may be meant to make it part of a value."""
    return [Mend("data.escape", ESCAPE)] if dialect.escape is None and ESCAPE + sign in text else []


def _ragged(name: str, line: int, row: list[str], text: str, dialect: Dialect) -> DataError:
    """The error about a row with another number of fields than the header."""
    # a first line of one field may be a comment or a title
    sign = SIGN.match(dialect.names[0]) if len(dialect.names) == 1 else None
    mends = [Mend("data.comment", sign.group() if sign else COMMENT)] if sign or row[0].startswith(COMMENT) else []
    hint = "".join(f", or say that such lines are no rows, with {mend}" for mend in mends)
    if len(dialect.names) == 1 and not sign:
        hint = "; where the first line is a title, take it out"
    other = next((quote for quote in QUOTES if any(field.strip().startswith(quote) for field in row)), "")
    if other and other != dialect.quote:
        mends.append(Mend("data.quote", other))
        hint += f", or say that values are quoted so already, with {mends[-1]}"
    for escape in _escapes(text, dialect.delimiter, dialect):
        mends.append(escape)
        hint += f", or say that a backslash stands before a delimiter within a value, with {escape}"
    marks = f"quotation marks {dialect.quote}…{dialect.quote} around a value that holds the delimiter"
    return DataError(
        f"{name}: line {line} has {number_of(len(row), 'field')}, the header has {len(dialect.names)}; mend that line, "
        f"and put {marks}{hint}",
        mend=mends,
    )
