"""Rare positives: how good a ranking is where only a few people can be looked into.

The people with the highest scores are alerted until their share of everybody is the alert rate; people with the score
at the cut share what is left. The cut is estimated from the same people, and an interval allows for it: the influence
function of each number has a term for the share of positives at the cut (van der Vaart 1998, Asymptotic Statistics,
21.2). Of rows in units a share is as sure as that of as many independent rows, and the cut adds as much as to these.
"""

from dataclasses import dataclass

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.plugins.performance.estimates import Answers, Estimate, few
from auditkit.results import Interval

NEAR = 10
"""People on each side of the cut, at least, by whom the share of positives at the cut is estimated."""


@dataclass(frozen=True)
class Alerts:
    """Who of n people is alerted; everything is about all of them, also where a number is about some."""

    alerted: np.ndarray
    """(n,) in [0, 1]: the part of each person that is alerted; between 0 and 1 only at the cut."""
    near: np.ndarray
    """(n,) bool: the people around the cut."""
    weights: np.ndarray
    """(n,) positive."""
    rate: float
    """The share of everybody that is alerted."""

    @classmethod
    def of(cls, scores: np.ndarray, weights: np.ndarray | None, rate: float) -> "Alerts":
        """Alert the highest scores.

        Args:
            scores: (n,) higher means more likely positive.
            weights: (n,) positive, or None.
            rate: the share of everybody that can be looked into, in (0, 1).
        """
        mass = np.ones(len(scores)) if weights is None else weights
        order = np.argsort(-scores, kind="stable")
        ranked = mass[order]
        distinct = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
        tied = np.add.reduceat(ranked, distinct)
        before = np.cumsum(tied) - tied
        share = np.clip((rate * mass.sum() - before) / tied, 0, 1)
        alerted = np.empty(len(scores))
        alerted[order] = np.repeat(share, np.diff(distinct, append=len(scores)))
        cut = int(np.searchsorted(np.cumsum(ranked), rate * mass.sum()))
        # of few alerts not all: their share of positives is that of the top, not of the cut
        around = max(NEAR, min(int(np.sqrt(len(scores))), cut // 2))
        near = np.zeros(len(scores), dtype=bool)
        near[order[max(0, cut - around) : cut + around]] = True
        near |= (alerted > 0) & (alerted < 1)
        return cls(alerted, near, mass, rate)

    def at_cut(self, some: np.ndarray) -> float:
        """The share of people at the cut who are among `some`, (n,) bool."""
        return float(np.average(some[self.near], weights=self.weights[self.near]))


def average_precision(answers: Answers) -> Estimate:
    """The precision at each positive, on average over positives; people of equal score count together.

    The interval is that of a logit-transformed share of the positives.

    Source: Boyd, Eng and Page (2013), Area under the precision-recall curve: point estimates and confidence intervals,
    ECML PKDD 2013, section 3.
    """
    scores = present(answers.scores, "asked only where there are scores")
    positive = answers.truth == answers.positive
    if (rows := _many(answers, positive)) < max(1, answers.minimum):
        return few(rows, answers.minimum, "people with a positive label")
    mass = np.ones(len(scores)) if answers.weights is None else answers.weights
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits, alerts = np.cumsum((mass * positive)[order])[ends], np.cumsum(mass[order])[ends]
    value = float(np.dot(np.diff(hits, prepend=0.0), hits / alerts) / hits[-1])
    weight = mass[positive]
    if answers.clusters is not None:  # the positives of a unit are taken as alike
        weight = np.bincount(stats.numbered(answers.clusters[positive]), weight)
    interval = _said(_logit_interval(value, stats.effective_size(weight)), answers)
    return Estimate(value, interval, int(positive.sum()), units=_units(answers, positive))


def _logit_interval(share: float, size: float, level: float = 0.95) -> Interval:
    if not 0 < share < 1:  # the logit is infinite there; Wilson's interval is not
        low, high = (float(end) for end in stats.wilson_bounds(share * size, size))
        return Interval(low=low, high=high, level=level, method="Wilson")
    reach = stats.critical(level) / np.sqrt(size * share * (1 - share))
    middle = np.log(share / (1 - share))
    low, high = (float(1 / (1 + np.exp(-(middle + side * reach)))) for side in (-1, 1))
    return Interval(low=low, high=high, level=level, method="logit (Boyd et al. 2013)")


def recall(answers: Answers, alerts: Alerts, rows: np.ndarray) -> Estimate:
    """The share of positive people who are alerted.

    Args:
        answers: about everybody.
        alerts: of everybody.
        rows: (n,) bool: whom the number is about.
    """
    positive = (answers.truth == answers.positive) & rows
    if (count := _many(answers, positive)) < max(1, answers.minimum):
        return few(count, answers.minimum, "people with a positive label")
    weights, rate = alerts.weights, alerts.rate
    size = _size(alerts.alerted, weights, answers, positive)
    value = float(np.average(alerts.alerted[positive], weights=weights[positive]))
    mean, share, at_cut = (value * size + 2) / (size + 4), _share(weights, positive), alerts.at_cut(positive)
    excess = 1 - 2 * at_cut + at_cut**2 * rate * (1 - rate) / (share * mean * (1 - mean))
    interval = _said(_wilson(value, size / max(1.0, excess)), answers)
    return Estimate(value, interval, int(positive.sum()), units=_units(answers, positive))


def precision(answers: Answers, alerts: Alerts, rows: np.ndarray) -> Estimate:
    """The share of alerted people who are positive; arguments as for `recall`."""
    weights, rate = alerts.weights * alerts.alerted, alerts.rate
    inside = rows & (weights > 0)
    if (count := _many(answers, inside)) < max(1, answers.minimum):
        return few(count, answers.minimum, "alerted people")
    positive = answers.truth == answers.positive
    size = _size(positive.astype(float), weights, answers, inside)
    value = float(np.average(positive[inside], weights=weights[inside]))
    mean, share = (value * size + 2) / (size + 4), float(weights[inside].sum() / alerts.weights.sum())
    at_cut = alerts.at_cut(positive & rows) - mean * alerts.at_cut(rows)
    excess = 1 + at_cut**2 * rate * (1 - rate) / (share * mean * (1 - mean))
    interval = _said(_wilson(value, size / excess), answers)
    return Estimate(value, interval, int(inside.sum()), units=_units(answers, inside))


def cost_per_alert(answers: Answers, alerts: Alerts, of_alert: float, of_missed: float) -> Estimate:
    """What alerts and missed positives cost together, for each alert.

    Args:
        answers: about everybody.
        alerts: of everybody.
        of_alert: what it costs to look into one alert, in any unit.
        of_missed: what a positive person who is not alerted costs, in the same unit.
    """
    rate, weights = alerts.rate, alerts.weights
    if answers.many < max(1, answers.minimum):
        return few(answers.many, answers.minimum, "people")
    positive = answers.truth == answers.positive
    everyone, is_missed = np.ones(len(positive), dtype=bool), positive * (1 - alerts.alerted)
    size, at_cut = _size(is_missed, weights, answers, everyone), alerts.at_cut(positive)
    missed = float(np.average(is_missed, weights=weights))
    mean = (missed * size + 2) / (size + 4)
    excess = 1 + (at_cut**2 * rate * (1 - rate) - 2 * at_cut * mean * rate) / (mean * (1 - mean))
    ends = _said(_wilson(missed, size / max(1.0, excess)), answers)
    low, value, high = (
        float(of_alert + of_missed * present(share, "it has both ends") / rate)
        for share in (ends.low, missed, ends.high)
    )
    return Estimate(value, ends.model_copy(update={"low": low, "high": high}), len(answers), units=answers.units)


def _size(hits: np.ndarray, weights: np.ndarray, answers: Answers, some: np.ndarray) -> float:
    """How many independent rows tell as much of the share of `some` rows that are hit."""
    if answers.clusters is None:
        return float(stats.effective_size(weights[some]))
    return stats.cluster_size(hits[some], answers.clusters[some], weights[some])


def _units(answers: Answers, some: np.ndarray) -> int | None:
    return None if answers.clusters is None else len(np.unique(answers.clusters[some]))


def _many(answers: Answers, some: np.ndarray) -> int:
    """What must not be too few among `some` rows: units, or rows where each is one."""
    units = _units(answers, some)
    return int(some.sum()) if units is None else units


def _said(interval: Interval, answers: Answers) -> Interval:
    if answers.clusters is None:
        return interval
    return interval.model_copy(update={"method": f"{interval.method}, by units"})


def _share(weights: np.ndarray, some: np.ndarray) -> float:
    return float(weights[some].sum() / weights.sum())


def _wilson(share: float, size: float) -> Interval:
    low, high = (float(end) for end in stats.wilson_bounds(share * size, size))
    return Interval(low=low, high=high, method="Wilson, with the cut's own error")
