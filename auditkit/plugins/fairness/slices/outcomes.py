"""What may happen to a row and is searched for, as a number: 1 where it does. One line each."""

from typing import Literal, NamedTuple, Self, TypeAlias

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.predictions import Predictions
from auditkit.results import NOBODY, SELECTED_LESS, SELECTED_MORE, Direction, Harm

Of: TypeAlias = Literal["error", "selection", "rejection", "false_negative", "false_positive", "shortfall"]


class Outcome(NamedTuple):
    """One thing that can happen to a row."""

    name: Of
    title: str
    formula: str
    among: str
    """Whose rows are searched."""
    direction: Direction
    labelled: bool
    binary: bool
    harm: Harm

    @property
    def measurement(self) -> str:
        """The name of the measurement in a slice."""
        return f"slice_{self.name}"


OUTCOMES: dict[Of, Outcome] = {
    outcome.name: outcome
    for outcome in (
        Outcome("error", "Error in the slice", "wrong decisions / rows; for predicted numbers mean |predicted - true|",
                "everyone", "lower", True, False, NOBODY),
        Outcome("selection", "Selection rate in the slice", "rows selected / rows", "everyone", "none", False, True,
                SELECTED_MORE),
        Outcome("rejection", "Rejection rate in the slice", "rows not selected / rows", "everyone", "none",
                False, True, SELECTED_LESS),
        Outcome("false_negative", "False negative rate in the slice",
                "rows not selected / rows, all with a positive label", "rows with a positive label", "lower",
                True, True, SELECTED_LESS),
        Outcome("false_positive", "False positive rate in the slice",
                "rows selected / rows, all with a negative label", "rows with a negative label", "lower", True, True,
                SELECTED_MORE),
        Outcome("shortfall", "Shortfall of the score in the slice",
                "mean distance of the score from the best end of its range, or from the best case where that has none",
                "cases with a score", "lower", False, False, NOBODY),
    )
}  # fmt: skip


class Errors(NamedTuple):
    """What happened to N rows."""

    values: np.ndarray
    """(N,) float64, not negative."""
    share: bool
    """Whether every value is 0 or 1."""
    weights: np.ndarray | None = None
    """(N,) how much each row counts in estimates; the search leaves weights aside."""
    unit: np.ndarray | None = None
    """(N,) whose row it is, where rows of one vary together; None: each by itself."""

    def take(self, rows: np.ndarray) -> Self:
        """Those of some rows."""
        beside = (None if column is None else column[rows] for column in (self.weights, self.unit))
        return type(self)(self.values[rows], self.share, *beside)

    @property
    def counted(self) -> int:
        """How many rows there are, or units, of which there must not be too few."""
        return len(self.values) if self.unit is None else len(np.unique(self.unit))


def errors_of(of: Of, data: AuditData, predictions: Predictions, score: str = "") -> tuple[np.ndarray, Errors]:
    """(M,) the positions of the rows that the outcome can happen to, and what happened to them.

    Args:
        of: the outcome.
        data: the audit data.
        predictions: about these rows.
        score: of scores of cases, which one; empty: the first.
    """
    if of == "shortfall":
        return _shortfalls(data, predictions, score or next(iter(data.case_scores)))
    rows, share = np.arange(len(data)), True
    if of == "error" and data.task == "regression":
        values, share = (
            np.abs(predictions.labels - present(data.labels, "the check asks for labels").astype(float)),
            False,
        )
    elif of == "error":
        values = predictions.codes != predictions.truth
    else:
        values = predictions.selected if of in ("selection", "false_positive") else ~predictions.selected
    # Among those whom it can happen to: a false negative needs a positive label.
    if of in ("false_negative", "false_positive"):
        rows = np.flatnonzero(predictions.outcomes if of == "false_negative" else ~predictions.outcomes)
    return rows, Errors(values.astype(np.float64), share, data.weights, data.clusters).take(rows)


def _shortfalls(data: AuditData, predictions: Predictions, name: str) -> tuple[np.ndarray, Errors]:
    """The cases that have a score, and how far each is from the best."""
    score, values = data.case_scores[name], predictions.case_scores[name]
    rows = np.flatnonzero(~np.isnan(values))
    worth = score.sign * values[rows]
    best = score.range[1] if score.better == "higher" else score.range[0]
    far = (float(worth.max()) if best is None else score.sign * best) - worth
    beside = (None if column is None else column[rows] for column in (data.weights, data.clusters))
    return rows, Errors(far, False, *beside)
