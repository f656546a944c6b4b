"""What a wrong answer costs, row by row."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions

FLOOR = 1e-6
"""The least probability that is taken, so that one sure and wrong answer does not outweigh all others."""


class Loss(NamedTuple):
    """A loss of each row."""

    of: Callable[[Predictions], np.ndarray]
    """Answers about the rows, in their order, to (n,) losses."""
    unit: str
    what: str
    """In words."""
    blind: np.ndarray
    """(n,) of the best answer that is the same for all rows."""


def loss_of(model: Model, data: AuditData, predictions: Predictions) -> Loss:
    """Squared error by the labels' variance; log loss where there are probabilities, else wrong decisions."""
    if data.task == "regression":
        labels = np.asarray(data.labels, dtype=np.float64)
        variance = float(labels.var()) or 1.0
        return Loss(
            lambda answers: (answers.labels - labels) ** 2 / variance, "share of variance",
            "the squared error as a share of the variance of the labels (1 - R2)",
            (labels - labels.mean()) ** 2 / variance,
        )  # fmt: skip
    truth = predictions.truth
    rows, shares = np.arange(len(truth)), np.bincount(truth, minlength=len(predictions.classes)) / len(truth)
    if Capability.PROBABILITIES in model.capabilities:
        return Loss(
            lambda answers: -np.log(np.clip(answers.probabilities[rows, truth], FLOOR, 1)), "nats",
            "the log loss", -np.log(np.clip(shares[truth], FLOOR, 1)),
        )  # fmt: skip
    return Loss(
        lambda answers: (answers.codes != truth).astype(np.float64), "share", "the share of wrong decisions",
        (truth != shares.argmax()).astype(np.float64),
    )  # fmt: skip
