"""Numbers as people read them: shares in percent, counts with separators, all else in three digits; and whose."""

from auditkit.results import Interval, Measurement, Scalar, Verdict, furthest_off, pairs_by_name

NONE = "–"
"""Stands where there is no number; the reason stands beside it."""
SHARE = "share"
"""The unit that is written in percent."""
# of one thing, in place of the unit; a unit that is not here is written alike of one and of many
_ONE = {
    "categories": "category", "columns": "column", "copies": "copy", "features": "feature", "groups": "group",
    "label units": "label unit", "nats": "nat", "people": "person", "ranges": "range", "rows": "row",
    "selections": "selection", "slices": "slice", "units": "unit",
}  # fmt: skip


def plain(value: float, *, percent: bool = False) -> str:
    """`value` in words of digits: `37.2%`, `6,012`, `0.367`.

    Args:
        value: any finite number.
        percent: whether it is a share, to be written in percent with one decimal.
    """
    if percent:
        return _signed(_percent(abs(value)), value)
    size = abs(value)
    # beyond this not every whole number is a float, so digits would be made up
    if size >= 1e15:
        return _signed(f"{size:.2e}", value)
    if size >= 100 or (float(size).is_integer() and size >= 10):
        return _signed(f"{size:,.0f}", value)
    if size == 0:
        return "0"
    # `#` keeps zeros at the end, which say how exact the number is: 0.300 and not 0.3
    return _signed(f"{size:#.3g}".rstrip(".") if size >= 1e-4 else f"{size:.2e}", value)


def count(value: int | None) -> str:
    """A number of rows or people: `6,012`; a dash for None."""
    return NONE if value is None else f"{value:,}"


def size(measurement: Measurement) -> str:
    """How many rows a number is about: `6,012`, `31,360 rows of 40 units`; a dash where that is not known."""
    if measurement.n is None or measurement.units is None or measurement.units == measurement.n:
        return count(measurement.n)
    return f"{with_unit(measurement.n, 'rows')} of {with_unit(measurement.units, 'units')}"


def of_units(rows: int, units: int | None, name: str) -> str:
    """How large data are: `31,360`, or `31,360 (40 units, by patient_id)`."""
    return f"{rows:,}" + ("" if units is None else f" ({with_unit(units, 'units')}, by {name or 'unit'})")


def with_unit(value: float | None, unit: str) -> str:
    """`value` in its unit: shares in percent, others with the unit's name; a dash for None."""
    if value is None:
        return NONE
    if unit == SHARE:
        return plain(value, percent=True)
    if unit and float(value).is_integer():
        return f"{_signed(f'{abs(value):,.0f}', value)} {_ONE.get(unit, unit) if abs(value) == 1 else unit}"
    return f"{plain(value)} {unit}".strip()


def value(measurement: Measurement) -> str:
    """The number of a measurement, in its unit; a dash where it has none; of a bound, `at least 37.7%`."""
    sentence = with_unit(measurement.value, measurement.unit)
    return f"{measurement.bound} {sentence}" if measurement.bound and measurement.value is not None else sentence


def interval(ends: Interval | None, unit: str) -> str:
    """An interval in words: `33.1% to 40.5%`, `at least 0.2`; empty for None."""
    if ends is None:
        return ""
    low, high = ("" if end is None else plain(end, percent=unit == SHARE) for end in (ends.low, ends.high))
    return _reach(low, high) or "unbounded"


def uncertainty(measurement: Measurement) -> str:
    """What is known of a measurement's precision: its interval, `exact`, or that none was given; empty for no value."""
    ends = measurement.interval
    if measurement.value is None:
        return ""
    if ends is None:
        return "exact" if measurement.exact else "no interval"
    if not measurement.bound:
        return interval(ends, measurement.unit)
    # of a bound on the number over all groups, the one end that holds for all of them
    end, beyond = (ends.low, "more") if measurement.bound == "at least" else (ends.high, "less")
    return "unbounded" if end is None else f"{plain(end, percent=measurement.unit == SHARE)} or {beyond}"


def level(ends: Interval) -> str:
    """`95%`."""
    return f"{ends.level * 100:g}%"


def certainty(measurement: Measurement, equals: str = "\u00a0=\u00a0") -> str:
    """` (95% interval 0.331 to 0.405, n = 6,012)`, with `equals` before the rows; what is not known is not said."""
    level_text = "" if measurement.interval is None else f"{level(measurement.interval)} interval "
    rows = "" if measurement.n is None else f", n{equals}{size(measurement)}"
    return f" ({level_text}{uncertainty(measurement)}{rows})"


def p_value(p: float) -> str:
    """`p < 0.001`, `p = 0.032`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def bounds(at_least: float | None, at_most: float | None, unit: str = "") -> str:
    """A bound in words, with the digits that its owner wrote: `at least 80%`, `0.1 to 0.2`; empty for none."""
    low, high = ("" if bound is None else _written(bound, unit) for bound in (at_least, at_most))
    return f"exactly {low}" if low and low == high else _reach(low, high)


def _reach(low: str, high: str) -> str:
    """From one end to the other in words; an end that is empty is open; empty for none."""
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def scalar(value: Scalar, *, percent: bool = False) -> str:
    """A cell of a table: numbers as `plain`, yes and no, a dash for None, text as it is."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not percent:
        return f"{value:,}".replace("-", "−")
    return plain(value, percent=percent) if isinstance(value, int | float) else value


def _written(value: float, unit: str) -> str:
    return _signed(f"{abs(value) * 100:.10g}%" if unit == SHARE else f"{abs(value):,.10g}", value)


def _percent(size: float) -> str:
    # a share that is not zero must not read as 0.0%, nor one that is not all as 100.0%
    if 0 < size < 0.0005:
        return "<0.1%"
    if 0.9995 <= size < 1:
        return ">99.9%"
    return f"{size:,.1%}"


def _signed(text: str, value: float) -> str:
    if value >= 0:
        return text
    # less than 0.1% of a negative share is more than −0.1%
    turned = {"<": ">−", ">": "<−"}.get(text[0])
    return turned + text[1:] if turned else f"−{text}"


def about(measurement: Measurement) -> str:
    """Whom a number is about and under which conditions: `sex=F; epsilon=0.1`, `over sex`, `everyone`."""
    over = f"over {' and '.join(measurement.across)}" if measurement.across else ""
    return (
        "; ".join(filter(None, (pairs_by_name(measurement.slice), over, pairs_by_name(measurement.conditions))))
        or "everyone"
    )


def rule(verdict: Verdict) -> str:
    """What a limit demands: `at least 80%`."""
    # a limit has no unit; its bound is read in that of the numbers that it was held against
    unit = verdict.judged[0].measurement.unit if verdict.judged else ""
    return bounds(verdict.limit.at_least, verdict.limit.at_most, unit)


def decisive(verdict: Verdict) -> Measurement | None:
    """Of the measurements with the verdict's own status, the one furthest to the wrong side; None for none."""
    judgement = furthest_off(verdict.limit, verdict.judged, verdict.status)
    return None if judgement is None else judgement.measurement
