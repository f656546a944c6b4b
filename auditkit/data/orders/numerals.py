"""Texts as numbers: decimal signs, groups of digits, signs, exponents, units; fractions, ranges, Roman numerals."""

import ipaddress
import itertools
import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from auditkit.data.orders.units import factors

POWER: Final = r"(?:(?:e|d(?=[+-]))(?P<e>[+-]?\d+)| ?[x*·] ?10 ?(?:\^|\*\*)? ?(?P<ten>[+-]?\d+))?"
TEXT: Final = re.compile(
    rf"(?P<left>[^\d]*?)(?P<core>\d(?:[\d.,'_·]| (?=\d))*|(?<![^\W\d_])[.,]\d+){POWER}(?P<right>[^\d]*|[^\d]*m[23])"
)
GROUPS: Final = {
    ".": re.compile(r"(?P<whole>\d+|[1-9]\d{0,2}(?:([, '_])\d{3})(?:\2\d{3})*|[1-9]\d?(?:,\d\d)+,\d{3})?"
                    r"(?:[.·](?P<part>\d*))?"),
    ",": re.compile(r"(?P<whole>\d+|[1-9]\d{0,2}(?:([. '_])\d{3})(?:\2\d{3})*)?(?:,(?P<part>\d*))?"),
}  # fmt: skip
"""A number without its sign, for each decimal sign."""
BELOW: Final = ("<", "≤", "under", "below", "less than", "up to", "at most", "or less", "or fewer", "and under")
ABOVE: Final = (">", "≥", "over", "above", "more than", "at least", "or more", "and over", "and above", "+")
ABOUT: Final = ("~", "≈", "approx.", "approx", "about", "ca.", "circa", "≤=", "=")
ORDINALS: Final = ("st", "nd", "rd", "th")
FRACTION: Final = re.compile(
    r"(?P<sign>-?)(?:(?P<whole>\d+)[ -])?(?P<over>\d+(?:\.\d+)?)(?: ?/ ?| (?:out )?of )(?P<under>\d+)"
)
UNDER: Final = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 32, 64, 100, 1000))
RANGE: Final = re.compile(r"[\[(]?(-?[\d.,' ]*\d)(?: ?- ?| to | bis |, ?|; ?|\.\.+)(-?[\d.,' ]*\d)[\])]?([^\d]*)")
HEX: Final = re.compile(r"0x[0-9a-f]+|0b[01]+|0o[0-7]+")


class Parts(NamedTuple):
    """One text, taken apart."""

    core: str
    power: int
    sign: int
    side: int
    """-1 where the text says "less than", 1 where it says "more than"."""
    unit: tuple[str, ...]


def numbers(texts: Sequence[str], decimal: str) -> list[float] | None:
    """The numbers of plain texts with this decimal sign; None where one of them is none, or units do not fit."""
    values, units, sides = [], [], []
    for text in texts:
        parts = _parts(text)
        value = None if parts is None else _value(parts, decimal)
        if parts is None or value is None:
            return None
        values.append(value)
        units.append(parts.unit)
        sides.append(parts.side)
    scales = factors(units, values)
    if scales is None:
        return None
    # "under 20" comes just before 20 and "over 20" just after it: neither is 20, and no other number is nearer.
    return [
        math.nextafter(value * scale, side * math.inf) if side else value * scale
        for value, scale, side in zip(values, scales, sides, strict=True)
    ]


def fractions(texts: Sequence[str]) -> list[float] | None:
    """The numbers of plain texts such as 3/4 and 1 1/2, some of which may be whole."""
    values = []
    for text in texts:
        match = FRACTION.fullmatch(text)
        if match is None:
            if not re.fullmatch(r"-?\d+", text):
                return None
            values.append(float(text))
            continue
        under = int(match["under"])
        if under not in UNDER:
            return None
        value = int(match["whole"] or 0) + float(match["over"]) / under
        values.append(-value if match["sign"] else value)
    return values


def ranges(texts: Sequence[str], decimal: str) -> list[float] | None:
    """The middles of ranges such as 20-29, under 20 and 65+, where no two of them overlap."""
    ends, units = [], set()
    for text in texts:
        match, parts = RANGE.fullmatch(text), _parts(text)
        if match:
            low, high = (numbers([match[end]], decimal) for end in (1, 2))
            units.add(tuple(_words(match[3])))
            if low is None or high is None or low[0] > high[0]:
                return None
            ends.append((low[0], high[0]))
        elif parts is not None and (value := _value(parts, decimal)) is not None:
            units.add(parts.unit)
            ends.append({-1: (-math.inf, value), 0: (value, value), 1: (value, math.inf)}[parts.side])
        else:
            return None
    # Ranges that overlap, as 0-10 and 5-20 do, have no order; an end in common is no overlap.
    ordered = sorted(set(ends))
    overlap = any(high > low for (_, high), (low, _) in itertools.pairwise(ordered))
    if overlap or len(units - {()}) > 1 or not any(RANGE.fullmatch(text) for text in texts):
        return None
    return [low if high == math.inf else high if low == -math.inf else (low + high) / 2 for low, high in ends]


