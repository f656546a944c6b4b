"""What rates of a group can be, where only its probabilities are known: the maths, on arrays.

Within a cell of people with similar probabilities, of whom a share p is of the group and a share s has some outcome, at
most min(p, s) are both, and at least p + s - 1. These ends are reached, by all groups and outcomes at once, so that the
bounds of a rate and of a difference of two have a closed form. Which of the two numbers is the smaller is chosen for
each fold by the others: whichever is chosen, the bound holds, and chance in the choice cannot make it too narrow.

Source: Kallus, Mao and Zhou (2022), Assessing algorithmic fairness with unobserved protected class using data
combination, Management Science 68, arXiv:1906.00285 (Fréchet-Hoeffding); folds as in Chernozhukov et al. (2018), The
Econometrics Journal 21.
"""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.group_probabilities.cells import mean_of_others
from auditkit.results import POSSIBLE, Interval


class People(NamedTuple):
    """Who is in which cell."""

    cells: np.ndarray
    """(N,) people with similar probabilities."""
    folds: np.ndarray
    """(N,) parts, of which the others choose the bounds of each; rows of a unit share one."""
    weights: np.ndarray | None
    """(N,) positive, or None."""
    unit: np.ndarray | None
    """(N,) whose row it is, where rows vary together."""


class Ratio(NamedTuple):
    """A ratio of two means, and what each row does to it."""

    value: float
    pulls: np.ndarray
    """(N,) mean 0: the linear part of the ratio's error (Taylor)."""


class Rate(NamedTuple):
    """A rate of one group: its two bounds, and what it is where decision and group are independent in each cell."""

    low: Ratio
    high: Ratio
    weighted: Ratio


def mass(probability: np.ndarray, outcome: np.ndarray, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Two (N,) arrays, whose means bound how many are of the group and have the outcome.

    Args:
        probability: (N,) of the group.
        outcome: (N,) bool or 0 and 1.
        people: their cells.
    """
    has = outcome.astype(np.float64)
    p = mean_of_others(probability, people.cells, people.folds, people.weights)
    s = mean_of_others(has, people.cells, people.folds, people.weights)
    return np.where(p + s > 1, probability + has - 1, 0.0), np.where(p <= s, probability, has)


def selection_rate(probability: np.ndarray, selected: np.ndarray, people: People) -> Rate:
    """P(selected | group) of the people whose (N,) probabilities of one group are given."""
    low, high = mass(probability, selected, people)
    return Rate(
        _ratio(low, probability, people, 0.0), _ratio(high, probability, people, 1.0),
        _ratio(probability * selected, probability, people, 0.0),
    )  # fmt: skip


def true_positive_rate(probability: np.ndarray, selected: np.ndarray, positive: np.ndarray, people: People) -> Rate:
    """P(selected | positive, group); the bounds of both counts are reached at once, so that the ratio's are too."""
    low, high = mass(probability, selected & positive, people)
    low_missed, high_missed = mass(probability, ~selected & positive, people)
    return Rate(
        _ratio(low, low + high_missed, people, 0.0), _ratio(high, high + low_missed, people, 1.0),
        _ratio(probability * (selected & positive), probability * positive, people, 0.0),
    )  # fmt: skip


def _ratio(numerator: np.ndarray, denominator: np.ndarray, people: People, empty: float) -> Ratio:
    """The ratio, between 0 and 1; `empty`, and sure of it, where the denominator is none."""
    below = stats.weighted_mean(denominator, people.weights)
    value = stats.weighted_mean(numerator, people.weights) / below if below > 1e-12 else empty
    if not 0 <= value <= 1 or below <= 1e-12:
        return Ratio(float(np.clip(value, 0, 1)), np.zeros(len(numerator)))
    return Ratio(value, (numerator - value * denominator) / below)


def difference(first: Ratio, second: Ratio) -> Ratio:
    """The first less the second, which are of the same people."""
    return Ratio(first.value - second.value, first.pulls - second.pulls)


def ends(low: Ratio, high: Ratio, people: People, level: float, least: float) -> Interval | None:
    """The interval that holds all between two bounds, with the sampling error of both; None below two rows.

    Each end is that of an interval at the level, so that the whole of what is possible is held at it at least.

    Args:
        low: the lower bound.
        high: the upper bound.
        people: of whom.
        level: the confidence, between 0 and 1.
        least: the smallest possible value; the largest is 1.
    """
    below, above = (
        stats.student_interval(bound.value + bound.pulls, level, people.weights, people.unit) for bound in (low, high)
    )
    if below is None or above is None:
        return None
    return Interval(
        low=min(1.0, max(least, below.low or 0.0)), high=max(least, min(1.0, above.high or 0.0)), level=level,
        method=f"{POSSIBLE}: {below.method} of both bounds",
    )  # fmt: skip
