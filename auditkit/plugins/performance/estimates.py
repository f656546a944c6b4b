"""What the maths of this family work on and return."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.results import Interval
from auditkit.too_few import lacking


class Estimate(NamedTuple):
    """One number about some rows, or why there is none."""

    value: float | None
    interval: Interval | None = None
    n: int | None = None
    """Rows in its denominator; None where that is not shown."""
    reason: str | None = None
    units: int | None = None
    """Units, such as patients, in its denominator; None: each row is one."""


@dataclass(frozen=True)
class Answers:
    """Truth and answers of n rows; a row may stand for several people, where there are decisions only."""

    truth: np.ndarray
    """(n,) positions in `classes`; numbers for regression."""
    answers: np.ndarray
    """(n,) the same, as the model says."""
    classes: tuple[str, ...] = ()
    positive: int = 1
    """The position of the positive class (binary)."""
    scores: np.ndarray | None = None
    """(n,) the score of the positive class (binary)."""
    probabilities: np.ndarray | None = None
    """(n, C)"""
    weights: np.ndarray | None = None
    """(n,) positive."""
    minimum: int = 1
    """The smallest denominator that may be shown."""
    people: np.ndarray | None = None
    """(n,) whole numbers: how many people each row stands for; None: one."""
    clusters: np.ndarray | None = None
    """(n,) the same number for rows of one unit, which vary together; None: each varies by itself."""

    def __len__(self) -> int:
        """How many people there are."""
        return len(self.truth) if self.people is None else int(self.people.sum())

    @property
    def mass(self) -> np.ndarray | None:
        """(n,) what each row counts for, weights and people together; None: one."""
        if self.weights is None or self.people is None:
            return self.people if self.weights is None else self.weights
        return np.asarray(self.weights * self.people)

    @property
    def size(self) -> float:
        """The effective number of people."""
        return stats.effective_size(len(self) if self.weights is None else self.weights, self.people)

    @property
    def units(self) -> int | None:
        """How many units there are; None: as many as rows."""
        return None if self.clusters is None else len(np.unique(self.clusters))

    @property
    def many(self) -> int:
        """What must not be too few: units, or people where each row is one."""
        return len(self) if self.units is None else self.units

    def take(self, rows: np.ndarray) -> Self:
        """The same about some of the rows."""

        def some(column: np.ndarray | None) -> np.ndarray | None:
            return None if column is None else column[rows]

        return replace(
            self, truth=self.truth[rows], answers=self.answers[rows], scores=some(self.scores),
            probabilities=some(self.probabilities), weights=some(self.weights), people=some(self.people),
            clusters=some(self.clusters),
        )  # fmt: skip


def few(rows: int, minimum: int, counted: str) -> Estimate:
    """No number, because its denominator is empty or too small."""
    return Estimate(None, None, 0 if rows == 0 else None, lacking(rows, minimum, counted))


def mean(values: np.ndarray, answers: Answers) -> Estimate:
    """The mean of (n,) numbers that cannot be negative, with Student's interval."""
    if answers.many < max(1, answers.minimum):
        return few(answers.many, answers.minimum, "people")
    interval = stats.student_interval(values, weights=answers.weights, clusters=answers.clusters)
    # Student's law knows nothing of the bound at 0
    if interval is not None and interval.low is not None and interval.low < 0:
        interval = interval.model_copy(update={"low": 0.0})
    return Estimate(stats.weighted_mean(values, answers.weights), interval, len(values), units=answers.units)
