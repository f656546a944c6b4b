"""The check's tests of itself: numbers from row masks, and shuffled groups for the distances."""

from collections.abc import Mapping, Sequence

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.plugins.fairness.regression import distances
from auditkit.plugins.fairness.regression.definitions import Quantity
from auditkit.plugins.fairness.shared.mean_trials import DRAWS, Sample, dense
from auditkit.plugins.fairness.shared.self_tests import share_flagged


def largest_deviation(
    claims: Sequence[tuple[Quantity, Mapping[str, str], float]],
    columns: Mapping[str, np.ndarray],
    predicted: np.ndarray,
    labels: np.ndarray | None,
    weights: np.ndarray | None,
) -> float:
    """The largest difference between numbers shown and the same from masks over the rows, relative to their scale.

    Args:
        claims: (quantity, {attribute: value}, its value).
        columns: {attribute: (N,) array of str}.
        predicted: (N,).
        labels: (N,), or None.
        weights: (N,), or None.
    """
    masks = {
        (name, value): columns[name] == value
        for name, value in {pair for _, where, _ in claims for pair in where.items()}
    }
    worst = 0.0
    for quantity, where, value in claims:
        everyone = np.ones(len(predicted), dtype=bool)
        rows = np.logical_and.reduce([everyone, *(masks[pair] for pair in where.items())])
        predicted_here, weights_here = predicted[rows], None if weights is None else weights[rows]
        residuals = None if labels is None else predicted_here - labels[rows]
        recomputed = _again(quantity.name, predicted_here, residuals, weights_here)
        scale = max(
            float(np.abs(predicted_here).max()), 0.0 if labels is None else float(np.abs(labels[rows]).max()), 1e-300
        )
        worst = max(worst, abs(recomputed - value) / scale)
    return worst


def false_alarms_of_distances(
    sample: Sample, trials: int, rng: np.random.Generator, unit: np.ndarray | None = None
) -> float | None:
    """`mean_trials.false_alarms` of the test of the Kolmogorov-Smirnov distance; (N,) units are shuffled as a whole."""
    if unit is not None:
        return _alarms_by_units(sample, trials, rng, unit)
    groups, codes, values, weights = dense(sample.few(rng))
    if groups < 2:
        return None
    law = distances.chance(codes, values, weights, groups, DRAWS, rng).ks_law

    def p_value() -> float:
        binned = distances.rounded(rng.permutation(codes), values, weights, groups)
        return stats.permutation_p(distances.scaled_ks(*binned), law)

    return share_flagged(p_value, trials)


def _alarms_by_units(sample: Sample, trials: int, rng: np.random.Generator, unit: np.ndarray) -> float | None:
    groups, codes, values, weights = dense(sample)
    if groups < 2:
        return None
    law = distances.chance(codes, values, weights, groups, DRAWS, rng, unit).ks_law
    shuffle = stats.shuffler(codes, unit)

    def p_value() -> float:
        return stats.permutation_p(
            distances.scaled_ks(*distances.rounded(shuffle(rng), values, weights, groups, unit)), law
        )

    return share_flagged(p_value, trials)


def _again(name: str, predicted: np.ndarray, residuals: np.ndarray | None, weights: np.ndarray | None) -> float:
    """A number of one group, the plain way."""
    if name == "mean_prediction":
        return float(np.average(predicted, weights=weights))
    residuals = present(residuals, "every other number needs labels")
    if name == "root_mean_squared_error":
        return float(np.average(residuals**2, weights=weights)) ** 0.5
    return float(np.average(residuals if name == "mean_residual" else np.abs(residuals), weights=weights))
