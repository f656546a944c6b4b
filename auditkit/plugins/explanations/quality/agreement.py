"""Do two explanations say the same of a row? Feature, sign and rank agreement of the strongest features."""

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Shares of the strongest features of each row on which two methods agree, between 0 and 1.

    NaN where neither method names any strongest feature: nothing is agreed on by two blanks.
    """

    feature: np.ndarray
    """(n,) the feature is among the strongest of both."""
    sign: np.ndarray
    """(n,) and has the same sign in both."""
    rank: np.ndarray
    """(n,) and has the same place in both."""


def agreement(values: np.ndarray, others: np.ndarray, most: int = 5) -> Agreement:
    """Compare two attributions (n, D) row by row.

    Source: Krishna et al. 2022, The Disagreement Problem arXiv:2202.01602, section 3.2.

    Args:
        values: of one method.
        others: of another.
        most: how many features count as the strongest; see `strongest`.
    """
    own, other = strongest(values, most), strongest(others, most)
    named = np.maximum(own.sum(axis=1), other.sum(axis=1))
    both = own & other
    places, other_places = (np.argsort(np.argsort(-np.abs(array), axis=1), axis=1) for array in (values, others))

    def share(agreed: np.ndarray) -> np.ndarray:
        return np.divide(agreed.sum(axis=1), named, out=np.full(len(values), np.nan), where=named > 0)

    return Agreement(
        share(both), share(both & (np.sign(values) == np.sign(others))), share(both & (places == other_places))
    )


def strongest(values: np.ndarray, most: int = 5) -> np.ndarray:
    """(n, D) bool: the features whose |value| is larger than that of all but `most`, at most half of the features.

    Fewer where there are ties: which of equals is stronger nobody can say, so that attributions of zeros, and those
    that are the same for all features, name none.
    """
    sizes = np.abs(values)
    most = max(1, min(most, sizes.shape[1] // 2))
    if sizes.shape[1] <= most:
        return np.asarray(sizes > 0)
    next_largest = -np.partition(-sizes, most, axis=1)[:, most]
    return np.asarray(sizes > next_largest[:, None] * (1 + 1e-9))
