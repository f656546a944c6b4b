"""Asks one model about rows of the audit data, compares its answers with the shared pass, and counts the rows."""

from typing import NamedTuple

import numpy as np

from auditkit.consistency.same_answer import Difference, Yardstick, rows_of
from auditkit.data import take_rows
from auditkit.memory import out_of_memory
from auditkit.models import Answers
from auditkit.predictions import Predictions
from auditkit.text import one_line


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
        return self.model.answers(take_rows(self.data.inputs, rows))

    def again(self, question: Question) -> Difference | None:
        """How the answers differ from those of the shared pass; None where the model failed, with the error."""
        try:
            return self.yardstick.compare(rows_of(self.first, question.rows), self.ask(question.rows))
        except (Exception, SystemExit) as error:  # a model may raise anything at all
            if out_of_memory(error):
                raise
            # the error is kept, as it may be what the audit reports of the model
            self.error = one_line(error)
            return None
