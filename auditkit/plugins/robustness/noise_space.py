"""What certificates stand on: the rows in units, what may change, and how the model is asked about noisy copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.data.ranges import spread_range
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import may_change, word_numbers
from auditkit.plugins.robustness.space import Space, declared_space, feature_space, picture_space
from auditkit.predictions import Predictions

COPIES = 2048
"""Noisy copies that the model is asked about at once."""


class Ground(NamedTuple):
    """The rows and what counts as a change of 1."""

    rows: np.ndarray
    """(N, D) the rows, flat, in the inputs' own units; NaN where a value is missing."""
    shape: tuple[int, ...]
    """Of one row."""
    space: Space
    table: bool
    """Each feature has its own unit, rather than all of them the same."""

    @property
    def norm(self) -> str:
        """What the Euclidean distance is called."""
        return "L2 scaled" if self.table else "L2"


def unfit(model: Model, data: AuditData) -> str | None:
    """Why there is nothing to add noise to; None where there is."""
    if word_numbers(model, data):
        return "needs inputs that noise can be added to; these are numbers of words (tokens)"
    if hasattr(data.inputs, "columns"):
        return None if may_change(data).any() else "needs a numeric feature that may change, and there is none"
    if as_array(data.inputs) is None:
        return f"needs inputs made of numbers; these are of modality {data.modality!r}"
    return None


def lay(data: AuditData) -> Ground:
    """The rows in units: for tables each feature by its range, for pictures and signals the range of all the data.

    The range that the owner declared for the values of an array comes before either.
    """
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    rows = data.codes() if array is None else array.reshape(len(array), -1).astype(np.float64)
    if array is not None and data.range is not None:
        whole = array.ndim > 2 and array.dtype.kind in "iu"
        low, high = (end.reshape(-1) for end in spread_range(data.range, array.shape[1:]))
        return Ground(rows, array.shape[1:], declared_space(low, high, whole=whole), table=False)
    every = rows
    if data.train is not None:
        more = data.train.codes() if array is None else as_array(data.train.inputs)
        if more is not None:
            every = np.vstack([rows, more.reshape(len(more), -1).astype(np.float64)])
    if array is not None and array.ndim > 2:
        return Ground(rows, array.shape[1:], picture_space(every, whole=array.dtype.kind in "iu"), table=False)
    none = np.zeros(rows.shape[1], dtype=bool)
    return Ground(rows, rows.shape[1:], feature_space(every, whole=none, free=may_change(data)), table=True)


def asked(
    ground: Ground, data: AuditData, predictions: Predictions, sigma: float, rng: np.random.Generator
) -> Callable[[np.ndarray, int], np.ndarray]:
    """Votes of any model about noisy copies of the rows: see `smoothing.Votes`.

    Copies of a table are brought back to its schema, each by itself: that is a part of the model that votes, of which
    the proof speaks, and so costs it nothing.
    """
    classes, back = len(predictions.classes), _allowed(ground, data)

    def votes(rows: np.ndarray, copies: int) -> np.ndarray:
        counts = np.zeros((len(rows), classes), dtype=np.int64)
        owners = np.repeat(np.arange(len(rows)), copies)
        for start in range(0, len(owners), COPIES):
            own = owners[start : start + COPIES]
            points = ground.rows[rows[own]]
            noise = rng.normal(0, sigma, points.shape) * ground.space.scale * ground.space.free
            codes = predictions.of(as_inputs(back(points + noise), ground, data)).codes
            kept = codes >= 0  # an answer withheld is no vote
            np.add.at(counts, (own[kept], codes[kept]), 1)
        return counts

    return votes


def _allowed(ground: Ground, data: AuditData) -> Callable[[np.ndarray], np.ndarray]:
    """What brings points (M, D) back to the schema: in range, or as far out as a row is; whole numbers whole."""
    if not data.schema:
        return lambda points: points
    held = ~ground.space.free | np.isnan(ground.rows).all(axis=0)
    rows = np.where(held, 0.0, ground.rows)
    ends = [
        (-np.inf if feature.low is None else feature.low, np.inf if feature.high is None else feature.high)
        for feature in data.schema
    ]
    low = np.fmin([low for low, _ in ends], np.nanmin(rows, axis=0))
    high = np.fmax([high for _, high in ends], np.nanmax(rows, axis=0))
    whole = np.array([feature.kind == "integer" for feature in data.schema])

    def back(points: np.ndarray) -> np.ndarray:
        return np.where(held, points, np.clip(np.where(whole, np.round(points), points), low, high))

    return back


def as_inputs(points: np.ndarray, ground: Ground, data: AuditData) -> Any:
    """(M, D) points as inputs of the data's kind; where that is whole numbers, rounded and kept from overflow."""
    if hasattr(data.inputs, "columns"):
        return data.decode(points)
    shaped = points.reshape(len(points), *ground.shape)
    if not isinstance(data.inputs, np.ndarray):
        return data.inputs.new_tensor(shaped)
    if data.inputs.dtype.kind in "iu":
        ends = np.iinfo(data.inputs.dtype)
        shaped = np.clip(np.round(shaped), ends.min, ends.max)
    return shaped.astype(data.inputs.dtype)
