"""Estimators of ART around a model: a torch module on its surface, answers alone, or a decision tree.

A watch stands between them and the model: what an attack asks about one row is counted, held to what may be tried, and
remembered where the answer is wrong.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from auditkit.art import quiet, require_art
from auditkit.errors import Mend, ModelError
from auditkit.plugins.robustness.space import Space

REMEMBERED = 16
"""Closest points with a wrong answer that are kept for each row, to be asked about anew."""

Answer = Callable[[np.ndarray], np.ndarray]
"""(M, D) inputs in, (M, C) scores out, the largest of which is the model's decision."""


class BudgetSpent(Exception):
    """The row's budget of queries is used up."""


class Watch:
    """The budget and the finds of one row.

    Args:
        space: what may change.
        origin: (D,) the row.
        norm: `Linf` or `L2`.
        tick: called whenever the attack asks; raises where the time is up.
    """

    def __init__(self, space: Space, origin: np.ndarray, norm: str, tick: Callable[[], None]) -> None:
        self.space, self.origin, self.norm, self.tick = space, origin, norm, tick
        self.wants_probabilities = False
        """The attack wants probabilities rather than logits."""
        self.limit = 0
        self.queries = 0
        self.points = np.empty((0, len(origin)))
        self.distances = np.empty(0)

    def admit(self, rows: int) -> int:
        """How many of these rows may still be asked about; they are counted.

        Raises:
            BudgetSpent: none of them.
        """
        self.tick()
        # ART asks in batches; what the budget covers of the last batch is asked still
        allowed = min(rows, self.limit - self.queries)
        if allowed <= 0:
            raise BudgetSpent
        self.queries += allowed
        return allowed

    def legal(self, unit: np.ndarray) -> np.ndarray:
        """(M, D) inputs for free features (M, ...) in units: held features held, whole numbers whole, in range."""
        free = self.space.free
        points = np.repeat(self.origin[None], len(unit), axis=0)
        moved = self.space.low[free] + unit.reshape(len(unit), -1) * self.space.scale[free]
        points[:, free] = np.where(np.isfinite(moved), moved, self.origin[free])
        return self.space.snap(points, self.origin)

    def units(self, points: np.ndarray) -> np.ndarray:
        """(M, F) the free features of inputs (M, D), in units."""
        free = self.space.free
        return np.asarray((points[:, free] - self.space.low[free]) / self.space.scale[free])

    def distances_to(self, points: np.ndarray) -> np.ndarray:
        """(M,) how far inputs (M, D) are from the row."""
        return (self.space.farthest if self.norm == "Linf" else self.space.distance)(points, self.origin)

    def remember(self, points: np.ndarray) -> None:
        """Remember points (M, D) with a wrong answer; the closest are kept."""
        if not len(points):
            return
        everything = np.vstack([self.points, points])
        distances = np.append(self.distances, self.distances_to(points))
        nearest = np.argsort(distances, kind="stable")[:REMEMBERED]
        self.points, self.distances = everything[nearest], distances[nearest]


class Watched(torch.nn.Module):
    """A classifier over the free features in units, that a watch looks at; gradients go through the rounding.

    Args:
        inner: (M, *full_shape) units in, (M, C) logits out.
        watch: of the row under attack.
        full_shape: the shape of a whole input.
        truth: the column that is right.
        like: for type and device.
    """

    like: torch.Tensor
    free: torch.Tensor

    def __init__(
        self, inner: torch.nn.Module, watch: Watch, full_shape: tuple[int, ...], truth: int, like: torch.Tensor
    ) -> None:
        super().__init__()
        self.inner, self.watch, self.full_shape, self.truth = inner, watch, full_shape, truth
        self.register_buffer("like", like.detach()[:1])
        self.register_buffer("free", torch.as_tensor(np.flatnonzero(watch.space.free), device=like.device))

    def forward(self, unit: torch.Tensor) -> torch.Tensor:
        """(M, C) logits for free features (M, ...) in units.

        Raises:
            BudgetSpent: the budget does not cover all of them; what it covers was asked.
        """
        allowed = self.watch.admit(len(unit))
        points = self.watch.legal(unit[:allowed].detach().cpu().numpy().astype(np.float64))
        base = torch.as_tensor(self.watch.space.units(points)).to(self.like)
        values = unit[:allowed].to(self.like).reshape(allowed, -1)
        # straight through: the value is that of the rounded point, the gradient that of the point itself
        base = base.index_copy(1, self.free, values + (base[:, self.free] - values).detach())
        logits: torch.Tensor = self.inner(base.reshape(allowed, *self.full_shape))
        logits = logits.float() if logits.dtype.itemsize < 4 else logits  # ART hands them to numpy, without bfloat16
        wrong = (logits.detach().argmax(dim=1) != self.truth).cpu().numpy()
        self.watch.remember(points[wrong])
        if allowed < len(unit):
            raise BudgetSpent
        return logits.softmax(dim=1) if self.watch.wants_probabilities else logits


def clip(watch: Watch) -> tuple[Any, Any]:
    """The ends of the range in units: one number where it is the same for all features."""
    top = np.maximum(watch.space.units(watch.space.high)[watch.space.free], 1e-3).astype(np.float32)
    return (0.0, float(top[0])) if (top == top[0]).all() else (np.zeros_like(top), top)


def torch_target(watched: Watched, shape: tuple[int, ...], classes: int) -> Any:
    """ART's classifier around a torch module, on the device the module is on.

    Raises:
        ModelError: ART chose another device.
    """
    device = watched.like.device
    with quiet():
        classifier = require_art("art.estimators.classification.pytorch").PyTorchClassifier(
            model=watched, loss=torch.nn.CrossEntropyLoss(), input_shape=shape, nb_classes=classes,
            clip_values=clip(watched.watch), device_type="cpu" if device.type == "cpu" else "gpu",
        )  # fmt: skip
    if classifier.device.type != device.type or (classifier.device.index or 0) != (device.index or 0):
        mend = Mend("model.device", "cpu")
        where = f"the attack runs on {classifier.device}, and the model is on {device}"
        raise ModelError(f"{where}; put the model where attacks run, with {mend}", mend=mend)
    return classifier


def blackbox_target(answer: Answer, watch: Watch, truth: int, shape: tuple[int, ...], classes: int) -> Any:
    """ART's classifier around answers alone; it is asked in 64-bit numbers whatever the attack hands over."""

    def predict(unit: np.ndarray) -> np.ndarray:
        allowed = watch.admit(len(unit))
        points = watch.legal(np.asarray(unit[:allowed], dtype=np.float64))
        scores = answer(points)
        watch.remember(points[scores.argmax(axis=1) != truth])
        if allowed < len(unit):
            raise BudgetSpent
        if watch.wants_probabilities:
            # less the largest, so that no exponential overflows
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
        return scores.astype(np.float32)

    module = require_art("art.estimators.classification.blackbox")
    with quiet():
        return module.BlackBoxClassifierNeuralNetwork(predict, shape, classes, clip_values=clip(watch))


def tree_target(tree: Any) -> Any:
    """ART's classifier around a decision tree of scikit-learn."""
    with quiet():
        return require_art("art.estimators.classification.scikitlearn").ScikitlearnDecisionTreeClassifier(model=tree)
