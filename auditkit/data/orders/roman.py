"""Roman numerals."""

import re
from collections.abc import Sequence
from typing import Final

NUMERAL: Final = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
"""From 1 to 3999, as they are usually written; the empty text too."""
FEWEST: Final = 13
"""Different texts that are all Roman numerals by no chance, as sizes (M, L, XL) and marks (C, D) are."""
WORTH: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def roman(text: str) -> int | None:
    """The number of a Roman numeral in small letters; None for any other text."""
    if not text or not NUMERAL.fullmatch(text):
        return None
    worth = [WORTH[letter] for letter in text]
    # A numeral before a larger one is taken off: IX is 10 - 1.
    following = [*worth[1:], 0]
    return sum(-value if value < after else value for value, after in zip(worth, following, strict=True))


def numerals(texts: Sequence[str]) -> list[float] | None:
    """The numbers of many different Roman numerals; None where there are few, or a text is none."""
    numbers = [number for text in texts if (number := roman(text)) is not None]
    return list(map(float, numbers)) if len(numbers) == len(texts) and len(set(numbers)) >= FEWEST else None
