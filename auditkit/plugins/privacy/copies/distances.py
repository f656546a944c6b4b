"""How near synthetic rows lie to those a generator saw and to those it never saw: formulas on points."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.privacy.shared.persons import effective_persons
from auditkit.results import Interval

TIE = 1e-9
"""Distances that differ by less are equal."""


class Nearest(NamedTuple):
    """The nearest two of a set of points to each of N others."""

    first: np.ndarray
    """(N,) distance to the nearest."""
    second: np.ndarray
    """(N,) to the next nearest."""
    unit: np.ndarray
    """(N,) whose row the nearest is."""


class Share(NamedTuple):
    """A share of the synthetic rows, or a difference of two."""

    value: float
    interval: Interval


def nearest(points: np.ndarray, among: np.ndarray, unit: np.ndarray) -> Nearest:
    """The two nearest to each point, found exactly, in blocks.

    Args:
        points: (N, G).
        among: (M, G), two or more.
        unit: (M,) whose row each of them is.
    """
    from sklearn.neighbors import NearestNeighbors  # half a second, where there is something to measure

    # brute force: names make many columns, and in many columns trees are no faster
    rows = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(among).kneighbors(points, return_distance=False)
    # the search multiplies out the square, which leaves a copy at a distance of 1e-7
    first, second = (np.sqrt(((points - among[rows[:, place]]) ** 2).sum(axis=1)) for place in (0, 1))
    return Nearest(np.minimum(first, second), np.maximum(first, second), unit[np.where(first <= second, *rows.T)])


def effective(training: Nearest, held_out: Nearest) -> float:
    """How many rows would vary as much as these do, of which many have rows of the same real person nearest.

    Were it by chance who was trained on, each person would be on either side for all the rows near to theirs at once.

    Args:
        training: of each synthetic row, among the training rows.
        held_out: likewise, among the others.

    Source: Kish (1965), Survey Sampling, section 11.7: (sum of n)² / sum of n² of the real persons' n.
    """
    sides = training.first <= held_out.first
    return effective_persons(np.where(sides, training.unit, held_out.unit + training.unit.max() + 1))


def closer(training: Nearest, held_out: Nearest) -> Share:
    """The share of the rows that lie nearer to a training row than to any held-out row; of ties, one half.

    With as many of either, and rows that do not depend on who was trained on, it is one half.

    Source of the interval: Wilson (1927), for the effective number of rows.
    """
    gap = held_out.first - training.first
    value = float(np.where(np.abs(gap) <= TIE, 0.5, gap > 0).mean())
    size = max(1.0, effective(training, held_out))
    interval = stats.wilson(value * size, size)
    return Share(value, interval.model_copy(update={"method": "Wilson, for the effective number of rows"}))


def near(training: Nearest, held_out: Nearest, threshold: float) -> Share:
    """The share of rows within a distance of a training row, less the share within it of a held-out row.

    Args:
        training: of each synthetic row, among the training rows.
        held_out: likewise, among as many others.
        threshold: what counts as near.

    Source of the interval: Tango (1998), Statistics in Medicine 17, for the effective number of rows.
    """
    to_training, to_others = training.first <= threshold + TIE, held_out.first <= threshold + TIE
    shares = [float(part.mean()) for part in (to_training & ~to_others, to_others & ~to_training)]
    size = max(1, int(effective(training, held_out)))
    counts = [round(share * size) for share in shares]
    interval = stats.paired_difference_interval(counts[0], counts[1], size)
    value, low, high = shares[0] - shares[1], interval.low or 0.0, interval.high or 0.0
    ends = {"low": min(low, value), "high": max(high, value)}  # whole numbers of rows are a rounding away
    return Share(value, interval.model_copy(update={**ends, "method": "Tango, for the effective number of rows"}))


def ratios(of: Nearest) -> np.ndarray:
    """(N,) the nearest distance over the next nearest, 0 to 1; 1 where both are 0.

    Near 0, one real row stands out as what a synthetic one was made from.
    """
    return np.where(of.second > TIE, of.first / np.maximum(of.second, TIE), 1.0)
