"""Numbers about one group that are made of several rates, one row each: balanced accuracy, F1, MCC, error odds.

A new composite is one row of `COMPOSITES`: its words, its plain formula on the four counts, and its estimate, most
often `of_share` or a `mean` of rates; the definitions, the second count and the reports follow.

No resampling: resamples of a group without errors have none either, and would call it perfect for certain.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit.counts import Tally
from auditkit.metrics.catalogue import DECIDED, EVERY, RATES, ZOU_DONNER, Direction, Rate, shares
from auditkit.results import NOBODY, SELECTED_LESS, Harm
from auditkit.stats import mover, wilson_bounds
from auditkit.stats.proportions import Numbers

JACCARD: Final = Rate("f_star", "F*", "tp", "tp fp fn", "", "higher", "", NOBODY)
COMMON: Final = Rate("common", "Positive label rate among the decided", "tp fn", EVERY, "", "none", "", NOBODY)
MOVER: Final = "MOVER of Wilson intervals"


class Estimates(NamedTuple):
    """A number in each of K groups, with its interval; NaN where it is undefined, infinite where it has no end."""

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    method: str


class Composite(NamedTuple):
    """A number about one group that is made of several rates."""

    name: str
    title: str
    formula: str
    range: str
    direction: Direction
    of: tuple[tuple[str, str], ...]
    """Denominators that must hold enough people, each with what it counts; the first is the number's n."""
    undefined: str
    """Why there is no value where all denominators hold enough people."""
    reference: str
    pitfalls: str
    plain: Callable[[float, float, float, float], float]
    """The formula on TP, FP, FN and TN, for the second count; it divides by zero where the number is undefined."""
    estimate: Callable[[Tally], Estimates]
    """The number of K groups, with intervals, from (K, 3, 3) counts."""
    labelled: bool = True
    harm: Harm = NOBODY


def bounded(tally: Tally, rate: Rate, level: float = 0.95) -> mover.Ends:
    """A rate in each of K groups, with Wilson's interval."""
    share = shares(tally, rate)
    return mover.Ends(share.values, *wilson_bounds(share.successes, share.sizes, level))


def of_share(rate: Rate, rising: Callable[[np.ndarray], np.ndarray], method: str) -> Callable[[Tally], Estimates]:
    """The estimate of a rising function of one share: the ends of its interval are the function of Wilson's.

    Args:
        rate: the share.
        rising: the function; infinite where the number is undefined.
        method: what the interval is called.
    """

    def estimate(tally: Tally) -> Estimates:
        value, low, high = (rising(np.asarray(end)) for end in bounded(tally, rate))
        # An infinite value is no value, but an infinite end is right: the interval has no end on that side.
        return Estimates(np.where(np.isinf(value), np.nan, value), low, high, method)

    return estimate


def balanced(tally: Tally) -> Estimates:
    """The mean of the true negative and the true positive rate, which are about different people; see `stats.mover`."""
    rates = [bounded(tally, RATES[f"true_{label}_rate"]) for label in ("negative", "positive")]
    return mean(rates, tally.clusters is not None)


def mean(parts: Sequence[mover.Ends], together: bool = False) -> Estimates:
    """The mean of rates, such as those decided right of each class.

    Args:
        parts: of each rate.
        together: whether the rates may err together, as where rows of one person are of several classes; else they are
            about different people.
    """
    value, low, high = (np.asarray(end) for end in mover.mean(parts, together))
    # MOVER may reach past 0 or 1 where both rates are close to an end.
    return Estimates(value, np.maximum(0, low), np.minimum(1, high), MOVER)


def mcc(tally: Tally, level: float = 0.95) -> Estimates:
    """The correlation of label and decision; NaN where either is of one kind only.

    It rises with the true positive rate, falls with the false positive rate, and bends with how common the positive
    label is; these three are independent, and the distances to their own bounds are squared and added. Where rows vary
    together the three may err together, and the distances are added.

    Args:
        tally: (K, 3, 3).
        level: the confidence.

    Source: Matthews (1975), BBA 405; Zou and Donner (2008), Statistics in Medicine 27.
    """
    true, false = (bounded(tally, RATES[f"{name}_positive_rate"], level) for name in ("true", "false"))
    common = bounded(tally, COMMON, level)
    value = _correlation(true.at, false.at, common.at)
    ends = [_correlation(true.at, false.at, end) for end in (common.low, common.high)]
    # MOVER: each rate in turn is moved to the bound that lowers the correlation while the others are held, and the
    # distances are added in squares. How common the label is bends it both ways, so the lower of both ends counts.
    added = _added if tally.clusters is None else _summed
    low = added(
        value - _correlation(true.low, false.at, common.at),
        value - _correlation(true.at, false.high, common.at),
        value - np.minimum(*ends),
    )
    high = added(
        _correlation(true.high, false.at, common.at) - value,
        _correlation(true.at, false.low, common.at) - value,
        np.maximum(*ends) - value,
    )
    return Estimates(value, np.maximum(-1, value - low), np.minimum(1, value + high), MOVER)


