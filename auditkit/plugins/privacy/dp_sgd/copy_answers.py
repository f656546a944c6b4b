"""What untrained copies answer: by chance some are right about many rows, or answer as their parent, and never all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Answers, Model
from auditkit.predictions import Predictions

COPIES = 12
"""That are asked at most: one that knows nothing ends it, as half of them do even where all rows tell the same."""
GAIN = 0.1
"""By how much the worst of the copies may beat a constant answer."""
LIKE = 0.5
"""How far the answers of the least like of the copies may correlate with their parent's."""


class Known(NamedTuple):
    """What the copies that were asked know, at least."""

    gain: float
    """How much better than the best constant answer: in accuracy, or in explained variance."""
    likeness: float
    """Correlation of their scores with the parent's over rows, on average over classes."""


def what_copies_know(model: Model, data: AuditData) -> Known:
    """The least that untrained copies know; each is made anew.

    Args:
        model: the parent.
        data: rows that they are asked about.
    """
    known = Known(np.inf, np.inf)
    of_parent = model.answers(data.inputs)
    for _ in range(COPIES):
        copy = model.fresh()
        known = Known(
            min(known.gain, _gain(copy, data)), min(known.likeness, likeness(of_parent, copy.answers(data.inputs)))
        )
        if known.gain <= GAIN and known.likeness <= LIKE:
            break
    return known


def likeness(parent: Answers, copy: Answers) -> float:
    """The correlation of two models' scores over the same rows, on average over classes; 0 where one is constant."""
    sides = [_columns(answers) for answers in (parent, copy)]
    centred = [side - side.mean(0) for side in sides]
    sizes = [np.linalg.norm(side, axis=0) for side in centred]
    product = sizes[0] * sizes[1]
    alike = (centred[0] * centred[1]).sum(0) / np.where(product > 0, product, 1)
    return float(np.where(product > 0, alike, 0).mean())


def _columns(answers: Answers) -> np.ndarray:
    values = answers.scores if answers.probabilities is None else answers.probabilities
    return np.asarray(present(values, "a network gives scores"), dtype=np.float64).reshape(len(answers.labels), -1)


def _gain(model: Model, data: AuditData) -> float:
    """How much better a model is than the best constant answer: in accuracy, or in explained variance."""
    labels = present(data.labels, "the trainer needs labels")
    if model.task == "regression":
        truth = labels.astype(np.float64)
        spread = float(((truth - truth.mean()) ** 2).sum())
        return 1 - float(((model.scores(data.inputs) - truth) ** 2).sum()) / spread if spread else 0.0
    answers = Predictions(model, data)
    return float(np.mean(answers.codes == answers.truth)) - float(np.bincount(answers.truth).max()) / len(data)
