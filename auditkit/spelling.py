"""One value written in several ways: 1, 1.0 and "1" are the same class to the person who wrote them."""

from __future__ import annotations

from typing import Any


def spelling(value: Any) -> str:
    """A class value as text, whole numbers without a decimal point."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    return str(plain)


def match_class(value: Any, known: tuple[Any, ...]) -> Any:
    """`value` as `known` spells it: equal, or equal as text, as 1, 1.0, "1" and True are not but look it."""
    if value in known:
        return known[known.index(value)]
    spelt = {spelling(each): each for each in known}
    return spelt.get(spelling(value), value)


def listed(values: Any, most: int = 10) -> str:
    """The first values of a collection, as an error message lists them."""
    shown = [repr(value.item() if hasattr(value, "item") else value) for value in list(values)[:most]]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
