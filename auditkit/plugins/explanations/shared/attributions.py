"""Attributions of rows to features, and the numbers that summarise them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy


@dataclass(frozen=True)
class Attributions:
    """How much each feature moved the output of each row away from the average over the background."""

    values: np.ndarray
    """(n, D) in `unit`."""
    base: np.ndarray
    """(n,) the average output over the background."""
    outputs: np.ndarray
    """(n,) the explained output as the model itself gives it."""
    unit: str
    method: str
    errors: np.ndarray | None = None
    """(n, D) standard errors that come from sampling coalitions; None: nothing was sampled."""


class Estimate(NamedTuple):
    """A number and the ends of its 95 % interval; None where there is no interval."""

    value: float
    low: float | None
    high: float | None


def additivity_gap(attributions: Attributions) -> float | None:
    """The largest |base + sum of attributions - output| over the rows, as a share of the range of outputs and base.

    Zero where the explanation is complete (the efficiency axiom: Shapley 1953; "local accuracy" in Lundberg and Lee
    2017, arXiv:1705.07874). None where neither ever changes and the gap is not zero.
    """
    gaps = np.abs(attributions.base + attributions.values.sum(axis=1) - attributions.outputs)
    all_outputs = np.concatenate([attributions.outputs, attributions.base])
    # the base counts too: a model that answers alike on all rows may still differ from its average
    spread, rounding = float(np.ptp(all_outputs)), 1e-9 * max(1.0, float(np.abs(all_outputs).max()))
    if spread > rounding:
        return float(gaps.max() / spread)
    return 0.0 if gaps.max() <= rounding else None


def mean_of(numbers: np.ndarray) -> Estimate:
    """The mean of (n,) numbers, one a row, with a Student t interval over the rows."""
    half = _half_width(numbers[:, None])
    mean = float(numbers.mean())
    return Estimate(mean, None, None) if half is None else Estimate(mean, mean - float(half[0]), mean + float(half[0]))


def mean_absolute(values: np.ndarray) -> list[Estimate]:
    """The mean of |values| (n, D) over the rows for each feature, with a Student t interval over the rows."""
    sizes = np.abs(values)
    half = _half_width(sizes)
    means = sizes.mean(axis=0)
    if half is None:
        return [Estimate(float(mean), None, None) for mean in means]
    return [Estimate(float(m), max(0.0, float(m - h)), float(m + h)) for m, h in zip(means, half, strict=True)]


def share(values: np.ndarray, features: list[int]) -> Estimate | None:
    """What share of the sum of |values| (n, D) falls on some features, between 0 and 1; None where the sum is 0.

    A ratio of two means over the rows, with the interval of its linearisation (Cochran 1977, Sampling Techniques, 6.3).
    """
    sizes = np.abs(values)
    group_sum, total = sizes[:, features].sum(axis=1), sizes.sum(axis=1)
    if total.sum() == 0:
        return None
    ratio = float(group_sum.sum() / total.sum())
    # the ratio of two means varies as the mean of these residuals does
    half = _half_width(((group_sum - ratio * total) / total.mean())[:, None])
    if half is None:
        return Estimate(ratio, None, None)
    return Estimate(ratio, max(0.0, ratio - float(half[0])), min(1.0, ratio + float(half[0])))


def sampling_error(attributions: Attributions) -> Estimate | None:
    """How much sampling coalitions blurs the importance; None where nothing was sampled or every attribution is 0.

    The largest standard error of a feature's mean |attribution|, as a share of the largest mean |attribution|. The
    interval is Student's t over the rows' error variances.
    """
    largest = float(np.abs(attributions.values).mean(axis=0).max())
    if attributions.errors is None or largest == 0:
        return None
    variances = attributions.errors**2
    # one feature for value and interval: ends of different features would bound neither
    worst = int(variances.sum(axis=0).argmax())
    rows = len(variances)
    mean = float(variances[:, worst].mean())
    half = _half_width(variances[:, [worst]])
    ends = [mean] if half is None else [mean, max(0.0, mean - float(half[0])), mean + float(half[0])]
    errors = [float(np.sqrt(end / rows) / largest) for end in ends]
    return Estimate(errors[0], None, None) if half is None else Estimate(*errors)


def ranks(values: np.ndarray) -> np.ndarray:
    """(D,) the place of each feature by mean |values| (n, D), 1 for the largest; equals share the better place."""
    return np.asarray(scipy.stats.rankdata(-np.abs(values).mean(axis=0), method="min").astype(int))


def _half_width(columns: np.ndarray, level: float = 0.95) -> np.ndarray | None:
    """(D,) half widths of Student t intervals for the means of (n, D); None below two rows."""
    n = len(columns)
    if n < 2:
        return None
    return np.asarray(scipy.stats.t.ppf(0.5 + level / 2, n - 1) * columns.std(axis=0, ddof=1) / np.sqrt(n))
