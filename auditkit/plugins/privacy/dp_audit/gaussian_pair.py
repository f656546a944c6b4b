"""The Gaussian pair: scores of canaries that are in and that are out, as two normals of different spread."""

from typing import NamedTuple

import numpy as np
import scipy

from auditkit.plugins.privacy.dp_audit.two_normals import CERTAIN, normal_epsilon
from auditkit.too_few import fewer_than

POINTS = 9
"""How many values of each spread, within its interval, are tried for the smallest epsilon."""
NOT_NORMAL = 1e-3
"""Scores this unlikely to be normal (D'Agostino and Pearson 1973) are no Gaussian pair."""
FEWEST = 30
"""Canaries on each side below which no shape can be told."""


class Pair(NamedTuple):
    """What the Gaussian pair says."""

    estimate: float | None
    """Epsilon of the fitted normals, no bound; None where the scores are no such pair."""
    low: float | None
    """Epsilon is at least this, if both kinds of scores are normal."""
    reason: str = ""
    """Why there is none."""


def gaussian_pair(scores: np.ndarray, present: np.ndarray, delta: float, level: float = 0.999) -> Pair:
    """A lower bound of epsilon at `delta`, if the scores of each side are draws from one normal law.

    The least epsilon over a box of means and spreads that holds the true ones with confidence `level`: Welch's interval
    for the distance of the means, chi-square intervals for both variances, Bonferroni's correction for the three.
    Epsilon is of the hockey-stick divergence at delta, never of a mu: a sampled mechanism is no Gaussian one.

    Args:
        scores: (m,) higher where a canary is more likely to have been in.
        present: (m,) whether it was.
        delta: of the claim.
        level: of confidence.

    Source: Agrawal et al. (2026), Let's Ask Gauss: Improved One-Run Privacy Auditing, arXiv:2606.12733, but for the
    box.
    """
    inside, outside = np.asarray(scores[present], float), np.asarray(scores[~present], float)
    if min(len(inside), len(outside)) < FEWEST:
        return Pair(None, None, fewer_than(FEWEST, "canaries are in, or out"))
    sides = [_Side(len(side), float(side.mean()), float(side.std(ddof=1))) for side in (inside, outside)]
    if max(side.spread for side in sides) == 0 and sides[0].mean != sides[1].mean:
        return Pair(CERTAIN, CERTAIN, "the scores tell without doubt: no noise was added")
    if min(side.spread for side in sides) == 0:
        return Pair(None, None, "the scores do not vary")
    if min(float(scipy.stats.normaltest(side).pvalue) for side in (inside, outside)) < NOT_NORMAL:
        return Pair(None, None, "the scores are not normal")
    error = (1 - level) / 3
    gap = sides[0].mean - sides[1].mean
    parts = [side.spread**2 / side.rows for side in sides]
    freedom = sum(parts) ** 2 / sum(part**2 / (side.rows - 1) for part, side in zip(parts, sides, strict=True))
    least = gap - float(scipy.stats.t.ppf(1 - error, freedom)) * sum(parts) ** 0.5
    both = np.concatenate([np.linspace(*side.spreads(error), POINTS) for side in sides])
    # the values of both sides, so that spreads that may be alike are tried alike
    grids = [np.clip(both, *side.spreads(error)) for side in sides]
    box = normal_epsilon(np.array(max(0.0, least)), grids[0][:, None], grids[1][None, :], delta)
    fitted = normal_epsilon(np.array(gap), np.array(sides[0].spread), np.array(sides[1].spread), delta)
    return Pair(float(fitted), float(box.min()))


class _Side(NamedTuple):
    rows: int
    mean: float
    spread: float

    def spreads(self, error: float) -> tuple[float, float]:
        """The ends of a chi-square interval of the standard deviation."""
        ends = scipy.stats.chi2.ppf([1 - error / 2, error / 2], self.rows - 1)
        low, high = self.spread * np.sqrt((self.rows - 1) / ends)
        return float(low), float(high)
