"""Moments, lengths of time and times of day as text: one spelling, whichever reader or program wrote them."""

import datetime
import itertools
import re
from collections.abc import Sequence
from typing import Any, Final

PART: Final = r"(?:\.(?P<f>\d+))?"
MOMENT: Final = re.compile(
    rf"(?P<day>\d{{4}}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d)(?P<s>:\d\d)?{PART}(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)
LENGTH: Final = re.compile(
    rf"(?P<days>-?\d+) days?(?:,? \+?(?P<h>\d\d?):(?P<m>\d\d):(?P<s>\d\d){PART})?"
    rf"|(?P<sign>-)?P(?=[\dT])(?:(?P<D>\d+)D)?(?:T(?=\d)(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+)(?:\.(?P<F>\d+))?S)?)?"
)
CLOCK: Final = re.compile(rf"(?P<time>\d\d:\d\d:\d\d){PART}")
SECOND: Final = 10**9
DAY: Final = 86_400 * SECOND
MIDNIGHT: Final = " 00:00:00"


def same_times(values: Sequence[Any]) -> list[str] | None:
    """One spelling for values that are all moments, all lengths of time or all times of day; None for any others.

    Moments are as in 2024-02-03 12:00:00.5, lengths as in 1 days 02:00:00; without the time where all have none.

    Args:
        values: texts, and objects of `datetime`, numpy or pandas.
    """
    for spelt in (moment, length, clock):
        # up to the first value that is none
        texts = list(filter(None, itertools.takewhile(bool, map(spelt, values))))
        if texts and len(texts) == len(values):
            are_days = all(text.endswith(MIDNIGHT) or ":" not in text for text in texts)
            return [text.removesuffix(MIDNIGHT) for text in texts] if are_days else texts
    return None


def moment(value: Any) -> str | None:
    """A moment as in 2024-02-03 12:00:00.5+01:00, or a day as in 2024-02-03; None for what is neither."""
    if _kind(value) == "M" or isinstance(value, datetime.date):
        value = str(value)
    match = MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["time"] is None:
        return None if match is None else match["day"]
    zone = (match["zone"] or "").replace("Z", "+00:00")
    # +0100 and +01:00 are one moment and must be one group
    zone = zone if not zone or ":" in zone else f"{zone[:3]}:{zone[3:]}"
    return f"{match['day']} {match['time']}{match['s'] or ':00'}{_part(match['f'])}{zone}"


def length(value: Any) -> str | None:
    """A length of time as in 1 days 02:00:00.5; None for what is none."""
    total = _nanoseconds(value)
    if total is None:
        return None
    days, remainder = divmod(total, DAY)
    seconds, part = divmod(remainder, SECOND)
    # as pandas writes it: -1 days +23:00:00 is one hour ago
    sign = "+" if days < 0 and remainder else ""
    time = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_part(f'{part:09d}')}"
    return f"{days} days {time}"


def clock(value: Any) -> str | None:
    """A time of day as in 09:30:00.5; None for what is none."""
    if isinstance(value, datetime.time):
        value = str(value)
    match = CLOCK.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else match["time"] + _part(match["f"])


def _kind(value: Any) -> str:
    return str(getattr(getattr(value, "dtype", None), "kind", ""))


def _part(digits: str | None) -> str:
    bare = (digits or "").rstrip("0")
    return f".{bare}" if bare else ""


def _nanoseconds(value: Any) -> int | None:
    if _kind(value) == "m":
        return int(value.astype("timedelta64[ns]").astype("int64"))
    if isinstance(value, datetime.timedelta):  # that of pandas has nanoseconds
        microseconds = (value.days * 86_400 + value.seconds) * 10**6 + value.microseconds
        return microseconds * 1000 + int(getattr(value, "nanoseconds", 0))
    match = LENGTH.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    fields = {
        name: int(digits) for name, digits in match.groupdict().items() if digits and name in "days h m s D H M S"
    }
    days = fields.get("days", fields.get("D", 0))
    seconds = sum(fields.get(name, 0) * size for name, size in zip("hmsHMS", (3600, 60, 1) * 2, strict=True))
    part = int((match["f"] or match["F"] or "0").ljust(9, "0")[:9])
    total = days * DAY + seconds * SECOND + part
    return -total if match["sign"] else total
