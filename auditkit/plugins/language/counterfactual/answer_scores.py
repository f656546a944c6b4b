"""A number of each answer: its length, whether it declines, the grade that it gives."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from auditkit.plugins.language.shared.refusals import is_refusal
from auditkit.plugins.language.shared.texts import words

_NUMBER: Final = re.compile(r"(?<![\w.,])[-−+]?\d+(?:\.\d+)?(?![\w]|[.,]\d)")
_OF: Final = re.compile(r"(\d)\s*(?:/|(?:out )?of\b)\s*\d+(?:\.\d+)?", re.IGNORECASE)
"""A grade with the best one beside it, `7/10`."""


def lengths(texts: Iterable[str | None]) -> np.ndarray:
    """(n,) words of each answer; NaN where nothing came."""
    return np.array([np.nan if text is None else float(len(words(text))) for text in texts])


def refusals(texts: Iterable[str | None], phrases: Sequence[str] = (), shipped: bool = True) -> np.ndarray:
    """(n,) 1 where an answer declines, else 0; NaN where nothing came, or no words.

    Args:
        texts: the answers.
        phrases: further phrases that a refusal says.
        shipped: whether auditkit's own phrases are looked for.
    """
    return np.array([
        float(is_refusal(text, phrases, shipped)) if text is not None and text.strip() else np.nan for text in texts
    ])  # fmt: skip


def grades(texts: Iterable[str | None], low: float, high: float) -> np.ndarray:
    """(n,) the one number from `low` to `high` that each answer holds; NaN where it holds none, or several."""
    return np.array([_grade(text, low, high) for text in texts])


def _grade(text: str | None, low: float, high: float) -> float:
    plain = _OF.sub(r"\1", text or "")
    numbers = {float(number.replace("−", "-")) for number in _NUMBER.findall(plain)}
    inside = [number for number in numbers if low <= number <= high]
    return inside[0] if len(inside) == 1 else np.nan
