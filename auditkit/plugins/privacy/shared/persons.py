"""Whose rows they are: persons with all their rows, where `[data] unit` names them, and else each row by itself."""

import numpy as np

from auditkit import stats
from auditkit.data import AuditData


def whose(data: AuditData) -> np.ndarray:
    """(N,) a number for each person, from 0; for each row, where nobody says whose it is."""
    if data.unit is None:
        return np.arange(len(data))
    return np.unique(data.unit, return_inverse=True)[1].reshape(-1)


def halved(unit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) bool: all rows of one half of the persons.

    Args:
        unit: (n,) whose row it is.
        rng: draws them.
    """
    persons, places = np.unique(unit, return_inverse=True)
    return np.asarray((rng.permutation(len(persons)) < len(persons) // 2)[places.reshape(-1)])


def effective_persons(unit: np.ndarray) -> float:
    """How many rows vary as much as these do, where all rows of a person vary alike.

    As many as there are persons; fewer, where some have more rows than others (Kish 1965, Survey Sampling).
    """
    return float(stats.effective_size(np.unique(unit, return_counts=True)[1].astype(np.float64)))
