"""What the measurements of fairness of predicted numbers mean."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from auditkit.errors import present
from auditkit.plugins.fairness.shared.definitions import define
from auditkit.results import NOBODY, SELECTED_MORE, Direction, of_everyone
from auditkit.variants import defined


class Quantity(NamedTuple):
    """A mean that is taken in every group and compared over the groups."""

    name: str
    title: str
    disparity: str
    compared: Literal["difference", "ratio"]
    transform: Callable[[np.ndarray], np.ndarray]
    """From residuals (N,), or predictions where no labels are needed, to the values whose mean is taken."""
    labelled: bool
    direction: Direction
    root: bool = False
    """The number shown is the root of the mean."""

    def of(self, predicted: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
        """(N,) the values, from predictions and residuals (N,)."""
        return self.transform(present(residual, "only where there are labels") if self.labelled else predicted)

    def reported(self, mean: float) -> float:
        """The number shown for a mean of the values."""
        return float(np.sqrt(mean)) if self.root else float(mean)


QUANTITIES = (
    Quantity("mean_prediction", "Mean prediction", "mean_prediction_difference", "difference", np.asarray, False,
             "none"),
    Quantity("mean_residual", "Mean residual", "mean_residual_difference", "difference", np.asarray, True, "none"),
    Quantity("mean_absolute_error", "Mean absolute error", "mean_absolute_error_ratio", "ratio", np.abs, True,
             "lower"),
    Quantity("root_mean_squared_error", "Root mean squared error", "root_mean_squared_error_ratio", "ratio", np.square,
             True, "lower", root=True),
)  # fmt: skip
WASSERSTEIN, KS = "wasserstein_distance", "kolmogorov_smirnov_distance"

_UNITS = "label units"
_STUDENT = "interval: Student (1908), Biometrika 6"
_PAIRS = "interval: Tamhane (1979), JASA 74 (T2), all pairs of groups at once"
_LARGEST = (
    "The largest of many differences is large by chance in small groups: read the interval and the adjusted p-value, "
    "not the point."
)
_PARITY = "Agarwal, Dudík and Wu (2019), Fair regression: quantitative definitions and reduction-based algorithms, "
_BANDS = "interval: Massart (1990), Annals of Probability 18 (bands of all groups at once)"


_DEFINITIONS = {
    "mean_prediction": define(
        "Mean prediction", "mean of the predictions, within the group", "any number", "none", _UNITS, _STUDENT,
        "Says nothing about whether the predictions are right; groups may differ in what is predicted.",
        SELECTED_MORE,
    ),
    "mean_residual": define(
        "Mean residual", "mean of (prediction - label), within the group", "any number", "none", _UNITS, _STUDENT,
        "Above 0: predicted too high on average. Large errors of both signs cancel out. Labels are taken as true.",
        SELECTED_MORE,
    ),
    "mean_absolute_error": define(
        "Mean absolute error", "mean of |prediction - label|, within the group", "0 or more", "lower", _UNITS,
        _STUDENT, "In the units of the label. A group with more varied labels is harder to predict.",
        NOBODY,
    ),
    "root_mean_squared_error": define(
        "Root mean squared error", "root of the mean of (prediction - label)², within the group", "0 or more",
        "lower", _UNITS, "interval: delta method on the logarithm of the mean square",
        "A few large errors dominate it, and under about 50 people its interval is somewhat too narrow.",
        NOBODY,
    ),
    "mean_prediction_difference": define(
        "Statistical parity: difference of mean predictions",
        "max over groups - min over groups of the mean prediction", "0 or more", "lower", _UNITS,
        f"{_PARITY}arXiv:1905.12843; {_PAIRS}",
        f"Equal means can hide different distributions; a difference can be right. {_LARGEST}",
        SELECTED_MORE,
    ),
    "mean_residual_difference": define(
        "Difference of mean residuals", "max over groups - min over groups of the mean residual", "0 or more",
        "lower", _UNITS,
        f"Calders et al. (2013), Controlling attribute effect in linear regression, ICDM; {_PAIRS}",
        f"One group is predicted higher than another by this much, if the labels are true. {_LARGEST}",
        SELECTED_MORE,
    ),
    "mean_absolute_error_ratio": define(
        "Ratio of mean absolute errors", "min over groups / max over groups of the mean absolute error", "0 to 1",
        "higher", "",
        f"{_PARITY}arXiv:1905.12843 (bounded group loss); interval: delta method on logarithms, all pairs at once",
        "Undefined where a group has no error at all. A group with more varied labels is harder to predict.",
        NOBODY,
    ),
    "root_mean_squared_error_ratio": define(
        "Ratio of root mean squared errors", "min over groups / max over groups of the root mean squared error",
        "0 to 1", "higher", "",
        f"{_PARITY}arXiv:1905.12843 (bounded group loss); interval: delta method on logarithms, all pairs at once",
        "A few large errors dominate it: with heavy tails and few people its interval is too narrow.",
        NOBODY,
    ),
    WASSERSTEIN: define(
        "Wasserstein-1 distance of predictions",
        "max over pairs of groups of the area between the distribution functions of their predictions", "0 or more",
        "lower", _UNITS,
        f"Kantorovich (1942); as a measure of fairness: Jiang et al. (2020), Wasserstein fair classification, "
        f"arXiv:1907.12059; {_BANDS}",
        "Above 0 by chance even where groups are equal: compare with what chance gives (table). The interval is wide, "
        "and its high end holds only if no prediction lies outside the range seen.",
        NOBODY,
    ),
    KS: define(
        "Kolmogorov-Smirnov distance of predictions",
        "max over pairs of groups of the largest difference of the distribution functions of their predictions",
        "0 to 1", "lower", "",
        f"Smirnov (1948), Annals of Mathematical Statistics 19; statistical parity of {_PARITY}arXiv:1905.12843; "
        f"{_BANDS}",
        "Above 0 by chance even where groups are equal: compare with what chance gives (table). Says at one point how "
        "far apart groups are, not by how much their predictions differ.",
        NOBODY,
    ),
}  # fmt: skip
# The distance of Kolmogorov and Smirnov is a difference of shares at one point: counts that are not kept safe.
_OPEN = of_everyone({name: definition for name, definition in _DEFINITIONS.items() if name != KS})
DEFINITIONS = defined({**_DEFINITIONS, **_OPEN})
