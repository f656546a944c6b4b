"""The canary step: a private step done a thousand times with one canary and a thousand times without it."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.privacy.dp_audit.gaussian_pair import Pair, gaussian_pair


class CanaryStep(NamedTuple):
    """What repeated steps say about the epsilon of one step in which the canary takes part for sure."""

    counted: float
    """Epsilon is at least this, by counting how often a threshold tells the steps apart; it assumes nothing."""
    pair: Pair
    """The same by normals."""
    steps: int
    """With the canary and without it, together."""
    delta: float
    """Of the claim."""

    @property
    def low(self) -> float:
        """The larger of both."""
        return max(self.counted, self.pair.low or 0.0)


def canary_step(scores: np.ndarray, present: np.ndarray, delta: float, level: float = 0.999) -> CanaryStep:
    """A lower bound of the epsilon of one step.

    Args:
        scores: (2 N,) of each step, the noised sum along the canary's own direction; higher with the canary.
        present: (2 N,) whether the canary took part.
        delta: of the claim.
        level: of confidence; both ways of bounding share it.

    Source: Nasr et al. (2021), Adversary Instantiation: Lower Bounds for Differentially Private Machine Learning,
    arXiv:2101.04535; the threshold is chosen on one half and tested on the other, with Clopper and Pearson's intervals.
    """
    shared = (1 + level) / 2
    counted = counted_epsilon(scores, present, delta, shared)
    return CanaryStep(counted, gaussian_pair(scores, present, delta, shared), len(scores), delta)


def counted_epsilon(scores: np.ndarray, present: np.ndarray, delta: float, level: float) -> float:
    """The larger of both directions, from how often a threshold is passed with and without; see `canary_step`."""
    first = np.arange(len(scores)) % 4 < 2  # alternate pairs, for steps may be alike in time
    best, threshold, upper = -np.inf, 0.0, True
    for candidate in np.unique(np.quantile(scores[first], np.linspace(0.005, 0.995, 199))):
        for above in (True, False):
            bound = _counted(scores[first], present[first], delta, level, (float(candidate), above))
            if bound > best:
                best, threshold, upper = bound, float(candidate), above
    return max(0.0, _counted(scores[~first], present[~first], delta, level, (threshold, upper)))


def could_refute(steps: int, claimed: float, delta: float, level: float = 0.999) -> bool:
    """Whether so many steps, half of them with the canary, would refute an epsilon if a threshold told all apart."""
    present = np.arange(max(4, steps)) % 2 == 1
    return counted_epsilon(present.astype(float), present, delta, (1 + level) / 2) > claimed


def _counted(scores: np.ndarray, present: np.ndarray, delta: float, level: float, rule: tuple[float, bool]) -> float:
    threshold, above = rule
    passed, expected = (scores > threshold, present) if above else (scores <= threshold, ~present)
    # each interval has half of the error on each side, of which one side alone is used
    true = stats.clopper_pearson(int((passed & expected).sum()), int(expected.sum()), level)
    false = stats.clopper_pearson(int((passed & ~expected).sum()), int((~expected).sum()), level)
    if true.low is None or false.high is None or true.low <= delta:
        return 0.0
    return float(np.log((true.low - delta) / false.high))
