"""The model and rows as an attack meets them, and the same with a boundary at a known distance in the model's place."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from auditkit.data import AuditData, as_array
from auditkit.errors import ModelError
from auditkit.models import Capability, Model
from auditkit.network_output import CLASSIFIER_OUTPUTS
from auditkit.plugins.robustness.attackability import eats_as_is
from auditkit.plugins.robustness.library_attacks.targets import (
    Watch,
    Watched,
    blackbox_target,
    torch_target,
    tree_target,
)
from auditkit.plugins.robustness.noise_space import NoiseSpace, as_inputs, noise_space_of
from auditkit.plugins.robustness.space import Space
from auditkit.plugins.robustness.surface import Surface, surface_of
from auditkit.predictions import Predictions
from auditkit.text import one_line

FLOOR = 1e-30
BEYOND = (1.01, 1.03, 1.1)
"""A model in 16 bits is also asked so much farther than where a copy in 32 bits changes its decision."""


class Scene:
    """A model over rows: what an attack is built on, and whom its finds are checked with.

    Args:
        model: under attack.
        data: its rows.
        predictions: its answers.
        module: the model's torch module in eval mode; None where it has none that eats the inputs as they are.
    """

    def __init__(self, model: Model, data: AuditData, predictions: Predictions, module: torch.nn.Module | None) -> None:
        self.data, self.predictions = data, predictions
        noise_space = noise_space_of(data)
        self.noise_space: NoiseSpace = noise_space._replace(space=_declared(data, noise_space.space))
        self.space = self.noise_space.space
        self.classes = len(predictions.classes)
        self.shape = self.noise_space.shape if self.space.free.all() else (int(self.space.free.sum()),)
        self.surface = None if module is None else _surface(model, data, module, self.noise_space)
        self.narrow = self.surface is not None and model.encode(data.inputs[:1]).dtype.itemsize < 4
        """The model computes in 16 bits, and a copy in 32 bits is attacked."""
        self.beyond = BEYOND if self.narrow else ()
        self.tree = _tree(model, self.noise_space, data, predictions)

    def answer(self, points: np.ndarray) -> np.ndarray:
        """(M, C) scores whose largest is the model's own decision: log-probabilities, or 1 for what is decided."""
        predictions = self.predictions.of(as_inputs(points, self.data))
        rows = np.arange(len(points))
        codes = predictions.codes
        if Capability.PROBABILITIES not in self.predictions.model.capabilities:
            scores = np.zeros((len(points), self.classes))
            scores[rows[codes >= 0], codes[codes >= 0]] = 1
            return scores
        scores = np.log(np.maximum(predictions.probabilities, FLOOR))
        threshold = self.predictions.model.threshold
        if threshold is not None and self.classes == 2:
            # so that the sign of the margin, not its size, is what changes at the threshold
            scores[:, self.predictions.positive] -= np.log(threshold) - np.log1p(-threshold)
        # rounding at the threshold can leave another class on top than the model decides: these two change places
        top = scores.argmax(axis=1)
        is_off = (top != codes) & (codes >= 0)
        scores[rows[is_off], codes[is_off]], scores[rows[is_off], top[is_off]] = (
            scores[rows[is_off], top[is_off]] + 1e-6, scores[rows[is_off], codes[is_off]],
        )  # fmt: skip
        return scores

    def wrong(self, points: np.ndarray, truth: int) -> np.ndarray:
        """(M,) bool: points (M, D) on which the model itself, asked anew, decides otherwise than `truth`."""
        codes = self.predictions.of(as_inputs(points, self.data)).codes
        return (codes >= 0) & (codes != truth)

    def target(self, kind: str, watch: Watch, truth: int) -> Any:
        """What an attack of this kind (see `catalogue.kind_of`) is built on, for one row."""
        if kind == "trees":
            return tree_target(self.tree)
        if self.surface is None:
            return blackbox_target(self.answer, watch, truth, self.shape, self.classes)
        watched = Watched(self.surface, watch, self.noise_space.shape, truth, self.surface.low.reshape(1, -1)).eval()
        return torch_target(watched, self.shape, self.classes)

    def agreement(self) -> float:
        """The share of rows on which the function under attack decides as the model does."""
        if self.surface is None:
            return float(np.mean(self.answer(self.noise_space.rows).argmax(axis=1) == self.predictions.codes))
        decided = self.surface.decide(self.surface.in_units(self.noise_space.rows, self.space))
        return float(np.mean(decided.cpu().numpy() == self.predictions.codes))


class Plane(torch.nn.Module):
    """A linear rule over one row: class 1 from a known distance on, the other classes never.

    Args:
        origin: (D,) the row in units.
        normal: (D,) where the boundary lies; (x - origin) @ normal is the distance gone.
        distance: of the boundary.
        classes: how many columns.
    """

    def __init__(self, origin: torch.Tensor, normal: torch.Tensor, distance: float, classes: int) -> None:
        super().__init__()
        self.origin, self.normal, self.distance, self.classes = origin, normal, distance, classes

    def forward(self, unit: torch.Tensor) -> torch.Tensor:
        """(M, C) logits for inputs in units."""
        margin = ((unit.reshape(len(unit), -1) - self.origin) @ self.normal) / self.distance - 1
        # far below both, so that no other class is ever the nearest
        rest = [torch.full_like(margin, -5.0)] * (self.classes - 2)
        return torch.stack([-margin, margin, *rest], dim=1)


