"""The maths of scores of cases: mean, median, the worst, shares, each with its interval or why there is none."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import CaseScore
from auditkit.results import Interval, Validity
from auditkit.stats import mover
from auditkit.too_few import fewer_than, lacking

TAIL = 0.05
"""The share of cases beyond the worst 5 %."""


class Estimate(NamedTuple):
    """One number about some cases, or why there is none."""

    value: float | None
    interval: Interval | None = None
    n: int | None = None
    reason: str | None = None
    validity: Validity = "valid"


class Cases(NamedTuple):
    """Some cases with one score."""

    score: CaseScore
    values: np.ndarray
    """(n,) float64; NaN where the score is missing and counts as nothing."""
    weights: np.ndarray | None
    """(n,) positive, or None."""
    least: int
    """Cases under which nothing is estimated."""
    unit: np.ndarray | None = None
    """(n,) whole numbers, the same for cases that vary together, such as those of a patient; None: each by itself."""

    def take(self, rows: np.ndarray) -> "Cases":
        """Some of them."""
        weights = None if self.weights is None else self.weights[rows]
        unit = None if self.unit is None else self.unit[rows]
        return self._replace(values=self.values[rows], weights=weights, unit=unit)

    @property
    def scored(self) -> "Cases":
        """Those that have a score."""
        return self.take(~np.isnan(self.values))


def mean_interval(
    score: CaseScore, values: np.ndarray, weights: np.ndarray | None = None, unit: np.ndarray | None = None
) -> Interval | None:
    """The interval of the mean of (n,) scores, by what is known of their range and of whose they are."""
    low, high = score.range
    if low is not None and high is not None:
        return stats.bounded_interval(values, low, high, weights=weights, clusters=unit)
    if weights is not None:
        return stats.student_interval(values, weights=weights, clusters=unit)
    interval = stats.skewed_interval(values, clusters=unit)
    if interval is None or interval.low is None or interval.high is None:
        return None
    # a mean of seconds is not below 0, whatever the law of the errors says
    ends = {"low": interval.low if low is None else max(low, interval.low)}
    ends["high"] = interval.high if high is None else min(high, interval.high)
    return interval.model_copy(update=ends)


def mean_score(cases: Cases) -> Estimate:
    """The mean with its interval; inconclusive where one case makes most of the spread, or few tell of a tail."""
    estimate = _of_scored(cases)
    if estimate.value is None:
        return estimate
    scored = cases.scored
    interval = mean_interval(cases.score, scored.values, scored.weights, scored.unit)
    estimate = estimate._replace(value=stats.weighted_mean(scored.values, scored.weights), interval=interval)
    if cases.score.bounded or estimate.reason is not None:
        return estimate
    share = stats.dominated(scored.values)
    if share is not None:
        why = f"one case makes {share:.0%} of the spread, and a further one could move the mean as far: read the median"
        return estimate._replace(interval=None, reason=why, validity="inconclusive")
    independent = len(scored.values) if scored.unit is None else len(np.unique(scored.unit))
    if independent < stats.FEW:
        counted = fewer_than(stats.FEW, "cases" if scored.unit is None else "units")
        why = f"{counted}: how long the tail of a score without a range is, they do not tell"
        return estimate._replace(reason=why, validity="inconclusive")
    return estimate


def mean_change(cases: Cases, before: Cases) -> Estimate:
    """The mean less that of other cases before, with the interval that follows from those of both means."""
    now, then = mean_score(cases), mean_score(before)
    if now.value is None or then.value is None:
        return Estimate(None, reason=now.reason or then.reason)
    change = Estimate(
        now.value - then.value, n=now.n, reason=now.reason or then.reason,
        validity="valid" if now.validity == then.validity == "valid" else "inconclusive",
    )  # fmt: skip
    ends = [_ends(side) for side in (now, then)]
    if ends[0] is None or ends[1] is None:
        return change._replace(validity="inconclusive", reason=change.reason or "the mean of a split has no interval")
    low, high = mover.difference(ends[0], ends[1])
    by_units = "" if cases.unit is None and before.unit is None else ", by units"
    method = f"MOVER on the intervals of both means{by_units}"
    return change._replace(interval=Interval(low=float(low), high=float(high), method=method))


def _ends(estimate: Estimate) -> mover.Ends | None:
    interval = estimate.interval
    if estimate.value is None or interval is None or interval.low is None or interval.high is None:
        return None
    return mover.Ends(estimate.value, interval.low, interval.high)


def median_score(cases: Cases) -> Estimate:
    """The median, with the interval of order statistics."""
    return _quantile(cases, 0.5)


def worst_5_percent(cases: Cases) -> Estimate:
    """The score that 95 of 100 cases reach."""
    return _quantile(cases, TAIL if cases.score.better == "higher" else 1 - TAIL)


def poor_share(cases: Cases) -> Estimate:
    """The share of cases with a worse score than the owner's threshold."""
    estimate, scored = _of_scored(cases), cases.scored
    if estimate.value is None:
        return estimate
    return _share(cases.score.is_poor(scored.values), scored)._replace(
        reason=estimate.reason, validity=estimate.validity
    )


def unscored_share(cases: Cases) -> Estimate:
    """The share of cases without a score, of the values as the system gave them."""
    n, least = len(cases.values), max(1, cases.least)
    if n < least:
        return Estimate(None, reason=lacking(n, least, "cases"))
    return _share(np.isnan(cases.values), cases)


def _share(hits: np.ndarray, cases: Cases) -> Estimate:
    interval = stats.mean_interval(hits, weights=cases.weights, clusters=cases.unit)
    return Estimate(stats.weighted_mean(hits, cases.weights), interval, len(hits))


def _of_scored(cases: Cases) -> Estimate:
    """Whether there are cases enough; inconclusive where some have no score. The value is a filler."""
    has_score = ~np.isnan(cases.values)
    n, least = int(has_score.sum()), max(1, cases.least)
    if n < least:
        return Estimate(None, n=0 if n == 0 else None, reason=lacking(n, least, "cases with a score"))
    if n < len(cases.values):
        why = "some cases have no score, and what they count as is not stated: unscored_share says how many"
        return Estimate(0.0, n=n, reason=why, validity="inconclusive")
    return Estimate(0.0, n=n)


def _quantile(cases: Cases, share: float) -> Estimate:
    estimate = _of_scored(cases)
    if estimate.value is None:
        return estimate
    if cases.weights is not None:
        return Estimate(None, reason="not estimated of weighted cases")
    values, (low, high) = cases.scored.values, cases.score.range
    interval = stats.quantile_interval(values, share, low=low, high=high, clusters=cases.scored.unit)
    return estimate._replace(value=float(np.quantile(values, share)), interval=interval)
