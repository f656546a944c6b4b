"""Mean scores compared over groups: value, interval, test and power."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from auditkit import group_pairs, stats
from auditkit.data import CaseScore
from auditkit.errors import present
from auditkit.plugins.fairness.case_scores.definitions import DIFFERENCE, RATIO
from auditkit.plugins.fairness.shared import moments, permutation
from auditkit.plugins.fairness.shared.compared_groups import compared_groups
from auditkit.plugins.fairness.shared.exchangeable import exchangeable
from auditkit.plugins.fairness.shared.mean_trials import Sample
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import LeftOut
from auditkit.too_few import lacking, two_groups


@dataclass
class Gap:
    """One disparity of one score over the groups of one set of attributes."""

    kind: Literal["difference", "ratio"]
    score: str
    split: Split
    codes: np.ndarray = field(repr=False)
    """(N,) the group of each case among those compared; -1 for the others."""
    means: moments.Means
    """Of the groups compared, as they are."""
    steady: moments.Means
    """The same for intervals: of bounded scores no group is surer than with two cases added at either end."""
    members: group_pairs.Members
    left_out: list[LeftOut]
    unit: np.ndarray | None = field(default=None, repr=False)
    """(N,) whose case it is; None: each by itself."""
    extreme: stats.Extreme | None = None
    reason: str = ""
    """Why there is no value."""
    p: float | None = None
    law: np.ndarray | None = None
    """The test's statistic where groups are shuffled."""

    @property
    def name(self) -> str:
        """The name of the measurement."""
        return DIFFERENCE if self.kind == "difference" else RATIO

    def among(self, pairs: stats.Pairs | None) -> stats.Extreme:
        """The disparity over some pairs of the groups (`stats.pairs_of`); None: all."""
        difference = self.kind == "difference"
        extreme = moments.gap(self.steady, pairs) if difference else moments.ratio(self.steady, pairs=pairs)
        return extreme if self.unit is None else extreme._replace(interval=moments.by_units(extreme.interval))

    def sample(self, values: np.ndarray, weights: np.ndarray | None) -> Sample | None:
        """What is shuffled; None where there are units, and some have cases in several groups."""
        return exchangeable(self.codes, values, weights, self.unit)

    def test(self, values: np.ndarray, weights: np.ndarray | None, draws: int, rng: np.random.Generator) -> None:
        """Fill in the p-value: shuffles of the largest studentized difference of means, or of their logarithms.

        Args:
            values: (N,) the scores.
            weights: (N,) positive, or None.
            draws: shuffles at least.
            rng: the source of chance.
        """
        sample, groups, logs = self.sample(values, weights), len(self.means.values), self.kind == "ratio"
        if sample is None:
            return
        self.law = permutation.shuffled_z(*sample, groups, draws, rng, logs=logs)
        means = moments.means(*sample, groups)
        scaled = means.logs() if logs else means
        observed = float(stats.largest_z_of_means(scaled.values[None], scaled.errors[None])[0])
        self.p = stats.permutation_p(observed, self.law)

    def detectable(self, tests: int) -> float:
        """The gap that would be found 8 times in 10, adjusted for `tests` tests."""
        if self.kind == "difference":
            return moments.detectable(self.steady, tests)
        return float(np.exp(-moments.detectable(self.steady.steady_logs(), tests)))

    @property
    def method(self) -> str:
        """What the p-value is."""
        statistic = "difference" if self.kind == "difference" else "difference of logarithms"
        shuffles = len(present(self.law, "a tested gap"))
        cases = "cases" if self.unit is None else "cases, by units"
        return f"permutation of the largest studentized {statistic}, {shuffles} shuffles of {cases}; Holm"


def compare(
    name: str,
    score: CaseScore,
    values: np.ndarray,
    weights: np.ndarray | None,
    split: Split,
    least: int,
    unit: np.ndarray | None = None,
) -> list[Gap]:
    """The difference of one score over the groups, and its ratio where zero is the end of its range; not yet tested.

    Args:
        name: of the score.
        score: what it means.
        values: (N,) NaN where a case has none.
        weights: (N,) positive, or None.
        split: the groups.
        least: cases of a group under which it has no mean.
        unit: (N,) whose case it is, where cases of one are not independent; None: each by itself.
    """
    split = _scored(split, values, max(2, least))
    means = moments.means(split.codes, np.where(np.isnan(values), 0.0, values), weights, len(split.usable), unit)
    steady = steadied(means, score)
    groups = compared_groups("mean_score", split, steady, means.values, "cases")
    compared, sure = means.take(groups.are_compared), steady.take(groups.are_compared)
    kinds: tuple[Literal["difference", "ratio"], ...] = (
        ("difference", "ratio") if score.range[0] == 0 else ("difference",)
    )
    gaps = [
        Gap(kind, name, split, groups.codes, compared, sure, groups.members, groups.left_out, unit) for kind in kinds
    ]
    for gap in gaps:
        if len(compared.values) < 2:
            gap.reason = two_groups(split.attributes)
        elif gap.kind == "ratio" and compared.values.min() <= 0:
            gap.reason = "a group has a mean of 0, so there is no ratio"
        else:
            gap.extreme = gap.among(None)
    return gaps


def steadied(means: moments.Means, score: CaseScore) -> moments.Means:
    """The means with no standard error below that with two cases added at either end of the score's range."""
    low, high = score.range
    if low is None or high is None:
        return means
    variance = means.errors * np.maximum(means.sizes - 1, 0)
    _, error = stats.with_added(means.values, variance, means.sizes, low, high)
    return means._replace(errors=np.maximum(means.errors, error**2))


def _scored(split: Split, values: np.ndarray, least: int) -> Split:
    """The split without the cases that have no score, and without groups of which too few have one."""
    codes = np.where(np.isnan(values), -1, split.codes)
    rows = np.bincount(codes[codes >= 0], minlength=len(split.usable))
    places = np.flatnonzero([reason is None for reason in split.reasons])
    reasons = list(split.reasons)
    for place, count in zip(places, rows.tolist(), strict=True):
        reasons[place] = lacking(count, least, "cases with a score")
    kept = np.array([reasons[place] is None for place in places], dtype=bool)
    positions = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    return split._replace(reasons=reasons, codes=positions[codes])
