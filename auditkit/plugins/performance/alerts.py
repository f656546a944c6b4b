"""Rare positives: how good a ranking is where only a few people can be looked into.

The people with the highest scores are alerted until their share of everybody is the alert rate; people with the score
at the cut share what is left. The cut is estimated from the same people, and an interval allows for it: the influence
function of each number has a term for the share of positives at the cut (van der Vaart 1998, Asymptotic Statistics,
21.2).
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
    if (rows := int(positive.sum())) < max(1, answers.minimum):
        return few(rows, answers.minimum, "people with a positive label")
    mass = np.ones(len(scores)) if answers.weights is None else answers.weights
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits, alerts = np.cumsum((mass * positive)[order])[ends], np.cumsum(mass[order])[ends]
    value = float(np.dot(np.diff(hits, prepend=0.0), hits / alerts) / hits[-1])
    size = stats.effective_size(mass[positive])
    return Estimate(value, _logit_interval(value, size), rows)


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
    if (count := int(positive.sum())) < max(1, answers.minimum):
        return few(count, answers.minimum, "people with a positive label")
    weights, rate = alerts.weights, alerts.rate
    size = stats.effective_size(weights[positive])
    value = float(np.average(alerts.alerted[positive], weights=weights[positive]))
    mean, share, at_cut = (value * size + 2) / (size + 4), _share(weights, positive), alerts.at_cut(positive)
    excess = 1 - 2 * at_cut + at_cut**2 * rate * (1 - rate) / (share * mean * (1 - mean))
    return Estimate(value, _wilson(value, size / max(1.0, excess)), count)


def precision(answers: Answers, alerts: Alerts, rows: np.ndarray) -> Estimate:
    """The share of alerted people who are positive; arguments as for `recall`."""
    weights, rate = alerts.weights * alerts.alerted, alerts.rate
    inside = rows & (weights > 0)
    if (count := int(inside.sum())) < max(1, answers.minimum):
        return few(count, answers.minimum, "alerted people")
    positive = answers.truth == answers.positive
    size = stats.effective_size(weights[inside])
    value = float(np.average(positive[inside], weights=weights[inside]))
    mean, share = (value * size + 2) / (size + 4), float(weights[inside].sum() / alerts.weights.sum())
    at_cut = alerts.at_cut(positive & rows) - mean * alerts.at_cut(rows)
    excess = 1 + at_cut**2 * rate * (1 - rate) / (share * mean * (1 - mean))
    return Estimate(value, _wilson(value, size / excess), count)


def cost_per_alert(answers: Answers, alerts: Alerts, of_alert: float, of_missed: float) -> Estimate:
    """What alerts and missed positives cost together, for each alert.

    Args:
        answers: about everybody.
        alerts: of everybody.
        of_alert: what it costs to look into one alert, in any unit.
        of_missed: what a positive person who is not alerted costs, in the same unit.
    """
    rate, weights = alerts.rate, alerts.weights
    if len(answers) < max(1, answers.minimum):
        return few(len(answers), answers.minimum, "people")
    positive = answers.truth == answers.positive
    size, at_cut = stats.effective_size(weights), alerts.at_cut(positive)
    missed = float(np.average(positive * (1 - alerts.alerted), weights=weights))
    mean = (missed * size + 2) / (size + 4)
    excess = 1 + (at_cut**2 * rate * (1 - rate) - 2 * at_cut * mean * rate) / (mean * (1 - mean))
    ends = _wilson(missed, size / max(1.0, excess))
    low, value, high = (
        float(of_alert + of_missed * present(share, "it has both ends") / rate)
        for share in (ends.low, missed, ends.high)
    )
    return Estimate(value, ends.model_copy(update={"low": low, "high": high}), len(answers))


def _share(weights: np.ndarray, some: np.ndarray) -> float:
    return float(weights[some].sum() / weights.sum())


def _wilson(share: float, size: float) -> Interval:
    low, high = (float(end) for end in stats.wilson_bounds(share * size, size))
    return Interval(low=low, high=high, method="Wilson, with the cut's own error")
