"""The model that the attack is tried on: trained by auditkit on neither side."""

import numpy as np

from auditkit.plugins.privacy.membership.attack import scores
from auditkit.plugins.privacy.shared.classifiers import fit_linear, probabilities


def placebo_scores(values: np.ndarray, classes: np.ndarray, count: int, half: np.ndarray) -> np.ndarray:
    """(N,) log-probabilities of the own class by a linear model fitted on the rows of `half` alone.

    Args:
        values: (N, G) without gaps; see `expand`.
        classes: (N,) positions, under `count`.
        count: how many classes there are.
        half: (N,) bool, the rows to fit on.
    """
    return scores(probabilities(values[half], classes[half], count, fit_linear)(values), classes)
