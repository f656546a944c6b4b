"""What a rate can be, whatever the labels are that are not known: the maths, on arrays.

Of a rate both bounds are shares of some rows, so that each has the interval of a share. Nothing is assumed of whose
label is known: those who were refused may all be positive, or none of them.

Source: Manski (1990), Nonparametric bounds on treatment effects, American Economic Review 80; Manski (2003), Partial
identification of probability distributions, Springer, chapter 1. The interval runs from the lower end of one bound's to
the upper end of the other's, which holds all that is possible at the level at least; Imbens and Manski (2004),
Econometrica 72, give a shorter one, which holds the rate itself.
"""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval
from auditkit.stats import mover


class Answers(NamedTuple):
    """Decisions, and labels where they are known."""

    selected: np.ndarray
    """(N,) bool."""
    positive: np.ndarray
    """(N,) bool; anything where the label is not known."""
    known: np.ndarray
    """(N,) bool."""
    weights: np.ndarray | None = None
    unit: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Answers":
        """Some of the people."""
        return Answers(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]


class Share(NamedTuple):
    """A share: of which rows, and which of them count."""

    rows: np.ndarray
    """(N,) bool."""
    hits: np.ndarray
    """(N,) bool."""


class Bounds(NamedTuple):
    """A rate at its lowest and its highest, and among people whose label is known."""

    low: Share
    high: Share
    known: Share


def accuracy(answers: Answers) -> Bounds:
    """Right decisions: of those without a label none, or all."""
    everyone, right = np.ones(len(answers.known), dtype=bool), answers.selected == answers.positive
    return Bounds(
        Share(everyone, answers.known & right), Share(everyone, ~answers.known | right), Share(answers.known, right)
    )


def precision(answers: Answers) -> Bounds:
    """Positives among the selected: of those without a label none, or all."""
    chosen, positive = answers.selected, answers.positive
    return Bounds(
        Share(chosen, answers.known & positive), Share(chosen, ~answers.known | positive),
        Share(chosen & answers.known, positive),
    )  # fmt: skip


def true_positive_rate(answers: Answers) -> Bounds:
    """The selected among positives: lowest where just the unlabelled others are positive, highest the other way."""
    return _selected_among(answers, answers.known & answers.positive)


def false_positive_rate(answers: Answers) -> Bounds:
    """The selected among negatives; as `true_positive_rate`."""
    return _selected_among(answers, answers.known & ~answers.positive)


def _selected_among(answers: Answers, certain: np.ndarray) -> Bounds:
    chosen, unknown = answers.selected, ~answers.known
    return Bounds(
        Share(certain | (unknown & ~chosen), chosen),
        Share(certain | (unknown & chosen), chosen),
        Share(certain, chosen),
    )


class Estimate(NamedTuple):
    """A bound with its interval."""

    value: float
    interval: Interval


def estimated(share: Share, answers: Answers, empty: float, level: float = 0.95) -> Estimate:
    """The share with its interval; `empty` to the whole scale where no row counts.

    Args:
        share: of the rows.
        answers: for weights and units.
        empty: the value where there are no rows.
        level: the confidence, between 0 and 1.
    """
    part = answers.take(share.rows)
    hits = share.hits[share.rows]
    if not len(hits):
        return Estimate(empty, Interval(low=0.0, high=1.0, level=level, method="no rows"))
    interval = stats.mean_interval(hits, level, part.weights, part.unit)
    if interval is None:
        interval = Interval(low=0.0, high=1.0, level=level, method="too few rows")
    return Estimate(stats.weighted_mean(hits, part.weights), interval)


def possible(bounds: Bounds, answers: Answers, level: float = 0.95) -> tuple[mover.Ends, mover.Ends, str]:
    """The lower and the upper bound, each with its interval, and the method of these."""
    low, high = estimated(bounds.low, answers, 0.0, level), estimated(bounds.high, answers, 1.0, level)
    ends = [
        mover.Ends(bound.value, bound.interval.low or 0.0, 1.0 if bound.interval.high is None else bound.interval.high)
        for bound in (low, high)
    ]
    return ends[0], ends[1], low.interval.method


def widest(groups: list[tuple[mover.Ends, mover.Ends]]) -> tuple[float, float]:
    """The ends of the interval of the widest difference of a rate between two of some groups.

    Args:
        groups: of each its lower and its upper bound, with intervals at a level that holds for all pairs at once.
    """
    least, most = 0.0, 0.0
    for one, (low, high) in enumerate(groups):
        for other, (other_low, other_high) in enumerate(groups):
            if one != other:
                least = max(least, float(mover.difference(low, other_high).low))
                most = max(most, float(mover.difference(high, other_low).high))
    return min(1.0, least), min(1.0, most)
