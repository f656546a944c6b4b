"""What a bias audit rates: who was selected, or who scored above the median."""

from dataclasses import dataclass

import numpy as np

from auditkit.plugins.fairness.impact.audit_parameters import Mode
from auditkit.results import Scalar


@dataclass(frozen=True)
class Assessed:
    """What is rated: who was selected, or who scored above the median."""

    mode: Mode
    decisions: np.ndarray
    """(N,) 1 for selected or above the median, 0 for not, -1 where nothing was decided."""
    classified: str | None = None
    """The class that counts as selected, where people are sorted into several."""
    suffix: str = ""
    """Of the names of its tables and figures."""
    median: float | None = None
    at_median: int = 0
    """People with exactly the median score."""

    @property
    def rate(self) -> str:
        """The name of the measurement of the rate."""
        return f"{self.mode}_rate"

    @property
    def conditions(self) -> dict[str, Scalar]:
        """What tells its measurements from those of other classes."""
        return {} if self.classified is None else {"classified as": self.classified}


def median(scores: np.ndarray, people: np.ndarray | None = None) -> float:
    """The median over people: the middle score, or the mean of the two middle ones.

    Args:
        scores: (N,), N above 0.
        people: (N,) whole numbers from 1, how many people have each score; None: one.
    """
    order = np.argsort(scores, kind="stable")
    ordered = np.asarray(scores, dtype=np.float64)[order]
    upto = np.arange(1, len(ordered) + 1) if people is None else np.cumsum(np.asarray(people)[order])
    total = int(upto[-1])
    # The people in places (total - 1) // 2 and total // 2, counted from 0; nobody is written out, as a row may be many.
    low, high = (ordered[np.searchsorted(upto, place, side="right")] for place in ((total - 1) // 2, total // 2))
    return float(low + (high - low) / 2)
