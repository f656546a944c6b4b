"""Shapley values of a game of which the worth of every coalition is known."""

import math

import numpy as np


def shapley_values(worths: np.ndarray) -> np.ndarray:
    """(n, D) Shapley values of n games of D players.

    Args:
        worths: (n, 2^D) of the coalitions; player d is in coalition c where bit d of c is 1.

    Source: Shapley 1953, A value for n-person games.
    """
    players = int(worths.shape[1]).bit_length() - 1
    sizes = np.array([int(coalition).bit_count() for coalition in range(worths.shape[1])])
    # of all orders, the share in which exactly the others of a coalition come before a player: s! (D - s - 1)! / D!
    share = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    values = np.empty((len(worths), players))
    for player in range(players):
        # by the player's bit: without and with; differences first, so that who changes nothing gets 0 and no rounding
        sides, others = worths.reshape(len(worths), -1, 2, 1 << player), sizes.reshape(-1, 2, 1 << player)[:, 0]
        values[:, player] = (sides[:, :, 1] - sides[:, :, 0]).reshape(len(worths), -1) @ share[others.ravel()]
    return values
