"""An order of categories, by how alike the people of each are in the other columns."""

import numpy as np
import scipy


def category_order(x: np.ndarray, column: int, values: np.ndarray, numeric: np.ndarray) -> np.ndarray:
    """(G,) the categories in an order in which neighbours are alike, so that steps between them are small.

    Two categories are as far apart as the sum, over the other columns, of the distance of their people's values: the
    Kolmogorov-Smirnov distance of numbers, the total variation of categories. The order is that of the first axis on
    which these distances can be laid out (classical scaling).

    Args:
        x: (n, D) real rows.
        column: whose categories are put in order.
        values: (G,) of the column, each with rows.
        numeric: (D,) bool: which columns hold numbers.

    Source: Apley and Zhu 2020, JRSS B 82, arXiv:1612.08468, as their package ALEPlot orders the levels of a factor.
    """
    distances = np.zeros((len(values), len(values)))
    for other in range(x.shape[1]):
        present = ~np.isnan(x[:, other])
        steps, place = np.unique(x[present, other], return_inverse=True)
        if other == column or len(steps) < 2:
            continue
        owner = x[present, column][:, None] == values
        shares = np.array([np.bincount(place[own], minlength=len(steps)) / max(1, own.sum()) for own in owner.T])
        if numeric[other]:
            distances += scipy.spatial.distance.cdist(shares.cumsum(axis=1), shares.cumsum(axis=1), "chebyshev")
        else:
            distances += scipy.spatial.distance.cdist(shares, shares, "cityblock") / 2
    centre = np.eye(len(values)) - 1 / len(values)
    axes = np.linalg.eigh(-centre @ distances**2 @ centre / 2)[1]
    first = axes[:, -1]
    # the sign of an axis is chance: the order begins with the category that comes first in the data
    return np.asarray(values[np.argsort(first if first[0] <= first[-1] else -first, kind="stable")])
