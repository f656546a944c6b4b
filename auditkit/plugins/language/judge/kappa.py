"""Cohen's kappa of two graders who say yes or no, with an interval that is not empty where they always agree."""

import numpy as np
import scipy

from auditkit import stats
from auditkit.results import Interval

ADDED = 0.5
"""Cases added to each of the four cells, for the interval alone."""


def kappa(first: np.ndarray, second: np.ndarray, size: float, level: float = 0.95) -> tuple[float, Interval] | None:
    """Agreement beyond what chance gives two graders with these shares of yes: 1 always, 0 as chance.

    Args:
        first: (n,) bool, what the one says.
        second: (n,) bool, what the other says.
        size: how many independent rows these tell as much as; n where each is by itself.
        level: the confidence, between 0 and 1.

    Returns:
        The value and its interval, which holds the value; None where both give everything the same grade,
        or nothing was graded.

    Source: Cohen (1960), Educational and Psychological Measurement 20; standard error: Fleiss, Cohen and Everitt
    (1969), Psychological Bulletin 72, as statsmodels has it, with half a case added to each cell as Agresti and Coull
    (1998) add them to a share.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    if not len(first):
        return None
    cells = np.array(
        [[np.mean((first == one) & (second == other)) for other in (True, False)] for one in (True, False)]
    )
    if max(cells[0, 0], cells[1, 1]) == 1:
        return None
    value = float(cohens_kappa(cells * size, return_results=False))
    steady = cohens_kappa(cells * size + ADDED)
    half = float(scipy.special.stdtrit(max(1.0, size - 1), 0.5 + level / 2)) * float(steady.std_kappa)
    low, high = max(-1.0, min(value, steady.kappa - half)), min(1.0, max(value, steady.kappa + half))
    method = "Fleiss-Cohen-Everitt, half a case added to each cell"
    return value, Interval(low=float(low), high=float(high), level=level, method=method)


def corrected(judged: stats.mover.Ends, errors: stats.mover.Ends) -> stats.mover.Ends | None:
    """The share that people would call good: the judge's share of other answers less its mean error on labelled ones.

    Args:
        judged: the judge's share of answers that nobody labelled, with its interval.
        errors: the mean of grade less label on labelled answers, with its interval.

    Returns:
        None where the whole interval is beyond 0 or 1: labelled answers are not like the others then.

    Source: Angelopoulos et al. (2023), Prediction-powered inference, Science 382, arXiv:2301.09633; the intervals are
    put together by MOVER (Zou and Donner 2008), for the two are of different answers.
    """
    low, high = stats.mover.difference(judged, errors)
    value = float(judged.at - errors.at)
    if low > 1 or high < 0:
        return None
    return stats.mover.Ends(float(np.clip(value, 0, 1)), max(0.0, float(low)), min(1.0, float(high)))
