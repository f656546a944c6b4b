"""Which output of a model is explained, how to ask for it, and how the margin that an estimator adds up becomes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.predictions import Predictions

AGREE = 1e-3
"""The largest difference, as a share of the answers' range, that float32 models leave."""


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


def explained(
    values: np.ndarray,
    base: np.ndarray,
    margins: np.ndarray,
    output: Output,
    method: str,
) -> Attributions | None:
    """Attributions of the margins as attributions of one named output per row; None where margins are not the model's.

    Args:
        values: (n, D, K') attributions of each margin.
        base: (K',) average margins over the background.
        margins: (n, K') of each row; one column stands for the second of two classes, or for a prediction.
        output: the model's own answers about the same rows, and which of them is explained.
        method: how the attributions were computed, in words.
    """
    link, target = find_link(margins, output.answers, output.unit), output.target
    if link is None:
        return None
    if link == "log-odds":
        # one margin stands for the second class; of the first it is the negative
        sign = np.where(target == 1, 1.0, -1.0)
        return Attributions(sign[:, None] * values[:, :, 0], sign * base[0], sign * margins[:, 0], link, method)
    if link == "centred log-probability":
        # softmax knows margins only up to a common number: centred, they are comparable
        values = values - values.mean(axis=2, keepdims=True)
        base, margins = base - base.mean(), margins - margins.mean(axis=1, keepdims=True)
    rows = np.arange(len(margins))
    return Attributions(values[rows, :, target], base[target], margins[rows, target], link, method)


def find_link(margins: np.ndarray, answers: np.ndarray, unit: str) -> str | None:
    """The unit of the margins, by trying which function turns them into the model's answers; None where none does.

    Known are the identity, the logistic function (log-odds), softmax (log-probabilities up to their mean) and the
    exponential (logarithm of a prediction). They are tried in the answers' unit, where saturation does no harm.
    """
    candidates: dict[str, np.ndarray] = {unit: margins}
    if unit == "probability" and margins.shape[1] == 1 and answers.shape[1] == 2:
        # exp overflows float64 beyond 709
        positive = 1 / (1 + np.exp(-np.clip(margins[:, 0], -700, 700)))
        candidates["log-odds"] = np.column_stack([1 - positive, positive])
    elif unit == "probability" and margins.shape[1] > 2:
        # the largest margin first taken away, so that nothing overflows
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        candidates["centred log-probability"] = powers / powers.sum(axis=1, keepdims=True)
    elif unit == "prediction":
        candidates["log prediction"] = np.exp(np.clip(margins, -700, 700))
    tolerance = AGREE * max(float(np.ptp(answers)), 1e-6)
    for link, linked in candidates.items():
        if linked.shape == answers.shape and np.abs(linked - answers).max() <= tolerance:
            return link
    return None


def one_output(answers: np.ndarray, target: np.ndarray, unit: str) -> np.ndarray:
    """Of answers (m, K) the column (m,) that is explained, in the unit of its attributions."""
    rows = np.arange(len(answers))
    if unit == "centred log-probability":
        # a probability of 0 has no finite logarithm
        logarithms = np.log(np.clip(answers.astype(np.float64), 1e-12, None))
        return np.asarray(logarithms[rows, target] - logarithms.mean(axis=1))
    return in_unit(answers[rows, target].astype(np.float64), unit)


def in_unit(answers: np.ndarray, unit: str) -> np.ndarray:
    """Answers (m,) about one output in the unit of its attributions, where one number settles it; else as they are."""
    if unit == "log-odds":
        # a probability of 0 or 1 has no finite log-odds
        inside = np.clip(answers, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    if unit == "log prediction":
        return np.asarray(np.log(np.clip(answers, 1e-300, None)))
    return answers
