"""What is shuffled in a test: rows; where several are of one unit, units, for the rows of one vary together."""

import numpy as np

from auditkit.plugins.fairness.shared.mean_trials import Sample

MIXED = "units with rows in several groups cannot be shuffled among the groups, so there is no p-value"


def exchangeable(
    codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None, unit: np.ndarray | None
) -> Sample | None:
    """The rows that are in a group; of units, the mean of each, with the weight of its rows.

    The linearised standard error of a weighted mean of units is that of their rows in clusters, so tests of weighted
    means serve both. None where a unit has rows in several groups.

    Args:
        codes: (N,) the group of each row, 0 to K - 1; -1: none.
        values: (N,) finite where a row is in a group.
        weights: (N,) positive, or None.
        unit: (N,) whose row it is; None: each is by itself.

    Source: Good (2005), Permutation, parametric and bootstrap tests of hypotheses, chapter 3, for the units; Särndal,
    Swensson and Wretman (1992), Model assisted survey sampling, 5.7 and 8.6, for the error.
    """
    sample = Sample(codes, values, weights).take(codes >= 0)
    if unit is None:
        return sample
    _, first, place = np.unique(unit[codes >= 0], return_index=True, return_inverse=True)
    of_unit = sample.codes[first]
    if (of_unit[place] != sample.codes).any():
        return None
    mass = np.bincount(place, sample.weights)
    weight = np.ones(len(place)) if sample.weights is None else sample.weights
    return Sample(of_unit, np.bincount(place, weight * sample.values) / mass, mass.astype(float))