def odds(share: np.ndarray) -> np.ndarray:
    """From shares to share / (1 - share); infinite at 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # A share that is a rounding above 1 would have odds far below 0.
        return np.where(share >= 1, np.inf, share / (1 - share))


def _correlation(true: Numbers, false: Numbers, common: Numbers) -> np.ndarray:
    """The correlation from the two rates and how common the positive label is; NaN where a margin is empty."""
    selected = common * true + (1 - common) * false
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((true - false) * np.sqrt(common * (1 - common) / (selected * (1 - selected))))


def _added(*distances: np.ndarray) -> np.ndarray:
    """`mover.squared_and_added` where a distance that is undefined, or negative by a rounding, counts as none."""
    return mover.squared_and_added(*(np.nan_to_num(np.maximum(distance, 0)) for distance in distances))


def _summed(*distances: Numbers) -> np.ndarray:
    return np.sum([np.nan_to_num(np.maximum(distance, 0)) for distance in distances], axis=0)


_LABELS = (("tp fn", "people with a positive label"), ("fp tn", "people with a negative label"))
_SELECTED = (("tp fp", "people selected"), ("fn tn", "people not selected"))

COMPOSITES = {
    composite.name: composite
    for composite in (
        Composite("balanced_accuracy", "Balanced accuracy", "(TP / (TP + FN) + TN / (FP + TN)) / 2", "0 to 1", "higher",
                  ((EVERY, DECIDED), *_LABELS), "",
                  "Brodersen et al. (2010), The balanced accuracy and its posterior distribution, ICPR; interval: "
                  f"{ZOU_DONNER}, from Wilson's intervals of the rates",
                  "One kind of error may hide behind the other; undefined for a group with labels of one kind.",
                  lambda tp, fp, fn, tn: (tp / (tp + fn) + tn / (fp + tn)) / 2,
                  balanced),
        Composite("f1", "F1", "2 TP / (2 TP + FP + FN)", "0 to 1", "higher",
                  (("tp fp fn", "people selected or with a positive label"),), "",
                  "van Rijsbergen (1979), Information retrieval; interval: Wilson's for F* = TP / (TP + FP + FN), as "
                  "F1 = 2 F* / (1 + F*) (Hand, Christen and Kirielle 2021, arXiv:2008.00103)",
                  "Rises with how common the positive label is, so groups of different prevalence cannot be compared "
                  "by it; says nothing about true negatives.",
                  lambda tp, fp, fn, tn: 2 * tp / (2 * tp + fp + fn),
                  of_share(JACCARD, lambda star: 2 * star / (1 + star), "Wilson for F*, transformed")),
        Composite("mcc", "Matthews correlation coefficient",
                  "(TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))", "-1 to 1", "higher",
                  ((EVERY, DECIDED), *_LABELS, *_SELECTED), "",
                  f"Matthews (1975), Biochimica et Biophysica Acta 405; interval: {ZOU_DONNER}, from Wilson's "
                  "intervals of the true positive, false positive and positive label rate",
                  "Depends on how common the positive label is; undefined, not 0, where labels or decisions are of one "
                  "kind only.",
                  lambda tp, fp, fn, tn: (
                      (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
                  ),
                  mcc),
        Composite("false_negatives_per_false_positive", "False negatives per false positive", "FN / FP",
                  "0 or more", "none", (("fn fp", "people with a wrong decision"),), "no false positives",
                  "Berk et al. (2018), Fairness in criminal justice risk assessments, arXiv:1703.09207; interval: "
                  "Wilson's for FN / (FN + FP), as odds",
                  "Says which of the two errors a group has, not how often it has one.",
                  lambda tp, fp, fn, tn: fn / fp,
                  of_share(RATES["false_negative_share"], odds, "Wilson for FN / (FN + FP), as odds"),
                  harm=SELECTED_LESS),
    )
}  # fmt: skip
"""{name: the composite}."""