class KnownBoundary:
    """The scene with a known boundary in the model's place; whole numbers may be broken, or it would not be known."""

    def __init__(self, scene: Scene, norm: str, distance: float, rng: np.random.Generator) -> None:
        self.scene, self.norm, self.distance, self.classes = scene, norm, distance, scene.classes
        self.space = replace(scene.space, whole=np.zeros_like(scene.space.whole))
        self.rng, self.beyond = rng, ()
        self.like = torch.zeros(1, dtype=torch.float64) if scene.surface is None else scene.surface.low

    def target(self, kind: str, watch: Watch, truth: int) -> Any:
        """As `Scene.target`, at a boundary of its own for each row."""
        scene, free = self.scene, self.space.free
        unit = self.space.units(watch.origin)
        towards = np.where(self.space.units(self.space.high) / 2 >= unit, 1.0, -1.0)
        if kind == "trees":
            return tree_target(self._stump(watch.origin, unit, towards))
        normal = np.where(free, towards * self.rng.uniform(0.5, 1, len(free)), 0.0)
        # by the dual norm, so that the boundary lies at the distance stated in the norm of the attack
        normal /= np.abs(normal).sum() if self.norm == "Linf" else np.linalg.norm(normal)
        self._place(unit, normal)
        if scene.surface is not None:
            watched = Watched(self.plane, watch, scene.noise_space.shape, truth, self.like.reshape(1, -1)).eval()
            return torch_target(watched, scene.shape, scene.classes)
        return blackbox_target(self._answer, watch, truth, scene.shape, scene.classes)

    def wrong(self, points: np.ndarray, truth: int) -> np.ndarray:
        """(M,) bool: beyond the boundary, to the rounding of 32-bit numbers."""
        return self._answer(points).argmax(axis=1) != truth

    def _answer(self, points: np.ndarray) -> np.ndarray:
        scores = self.plane(torch.as_tensor(self.space.units(points)).to(self.like))
        decided: np.ndarray = scores.double().cpu().numpy()
        if Capability.PROBABILITIES not in self.scene.predictions.model.capabilities:
            return np.eye(decided.shape[1])[decided.argmax(axis=1)]
        return decided

    def _place(self, unit: np.ndarray, normal: np.ndarray) -> None:
        origin, across = (torch.as_tensor(array).to(self.like) for array in (unit, normal))
        self.plane = Plane(origin, across, self.distance, self.classes)

    def _stump(self, origin: np.ndarray, unit: np.ndarray, towards: np.ndarray) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        feature = int(np.flatnonzero(self.space.free)[0])
        opposite = origin.copy()
        opposite[feature] += 2 * self.distance * towards[feature] * self.space.scale[feature]
        normal = np.zeros(len(origin))
        normal[feature] = towards[feature]
        self._place(unit, normal)
        return DecisionTreeClassifier(max_depth=1).fit(np.vstack([origin, opposite]), [0, 1])


def attackable(model: Model, data: AuditData) -> bool:
    """Whether the model has a torch module that eats the inputs as they are and gives what can be read as logits."""
    return model.output in CLASSIFIER_OUTPUTS and eats_as_is(model, data)


def _declared(data: AuditData, space: Space) -> Space:
    """The space with whole numbers and declared ranges."""
    array = None if hasattr(data.inputs, "columns") else as_array(data.inputs)
    whole = np.full(len(space.low), array is not None and array.dtype.kind in "iu")
    if not data.schema:
        return replace(space, whole=whole)
    whole = whole | np.array([feature.kind == "integer" for feature in data.schema])
    low = [end if feature.low is None else feature.low for feature, end in zip(data.schema, space.low, strict=True)]
    high = [end if feature.high is None else feature.high for feature, end in zip(data.schema, space.high, strict=True)]
    return replace(space, whole=whole, low=np.asarray(low, dtype=float), high=np.asarray(high, dtype=float))


def _surface(model: Model, data: AuditData, module: torch.nn.Module, noise_space: NoiseSpace) -> Surface:
    if not np.isfinite(noise_space.rows).all():
        raise ModelError("rows with missing values must be left out before a network is attacked")
    like = model.encode(data.inputs[:1])
    if like.dtype.itemsize < 4:
        module, like = _widened(module, like)
    surface = surface_of(module, model, noise_space.space.low, noise_space.space.scale, like).eval()
    surface.standardise(surface.in_units(noise_space.rows[:256], noise_space.space))
    return surface


def _widened(module: torch.nn.Module, like: torch.Tensor) -> tuple[torch.nn.Module, torch.Tensor]:
    """A copy in 32-bit numbers, and an input for it: in 16 bits the steps of an attack are lost in rounding."""
    widened, example = copy.deepcopy(module).float(), like.float()
    try:
        with torch.no_grad():
            widened(example)
    except (RuntimeError, TypeError) as error:
        raise ModelError(
            f"the model computes in {str(like.dtype).removeprefix('torch.')}, in which steps of attacks are lost, "
            f"and a copy in float32 fails: {one_line(error, 200)}; use robustness.evasion, or a model in float32"
        ) from error
    return widened, example


def _tree(model: Model, noise_space: NoiseSpace, data: AuditData, predictions: Predictions) -> Any:
    """The decision tree inside, where it eats the rows as they are; else None."""
    tree = model.estimator()
    if (
        type(tree).__name__ != "DecisionTreeClassifier"
        or getattr(tree, "n_features_in_", 0) != noise_space.rows.shape[1]
    ):
        return None
    if not all(feature.numeric for feature in data.schema or ()):
        return None
    tree_codes = tree.tree_.value[tree.apply(noise_space.rows), 0].argmax(axis=1)
    return tree if np.mean(tree_codes == predictions.codes) >= 0.99 else None
