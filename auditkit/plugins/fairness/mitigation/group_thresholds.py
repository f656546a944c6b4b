"""A threshold for each group, and the chance to be selected that follows from it."""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple

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

    optimizer = ThresholdOptimizer(
        estimator=_Scores(), constraints=constraint, objective=objective, grid_size=grid, flip=flip, prefit=True,
        predict_method="predict",
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries deprecate among themselves
        optimizer.fit(scores[:, None], outcomes.astype(np.int64), sensitive_features=codes)
    found = optimizer.interpolated_thresholder_.interpolation_dict
    return [_rule(found[group]) for group in range(len(found))]


def _rule(found: Any) -> Rule:
    first, second = found["operation0"], found["operation1"]
    return Rule(
        (
            Step(float(found["p0"]), first.operator, float(first.threshold)),
            Step(float(found["p1"]), second.operator, float(second.threshold)),
        ),
        float(found.get("p_ignore", 0.0)),
        float(found.get("prediction_constant", 0.0)),
    )


class _Scores:
    """Stands in for a fitted model: its inputs are its answers."""

    def fit(self, scores: Any, labels: Any) -> _Scores:
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
