"""A limit and what it is about, in words."""

from __future__ import annotations

from auditkit.results import Limit, Measurement, pairs


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
