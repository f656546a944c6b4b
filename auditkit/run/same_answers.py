"""Whether a model answers in this process as it did in another: a copy may have met other settings there."""

from typing import Final

import numpy as np

from auditkit.data import AuditData
from auditkit.foreign_code import foreign
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions

MOST_ROWS: Final = 1000
"""Rows that are asked about again; fewer where the model takes fewer at once, for then an answer is dear."""


def answers_alike(predictions: Predictions) -> bool:
    """Ask the model about some rows, spread over the data, and compare, as far as rounding lets it.

    Args:
        predictions: what the model, or a copy of it, answered elsewhere. One that answers otherwise in other company is
            asked about its first batch again, in the same company. Of one that answers by chance nobody can tell.
    """
    model, consistency = predictions.model, predictions.consistency
    finding = "alike" if consistency is None else consistency.finding
    if Capability.QUERIES not in model.capabilities or model.random or finding == "randomness":
        return True
    data = predictions.data
    if data.task == "generation":
        return True  # words are mostly drawn by chance, so that a difference would show nothing
    rows = np.arange(min(model.batch, len(data))) if finding == "dependence" else rows_asked_again(model, data)
    before = predictions.take(rows, data.take(rows))
    try:
        with foreign(f"the model {model.name!r}: asked again"):
            now = Predictions(model, before.data).answers
    except Exception:  # a model may raise anything at all
        return False
    return all(map(_alike, before.answers, now))


def rows_asked_again(model: Model, data: AuditData) -> np.ndarray:
    """The positions of the rows that a model is asked about again, in their order."""
    return np.unique(np.linspace(0, len(data) - 1, min(MOST_ROWS, model.batch, len(data))).astype(np.int64))


def _alike(before: np.ndarray | None, now: np.ndarray | None) -> bool:
    if before is None or now is None:
        return before is now
    if now.dtype.kind != "f":
        return np.array_equal(before, now)
    # of the largest answer, for predicted numbers may all be tiny
    atol = 1e-6 * float(np.abs(before).max(initial=0))
    return before.shape == now.shape and bool(np.allclose(before, now, rtol=1e-4, atol=atol))
