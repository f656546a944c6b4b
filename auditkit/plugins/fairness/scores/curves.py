"""ROC curves as exact piecewise linear functions, and the area between two of them."""

from typing import Literal, NamedTuple

import numpy as np

from auditkit.plugins.fairness.scores.score_table import ScoreTable


class Curve(NamedTuple):
    """True positive rate over false positive rate, linear between knots; at a knot it may jump."""

    false: np.ndarray
    """(M,) distinct false positive rates, ascending from 0 to 1."""
    low: np.ndarray
    """(M,) the smallest true positive rate there: where the line from the left ends."""
    high: np.ndarray
    """(M,) the largest: where the line to the right begins."""


def knots(table: ScoreTable) -> np.ndarray:
    """(2, L + 1) false and true positive rates from the strictest threshold to the loosest; no class is empty."""
    counts = table.weight[:, ::-1]
    rates = np.zeros((2, counts.shape[1] + 1))
    np.cumsum(counts, axis=1, out=rates[:, 1:])
    return rates / rates[:, -1:]


def roc(table: ScoreTable) -> Curve:
    """The ROC curve of a group; people of equal score make a slanted line, so that its area counts ties half."""
    false, true = knots(table)
    # Several knots at one false positive rate are a jump, of which the foot and the top are kept.
    first = np.flatnonzero(np.concatenate([[True], false[1:] != false[:-1]]))
    return Curve(false[first], true[first], true[np.append(first[1:], len(false)) - 1])


def between(first: Curve, second: Curve) -> float:
    """The area between two ROC curves, ABROCA: the integral of the size of their difference; 0 to 1, exact.

    Source: Gardner, Brooks and Baker (2019), Evaluating the fairness of predictive student models through slicing
    analysis, LAK '19.
    """
    rates = np.concatenate([first.false, second.false])
    rates.sort(kind="stable")  # two sorted runs are merged in linear time
    rates = rates[np.concatenate([[True], rates[1:] != rates[:-1]])]
    # Where the curves begin to the right of each rate, and where they arrive at the next one from the left.
    starts = _heights(first, rates[:-1], "right") - _heights(second, rates[:-1], "right")
    ends = _heights(first, rates[1:], "left") - _heights(second, rates[1:], "left")
    # Between neighbouring rates both curves are straight: the area is a trapezium, or two triangles where they cross.
    sizes = np.abs(starts) + np.abs(ends)
    crossing = starts * ends < 0
    height = np.where(crossing, starts**2 + ends**2, sizes**2)
    height = np.divide(height, 2 * sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return float(np.diff(rates) @ height)


def thinned(table: ScoreTable, points: int) -> np.ndarray:
    """(2, at most `points`) of the curve's own knots, spread evenly along it, both ends among them."""
    rates = knots(table)
    along = rates.sum(axis=0) / 2
    indices = np.searchsorted(along, np.linspace(0, 1, points - 1))
    return rates[:, np.unique(np.append(np.minimum(indices, len(along) - 1), [0, len(along) - 1]))[-points:]]


def _heights(curve: Curve, rates: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """Where the curve begins to the right of each rate, from 0 to below 1; or arrives from the left, above 0 to 1."""
    piece = np.searchsorted(curve.false, rates, side=side) - 1
    start, end = curve.false[piece], curve.false[piece + 1]
    share = (rates - start) / (end - start)
    return curve.high[piece] + share * (curve.low[piece + 1] - curve.high[piece])
