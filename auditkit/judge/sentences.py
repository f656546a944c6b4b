"""A limit, whom it is about and what it came to, in words."""

from collections.abc import Sequence

from auditkit.results import Definition, Interval, Limit, Measurement, pairs
from auditkit.text import first_few


def bounds(limit: Limit) -> str:
    """The rule in words: `at least 0.8`."""
    edges = (("at least", limit.at_least), ("at most", limit.at_most))
    return " and ".join(f"{words} {edge:.15g}" for words, edge in edges if edge is not None)


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


NO_SETTING = (
    "scope is no setting of a limit: the plan writes it. Say whom the limit is about with slice, across or "
    'groups = "each"; without them it is about everyone'
)


def scope_of(
    limit: Limit, definition: Definition | None, groups: int, deep: bool = False, compares: bool = False
) -> str:
    """The scope, as the plan prints it and the limit carries it.

    Args:
        limit: as the owner wrote it.
        definition: of its measurement, where that is declared.
        groups: how many groups the data names, over all attributes.
        deep: whether the check looks at intersections of attributes too.
        compares: whether it is a number over all groups of some attributes.
    """
    if limit.slice:
        return pairs(dict(sorted(limit.slice.items())))
    if limit.across:
        return f"over {' and '.join(sorted(limit.across))}"
    counted = f"{groups} group{'s' * (groups != 1)}" + (" and their intersections" if deep else "")
    if compares:
        disparity = definition is not None and definition.more_groups != "neither"
        return "every comparison of groups" if disparity else "every attribute"
    if definition is not None and definition.only_groups:
        return counted if groups else "every group"
    return f"everyone and {counted}" if limit.groups and groups else "everyone"
