"""Shares of groups, corrected for the errors of the classifier that named them: formulas on counts."""

from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.results import Interval

METHOD = "delta method after Rogan and Gladen, with added cases"


class Shares(NamedTuple):
    """One number for each of K groups, with its interval."""

    values: np.ndarray
    """(K,)"""
    middle: np.ndarray
    """(K,) where the intervals have their middle."""
    errors: np.ndarray
    """(K,) standard errors."""

    def refuted(self) -> bool:
        """Whether a share lies outside of 0 to 1 beyond chance, so that no errors like these make what was called."""
        half = stats.critical(0.95) * self.errors
        return bool(((self.middle + half < 0) | (self.middle - half > 1)).any())

    def interval(self, group: int, low: float, level: float = 0.95) -> Interval:
        """That of one group, within `low` and 1; it holds the value."""
        value, half = float(self.values[group]), stats.critical(level) * float(self.errors[group])
        ends = float(self.middle[group]) - half, float(self.middle[group]) + half
        return Interval(
            low=max(low, min(ends[0], value)), high=min(1.0, max(ends[1], value)), level=level, method=METHOD
        )


def confusion(known: np.ndarray, named: np.ndarray, groups: list[str]) -> np.ndarray:
    """(K, K) counts: row i, column j are the rows of group i that were called group j.

    Args:
        known: (N,) names of groups.
        named: (N,) likewise.
        groups: the K names.
    """
    return np.array([[int(((known == one) & (named == other)).sum()) for other in groups] for one in groups])


def told_apart(counts: np.ndarray) -> float:
    """By how much more often a group is called its own name than any other group is, of the worst group; -1 to 1.

    Of two groups this is Youden's index, sensitivity + specificity - 1, by which Rogan and Gladen divide.

    Args:
        counts: (K, K) of `confusion`, each row with one or more.
    """
    rates = counts / counts.sum(axis=1, keepdims=True)
    others = rates.copy()
    np.fill_diagonal(others, -np.inf)
    return float((np.diag(rates) - others.max(axis=0)).min())


def corrected(called: np.ndarray, counts: np.ndarray) -> Shares:
    """The shares of K groups among samples, from what a classifier called them and from its confusion.

    Of two groups the value is (share called - (1 - specificity)) / (sensitivity + specificity - 1), cut off at 0 and 1.
    The interval adds up the chance in the samples and that in the confusion, after a few cases were added to both, so
    that it is not empty where no error was met.

    Args:
        called: (K,) how many samples were called each group.
        counts: (K, K) of `confusion`, invertible.

    Source: Rogan and Gladen (1978), American Journal of Epidemiology 107; the added cases after Lang and Reiczigel
    (2014), Preventive Veterinary Medicine 113.
    """
    size, added = len(called), stats.critical(0.95) ** 2
    values = np.linalg.solve((counts / counts.sum(axis=1, keepdims=True)).T, called / called.sum())
    more_called, more = called + added / size, counts + 2 / size
    share, rows = more_called / more_called.sum(), more.sum(axis=1)
    rates = more / rows[:, None]
    inverse = np.linalg.inv(rates.T)
    middle = inverse @ share
    variance = _spread(inverse, share) / more_called.sum()
    for group in range(size):
        variance = variance + middle[group] ** 2 * _spread(inverse, rates[group]) / rows[group]
    return Shares(np.clip(values, 0, 1), middle, np.sqrt(variance))


def gap(generated: Shares, real: np.ndarray) -> Shares:
    """Corrected shares less those of real rows.

    Args:
        generated: of K groups.
        real: (K,) how many real rows there are of each.
    """
    share, added = real / real.sum(), stats.critical(0.95) ** 2
    more = (real + added / len(real)) / (real.sum() + added)
    errors = np.sqrt(generated.errors**2 + more * (1 - more) / (real.sum() + added))
    return Shares(generated.values - share, generated.middle - more, errors)


def _spread(inverse: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(K,) the variance of each row of `inverse` times the name of one draw from (K,) shares."""
    return np.asarray((inverse**2) @ share - (inverse @ share) ** 2)
