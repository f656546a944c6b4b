"""Inferring a column from the others, the label and the model's answers: formulas on arrays.

Fredrikson, Lantz, Jha, Lin, Page and Ristenpart (2014), Privacy in Pharmacogenetics, USENIX Security; Yeom, Giacomelli,
Fredrikson and Jha (2018), arXiv:1709.01604, section 5; Jayaraman and Evans (2022), Are Attribute Inference Attacks Just
Imputation?, arXiv:2209.01292: what can be imputed without the model is no leak of the model.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.privacy.shared.persons import effective_persons
from auditkit.results import Interval
from auditkit.stats import mover

FLOOR = 1e-3
"""The least probability that a model's answer counts as: else one certain answer would outweigh all that is known."""


class Gain(NamedTuple):
    """By how much more of some rows an attacker is right about with the answers than without."""

    value: float
    interval: Interval
    n: int


def likelihoods(
    ask: Callable[[np.ndarray], np.ndarray],
    codes: np.ndarray,
    column: int,
    candidates: np.ndarray,
    labels: np.ndarray,
) -> np.ndarray:
    """(N, K) the logarithm of the probability that the model gives each row's label, with each value in the column.

    Args:
        ask: (N, D) codes to (N, C) probabilities.
        codes: (N, D) the rows as they are.
        column: which column is tried.
        candidates: (K,) codes.
        labels: (N,) positions among the C classes.
    """
    tried = np.empty((len(codes), len(candidates)))
    for place, code in enumerate(candidates):
        changed = codes.copy()
        changed[:, column] = code
        own = ask(changed)[np.arange(len(codes)), labels]
        tried[:, place] = np.log(np.clip(own, FLOOR, 1.0))
    return tried


def relative(tried: np.ndarray) -> np.ndarray:
    """(N, K) the same less the mean of each row: which value fits, not how easy the row is."""
    return tried - tried.mean(axis=1, keepdims=True)


def inverted(prior: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """(N,) the value with the smallest loss, weighed by what is known without the answers: model inversion.

    The maximum of P(value | the other columns) · P(label | row with the value), the second by the model.

    Args:
        prior: (N, K) probabilities of the values.
        tried: (N, K) as `likelihoods` gives them.
    """
    return np.asarray((np.log(np.maximum(prior, 1e-12)) + tried).argmax(axis=1))


def gain(with_answers: np.ndarray, without: np.ndarray, unit: np.ndarray) -> Gain:
    """How much larger the share of rows is about which the attacker is right, paired over rows.

    Args:
        with_answers: (n,) bool: right with the model's answers.
        without: (n,) bool: right without.
        unit: (n,) whose row it is: the interval is as wide as for so many rows as there are persons.
    """
    shares = [float(part.mean()) for part in (with_answers & ~without, without & ~with_answers)]
    value, size = shares[0] - shares[1], max(1, int(effective_persons(unit)))
    interval = stats.paired_difference_interval(round(shares[0] * size), round(shares[1] * size), size)
    low, high = interval.low or 0.0, interval.high or 0.0
    ends = {"low": min(low, value), "high": max(high, value)}  # whole numbers of rows are a rounding away
    return Gain(value, interval.model_copy(update=ends), len(np.unique(unit)))


def excess(members: Gain, others: Gain) -> Gain:
    """What the answers tell about members beyond what they tell about people whom the model never saw.

    Source of the interval: Zou and Donner (2008), Statistics in Medicine 27, from Tango's of each side.
    """
    first, second = (
        mover.Ends(side.value, side.interval.low or 0.0, side.interval.high or 0.0) for side in (members, others)
    )
    bounds = mover.difference(first, second)
    method = "difference of two paired differences, by their Tango intervals"
    interval = Interval(low=float(bounds.low), high=float(bounds.high), method=method)
    return Gain(members.value - others.value, interval, members.n + others.n)


def errors_from_none(measured: Gain) -> float:
    """How many standard errors, about, an excess or a gain lies from 0, by its interval on that side."""
    low, high = measured.interval.low or 0.0, measured.interval.high or 0.0
    side = measured.value - low if measured.value > 0 else high - measured.value
    return measured.value / (side / stats.critical(measured.interval.level)) if side > 0 else 0.0
