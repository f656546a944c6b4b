"""The check's tests of itself: exposure list by list, shuffled groups, a group put last."""

import numpy as np
import scipy

from auditkit import stats
from auditkit.plugins.fairness.ranking import inference, lists
from auditkit.plugins.fairness.shared.self_tests import share_flagged

TRIED = 50
"""Lists whose exposure is computed again."""
ROWS = 2_000
"""Rows that are shuffled at most."""
DRAWS = 499


def largest_deviation(exposure: np.ndarray, scores: np.ndarray, lists_of: np.ndarray, codes: np.ndarray) -> float:
    """The largest difference between exposures shown and those from ranks of scipy, list by list.

    Args:
        exposure: (L, K) as shown; NaN where a group is not in a list.
        scores: (N,) finite.
        lists_of: (N,) the list of each row.
        codes: (N,) the group of each row, 0 to K - 1; -1: of no group.
    """
    worst = 0.0
    for list_number in range(min(TRIED, len(exposure))):
        rows = np.flatnonzero(lists_of == list_number)
        # Another way on purpose: scipy's ranks, list by list, and natural logarithms.
        first = scipy.stats.rankdata(-scores[rows], method="min").astype(int)
        last = scipy.stats.rankdata(-scores[rows], method="max").astype(int)
        summed = np.concatenate([[0.0], np.cumsum(np.log(2) / np.log(np.arange(2, len(rows) + 2)))])
        bias = (summed[last] - summed[first - 1]) / (last - first + 1)
        for group in range(exposure.shape[1]):
            is_member = codes[rows] == group
            if is_member.any():
                worst = max(worst, abs(float(bias[is_member].mean()) - float(exposure[list_number, group])))
    return worst


def some_lists(lists_of: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The positions of at most about ROWS rows: a sample of one list, or the first lists of many."""
    if lists_of.max() == 0:
        return rng.choice(len(lists_of), ROWS, replace=False) if len(lists_of) > ROWS else np.arange(len(lists_of))
    rows_up_to = np.cumsum(np.bincount(lists_of))
    # Never fewer lists than the test needs to know how lists vary.
    return np.flatnonzero(lists_of < max(inference.FEWEST, int(np.searchsorted(rows_up_to, ROWS))))


def false_alarms(
    scores: np.ndarray, lists_of: np.ndarray, codes: np.ndarray, trials: int, rng: np.random.Generator
) -> float | None:
    """The share of shuffles of the groups within their lists that the test calls different at the 5 % level.

    None where fewer than two groups are there.

    Args:
        scores: (N,) finite.
        lists_of: (N,) the list of each row, 0 to L - 1.
        codes: (N,) the group of each row; -1: of no group.
        trials: how many.
        rng: the source of chance.
    """
    dense, groups = _dense(codes)
    if groups < 2:
        return None
    law = None if lists_of.max() else _law(scores, dense, groups, DRAWS, rng)

    def p_value() -> float:
        return _p(scores, lists_of, lists.shuffled_within(lists_of, dense, rng), groups, law, DRAWS, rng)

    return share_flagged(p_value, trials)


def put_last(
    scores: np.ndarray, lists_of: np.ndarray, codes: np.ndarray, draws: int, rng: np.random.Generator
) -> float | None:
    """The p-value where everybody of the largest group stands behind all others of their list."""
    dense, groups = _dense(codes)
    if groups < 2:
        return None
    largest = int(np.bincount(dense[dense >= 0]).argmax())
    # Lower by more than the whole range, so behind everybody of any list.
    behind = scores - np.where(dense == largest, 1 + float(np.ptp(scores)), 0.0)
    law = None if lists_of.max() else _law(behind, dense, groups, draws, rng)
    return _p(behind, lists_of, dense, groups, law, draws, rng)


def _dense(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """The groups that occur, numbered from 0 without gaps; and how many they are."""
    present, renumbered = np.unique(codes[codes >= 0], return_inverse=True)
    dense = np.full(len(codes), -1)
    dense[codes >= 0] = renumbered
    return dense, len(present)


def _law(scores: np.ndarray, codes: np.ndarray, groups: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    none = np.zeros(0, dtype=np.int64)
    return inference.exposure_law(inference.cut_list(scores, codes, groups, none), groups, draws, rng)


def _p(
    scores: np.ndarray,
    lists_of: np.ndarray,
    codes: np.ndarray,
    groups: int,
    law: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> float:
    """The p-value of the test of exposure: by `law` for one list, by how lists vary for many."""
    if law is not None:
        part = inference.cut_list(scores, codes, groups, np.zeros(0, dtype=np.int64))
        return stats.permutation_p(inference.exposure_statistic(part, groups), law)
    exposures = lists.exposures(lists.rank(scores, lists_of), codes, groups)
    return inference.flipped_p(np.nan_to_num(exposures.relative - 1), draws, rng)
