"""Scores of rankings: what a user is shown first, against what that user wants."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.case_scores.arrays import same_length
from auditkit.errors import DataError


def ndcg(ranked: Sequence[Any], relevance: Sequence[Any], k: int = 10, empty: float = np.nan) -> np.ndarray:
    """(N,) the normalised discounted cumulative gain of each user's first k items, 0 to 1, higher is better.

    Args:
        ranked: of each user the items in the order in which they are shown.
        relevance: of each user {item: how relevant it is, 0 or more}, or the items that are relevant.
        k: places that count.
        empty: the score of a user to whom nothing is relevant.

    Raises:
        DataError: another number of users, an item that is shown twice, or relevance below 0.

    Source: Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20.
    """
    gains = []
    for items, wanted in _users(ranked, relevance, k):
        discounts = 1 / np.log2(np.arange(2, k + 2))
        gain = sum(wanted.get(item, 0.0) * discount for item, discount in zip(items[:k], discounts, strict=False))
        best = sum(value * discount for value, discount in zip(sorted(wanted.values())[::-1], discounts, strict=False))
        gains.append(gain / best if best > 0 else empty)
    return np.array(gains, dtype=np.float64)


def recall_at(ranked: Sequence[Any], relevance: Sequence[Any], k: int = 10, empty: float = np.nan) -> np.ndarray:
    """(N,) the share of each user's relevant items that is among the first k, 0 to 1, higher is better.

    Args as of `ndcg`; an item with a relevance above 0 is relevant.
    """
    shares_of_users = []
    for items, wanted in _users(ranked, relevance, k):
        relevant = {item for item, value in wanted.items() if value > 0}
        shares_of_users.append(len(relevant.intersection(items[:k])) / len(relevant) if relevant else empty)
    return np.array(shares_of_users, dtype=np.float64)


def _users(ranked: Sequence[Any], relevance: Sequence[Any], k: int) -> list[tuple[list[Any], dict[Any, float]]]:
    same_length(ranked, relevance)
    if k < 1:
        raise DataError(f"k must be 1 or more; {k} was given")
    users = []
    for items, wanted in zip(ranked, relevance, strict=True):
        shown, worth = list(items), dict.fromkeys(wanted, 1.0) if not hasattr(wanted, "items") else dict(wanted)
        if len(set(shown)) < len(shown):
            raise DataError("an item must be shown once to a user; one is shown twice")
        if any(not value >= 0 for value in worth.values()):
            raise DataError("relevance must be 0 or more; a smaller one, or none, was given")
        users.append((shown, worth))
    return users
