"""The model, asked about rows of codes: what it decides, and how far it is from deciding otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditkit.data.codes import codes_of
from auditkit.models import Capability

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.models import Model
    from auditkit.predictions import Predictions

AT_ONCE = 50_000
"""Rows made at a time."""


class Said(NamedTuple):
    """What was answered about M rows."""

    decisions: np.ndarray
    """(M,) int64: positions of classes; -1 where the model abstained."""
    scores: np.ndarray | None
    """(M,) higher for the positive class, or (M, C) higher for the class; None where only decisions are given."""


class Oracle:
    """Something that decides about rows, counted.

    Args:
        answer: takes codes (m, D), gives what is said about them.
        positive: of two classes, the one that a single score is about.
    """

    def __init__(self, answer: Callable[[np.ndarray], Said], positive: int = 1) -> None:
        self._answer = answer
        self.positive = positive
        self.queries = 0

    def __call__(self, points: np.ndarray) -> Said:
        """What is said about rows (M, D)."""
        self.queries += len(points)
        if not len(points):
            return Said(np.zeros(0, dtype=np.int64), None)
        parts = [self._answer(points[start : start + AT_ONCE]) for start in range(0, len(points), AT_ONCE)]
        scores = None if parts[0].scores is None else np.concatenate([part.scores for part in parts])
        return Said(np.concatenate([part.decisions for part in parts]), scores)


def model_oracle(model: Model, data: AuditData, predictions: Predictions) -> Oracle:
    """The audited model; its scores come along where it has some."""
    binary = data.task == "binary"
    likely = Capability.PROBABILITIES in model.capabilities
    scored = likely or (binary and Capability.SCORES in model.capabilities)

    def answer(points: np.ndarray) -> Said:
        found = predictions.of(data.decode(points))
        if not scored:
            return Said(found.codes, None)
        if binary:
            return Said(found.codes, logit(found.scores) if likely else found.scores)
        return Said(found.codes, np.log(np.maximum(found.probabilities, 1e-12)))

    return Oracle(answer, predictions.positive if binary else 0)


def rule_oracle(data: AuditData, rule: Callable[[np.ndarray], np.ndarray], scored: bool) -> Oracle:
    """A rule of our own, asked through the same table as the model: codes are decoded and read again.

    Args:
        data: how a table is made.
        rule: takes codes (m, D), gives (m,) numbers; above 0 the row is decided positive.
        scored: whether the numbers are given, or the decisions alone.
    """

    def answer(points: np.ndarray) -> Said:
        numbers = rule(codes_of(data.decode(points), data.schema))
        return Said((numbers > 0).astype(np.int64), numbers if scored else None)

    return Oracle(answer)


def margins(said: Said, before: np.ndarray, positive: int, threshold: float) -> np.ndarray | None:
    """(M,) how far each row is from another decision than `before` (M,): below 0 it has one.

    None where only decisions are given. Used to choose what is asked next, never to say that a decision flipped.
    """
    if said.scores is None:
        return None
    if said.scores.ndim == 1:
        return np.where(before == positive, said.scores - threshold, threshold - said.scores)
    others = said.scores.copy()
    at = np.arange(len(before))
    others[at, before] = -np.inf
    return said.scores[at, before] - others.max(axis=1)


def threshold_of(said: Said, positive: int) -> float:
    """The score at which decisions change, as far as these answers tell: halfway between the two sides."""
    if said.scores is None or said.scores.ndim > 1:
        return 0.0
    chosen = said.decisions == positive
    if not chosen.any() or chosen.all():
        return float(said.scores.min() if chosen.any() else said.scores.max()) if len(chosen) else 0.0
    return float((said.scores[chosen].min() + said.scores[~chosen].max()) / 2)


def logit(chances: np.ndarray) -> np.ndarray:
    """Log odds, finite at 0 and 1."""
    few = np.clip(chances, 1e-9, 1 - 1e-9)
    return np.log(few / (1 - few))
