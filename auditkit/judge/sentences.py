"""A limit and what it is about, in words."""

from collections.abc import Sequence

from auditkit.results import Interval, Limit, Measurement, pairs
from auditkit.text import first_few


def bounds(limit: Limit) -> str:
    """The rule in words: `at least 0.8`."""
    parts = []
    if limit.at_least is not None:
        parts.append(f"at least {limit.at_least:.15g}")
    if limit.at_most is not None:
        parts.append(f"at most {limit.at_most:.15g}")
    return " and ".join(parts)


def show(value: float, limit: Limit) -> str:
    """A number with four significant digits; with more, where fewer would put it on another side of a bound."""
    edges = [edge for edge in (limit.at_least, limit.at_most) if edge is not None]
    for digits in range(4, 17):
        text = f"{value:.{digits}g}"
        # 0.79996 is not "0.8 is not at least 0.8"; 17 digits tell any two numbers apart
        if all(_side(float(text), edge) == _side(value, edge) for edge in edges):
            return text
    return f"{value:.17g}"


def interval_ends(bound: str | None, interval: Interval, limit: Limit) -> str:
    """`0.2 to 0.4`; of a number that leaves groups out, the one end that holds for all of them: `0.2 or more`."""
    low, high = ("unbounded" if end is None else show(end, limit) for end in (interval.low, interval.high))
    return {"at least": f"{low} or more", "at most": f"{high} or less"}.get(bound or "", f"{low} to {high}")


def _side(value: float, edge: float) -> int:
    return (value > edge) - (value < edge)


def about(measurement: Measurement) -> str:
    """Whom and what a measurement is about: `sex=F; epsilon=0.1`, `over sex`, `everyone`."""
    parts = [
        pairs(measurement.slice),
        f"over {', '.join(measurement.across)}" if measurement.across else "",
        pairs(measurement.conditions),
    ]
    return "; ".join(filter(None, parts)) or "everyone"


def everyone_alone(names: Sequence[str], circumstance: str) -> str:
    """That these limits leave the groups out, and how to ask for them; empty for no limit.

    Args:
        names: of the limits.
        circumstance: when that matters, such as `and groups were measured`.
    """
    if not names:
        return ""
    many = f"{len(names)} limits are" if len(names) > 1 else "One limit is"
    first = first_few(names, 5)
    return f'{many} about everyone only, {circumstance}: {first}. To judge every group too, write groups = "each".'
