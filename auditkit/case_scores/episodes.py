"""Scores of episodes: what a policy earned."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.errors import DataError


def discounted_return(rewards: Sequence[Any], discount: float = 1.0) -> np.ndarray:
    """(N,) the return of each episode: the sum of rewards, each later one discounted once more; higher is better.

    Args:
        rewards: of each episode its rewards in order.
        discount: from 0 to 1; 1: none.

    Raises:
        DataError: no discount, or rewards that are not finite.

    Source: Sutton and Barto (2018), Reinforcement learning, 3.3.
    """
    if not 0 <= discount <= 1:
        raise DataError(f"discount must be from 0 to 1; {discount!r} was given")
    episodes = [np.asarray(episode, dtype=np.float64).reshape(-1) for episode in rewards]
    if not all(np.isfinite(episode).all() for episode in episodes):
        raise DataError("rewards must be finite; some are not")
    return np.array([np.dot(episode, discount ** np.arange(len(episode))) for episode in episodes], dtype=np.float64)
