"""How well risk scores order the times until an event, of people of whom some were not followed until theirs."""

from typing import NamedTuple

import numpy as np

from auditkit.results import Interval
from auditkit.stats.follow_up import keys_of
from auditkit.stats.means import student_interval


class Linear(NamedTuple):
    """A number, and what each person adds to it: the mean of the terms is the number, up to what is of second order."""

    value: float
    terms: np.ndarray
    """(N,)"""

    def interval(
        self, level: float = 0.95, clusters: np.ndarray | None = None, low: float = -np.inf, high: float = np.inf
    ) -> Interval | None:
        """Student's interval, within `low` and `high`; None where the terms tell of no spread.

        Source: infinitesimal jackknife, Jaeckel (1972), Bell Laboratories memorandum; Efron (1982), The jackknife, the
        bootstrap and other resampling plans, SIAM, chapter 6.
        """
        if len(self.terms) < 2 or np.ptp(self.terms) <= 1e-12 * max(1.0, abs(self.value)):
            return None
        interval = student_interval(self.terms, level, None, clusters)
        if interval is None or interval.low is None or interval.high is None:
            return None
        ends = {"low": max(low, interval.low), "high": min(high, interval.high)}
        return interval.model_copy(update={**ends, "method": f"{interval.method}, infinitesimal jackknife"})


def concordance(
    times: np.ndarray,
    events: np.ndarray,
    risk: np.ndarray,
    before: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Linear | None:
    """The share of pairs in which the one with the earlier event has the higher risk; ties of risk count half.

    A pair counts where the earlier time is that of an event, and the later one is later, or is at the same time and no
    event. It takes O(n log² n), by a sort for each binary digit of the ranks.

    Args:
        times: (N,) until the event, or until the person was last seen.
        events: (N,) bool: whether it was the event.
        risk: (N,) higher is earlier.
        before: (N,) the weight of pairs of which the person has the earlier time, such as 1 / G² of Uno; None: 1.
        weights: (N,) positive, of people, or None.

    Returns:
        None where there is no such pair.

    Source: Harrell et al. (1982), Evaluating the yield of medical tests, JAMA 247; Harrell, Lee and Mark (1996),
    Statistics in Medicine 15; with weights 1 / G² Uno et al. (2011), Statistics in Medicine 30.
    """
    keys, ranks = keys_of(times, events), np.unique(risk, return_inverse=True)[1].reshape(-1)
    people = np.ones(len(times)) if weights is None else np.asarray(weights, dtype=np.float64)
    earlier = people * events * (1.0 if before is None else before)
    after = _later(keys, ranks, people)
    until = _later(-keys, ranks.max(initial=0) - ranks, earlier)
    comparable = earlier * after.all + people * until.all
    concordant = earlier * (after.below + after.level / 2) + people * (until.below + until.level / 2)
    total = float((earlier * after.all).sum())
    if total <= 0:
        return None
    value = float((earlier * (after.below + after.level / 2)).sum()) / total
    return Linear(value, value + len(times) * (concordant - value * comparable) / total)


class Masses(NamedTuple):
    """For each element the masses of those with a larger key."""

    below: np.ndarray
    """(N,) of lower rank."""
    level: np.ndarray
    """(N,) of the same rank."""
    all: np.ndarray
    """(N,)"""


def _later(keys: np.ndarray, ranks: np.ndarray, mass: np.ndarray) -> Masses:
    """The masses of those with a larger key, by rank."""
    # of one key the higher ranks come first, so that none counts another as lower
    order = np.lexsort((-ranks, -keys))
    below = np.empty(len(keys))
    below[order] = _lower_before(ranks[order], mass[order])
    return Masses(below, _before(ranks, keys, mass), _before(np.zeros_like(ranks), keys, mass))


def _lower_before(ranks: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """(N,) for each place of a sequence the mass of earlier ones of lower rank: rank by rank, digit by digit.

    Two ranks differ first in one binary digit; among those that share all higher ones, a mass with 0 there is lower
    than every rank with 1.
    """
    sums = np.zeros(len(ranks))
    for digit in reversed(range(int(ranks.max(initial=0)).bit_length())):
        order = np.argsort(ranks >> (digit + 1), kind="stable")
        own = ranks[order]
        is_one = (own >> digit) & 1 == 1
        zeros = np.where(is_one, 0.0, mass[order])
        gone = np.cumsum(zeros) - zeros
        shared = own >> (digit + 1)
        first = np.searchsorted(shared, shared, side="left")
        sums[order[is_one]] += (gone - gone[first])[is_one]
    return sums


def _before(parts: np.ndarray, keys: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """(N,) the mass of those of the same part with a larger key."""
    order = np.lexsort((-keys, parts))
    part, key = parts[order], keys[order]
    gone = np.concatenate([[0.0], np.cumsum(mass[order])])
    new_part = np.append(True, part[1:] != part[:-1])
    new_key = new_part | np.append(True, key[1:] != key[:-1])
    places = np.arange(len(order))
    first_of_part, first_of_key = (np.maximum.accumulate(np.where(new, places, 0)) for new in (new_part, new_key))
    sums = np.empty(len(order))
    sums[order] = gone[first_of_key] - gone[first_of_part]
    return sums