def hexadecimal(texts: Sequence[str]) -> list[float] | None:
    """Numbers such as 0x1f, 0b101 and 0o17."""
    return [float(int(text, 0)) for text in texts] if all(HEX.fullmatch(text) for text in texts) else None


def _parts(text: str) -> Parts | None:
    match = TEXT.fullmatch(text)
    if match is None:
        return None
    before, after, sign, side = match["left"], match["right"], 1, 0
    if match["core"][-1] in ".,":
        after = after.lstrip("-")
    after = after.replace("/-", "")  # prices such as 5.- and 5/- are not below zero
    if "(" in before and ")" in after:
        before, after, sign = before.replace("(", " "), after.replace(")", " "), -1
    before, after, side = _compared(before, after)
    if "-" in before or after.rstrip().endswith("-"):
        before, after, sign = before.replace("-", " ", 1), after.rstrip().removesuffix("-"), -sign
    before = before.replace("+", " ", 1)
    words = (word.strip(".:") for word in (*_words(before), *_words(after)))
    unit = tuple(sorted(word for word in words if word and word not in ORDINALS))
    # A power beyond 300 would be infinite as float64, or zero.
    power = int(match["e"] or match["ten"] or 0)
    return Parts(match["core"], power, sign, side, unit) if abs(power) < 300 else None


def _compared(before: str, after: str) -> tuple[str, str, int]:
    """What stands around a number without words such as "under" and "or more", and to which side they point."""
    before, after, side = before.strip(), after.strip(), 0
    for words, points in ((BELOW, -1), (ABOVE, 1), (ABOUT, 0)):
        for word in words:
            if word != "+" and before.startswith(word):
                before, side = before.removeprefix(word).lstrip(" ="), points or side
            if after.endswith(word):
                after, side = after.removesuffix(word).rstrip(), points or side
    return before, after, side


def _words(around: str) -> list[str]:
    """Words, and signs by themselves."""
    return re.findall(r"[^\W\d_]+(?:/[^\W\d_]+)*[23]?\.?|[^\w\s]|_+", around)


def _value(parts: Parts, decimal: str) -> float | None:
    match = GROUPS[decimal].fullmatch(parts.core)
    if match is None or not (match["whole"] or match["part"]):
        return None
    digits = re.sub(r"\D", "", match["whole"] or "0")
    return parts.sign * float(f"{digits}.{match['part'] or '0'}e{parts.power}")


ROMAN: Final = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
"""From 1 to 3999, as they are usually written; the empty text too."""
FEWEST_ROMANS: Final = 13
"""Different texts that are all Roman numerals by no chance, as sizes (M, L, XL) and marks (C, D) are."""
ROMAN_WORTH: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def roman(text: str) -> int | None:
    """The number of a Roman numeral in small letters; None for any other text."""
    if not text or not ROMAN.fullmatch(text):
        return None
    worth = [ROMAN_WORTH[letter] for letter in text]
    # A numeral before a larger one is taken off: IX is 10 - 1.
    following = [*worth[1:], 0]
    return sum(-value if value < after else value for value, after in zip(worth, following, strict=True))


def roman_numerals(texts: Sequence[str]) -> list[float] | None:
    """The numbers of many different Roman numerals; None where there are few, or a text is none."""
    numbers = [number for text in texts if (number := roman(text)) is not None]
    return list(map(float, numbers)) if len(numbers) == len(texts) and len(set(numbers)) >= FEWEST_ROMANS else None


VERSION: Final = re.compile(r"v?\.? ?(\d+(?:\.\d+)+)")
HARDWARE: Final = re.compile(r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}")


def versions(texts: Sequence[str]) -> list[float] | None:
    """Ranks of versions such as 1.10.2, some of which have three parts or more; None where a text is none."""
    matches = [VERSION.fullmatch(text) for text in texts]
    # 1.10 comes after 1.9, as it does not among texts and numbers.
    keys = [tuple(map(int, version[1].split("."))) for version in matches if version is not None]
    return None if len(keys) < len(texts) or max(map(len, keys)) < 3 else _ranks(keys)


def addresses(texts: Sequence[str]) -> list[float] | None:
    """Ranks of addresses of networks: IP of either kind, with and without a mask, and of hardware."""
    if all(HARDWARE.fullmatch(text) for text in texts):
        return _ranks([(int(re.sub("[:-]", "", text), 16),) for text in texts])
    try:
        interfaces = [ipaddress.ip_interface(text) for text in texts]
    except ValueError:
        return None
    return _ranks([(interface.version, int(interface), interface.network.prefixlen) for interface in interfaces])


def _ranks(keys: Sequence[tuple[int, ...]]) -> list[float]:
    """The rank of each key among those that differ, from 0: an address of 128 bits is no float."""
    rank_of = {key: float(rank) for rank, key in enumerate(sorted(set(keys)))}
    return [rank_of[key] for key in keys]
