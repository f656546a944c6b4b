"""A threshold for each group, and the chance to be selected that follows from it."""

import warnings
from typing import Any, Literal, NamedTuple, Self

import numpy as np


class Step(NamedTuple):
    """Selected where the score is on one side of a threshold."""

    weight: float
    """The chance that this step is the one that decides."""
    sign: Literal[">", "<"]
    threshold: float
    """May be infinite: then it selects everybody or nobody."""


class Rule(NamedTuple):
    """How one group is decided about: one of two thresholds by chance, or neither."""

    steps: tuple[Step, Step]
    ignore: float
    """The chance that the score is not looked at."""
    constant: float
    """The chance to be selected then."""

    def chance(self, scores: np.ndarray) -> np.ndarray:
        """(N,) float64 between 0 and 1: how probably each score is selected.

        Source: Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413, 3.2.
        """
        mixed = sum(
            step.weight * (scores > step.threshold if step.sign == ">" else scores < step.threshold)
            for step in self.steps
        )
        return np.clip(self.ignore * self.constant + (1 - self.ignore) * np.asarray(mixed, dtype=np.float64), 0, 1)


def fit_rules(
    scores: np.ndarray,
    outcomes: np.ndarray,
    codes: np.ndarray,
    *,
    constraint: str,
    objective: str,
    grid: int,
    flip: bool,
) -> list[Rule]:
    """The best rule for each group under a constraint, found by fairlearn.

    It is handed plain arrays of numbers: no index that it would ignore, no label that is not 0 or 1, no missing group.

    Args:
        scores: (N,) of the positive class.
        outcomes: (N,) bool; both values occur in every group.
        codes: (N,) the group of each row, 0 to G - 1.
        constraint: what is to be equal over the groups, as fairlearn calls it.
        objective: what is to be largest, as fairlearn calls it.
        grid: the number of steps between 0 and 1 at which the constrained rate is tried.
        flip: whether a rule may select the low scores.
    """
    from fairlearn.postprocessing import ThresholdOptimizer

    # fairlearn wants an estimator. The scores are known already, so it gets one that hands them back.
    optimizer = ThresholdOptimizer(
        estimator=_Scores(), constraints=constraint, objective=objective, grid_size=grid, flip=flip, prefit=True,
        predict_method="predict",
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries deprecate among themselves
        optimizer.fit(scores[:, None], outcomes.astype(np.int64), sensitive_features=codes)
    by_group = optimizer.interpolated_thresholder_.interpolation_dict
    return [_rule(by_group[group]) for group in range(len(by_group))]


def _rule(entry: Any) -> Rule:
    """A rule from fairlearn's words for it; it is the same under every constraint but equalized odds, which ignores."""
    first, second = (
        Step(float(entry[f"p{i}"]), entry[f"operation{i}"].operator, float(entry[f"operation{i}"].threshold))
        for i in (0, 1)
    )
    return Rule((first, second), float(entry.get("p_ignore", 0.0)), float(entry.get("prediction_constant", 0.0)))


class _Scores:
    """Stands in for a fitted model: its inputs are its answers."""

    def fit(self, scores: Any, labels: Any) -> Self:
        """Do nothing; fairlearn asks that there is such a method."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()

    def predict(self, scores: Any) -> Any:
        """The only column."""
        return np.asarray(scores)[:, 0]
