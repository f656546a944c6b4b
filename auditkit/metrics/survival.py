"""How well times until an event are predicted: concordance, Brier score and calibration, each with its spread.

People who were last seen before their event are kept: they count until then, and the others for them afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.results import Interval
from auditkit.stats.concordance import Linear, concordance
from auditkit.stats.follow_up import horizon_weights, uno_weights
from auditkit.too_few import lacking

ALIKE = "all pairs or people count alike here, so that nothing tells how far chance goes"
RISKS_ONLY = "the model gives a risk for each person, and no chance of no event until a time"
NO_PAIR = "no two people can be compared: nobody's event came before another's time"


class People(NamedTuple):
    """Some people: what happened, and what was predicted."""

    times: np.ndarray
    """(N,)"""
    events: np.ndarray
    """(N,) bool."""
    risk: np.ndarray
    """(N,) higher where the event is expected earlier."""
    alive: np.ndarray | None
    """(N, H) chances of no event until each horizon, or None."""
    horizons: tuple[float, ...]
    weights: np.ndarray | None = None
    unit: np.ndarray | None = None
    """(N,) whose row it is, where rows vary together."""

    def take(self, rows: np.ndarray) -> People:
        """Some of them."""
        times, events, risk, alive, weights, unit = (
            None if part is None else part[rows]
            for part in (self.times, self.events, self.risk, self.alive, self.weights, self.unit)
        )
        return People(times, events, risk, alive, self.horizons, weights, unit)  # type: ignore[arg-type]


class Measure(NamedTuple):
    """One number about people."""

    of: Callable[[People, int], Linear | None]
    """The number at a horizon, by its place; None where nobody can be compared."""
    at_horizons: bool
    range: tuple[float, float]
    """Between which ends it lies."""
    needs_chances: bool = True


def harrell(people: People, horizon: int = 0) -> Linear | None:
    """Harrell's concordance of risks and times (`stats.concordance`)."""
    return concordance(people.times, people.events, people.risk, None, people.weights)


def uno(people: People, horizon: int = 0) -> Linear | None:
    """Uno's concordance until the last horizon, if any: it does not hang on how long people are followed."""
    until = people.horizons[-1] if people.horizons else np.inf
    before = uno_weights(people.times, people.events, until, people.weights)
    return concordance(people.times, people.events, people.risk, before, people.weights)


def brier(people: People, horizon: int) -> Linear:
    """The mean squared error of the chance of the event until a horizon, weighted for people who were lost before.

    Source: Graf, Schmoor, Sauerbrei and Schumacher (1999), Statistics in Medicine 18.
    """
    had, known, predicted = _until(people, horizon)
    return _mean(known * (had - predicted) ** 2, people)


def observed(people: People, horizon: int) -> Linear:
    """The share with an event until a horizon: one less the Kaplan-Meier estimate."""
    had, known, _ = _until(people, horizon, chances=False)
    return _mean(known * had, people)


def calibration(people: People, horizon: int) -> Linear:
    """The mean predicted chance of the event until a horizon, less the share who had it (calibration in the large)."""
    had, known, predicted = _until(people, horizon)
    return _mean(predicted - known * had, people)


MEASURES = {
    "harrell_concordance": Measure(harrell, False, (0.0, 1.0), False),
    "uno_concordance": Measure(uno, False, (0.0, 1.0), False),
    "survival_brier_score": Measure(brier, True, (0.0, np.inf)),
    "risk_calibration": Measure(calibration, True, (-np.inf, np.inf)),
    "observed_risk": Measure(observed, True, (0.0, 1.0), False),
}
"""{name: the number}."""


class Estimate(NamedTuple):
    """A number with its interval, or why there is none."""

    value: float | None
    interval: Interval | None = None
    reason: str | None = None


def estimate(measure: Measure, people: People, horizon: int, least: int, level: float = 0.95) -> Estimate:
    """One number about people.

    Args:
        measure: which.
        people: of whom.
        horizon: the place of the horizon; of no matter where the number has none.
        least: people with the event, and people followed beyond the horizon, under whom nothing is estimated.
        level: the confidence.
    """
    why = _lacking(measure, people, horizon, least)
    if why is not None:
        return Estimate(None, reason=why)
    number = measure.of(people, horizon)
    if number is None:
        return Estimate(None, reason=NO_PAIR)
    interval = number.interval(level, people.unit, *measure.range)
    return Estimate(number.value, interval, None if interval is not None else ALIKE)


def _lacking(measure: Measure, people: People, horizon: int, least: int) -> str | None:
    if measure.needs_chances and people.alive is None:
        return RISKS_ONLY
    if not measure.at_horizons:
        return lacking(int(people.events.sum()), least, "people with the event")
    beyond = people.times > people.horizons[horizon]
    return lacking(int(beyond.sum()), least, "people followed beyond this horizon")


def _until(people: People, horizon: int, chances: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who had the event until a horizon, how many each stands for, and the predicted chance of it."""
    had, known = horizon_weights(people.times, people.events, people.horizons[horizon], people.weights)
    predicted = 1 - people.alive[:, horizon] if chances and people.alive is not None else np.zeros(len(had))
    return had.astype(np.float64), known, predicted


def _mean(terms: np.ndarray, people: People) -> Linear:
    """The weighted mean, with terms whose plain mean it is."""
    if people.weights is None:
        return Linear(float(terms.mean()), terms)
    value = float(np.average(terms, weights=people.weights))
    return Linear(value, value + (terms - value) * people.weights / people.weights.mean())
