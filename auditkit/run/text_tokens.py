"""The words, numbers and names that a text is made of, and what stays of it where some of them are withheld."""

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

_NUMBER = (
    r"(?<!\w)0[xX][0-9a-fA-F]+(?!\w)|(?:(?<![\w.])|(?<=\dx)|(?<=_))[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)*\.?(?:[eE][-+]?\d+)?"
    r"(?:(?!\w)|(?=x\d)|(?=_))|(?<![\w.])[-+]?\.\d+(?:[eE][-+]?\d+)?(?!\w)"
)
_WORD = r"[^\W_]+(?:[-&][^\W_]+)*"
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([89a-fA-F][0-9a-fA-F]))")
_VERSION_BEFORE = re.compile(r"(?:\bversions?|[=<>~!]=?|\bv)\s*\Z", re.IGNORECASE)
_LONGEST = 3
"""Significant digits of a number that gives nobody away."""


class Token(NamedTuple):
    """A word, a number or a name of the data, and where it stands."""

    kind: Kind
    text: str
    """In small letters."""
    start: int
    end: int


def plain(text: str) -> str:
    """A text with one spelling for letters that have several, escaped ones among them."""
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    return unicodedata.normalize("NFKC", unescaped)


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """What finds the tokens of a text.

    Args:
        names: of columns and classes, which are one token each; what is a number is no name.
    """
    longest_first = sorted({plain(name) for name in names if re.search(r"[^\W\d_]", name)}, key=len, reverse=True)
    alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
    return re.compile(rf"(?P<name>(?<!\w)(?:{alternatives})(?!\w))|(?P<number>{_NUMBER})|(?P<word>{_WORD})")


def tokens(text: str, finder: re.Pattern[str]) -> list[Token]:
    """The tokens of a text, in its order.

    Args:
        text: `plain`.
        finder: a `pattern`.
    """
    kinds: dict[str | None, Kind] = {"name": "name", "number": "number", "word": "word"}
    return [
        Token(kinds[match.lastgroup], match[0].casefold(), match.start(), match.end())
        for match in finder.finditer(text)
    ]


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
    if token.text.count(".") > 1 and _VERSION_BEFORE.search(text[: token.start]):
        return False
    return len(digits(token.text) if token.kind == "number" else re.sub(r"\D", "", token.text)) > _LONGEST


def value_of(number: str) -> tuple[float, float]:
    """A written number, and by how much what it was rounded from may differ; NaN for what is none, as a version."""
    bare = number.replace(",", "").rstrip(".")
    mantissa, _, exponent = bare.partition("e")
    decimals = len(mantissa.partition(".")[2])
    try:
        return float(bare), 0.5 * 10.0 ** (int(exponent or 0) - decimals)
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
