"""What certificates stand on: the rows in units, what may change, and how the model is asked about noisy copies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import array_space, may_change, with_codes, with_train, word_numbers
from auditkit.plugins.robustness.space import Space, feature_space
from auditkit.predictions import Predictions

COPIES = 2048
"""Noisy copies that the model is asked about at once."""


class NoiseSpace(NamedTuple):
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
        return "needs inputs that noise can be added to; these are ids of a vocabulary (tokens)"
    if not hasattr(data.inputs, "columns") and as_array(data.inputs) is None:
        return f"needs inputs made of numbers; these are of modality {data.modality!r}"
    is_free = may_change(with_codes(model, data)).any()
    return None if is_free else "needs a numeric feature that may change, and there is none"


def noise_space_of(data: AuditData) -> NoiseSpace:
    """The rows in units: for tables each feature by its range, for pictures and signals the range of all the data.

    The range that the owner declared for the values of an array comes before either.
    """
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    rows = data.codes() if array is None else array.reshape(len(array), -1).astype(np.float64)
    if array is not None and (data.range is not None or array.ndim > 2):
        space = array_space(data, array, rows, may_change(data))
        # noise on a table of whole numbers is not rounded
        return NoiseSpace(rows, array.shape[1:], replace(space, whole=space.whole & (array.ndim > 2)), table=False)
    space = feature_space(with_train(data, rows), whole=np.zeros(rows.shape[1], dtype=bool), free=may_change(data))
    return NoiseSpace(rows, rows.shape[1:], space, table=True)


def noisy_votes(
    noise_space: NoiseSpace, data: AuditData, predictions: Predictions, sigma: float, rng: np.random.Generator
) -> Callable[[np.ndarray, int], np.ndarray]:
    """Votes of any model about noisy copies of the rows: see `smoothing.Votes`.

    Copies of a table are brought back to its schema, each by itself: that is a part of the model that votes, of which
    the proof speaks, and so costs it nothing.
    """
    classes, to_schema = len(predictions.classes), _allowed(noise_space, data)

    def votes(rows: np.ndarray, copies: int) -> np.ndarray:
        counts = np.zeros((len(rows), classes), dtype=np.int64)
        owners = np.repeat(np.arange(len(rows)), copies)
        for start in range(0, len(owners), COPIES):
            batch = owners[start : start + COPIES]
            points = noise_space.rows[rows[batch]]
            noise = rng.normal(0, sigma, points.shape) * noise_space.space.scale * noise_space.space.free
            codes = predictions.of(as_inputs(to_schema(points + noise), data)).codes
            is_vote = codes >= 0  # an answer withheld is no vote
            # unlike `counts[...] += 1`, it counts a row that stands in the batch several times each time
            np.add.at(counts, (batch[is_vote], codes[is_vote]), 1)
        return counts

    return votes


def _allowed(noise_space: NoiseSpace, data: AuditData) -> Callable[[np.ndarray], np.ndarray]:
    """What brings points (M, D) back to the schema: in range, or as far out as a row is; whole numbers whole."""
    if not data.schema:
        return lambda points: points
    is_fixed = ~noise_space.space.free | np.isnan(noise_space.rows).all(axis=0)
    rows = np.where(is_fixed, 0.0, noise_space.rows)
    ends = [
        (-np.inf if feature.low is None else feature.low, np.inf if feature.high is None else feature.high)
        for feature in data.schema
    ]
    # the values of the rows are always allowed, also where they lie outside the declared range
    low = np.fmin([low for low, _ in ends], np.nanmin(rows, axis=0))
    high = np.fmax([high for _, high in ends], np.nanmax(rows, axis=0))
    whole = np.array([feature.kind == "integer" for feature in data.schema])

    def to_schema(points: np.ndarray) -> np.ndarray:
        return np.where(is_fixed, points, np.clip(np.where(whole, np.round(points), points), low, high))

    return to_schema


def as_inputs(points: np.ndarray, data: AuditData) -> Any:
    """(M, D) points as inputs of the data's kind; where that is whole numbers, rounded and kept from overflow."""
    if hasattr(data.inputs, "columns"):
        return data.decode(points)
    shaped = points.reshape(len(points), *data.inputs.shape[1:])
    if not isinstance(data.inputs, np.ndarray):
        return data.inputs.new_tensor(shaped)
    if data.inputs.dtype.kind in "iu":
        ends = np.iinfo(data.inputs.dtype)
        shaped = np.clip(np.round(shaped), ends.min, ends.max)
    return shaped.astype(data.inputs.dtype)
