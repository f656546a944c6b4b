"""What the measurements of fairness of predicted numbers mean."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from auditkit.errors import present
from auditkit.results import NOBODY, SELECTED_MORE, Definition, Direction, of_everyone
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
    "mean_prediction": Definition(
        title="Mean prediction",
        formula="mean of the predictions, within the group",
        range="any number",
        direction="none",
        unit=_UNITS,
        reference=_STUDENT,
        pitfalls="Says nothing about whether the predictions are right; groups may differ in what is predicted.",
        harm=SELECTED_MORE,
    ),
    "mean_residual": Definition(
        title="Mean residual",
        formula="mean of (prediction - label), within the group",
        range="any number",
        direction="none",
        unit=_UNITS,
        reference=_STUDENT,
        pitfalls="Above 0: predicted too high on average. Large errors of both signs cancel out. Labels are taken as "
        "true.",
        harm=SELECTED_MORE,
    ),
    "mean_absolute_error": Definition(
        title="Mean absolute error",
        formula="mean of |prediction - label|, within the group",
        range="0 or more",
        direction="lower",
        unit=_UNITS,
        reference=_STUDENT,
        pitfalls="In the units of the label. A group with more varied labels is harder to predict.",
        harm=NOBODY,
    ),
    "root_mean_squared_error": Definition(
        title="Root mean squared error",
        formula="root of the mean of (prediction - label)², within the group",
        range="0 or more",
        direction="lower",
        unit=_UNITS,
        reference="interval: delta method on the logarithm of the mean square",
        pitfalls="A few large errors dominate it, and under about 50 people its interval is somewhat too narrow.",
        harm=NOBODY,
    ),
    "mean_prediction_difference": Definition(
        title="Statistical parity: difference of mean predictions",
        formula="max over groups - min over groups of the mean prediction",
        range="0 or more",
        direction="lower",
        unit=_UNITS,
        reference=f"{_PARITY}arXiv:1905.12843; {_PAIRS}",
        pitfalls=f"Equal means can hide different distributions; a difference can be right. {_LARGEST}",
        harm=SELECTED_MORE,
        more_groups="grows",
    ),
    "mean_residual_difference": Definition(
        title="Difference of mean residuals",
        formula="max over groups - min over groups of the mean residual",
        range="0 or more",
        direction="lower",
        unit=_UNITS,
        reference=f"Calders et al. (2013), Controlling attribute effect in linear regression, ICDM; {_PAIRS}",
        pitfalls=f"One group is predicted higher than another by this much, if the labels are true. {_LARGEST}",
        harm=SELECTED_MORE,
        more_groups="grows",
    ),
    "mean_absolute_error_ratio": Definition(
        title="Ratio of mean absolute errors",
        formula="min over groups / max over groups of the mean absolute error",
        range="0 to 1",
        direction="higher",
        unit="",
        reference=f"{_PARITY}arXiv:1905.12843 (bounded group loss); interval: delta method on logarithms, all pairs "
        "at once",
        pitfalls="Undefined where a group has no error at all. A group with more varied labels is harder to predict.",
        harm=NOBODY,
        more_groups="shrinks",
    ),
    "root_mean_squared_error_ratio": Definition(
        title="Ratio of root mean squared errors",
        formula="min over groups / max over groups of the root mean squared error",
        range="0 to 1",
        direction="higher",
        unit="",
        reference=f"{_PARITY}arXiv:1905.12843 (bounded group loss); interval: delta method on logarithms, all pairs "
        "at once",
        pitfalls="A few large errors dominate it: with heavy tails and few people its interval is too narrow.",
        harm=NOBODY,
        more_groups="shrinks",
    ),
    WASSERSTEIN: Definition(
        title="Wasserstein-1 distance of predictions",
        formula="max over pairs of groups of the area between the distribution functions of their predictions",
        range="0 or more",
        direction="lower",
        unit=_UNITS,
        reference="Kantorovich (1942); as a measure of fairness: Jiang et al. (2020), Wasserstein fair "
        "classification, "
        f"arXiv:1907.12059; {_BANDS}",
        pitfalls="Above 0 by chance even where groups are equal: compare with what chance gives (table). The interval "
        "is wide, "
        "and its high end holds only if no prediction lies outside the range seen.",
        harm=NOBODY,
        more_groups="grows",
    ),
    KS: Definition(
        title="Kolmogorov-Smirnov distance of predictions",
        formula="max over pairs of groups of the largest difference of the distribution functions of their predictions",
        range="0 to 1",
        direction="lower",
        unit="",
        reference="Smirnov (1948), Annals of Mathematical Statistics 19; statistical parity of "
        f"{_PARITY}arXiv:1905.12843; "
        f"{_BANDS}",
        pitfalls="Above 0 by chance even where groups are equal: compare with what chance gives (table). Says at one "
        "point how "
        "far apart groups are, not by how much their predictions differ.",
        harm=NOBODY,
        more_groups="grows",
    ),
}
# The distance of Kolmogorov and Smirnov is a difference of shares at one point: counts that are not kept safe.
_OPEN = of_everyone({name: definition for name, definition in _DEFINITIONS.items() if name != KS})
DEFINITIONS = defined({**_DEFINITIONS, **_OPEN})
