"""One value written in several ways: 1, 1.0 and "1" are the same class to the person who wrote them."""

import decimal
import re
from collections.abc import Sequence
from typing import Any, Final

from auditkit.text import shown
from auditkit.times import same_times

NUMBER: Final = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""How a number is written in a text file; what begins with a zero, as a zip code may, is none."""
EXACT: Final = 2**53
"""Integers beyond this are no longer told apart as float64."""
BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def spelling(value: Any) -> str:
    """A class value as text, whole numbers without a decimal point."""
    if getattr(getattr(value, "dtype", None), "kind", "") == "f":
        value = float(str(value))  # 0.1 in half the bytes is 0.1, not 0.10000000149
    # numpy scalars print their type from numpy 2 on.
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, decimal.Decimal):
        plain = float(plain)
    if isinstance(plain, bytes):
        plain = plain.decode("utf-8", "replace")
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    return str(plain)


def spellings(values: Sequence[Any]) -> list[str]:
    """The different values of a column as text, the same whichever reader they came from.

    Numbers are spelt alike where all values are some, texts among them too, and so are true and false, moments, lengths
    of time and times of day; moments that are all midnights as days. In a column that also holds other texts each value
    is as a text file has it.
    """
    numbers = [is_number(value) for value in values]
    if all(numbers) or all(isinstance(value, str) and value in BOOLEANS for value in values):
        return [spelling(meant(value)) for value in values]
    times = same_times(values)
    if times is not None:
        return times
    # In a column of texts 1.0 stays "1.0", for the text file had it so.
    worded = any(isinstance(value, str) and not is_numeric for value, is_numeric in zip(values, numbers, strict=True))
    return [str(value) if worded and isinstance(value, float) else spelling(value) for value in values]


def is_number(value: Any) -> bool:
    """Whether a value is a number, or a text that is written as one in a text file."""
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in "iuf" if kind else isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)


def match_class(value: Any, known: tuple[Any, ...]) -> Any:
    """`value` as `known` spells it: equal, or equal as text, as 1, 1.0, "1" and True are not but look it."""
    # Equal values first: True equals 1, and the known spelling of the two is the one that counts.
    if value in known:
        return known[known.index(value)]
    meaning = meant(value)
    by_spelling = {spelling(meant(label)): label for label in known}
    return next((label for label in known if meant(label) == meaning), by_spelling.get(spelling(meaning), value))


def meant(value: Any) -> Any:
    """The number, or true or false, that a text stands for; any other value as it is."""
    if not isinstance(value, str):
        return value
    if NUMBER.fullmatch(value) and abs(float(value)) < EXACT:
        return float(value)
    return BOOLEANS.get(value, value)


def listed(values: Any, limit: int = 10) -> str:
    """The first values of a collection, as an error message lists them."""
    texts = [shown(value.item() if hasattr(value, "item") else value, 200) for value in list(values)[:limit]]
    left_out = len(values) - len(texts)
    return ", ".join(texts) + (f" and {left_out} more" if left_out > 0 else "")
