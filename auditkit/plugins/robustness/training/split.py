"""A training split as a network learns from it: tensors in units, what may change, and the network over units."""

from typing import NamedTuple, Self

import numpy as np
import torch

from auditkit.data import AuditData, as_array
from auditkit.errors import DataError, ModelError
from auditkit.models import Model
from auditkit.network_output import CLASSIFIER_OUTPUTS
from auditkit.plugins.robustness.attackability import eats_as_is
from auditkit.plugins.robustness.noise_space import NoiseSpace, noise_space_of
from auditkit.plugins.robustness.space import feature_space, picture_space
from auditkit.plugins.robustness.surface import Surface, surface_of
from auditkit.predictions import Predictions

BATCH = 512


class Split(NamedTuple):
    """The rows in units, on the network's device."""

    unit: torch.Tensor
    """(N, *shape) the rows; 0 is the smallest value of a feature."""
    classes: torch.Tensor
    """(N,) int64, positions in the model's classes."""
    low: torch.Tensor
    """(*shape) the input at 0."""
    scale: torch.Tensor
    """(*shape) how far the input at 1 is from it."""
    top: torch.Tensor
    """(*shape) the largest value of a feature, in units."""
    free: torch.Tensor
    """(*shape) bool: may be changed."""

    def take(self, rows: np.ndarray) -> Self:
        """The same of some rows."""
        indices = torch.as_tensor(rows, device=self.unit.device)
        return self._replace(unit=self.unit[indices], classes=self.classes[indices])

    def surface(self, module: torch.nn.Module, model: Model, *, decides: bool = False) -> Surface:
        """A network over units.

        Args:
            module: encoded inputs in.
            model: says how its output is read.
            decides: the largest logit is the decision at the model's own threshold; else at one half, as is learned.
        """
        surface = surface_of(module, model, self.low, self.scale, self.low[None])
        if not decides:
            surface.decide_at(None, 1)
        return surface


def identity(module: torch.nn.Module, model: Model, like: torch.Tensor, *, decides: bool = False) -> Surface:
    """A network over encoded inputs; arguments as for `Split.surface`, `like` being an encoded row (1, *shape)."""
    # encoded inputs are the units themselves: 0 stays 0 and 1 stays 1
    nothing = torch.zeros_like(like[0])
    return Split(like, like, nothing, nothing + 1, nothing, nothing).surface(module, model, decides=decides)


def trainable(model: Model) -> torch.nn.Module:
    """The live module of a model: what is trained is what the model asks.

    Raises:
        ModelError: its output is of no kind that can be trained, or it has nothing to train.
    """
    module = model.estimator()
    if model.output not in CLASSIFIER_OUTPUTS or not isinstance(module, torch.nn.Module):
        raise ModelError(f"{model.name}: output must be logits or probabilities to be trained; it is {model.output!r}")
    if next(module.parameters(), None) is None:
        raise ModelError(f"{model.name}: a module without parameters cannot be trained")
    return module


def untrained(model: Model) -> Model:
    """A new model of the same architecture; call it after the model has been asked once.

    Raises:
        ModelError: it cannot be trained, or it comes with the weights of its parent.
    """
    trainable(model)
    fresh = model.fresh()
    trainable(fresh)
    # a factory that loads weights would make this a second training of the parent
    if fresh.fingerprint == model.fingerprint:
        raise ModelError(f"{model.name}: fresh= must make an untrained module; it gave one with the parent's weights")
    return fresh


def labelled(data: AuditData, predictions: Predictions) -> AuditData:
    """The rows whose label is known.

    Raises:
        DataError: there is none.
    """
    known = np.flatnonzero(predictions.truth >= 0)
    if not len(known):
        raise DataError(f"{data.name}: no row of the training split has a known label")
    return data if len(known) == len(data) else data.take(known)


def network_space(model: Model, data: AuditData) -> NoiseSpace:
    """The rows that the network eats, and what a change of 1 is: as for the checks that attack and certify.

    Where preprocessing stands before the network, it is what comes out of it; columns of two values are held there, for
    they stand for categories.

    Raises:
        ModelError: the network eats words, or values are missing.
    """
    encoded = model.encode(data.inputs)
    values = as_array(encoded)
    if values is None or not encoded.is_floating_point() or not np.isfinite(values).all():
        raise ModelError(
            f"{model.name}: inputs must be numbers without gaps for a small change of them to mean something; fill the "
            "gaps, and for words there is no such change"
        )
    rows = values.reshape(len(values), -1).astype(np.float64)
    if eats_as_is(model, data):
        return noise_space_of(data)._replace(rows=rows)
    if values.ndim > 2:
        return NoiseSpace(rows, values.shape[1:], picture_space(rows, whole=False), table=False)
    # a one-hot column takes two values, and a value between them is no category
    free = np.array([len(np.unique(column)) > 2 for column in rows.T])
    space = feature_space(rows, whole=np.zeros(len(free), dtype=bool), free=free)
    return NoiseSpace(rows, values.shape[1:], space, table=True)


def in_units(model: Model, data: AuditData, noise_space: NoiseSpace) -> Split:
    """The split as tensors like those that the network eats.

    Raises:
        ModelError: nothing may change.
    """
    space = noise_space.space
    if not space.free.any():
        raise ModelError(f"{model.name}: no feature may change; each is held, or the same in every row")
    like = model.encode(data.inputs[:1])
    low, scale, top = (
        torch.as_tensor(array.reshape(noise_space.shape)).to(like)
        for array in (space.low, space.scale, space.units(space.high))
    )
    return Split(
        torch.as_tensor(space.units(noise_space.rows)).to(like).reshape(-1, *noise_space.shape),
        torch.tensor(Predictions(model, data).truth, device=like.device),
        low, scale, top, torch.as_tensor(space.free.reshape(noise_space.shape), device=like.device),
    )  # fmt: skip
