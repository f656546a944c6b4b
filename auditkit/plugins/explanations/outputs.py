"""Which output of a model is explained, and how to ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions


@dataclass(frozen=True)
class Output:
    """The explained output: one column of the model's answers for each row."""

    answer: Callable[[Any], np.ndarray]
    """Inputs to (m, K) numbers."""
    answers: np.ndarray
    """(n, K) of the rows to explain, from the shared pass."""
    target: np.ndarray
    """(n,) which column is explained."""
    unit: str
    what: str
    """In words."""


def explained_output(model: Model, data: AuditData, predictions: Predictions) -> Output:
    """Predicted number, probability or score; for three classes or more, of the class that each row is given.

    A model that only decides is explained as 1 where it decides so and 0 elsewhere.
    """
    rows = len(data)
    first_column = np.zeros(rows, dtype=np.int64)
    if data.task == "regression":
        return Output(
            lambda inputs: model.predict(inputs).astype(np.float64)[:, None],
            predictions.labels[:, None], first_column, "prediction", "the predicted number",
        )  # fmt: skip
    if data.task == "binary":
        target, named = np.full(rows, predictions.positive), f"the class {predictions.classes[predictions.positive]}"
    else:
        target, named = predictions.codes, "the class that the model gives the row"
    if Capability.PROBABILITIES in model.capabilities:
        return Output(
            model.probabilities, predictions.probabilities, target, "probability", f"the probability of {named}"
        )
    if Capability.SCORES in model.capabilities and data.task == "binary":
        return Output(
            lambda inputs: model.scores(inputs)[:, None],
            predictions.scores[:, None], first_column, "score", f"the score of {named}",
        )  # fmt: skip
    one_hot = np.eye(len(predictions.classes))
    return Output(
        lambda inputs: one_hot[predictions.of(inputs).codes],
        one_hot[predictions.codes], target, "decision", f"whether the model decides for {named}",
    )  # fmt: skip
