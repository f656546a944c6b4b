"""Numbers about one group that are made of several rates: balanced accuracy, F1, MCC, false negatives per positive.

No resampling: resamples of a group without errors have none either, and would call it perfect for certain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.counts import Tally
from auditkit.plugins.fairness.groups.measures import EVERY, RATES, Rate
from auditkit.plugins.fairness.groups.shares import shares
from auditkit.results import NOBODY

JACCARD: Final = Rate("f_star", "F*", "tp", "tp fp fn", "", "higher", "", NOBODY)
COMMON: Final = Rate("common", "Positive label rate among the decided", "tp fn", EVERY, "", "none", "", NOBODY)


class Estimates(NamedTuple):
    """A number in each of K groups, with its interval; NaN where it is undefined, infinite where it has no end."""

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    method: str


class _Bounded(NamedTuple):
    at: np.ndarray
    low: np.ndarray
    high: np.ndarray


def _wilson(tally: Tally, rate: Rate, level: float) -> _Bounded:
    share = shares(tally, rate)
    return _Bounded(share.values, *stats.wilson_bounds(share.successes, share.sizes, level))


def balanced_accuracy(tally: Tally, level: float = 0.95) -> Estimates:
    """The mean of the true positive and the true negative rate.

    Args:
        tally: (K, 3, 3).
        level: the confidence.

    Source: the distances from each rate to its own Wilson bounds are squared and added, Zou and Donner (2008),
    Construction of confidence limits about effect measures: a general approach, Statistics in Medicine 27.
    """
    true, false = (_wilson(tally, RATES[f"{name}_positive_rate"], level) for name in ("true", "false"))
    value = (true.at + 1 - false.at) / 2
    low = value - np.hypot(true.at - true.low, false.high - false.at) / 2
    high = value + np.hypot(true.high - true.at, false.at - false.low) / 2
    return Estimates(value, np.maximum(0, low), np.minimum(1, high), "square-and-add of Wilson (Zou and Donner)")


def f1(tally: Tally, level: float = 0.95) -> Estimates:
    """2 TP / (2 TP + FP + FN): a rising function of the share F* = TP / (TP + FP + FN), whose interval is Wilson's.

    Args:
        tally: (K, 3, 3).
        level: the confidence.

    Source: Hand, Christen and Kirielle (2021), F*: an interpretable transformation of the F-measure, arXiv:2008.00103.
    """
    star = _wilson(tally, JACCARD, level)
    value, low, high = (2 * each / (1 + each) for each in star)
    return Estimates(value, low, high, "Wilson for F*, transformed")


def mcc(tally: Tally, level: float = 0.95) -> Estimates:
    """The correlation of label and decision; NaN where either is of one kind only.

    It rises with the true positive rate, falls with the false positive rate, and bends with how common the positive
    label is; these three are independent, and the distances to their own bounds are squared and added.

    Args:
        tally: (K, 3, 3).
        level: the confidence.

    Source: Matthews (1975), BBA 405; Zou and Donner (2008), Statistics in Medicine 27.
    """
    true, false = (_wilson(tally, RATES[f"{name}_positive_rate"], level) for name in ("true", "false"))
    common = _wilson(tally, COMMON, level)
    value = _correlation(true.at, false.at, common.at)
    ends = [_correlation(true.at, false.at, end) for end in (common.low, common.high)]
    low = _added(
        value - _correlation(true.low, false.at, common.at),
        value - _correlation(true.at, false.high, common.at),
        value - np.minimum(*ends),
    )
    high = _added(
        _correlation(true.high, false.at, common.at) - value,
        _correlation(true.at, false.low, common.at) - value,
        np.maximum(*ends) - value,
    )
    method = "square-and-add of Wilson (Zou and Donner)"
    return Estimates(value, np.maximum(-1, value - low), np.minimum(1, value + high), method)


def error_odds(tally: Tally, level: float = 0.95) -> Estimates:
    """False negatives per false positive: the odds of FN / (FN + FP), whose interval is Wilson's.

    Args:
        tally: (K, 3, 3).
        level: the confidence.
    """
    share = _wilson(tally, RATES["false_negative_share"], level)
    value, low, high = (odds(each) for each in share)
    return Estimates(np.where(np.isinf(value), np.nan, value), low, high, "Wilson for FN / (FN + FP), as odds")


def odds(share: np.ndarray) -> np.ndarray:
    """From shares to share / (1 - share); infinite at 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(share >= 1, np.inf, share / (1 - share))


def _correlation(true: np.ndarray, false: np.ndarray, common: np.ndarray) -> np.ndarray:
    """The correlation from the two rates and how common the positive label is; NaN where a margin is empty."""
    selected = common * true + (1 - common) * false
    with np.errstate(divide="ignore", invalid="ignore"):
        return (true - false) * np.sqrt(common * (1 - common) / (selected * (1 - selected)))


def _added(*distances: np.ndarray) -> np.ndarray:
    return np.sqrt(sum(np.nan_to_num(np.maximum(each, 0)) ** 2 for each in distances))


FORMULAS: Final[dict[str, Callable[[Tally], Estimates]]] = {
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "mcc": mcc,
    "false_negatives_per_false_positive": error_odds,
}
"""{name of a composite: its maths}."""
