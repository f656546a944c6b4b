"""A threshold for each group, and the chance to be selected that follows from it.

Who belongs to which group is read from the inputs: what a model must know that decides by group.
"""

import itertools
import warnings
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.errors import DataError, ModelError
from auditkit.lazy import pandas
from auditkit.value_spelling import spelling


class Reader(NamedTuple):
    """The way from a column of the inputs to groups, as it was in the training split."""

    column: str
    position: int
    """Of the column, where the inputs are an array."""
    codes: dict[str | None, int]
    """{value as text, None for missing: group}; -1 for a group that is left as it is."""
    steps: tuple[tuple[float, int], ...]
    """(number, group), rising, where the groups are bins of a number: any number gets the group of the nearest."""

    def read(self, inputs: Any) -> np.ndarray:
        """(N,) the group of each row; -1 where it is left as it is, or was not seen in training.

        Raises:
            ModelError: the inputs lack the column.
        """
        distinct, positions = _values(_column(inputs, self.column, self.position))
        numbers = [self._code(value) for value in distinct]
        return np.array([*numbers, self.codes.get(None, -1)], dtype=np.int64)[positions]

    def _code(self, value: Any) -> int:
        known = self.codes.get(spelling(value))
        if known is not None or not self.steps:
            return -1 if known is None else known
        numbers = [number for number, _ in self.steps]
        return self.steps[int(np.argmin(np.abs(np.array(numbers) - float(value))))][1]


def learn(data: AuditData, attribute: str, codes: np.ndarray, trainer: str) -> Reader:
    """How the groups of `attribute` follow from the inputs' column of that name.

    Args:
        data: the training rows.
        attribute: the sensitive attribute.
        codes: (N,) the group of each row.
        trainer: its id, for messages.

    Raises:
        DataError: the model does not see the attribute, or the inputs' column of that name is another one.
    """
    if attribute not in data.groups or attribute not in data.feature_names:
        raise DataError(
            f"{trainer}: the new model decides by {attribute!r}, so {attribute!r} must be among the inputs when it is "
            "asked, and it is not. Take it out of [data] drop; where the model names its columns, fit it on a table "
            "that has this column (a ColumnTransformer may leave it out). Or use reweighing or exponentiated-gradient, "
            "which need the group in training only"
        )
    position_in_array = data.feature_names.index(attribute)
    distinct, positions = _values(_column(data.inputs, attribute, position_in_array))
    # A position of -1 is a missing value, which may be a group like any other.
    known: dict[str | None, int] = {}
    for position in np.unique(positions):
        groups = np.unique(codes[positions == position])
        if len(groups) > 1:
            raise DataError(
                f"{trainer}: the groups of {attribute!r} were not made from the inputs' column of that name: one value "
                "of it lies in several groups. Give the group another name, or the column the group's values"
            )
        known[None if position < 0 else spelling(distinct[position])] = int(groups[0])
    return Reader(attribute, position_in_array, known, _steps(distinct, known))


def _steps(distinct: list[Any], known: dict[str | None, int]) -> tuple[tuple[float, int], ...]:
    """The numbers in order with their groups, where every group is one stretch of them and some hold several."""
    if not distinct or not all(isinstance(value, int | float | np.number) for value in distinct):
        return ()
    steps = tuple(sorted((float(value), known[spelling(value)]) for value in distinct))
    groups = [group for _, group in steps]
    changes = 1 + sum(a != b for a, b in itertools.pairwise(groups))
    # Some numbers of a bin are not seen in training, and the nearest one that was tells the bin. Groups that are no
    # stretches of the number have no such rule, and where each holds one number none is needed.
    return steps if changes == len(set(groups)) < len(groups) else ()


def _column(inputs: Any, name: str, index_in_array: int) -> Any:
    if hasattr(inputs, "columns"):
        indices = [index for index, column in enumerate(inputs.columns) if str(column) == name]
        if not indices:
            raise ModelError(f"the inputs must have the column {name!r}, by which the model decides; they have not")
        return inputs.iloc[:, indices[0]]
    array = as_array(inputs)
    return (np.asarray(inputs) if array is None else array)[:, index_in_array]


def _values(column: Any) -> tuple[list[Any], np.ndarray]:
    """The distinct values, and the position of each row's; -1 where it is missing."""
    # pandas knows every kind of missing value
    positions, distinct = pandas.factorize(np.asarray(column, dtype=object))
    return list(distinct), positions


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
