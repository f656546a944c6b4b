"""What may happen to a row and is searched for, as a number: 1 where it does. One line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.errors import present
from auditkit.results import NOBODY, SELECTED_LESS, SELECTED_MORE, Direction, Harm

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.predictions import Predictions

Of: TypeAlias = Literal["error", "selection", "rejection", "false_negative", "false_positive"]


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
    )
}  # fmt: skip


class Suffered(NamedTuple):
    """What happened to the rows that are searched."""

    at: np.ndarray
    """(M,) positions of these rows in the data."""
    errors: np.ndarray
    """(M,) float64, not negative."""
    share: bool
    """Whether every error is 0 or 1."""


def suffered(of: Of, data: AuditData, predictions: Predictions) -> Suffered:
    """The rows that the outcome can happen to, and what happened."""
    everyone = np.arange(len(data))
    if of == "error" and data.task == "regression":
        labels = present(data.labels, "the check asks for labels")
        return Suffered(everyone, np.abs(predictions.labels - labels.astype(np.float64)), False)
    if of == "error":
        return Suffered(everyone, (predictions.codes != predictions.truth).astype(np.float64), True)
    bad = predictions.selected if of in ("selection", "false_positive") else ~predictions.selected
    if of == "false_negative":
        everyone = np.flatnonzero(predictions.outcomes)
    elif of == "false_positive":
        everyone = np.flatnonzero(~predictions.outcomes)
    return Suffered(everyone, bad[everyone].astype(np.float64), True)
