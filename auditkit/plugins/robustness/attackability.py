"""Which way a wrapped model can be attacked, by its gradients or by its decisions alone, and in which space."""

import math

import numpy as np

from auditkit.data import AuditData, as_array, take_rows
from auditkit.data.ranges import spread_range
from auditkit.errors import present
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.space import Space, declared_space, feature_space, picture_space
from auditkit.predictions import Predictions
from auditkit.text import first_few

REPEATS = 4
"""How often a model is asked again, to see whether it answers the same."""
PROBED = 64


def way(model: Model, data: AuditData) -> str:
    """`gradient`, `boundary`, or a sentence that says why neither will do."""
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    if array is None and not hasattr(data.inputs, "columns"):
        return "needs inputs made of numbers; these are of modality " + repr(data.modality)
    if word_numbers(model, data):
        return (
            "needs inputs between which a distance means something; these are ids of a vocabulary (tokens): "
            "robustness.changes puts others in their place"
        )
    if not may_change(with_codes(model, data)).any():
        return (
            "needs a numeric feature that may change; every feature is a category, an identifier, a group or declared "
            "immutable"
        )
    is_complete = array is not None and bool(np.isfinite(array).all())  # a gap cannot be stepped away from
    if is_complete and eats_as_is(model, data):
        return "gradient"
    if array is not None and array.ndim != 2:
        return "needs a model that gives gradients and eats the inputs as they are, for inputs that are no table"
    return "boundary"


def takes_tensors(model: Model) -> bool:
    """Whether a model is a torch module; one that hides its gradients is attacked by decisions in the same space."""
    return Capability.GRADIENTS in model.capabilities or model.kind == "torch"


def word_numbers(model: Model, data: AuditData) -> bool:
    """Whether the inputs are numbers of words or the like, which a model looks up: a distance between them is none.

    True for arrays of whole numbers of modality `sequence` without a declared range, and for a torch module that looks
    every number of a row up in a table, by whatever operation, and whatever the type that they come in.
    """
    is_table = hasattr(data.inputs, "columns")
    array = None if is_table else as_array(data.inputs)
    if array is None and not is_table:
        return False
    if array is not None and data.modality == "sequence" and array.dtype.kind in "iu" and data.range is None:
        return True
    if not takes_tensors(model) or (is_table and not any(feature.numeric for feature in data.schema)):
        return False  # a table that says of every column that it holds names needs no look at the model
    sample = take_rows(data.inputs, np.arange(min(2, len(data))))
    from auditkit.plugins.robustness.embedding_lookups import looked_up  # torch is imported for torch models only

    return looked_up(model, sample) >= math.prod(sample.shape)


def with_codes(model: Model, data: AuditData) -> AuditData:
    """The data, the columns of an array that a torch module looks up known as categories: no distance is between them.

    A table says so itself, by the kinds of its columns.
    """
    array = None if hasattr(data.inputs, "columns") or data.schema or data.tokens else as_array(data.inputs)
    if array is None or array.ndim != 2 or array.dtype.kind not in "fiu" or not takes_tensors(model):
        return data
    from auditkit.plugins.robustness import embedding_lookups  # torch is imported for torch models only

    return embedding_lookups.with_codes(model, data, array)


def may_change(data: AuditData) -> np.ndarray:
    """(D,) bool: numeric, not declared immutable, not a sensitive attribute."""
    if not data.schema:
        return np.ones(int(np.prod(data.inputs.shape[1:])), dtype=bool)
    return np.array(
        [feature.numeric and feature.mutable and feature.name not in data.groups for feature in data.schema]
    )


def unsteady(model: Model, data: AuditData, predictions: Predictions) -> float:
    """The largest change of a probability, or share of changed decisions, when a few rows are asked about again."""
    inputs = data.take(np.arange(min(PROBED, len(data)))).inputs
    first = predictions.of(inputs)
    largest_change = 0.0
    for _ in range(REPEATS):
        again = predictions.of(inputs)
        largest_change = max(largest_change, float(np.mean(first.codes != again.codes)))
        if Capability.PROBABILITIES in model.capabilities:
            largest_change = max(largest_change, float(np.abs(first.probabilities - again.probabilities).max()))
    return largest_change


