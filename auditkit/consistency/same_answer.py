"""A model asked again about rows of the data: whether decisions are the same, and scores apart by rounding alone."""

from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.data import take_rows
from auditkit.errors import present
from auditkit.foreign_code import foreign
from auditkit.memory import out_of_memory
from auditkit.models import Answers, Model
from auditkit.predictions import Predictions
from auditkit.text import one_line

ALIKE: Final = 1e-5
"""Scores this share of their range apart are the same."""


class Difference(NamedTuple):
    """How two answers about the same n rows differ."""

    changed: np.ndarray
    """(n,) bool: another decision, and not the other side of a tie; of a regression another number."""
    moved: np.ndarray
    """(n,) the largest difference of a row's scores, as a share of their range."""
    odd: np.ndarray
    """(n,) bool: the decision changed, or a score moved further than rounding takes it."""

    @property
    def differs(self) -> bool:
        """Whether any row is odd."""
        return bool(self.odd.any())


class Yardstick:
    """Compares answers with the precision that the model's arithmetic allows.

    Args:
        model: its `precision`, threshold and classes count.
        answers: of the shared pass; the range of their scores is the measure.
        regression: a number that moved counts as a changed decision.
    """

    def __init__(self, model: Model, answers: Answers, regression: bool) -> None:
        numbers = scores_of(answers)
        self._model = model
        self._regression = regression
        self.range = 0.0 if numbers is None else float(np.ptp(numbers))
        largest = 0.0 if numbers is None else float(np.abs(numbers).max())
        # a share of the range alone is too strict for numbers far from 0, which carry a rounding of their own size
        self.tolerance = max(ALIKE, 8 * model.precision) * self.range + 4 * model.precision * largest

    def compare(self, reference: Answers, answers: Answers) -> Difference:
        """Both about the same rows, in the same order."""
        reference_scores, scores = scores_of(reference), scores_of(answers)
        # a model may give scores on one call and none on another: then decisions alone are compared
        if reference_scores is None or scores is None or reference_scores.shape != scores.shape:
            changed = np.asarray(reference.labels != answers.labels)
            return Difference(changed, changed.astype(float), changed)
        moved = np.abs(reference_scores - scores).max(axis=1)
        if self._regression:
            changed = moved > self.tolerance
        else:
            is_tied = self._tied(reference) & (moved <= self.tolerance)
            changed = np.asarray(reference.labels != answers.labels) & ~is_tied
        odd = changed | (moved > self.tolerance)
        return Difference(changed, moved / self.range if self.range else moved, odd)

    def _tied(self, answers: Answers) -> np.ndarray:
        """(n,) bool: so near the border between two decisions that rounding decides."""
        threshold, scores, probabilities = self._model.threshold, answers.scores, answers.probabilities
        if scores is not None and (threshold is not None or probabilities is None):
            border = 0.0 if threshold is None else threshold
            return np.asarray(np.abs(scores - border) <= self.tolerance)
        probabilities = present(probabilities, "there are scores of some kind")
        top_two = np.sort(probabilities, axis=1)[:, -2:]
        return np.asarray(top_two[:, -1] - top_two[:, 0] <= 2 * self.tolerance)


def scores_of(answers: Answers) -> np.ndarray | None:
    """(n, k) the numbers behind the decisions; None where there are decisions only."""
    if answers.probabilities is not None:
        return answers.probabilities
    return None if answers.scores is None else answers.scores[:, None]


def as_numbers(answers: Answers, classes: tuple[Any, ...]) -> np.ndarray:
    """(n, k) the scores, or a column for each decision that occurs."""
    numbers = scores_of(answers)
    if numbers is not None:
        return numbers
    return np.column_stack([answers.labels == label for label in classes]).astype(float)


def rows_of(answers: Answers, rows: np.ndarray) -> Answers:
    """The answers about some of the rows."""
    return Answers(*(None if column is None else column[rows] for column in answers))  # type: ignore[arg-type]


class Question(NamedTuple):
    """Rows to ask about at once."""

    rows: np.ndarray
    """(n,) positions in the data, in the order asked."""
    base: np.ndarray
    """(n,) bool: rows that count; the others are company."""


class Asker:
    """One model that is asked again, the answers of its shared pass, and how many rows it was asked about."""

    def __init__(self, predictions: Predictions) -> None:
        self.model, self.data = predictions.model, predictions.data
        self.first: Answers = predictions.answers
        self.yardstick = Yardstick(self.model, self.first, self.data.task == "regression")
        self.asked = self.alone = 0
        self.error = ""

    def ask(self, rows: np.ndarray) -> Answers:
        """The answers about these rows, asked about together."""
        self.asked += len(rows)
        with foreign(f"the model {self.model.name!r}", needed=True):
            return self.model.answers(take_rows(self.data.inputs, rows))

    def again(self, question: Question) -> Difference | None:
        """How the answers differ from those of the shared pass; None where the model failed, with the error."""
        try:
            return self.yardstick.compare(rows_of(self.first, question.rows), self.ask(question.rows))
        except Exception as error:  # a model may raise anything at all
            if out_of_memory(error):
                raise
            # the error is kept, as it may be what the audit reports of the model
            self.error = one_line(error)
            return None
