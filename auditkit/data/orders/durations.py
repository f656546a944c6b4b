"""Texts as lengths of time, in seconds: times of day, 1 day 2:03:04, PT1H30M, 2 h 15 min; feet and inches likewise."""

import re
from collections.abc import Sequence
from typing import Final

from auditkit.data.orders.units import TIMES

CLOCK: Final = re.compile(
    r"(?P<sign>-)?(?:(?P<d>\d+)(?: ?d| days?),? ?(?:\+)?)?(?P<h>\d+):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d(?:[.,]\d+)?))?"
    r"(?: ?(?P<p>[ap])\.?m\.?)?"
)
ISO: Final = re.compile(
    r"(?P<sign>-)?p(?:(?P<y>\d+)y)?(?:(?P<o>\d+)m)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+(?:[.,]\d+)?)d)?"
    r"(?:t(?:(?P<h>\d+(?:[.,]\d+)?)h)?(?:(?P<m>\d+(?:[.,]\d+)?)m)?(?:(?P<s>\d+(?:[.,]\d+)?)s)?)?(?<=[ymwdhs])"
)
LONG: Final = {
    "y": TIMES["year"], "o": TIMES["month"], "w": TIMES["week"], "d": TIMES["day"], "h": 3600.0, "m": 60.0, "s": 1.0,
}  # fmt: skip
SPOKEN: Final = re.compile(
    r"(?P<sign>-)?(?:(?P<h>\d+)(?:h(?P<m>[0-5]\d)?m?|:(?P<n>[0-5]\d) ?(?:h|hrs?|hours?|std|uhr))|"
    r"(?P<o>\d+)(?::(?P<s>[0-5]\d) ?(?:m|mins?|minutes?)|'(?P<t>[0-5]\d)(?:''|\")))\.?"
)
"""1h30, 1:30 h, 1:30 min and 1'30", of which the first number is hours, hours, minutes and minutes."""
PAIRS: Final = re.compile(
    r"(?P<sign>-)?((?:\d+(?:[.,]\d+)?) ?(?:[^\W\d_]+)\.?(?:,? (?:(?:and|und|et|y|e|en|i) )?|$|(?=\d)))+"
)
PAIR: Final = re.compile(r"(\d+(?:[.,]\d+)?) ?([^\W\d_]+)")
FEET: Final = re.compile(r"(\d+) ?(?:'|ft\.?|feet) ?(?:(\d{1,2}(?:\.\d+)?) ?(?:\"|''|in\.?|inch(?:es)?)?)?")


def durations(texts: Sequence[str]) -> list[float] | None:
    """Seconds for plain texts that are lengths of time; None where one of them is none."""
    if len({text.count(":") for text in texts}) > 1:
        return None  # 12:30 is of hours or of minutes
    values = [value for text in texts if (value := _seconds(text)) is not None]
    return values if len(values) == len(texts) else None


def heights(texts: Sequence[str]) -> list[float] | None:
    """Inches for plain texts such as 5 ft 10; None where one of them is none."""
    matches = [FEET.fullmatch(text) for text in texts]
    if any(match is None or float(match[2] or 0) >= 12 for match in matches):
        return None  # 5'30" is of minutes
    return [12.0 * int(match[1]) + float(match[2] or 0) for match in matches if match is not None]


def _seconds(text: str) -> float | None:
    clock = CLOCK.fullmatch(text) or ISO.fullmatch(text)
    if clock:
        parts = clock.groupdict()
        total = sum(LONG[name] * float(str(parts[name]).replace(",", ".")) for name in LONG if parts.get(name))
        half = parts.get("p")
        if half:  # 12 a.m. is midnight
            total += (12 if half == "p" else 0) * 3600 - (43200 if parts["h"] == "12" else 0)
        return -total if parts["sign"] else total
    spoken = SPOKEN.fullmatch(text)
    if spoken:
        numbers = {name: float(number) for name, number in spoken.groupdict("0").items() if name != "sign"}
        total = 3600 * numbers["h"] + 60 * (numbers["m"] + numbers["n"] + numbers["o"]) + numbers["s"] + numbers["t"]
        return -total if spoken["sign"] else total
    # The whole text is tried first, since findall would pass over what stands between two pairs.
    match = PAIRS.fullmatch(text)
    pairs = PAIR.findall(text) if match else []
    if match is None or not pairs or any(unit not in TIMES for _, unit in pairs):
        return None
    total = sum(TIMES[unit] * float(number.replace(",", ".")) for number, unit in pairs)
    return -total if match["sign"] else total
