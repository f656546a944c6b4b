"""A limit and what it is about, in words."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.results import Limit, Measurement, pairs
from auditkit.text import first_few


def bounds(limit: Limit) -> str:
    """The rule in words: `at least 0.8`."""
    parts = []
    if limit.at_least is not None:
        parts.append(f"at least {show(limit.at_least)}")
    if limit.at_most is not None:
        parts.append(f"at most {show(limit.at_most)}")
    return " and ".join(parts)


def show(value: float) -> str:
    """A number with four significant digits."""
    return f"{value:.4g}"


def about(each: Measurement) -> str:
    """Whom and what a measurement is about: `sex=F; epsilon=0.1`, `over sex`, `everyone`."""
    parts = [pairs(each.slice), f"over {', '.join(each.across)}" if each.across else "", pairs(each.conditions)]
    return "; ".join(filter(None, parts)) or "everyone"


def everyone_alone(names: Sequence[str], where: str) -> str:
    """That these limits leave the groups out, and how to ask for them; empty for no limit.

    Args:
        names: of the limits.
        where: when that matters, such as `and groups were measured too`.
    """
    if not names:
        return ""
    many = f"{len(names)} limits are" if len(names) > 1 else "One limit is"
    shown = first_few(names, 5)
    return f'{many} about everyone alone, {where}: {shown}. Where every group is meant too, write groups = "each".'
