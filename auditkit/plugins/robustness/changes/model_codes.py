"""The model, asked about rows of codes: what it decides, and how far it is from deciding otherwise."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData, codes_of
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions

AT_ONCE = 50_000
"""Rows made at a time."""


class Answers(NamedTuple):
    """The answers about M rows."""

    decisions: np.ndarray
    """(M,) int64: positions of classes; -1 where the model abstained."""
    scores: np.ndarray | None
    """(M,) higher for the positive class, or (M, C) higher for the class; None where only decisions are given."""


class Oracle:
    """Something that decides about rows, counted.

    Args:
        answer: takes codes (m, D), gives the answers about them.
        positive: of two classes, the one that a single score is about.
    """

    def __init__(self, answer: Callable[[np.ndarray], Answers], positive: int = 1) -> None:
        self._answer = answer
        self.positive = positive
        self.queries = 0

    def __call__(self, points: np.ndarray) -> Answers:
        """The answers about rows (M, D)."""
        self.queries += len(points)
        if not len(points):
            return Answers(np.zeros(0, dtype=np.int64), None)
        # a table of all points at once may not fit into memory
        parts = [self._answer(points[start : start + AT_ONCE]) for start in range(0, len(points), AT_ONCE)]
        scores = None if parts[0].scores is None else np.concatenate([part.scores for part in parts])
        return Answers(np.concatenate([part.decisions for part in parts]), scores)


def model_oracle(model: Model, data: AuditData, predictions: Predictions) -> Oracle:
    """The audited model; its scores come along where it has some."""
    binary = data.task == "binary"
    # log odds are nearly straight in the features of many models, probabilities are not
    likely = Capability.PROBABILITIES in model.capabilities
    scored = likely or (binary and Capability.SCORES in model.capabilities)

    def answer(points: np.ndarray) -> Answers:
        predicted = predictions.of(data.decode(points))
        if not scored:
            return Answers(predicted.codes, None)
        if binary:
            return Answers(predicted.codes, logit(predicted.scores) if likely else predicted.scores)
        return Answers(predicted.codes, np.log(np.maximum(predicted.probabilities, 1e-12)))

    return Oracle(answer, predictions.positive if binary else 0)


def rule_oracle(data: AuditData, rule: Callable[[np.ndarray], np.ndarray], scored: bool) -> Oracle:
    """A rule of our own, asked through the same table as the model: codes are decoded and read again.

    Args:
        data: how a table is made.
        rule: takes codes (m, D), gives (m,) numbers; above 0 the row is decided positive.
        scored: whether the numbers are given, or the decisions alone.
    """

    def answer(points: np.ndarray) -> Answers:
        numbers = rule(codes_of(data.decode(points), data.schema))
        return Answers((numbers > 0).astype(np.int64), numbers if scored else None)

    return Oracle(answer)


def margins(answers: Answers, before: np.ndarray, positive: int, threshold: float) -> np.ndarray | None:
    """(M,) how far each row is from another decision than `before` (M,): below 0 it has one.

    None where only decisions are given. Used to choose what is asked next, never to say that a decision flipped.
    """
    if answers.scores is None:
        return None
    if answers.scores.ndim == 1:
        return np.where(before == positive, answers.scores - threshold, threshold - answers.scores)
    return ahead(answers.scores, before)


def ahead(levels: np.ndarray, class_columns: np.ndarray) -> np.ndarray:
    """(N, ...) by how much the class of each row (N,) leads the best other, of levels (N, ..., C)."""
    other_levels, rows = levels.copy(), np.arange(len(class_columns))
    # the row's own class is taken out, so that the largest left is the nearest other
    other_levels[rows, ..., class_columns] = -np.inf
    return np.asarray(levels[rows, ..., class_columns] - other_levels.max(axis=-1))


def threshold_of(answers: Answers, positive: int) -> float:
    """The score at which decisions change, as far as these answers tell: halfway between the two sides."""
    if answers.scores is None or answers.scores.ndim > 1:
        return 0.0
    is_positive = answers.decisions == positive
    if not is_positive.any() or is_positive.all():
        return float(answers.scores.min() if is_positive.any() else answers.scores.max()) if len(is_positive) else 0.0
    return float((answers.scores[is_positive].min() + answers.scores[~is_positive].max()) / 2)


def logit(chances: np.ndarray) -> np.ndarray:
    """Log odds, finite at 0 and 1."""
    inside = np.clip(chances, 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))
