"""Where a model gives decisions alone: how near another decision a change brings a row, guessed from all answers."""

from typing import NamedTuple

import numpy as np

from auditkit.plugins.robustness.changes.model_codes import ahead
from auditkit.plugins.robustness.changes.moves import Field, Moves

CELLS = 2**21
"""Numbers that are fitted to at most: 16 MiB."""


class Guess(NamedTuple):
    """As the margins of a model with scores, from a linear model of its decisions; never what a flip is told by."""

    start: np.ndarray
    """(N,) how far the row is from another decision."""
    gain: np.ndarray
    """(N, K) how much nearer the change brings it."""


def guess(
    moves: Moves, before: np.ndarray, decisions: np.ndarray, was_asked: np.ndarray, rng: np.random.Generator
) -> Guess | None:
    """Fit a logistic regression to the decisions about rows and their single changes.

    Args:
        moves: what was tried.
        before: (N,) decisions about the rows; -1 where there is none.
        decisions: (N, K) about the changes.
        was_asked: (N, K) bool, which of them were made.
        rng: draws those that are fitted to.

    Returns:
        None where all decisions are alike.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import, and models with scores do without

    sizes = [1 if field.numeric else len(field.values) for field in moves.fields]
    # the first column of each feature in the design matrix
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows, slots = np.nonzero(was_asked & (decisions >= 0))
    drawn = rng.permutation(len(rows))[: max(1, CELLS // int(starts[-1]) - len(before))]
    decided = np.flatnonzero(before >= 0)
    points = np.vstack([moves.origins[decided], moves.points(rows[drawn], slots[drawn][:, None])])
    labels = np.concatenate([before[decided], decisions[rows[drawn], slots[drawn]]])
    if len(np.unique(labels)) < 2:
        return None
    # C = 100 penalises next to nothing; where the decisions can be separated the weights stay finite all the same
    fitted = LogisticRegression(C=100.0, max_iter=200).fit(_design_matrix(moves.fields, points), labels)
    weights, classes = fitted.coef_, fitted.classes_
    level = fitted.decision_function(_design_matrix(moves.fields, moves.origins)).reshape(len(before), -1)
    if len(classes) == 2:  # scikit-learn gives one column for two classes, the others have one each
        weights, level = np.vstack([-weights[0], weights[0]]) / 2, np.hstack([-level, level]) / 2
    class_columns = np.clip(np.searchsorted(classes, before), 0, len(classes) - 1)
    after = np.empty((*moves.values.shape, len(classes)))
    for slot, feature in enumerate(moves.feature.tolist()):
        field, part = moves.fields[feature], weights[:, starts[feature] : starts[feature + 1]]
        change = _column(field, moves.values[:, slot]) - _column(field, moves.origins[:, field.at])
        after[:, slot] = level + change @ part.T
    start = ahead(level, class_columns)
    return Guess(start, start[:, None] - ahead(after, class_columns))


def _design_matrix(fields: tuple[Field, ...], points: np.ndarray) -> np.ndarray:
    """(M, columns) what the linear model sees of rows of codes."""
    return np.hstack([_column(field, points[:, field.at]) for field in fields])


def _column(field: Field, values: np.ndarray) -> np.ndarray:
    """(M, 1) a number in its unit, 0 where it is missing; (M, k) a category as ones and zeros."""
    if field.numeric:
        return np.nan_to_num((values - float(np.median(field.values))) / field.unit)[:, None]
    return (values[:, None] == field.values[None, :]).astype(np.float64)
