"""Many tests or intervals at once: what each must satisfy so that all of them can be believed."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Adjusted p-values that keep the chance of any false alarm in the family below the level, however they correlate.

    Args:
        p_values: (m,) between 0 and 1.

    Returns:
        (m,) in the order given, none below the raw value.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    # accumulated, so that no test is adjusted below one with a smaller p-value
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.asarray(np.minimum(1, stepped)[np.argsort(order)])  # the inverse of the order


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Adjusted p-values that keep the expected share of false alarms among the alarms below the level.

    Args:
        p_values: (m,) between 0 and 1, independent or positively dependent.

    Returns:
        (m,) in the order given, none below the raw value.

    Source: Benjamini and Hochberg (1995), Controlling the false discovery rate, JRSS B 57.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.asarray(np.minimum(1, stepped)[np.argsort(order)])  # the inverse of the order


def sidak_level(level: float, comparisons: int) -> float:
    """The confidence that each of `comparisons` intervals needs so that all hold at once with confidence `level`.

    Source: Šidák (1967), Rectangular confidence regions for the means of multivariate normal distributions, JASA 62.
    """
    return float(level ** (1 / max(1, comparisons)))