def array_space(
    data: AuditData, array: np.ndarray, flat: np.ndarray, free: np.ndarray, *, alone: bool = False
) -> Space:
    """The space of inputs (N, *shape) that are arrays; `flat` is them as (N, D).

    Args:
        data: whose inputs they are.
        array: the inputs.
        flat: the same, a row each.
        free: (D,) bool, what may change.
        alone: the range is that of these rows, whatever the training split holds.
    """
    whole = array.dtype.kind in "iu"
    if data.range is not None:
        low, high = (end.reshape(-1) for end in spread_range(data.range, array.shape[1:]))
        return declared_space(low, high, whole=whole, free=free)
    known_rows = flat if alone else with_train(data, flat)
    if array.ndim > 2:
        # the channels of a series are measured in units of their own: degrees, volts
        channels = array.shape[2] if data.modality == "sequence" and array.ndim == 3 else 1
        return picture_space(known_rows, whole=whole, channels=channels)
    return feature_space(known_rows, whole=np.full(flat.shape[1], whole), free=free)


def table_space(data: AuditData, codes: np.ndarray, free: np.ndarray, *, alone: bool = False) -> Space:
    """The space of a table with these codes (N, D); categories from their first to their last, for the rest see above.

    Its arguments are those of `array_space`.
    """
    if not hasattr(data.inputs, "columns"):
        array = present(as_array(data.inputs), "what has no columns is an array")
        return array_space(data, array, codes, free, alone=alone)
    whole = np.array([feature.kind == "integer" for feature in data.schema])
    ends = [
        (feature.low, feature.high) if feature.numeric else (0.0, max(0.0, len(feature.coded) - 1.0))
        for feature in data.schema
    ]
    # None becomes NaN, which stands for an end that was not declared
    low, high = np.array(ends, dtype=np.float64).T
    return feature_space(codes if alone else with_train(data, codes), whole=whole, free=free, low=low, high=high)


def with_train(data: AuditData, values: np.ndarray) -> np.ndarray:
    """The rows and the training split's: what counts as in range is a matter of all the data."""
    if data.train is None:
        return values
    if hasattr(data.inputs, "columns"):
        return np.vstack([values, data.train.codes()])
    train_rows = as_array(data.train.inputs)
    if train_rows is None:
        return values
    return np.vstack([values, train_rows.reshape(len(train_rows), -1).astype(np.float64)])


def eats_as_is(model: Model, data: AuditData) -> bool:
    """Whether a module is given the inputs themselves, so that a step of the attack is a step of the input.

    Rounding to the module's own floating type, such as bfloat16, is no other input.
    """
    inputs = None if hasattr(data.inputs, "columns") else as_array(data.inputs[:2])
    if inputs is None or not takes_tensors(model) or not np.isfinite(inputs).all():
        return False
    encoded = model.encode(data.inputs[:2])
    if not encoded.is_floating_point() or encoded.shape != inputs.shape:
        return False
    encoded_values, rounded = (
        present(as_array(tensor), "both are tensors") for tensor in (encoded, encoded.new_tensor(inputs))
    )
    return bool(np.allclose(encoded_values, rounded, rtol=1e-4))


def what_moved(data: AuditData, space: Space) -> tuple[str, ...]:
    """A note on the features that were held; none where all moved."""
    names = data.feature_names
    if len(names) != len(space.free) or space.free.all():
        return ()
    fixed_names = [name for name, free in zip(names, space.free, strict=True) if not free]
    kinds = "categories, identifiers, groups, immutable, constant, or looked up by the model as codes"
    return (f"Held as they are ({kinds}): {first_few(fixed_names, 12)}.",)
