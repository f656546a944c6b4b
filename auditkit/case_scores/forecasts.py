"""Scores of forecasts: errors of a series over its horizon."""

from typing import Any

import numpy as np

from auditkit.case_scores.arrays import pair, shares
from auditkit.errors import DataError


def mean_absolute_error(predicted: Any, reference: Any) -> np.ndarray:
    """(N,) the mean of |predicted - reference| over the steps of each series, 0 or more, lower is better.

    One step of the horizon is scored where both hold that step alone, `predicted[:, step:step + 1]`.

    Args:
        predicted: (N, H) forecasts of H steps.
        reference: (N, H) what happened.

    Raises:
        DataError: shapes differ, or numbers are not finite.
    """
    first, second = (array.astype(np.float64) for array in pair(predicted, reference))
    return np.asarray(np.abs(first - second).mean(axis=1))


def symmetric_percentage_error(predicted: Any, reference: Any) -> np.ndarray:
    """(N,) sMAPE: the mean of 2 |p - r| / (|p| + |r|) over the steps of each series, 0 to 2, lower is better.

    A step at which both are 0 has no error; arguments as of `mean_absolute_error`.

    Source: Makridakis and Hibon (2000), The M3-competition, International Journal of Forecasting 16.
    """
    first, second = (array.astype(np.float64) for array in pair(predicted, reference))
    whole = (np.abs(first) + np.abs(second)).ravel()
    return np.asarray(shares(2 * np.abs(first - second).ravel(), whole, 0.0).reshape(first.shape).mean(axis=1))


def mean_absolute_scaled_error(predicted: Any, reference: Any, history: Any, season: int = 1) -> np.ndarray:
    """(N,) MASE: the mean absolute error over that of the naive forecast in the history; lower is better, 1 as naive.

    NaN where the history never changes, so that the naive forecast has no error.

    Args:
        predicted: (N, H) forecasts.
        reference: (N, H) what happened.
        history: (N, T) the series before, more than `season` steps.
        season: the naive forecast is the value so many steps ago.

    Raises:
        DataError: shapes differ, numbers are not finite, or the history is too short.

    Source: Hyndman and Koehler (2006), Another look at measures of forecast accuracy, International Journal of
    Forecasting 22.
    """
    before, _ = pair(history, history)
    error = mean_absolute_error(predicted, reference)
    if len(before) != len(error) or season < 1 or before.shape[1] <= season:
        raise DataError(
            f"history must have a row for each of the {len(error)} series and more than season = {season} steps; its "
            f"shape is {before.shape}"
        )
    naive = np.abs(before[:, season:].astype(np.float64) - before[:, :-season]).mean(axis=1)
    return shares(error, naive, np.nan)
