"""The words, numbers and names that a text is made of, and what stays of it where some of them are withheld."""

import html
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

WITHHELD: Final = "[withheld]"
"""Stands in a text where words or numbers were that may tell of somebody."""

Kind = Literal["name", "number", "word"]
Span = tuple[int, int]
"""Where something begins in a text, and where it ends."""

_MONTH = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|(?:nov|dec)(?:ember)?)"
)
_DATE = rf"(?<!\w)(?:\d{{1,2}}[ .-]{{1,2}}{_MONTH}|{_MONTH} \d{{1,2}})[ .,-]{{1,2}}'?\d{{2,4}}(?!\w)"
_GROUPED = (
    r"\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:['’]\d{3})+(?!\d)|\d{1,3}(?:_\d{3})+(?![\d_])"
    r"|(?<!\d )\d{1,3}(?: \d{3})+(?! ?\d)"
)
_NUMBER = (
    rf"{_DATE}|(?<!\w)0[xX][0-9a-fA-F]+(?!\w)"
    rf"|(?:(?<![\w.])|(?<=\dx)|(?<=_))[-+]?(?:{_GROUPED}|\d+)(?:\.\d+)*\.?(?:[eE][-+]?\d+)?"
    r"(?:(?!\w)|(?=x\d)|(?=_)|(?=[kKMGT](?!\w)))|(?<![\w.])[-+]?\.\d+(?:[eE][-+]?\d+)?(?!\w)"
)
"""Dates with the name of the month among them, and thousands set apart by a comma, a point, `'`, `_` or a blank."""
_WORD = r"[^\W_]+(?:[-&][^\W_]+)*"
_SPELT = r"(?<!\w)[^\W\d_](?:[^\w\n]{1,2}[^\W\d_]){2,}(?!\w)|(?<![^\W_])[^\W\d_](?:_{1,2}[^\W\d_]){2,}(?![^\W_])"
"""A word letter by letter, with a blank or signs between."""
_BYTES = re.compile(r"(?:\\+x[0-9a-fA-F]{2})+|(?:%[0-9a-fA-F]{2})+")
_ESCAPED = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[nrt])")
_ORDINARY = re.compile(r"[\n -$'-\[\]-~]*")
_ESCAPES = 4
"""How often a text may have been escaped."""
_VERSION_BEFORE = re.compile(r"(?:\bversions?|[=<>~!]=?|\bv)\s*\Z", re.IGNORECASE)
_LONGEST = 3
"""Significant digits of a number that gives nobody away."""


class Token(NamedTuple):
    """A word, a number or a name of the data, and where it stands."""

    kind: Kind
    text: str
    """In small letters, without accents."""
    start: int
    end: int


def plain(text: str) -> str:
    """A text with one spelling for letters that have several, escaped ones among them, and without unseen ones."""
    if _ORDINARY.fullmatch(text):
        return text
    for _ in range(_ESCAPES):
        before = text
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", _BYTES.sub(_decoded, text))
        text = html.unescape(text) if "&" in text else text
        if text == before:
            break
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    return "".join(filter(_is_seen, text))


def _decoded(match: re.Match[str]) -> str:
    """The letters that bytes stand for."""
    content = bytes.fromhex(re.sub(r"\\+x|%", "", match[0]))
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _is_seen(letter: str) -> bool:
    return letter != "\0" and unicodedata.category(letter) != "Cf"


def bare(text: str) -> str:
    """A text in small letters without accents."""
    if text.isascii():
        return text.casefold()
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """What finds the tokens of a text.

    Args:
        names: of columns and classes, which are one token each; what is a number is no name.
    """
    longest_first = sorted({plain(name) for name in names if re.search(r"[^\W\d_]", name)}, key=len, reverse=True)
    alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
    return re.compile(
        rf"(?P<name>(?<!\w)(?:{alternatives})(?!\w))|(?P<number>{_NUMBER})|(?P<spelt>{_SPELT})|(?P<word>{_WORD})"
    )


def tokens(text: str, finder: re.Pattern[str]) -> list[Token]:
    """The tokens of a text, in its order.

    Args:
        text: `plain`.
        finder: a `pattern`.
    """
    kinds: dict[str | None, Kind] = {"name": "name", "number": "number", "word": "word", "spelt": "word"}
    read = []
    for match in finder.finditer(text):
        word = re.sub(r"[\W_]", "", match[0]) if match.lastgroup == "spelt" else match[0]
        read.append(Token(kinds[match.lastgroup], bare(word), match.start(), match.end()))
    return read


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a value, in small letters."""
    return tuple(token.text for token in tokens(plain(text), _NO_NAMES))


_NO_NAMES = pattern(())


def digits(number: str) -> str:
    """The significant digits of a number as it is written."""
    mantissa = re.split("e", number, flags=re.IGNORECASE)[0]
    return re.sub(r"\D", "", mantissa).lstrip("0").rstrip("0")


def is_long(token: Token, text: str) -> bool:
    """Whether a number, or what holds one, has more digits than give nobody away; versions have not."""
    if token.kind == "name":
        return False
    if token.text.startswith("0x") or (token.kind == "number" and text.startswith("…", token.end)):
        return True  # of one that was cut nobody knows how long it was
    if token.kind == "number" and re.search("[a-df-z]", token.text):
        return True  # a date
    if token.text.count(".") > 1 and _VERSION_BEFORE.search(text[: token.start]):
        return False
    return len(digits(token.text) if token.kind == "number" else re.sub(r"\D", "", token.text)) > _LONGEST


def value_of(number: str) -> tuple[float, float]:
    """A written number, and by how much what it was rounded from may differ; NaN for what is none, as a version."""
    joined = re.sub(r"[,'’_ ]", "", number).rstrip(".")
    mantissa, _, exponent = joined.partition("e")
    decimals = len(mantissa.partition(".")[2])
    try:
        return float(joined), 0.5 * 10.0 ** (int(exponent or 0) - decimals)
    except (ValueError, OverflowError):
        return math.nan, 0.0


def without(text: str, spans: Iterable[Span]) -> str:
    """A text with `[withheld]` where something was; once for what only signs stand between.

    Args:
        text: any.
        spans: what goes, in any order.
    """
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if text[end : end + 1] in ("'", '"') and text.count(text[end], start, end) % 2:
            end += 1  # the quotation mark that belongs to one inside
        if merged and not re.search(r"\w", text[merged[-1][1] : start]):
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    for start, end in reversed(merged):
        text = f"{text[:start]}{WITHHELD}{text[end:]}"
    return text


def parts(word: str) -> list[str]:
    """What a word is joined from, for the sign between two parts differs from program to program."""
    return re.split("[-&]", word)


def phrases(read: Sequence[Token], wanted: Sequence[str]) -> list[Span]:
    """Where a sequence of words stands among tokens, as positions of the first and behind the last."""
    length = len(wanted)
    return [
        (start, start + length)
        for start in range(len(read) - length + 1)
        if all(read[start + offset].text == word for offset, word in enumerate(wanted))
    ]


def stretches(
    read: Sequence[Token], is_item: Callable[[int], bool], is_between: Callable[[int], bool]
) -> list[list[int]]:
    """The positions of tokens that follow each other with nothing else between them.

    Args:
        read: the tokens.
        is_item: whether the token at a position is one of those looked for.
        is_between: whether it may stand between two of them.
    """
    together: list[list[int]] = [[]]
    for position in range(len(read)):
        if is_item(position):
            together[-1].append(position)
        elif not is_between(position):
            together.append([])
    return [positions for positions in together if positions]
