"""Projected gradient descent over a grid of epsilons, through ART, on a classifier made fit to be attacked.

Madry et al. (2018), Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083. Two losses are
climbed, cross-entropy from the input itself and the margin from a random start, and an input counts as broken where
either of them breaks it: no single loss is right for every model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from auditkit.errors import ModelError
from auditkit.plugins.robustness.library import quiet, require_art, seeded
from auditkit.plugins.robustness.logits import Margin, Surface, zero_gradients
from auditkit.plugins.robustness.space import Space

BATCH = 256
TOLERANCE = 1e-6
"""How far, in units, rounding may carry a returned point over epsilon."""
FEW = 40
"""Rows on which the attack itself is tried."""


class Swept(NamedTuple):
    """What the attacks found on rows whose decision is right."""

    broken_at: np.ndarray
    """(N,) the smallest epsilon of the grid that broke the row; infinite where none did."""
    refused: int
    """Returned points that were not finite, out of range or too far, and were not counted."""
    returned: int
    """Points that the attacks returned."""
    by_noise: np.ndarray
    """(N,) bool: random noise broke the row at an epsilon at which the attacks had not."""


class Target:
    """A classifier, the rows to attack, and the way from units back to the inputs that it is asked about.

    Args:
        surface: the classifier over unit inputs.
        origins: (N, D) the rows, flat, in the inputs' own units.
        classes: (N,) the columns that are right.
        shape: of one input.
        space: what may change.
        ask: (M, D) inputs in, (M,) columns decided by the model itself out.
    """

    def __init__(
        self,
        surface: Surface,
        origins: np.ndarray,
        classes: np.ndarray,
        shape: tuple[int, ...],
        space: Space,
        ask: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.surface = surface
        self.origins = origins
        self.classes = classes
        self.shape = shape
        self.space = space
        self.ask = ask
        self.columns = int(surface(self._tensor(self.units(origins[:1]))).shape[1])
        self.ceiling = np.maximum((space.high - space.low) / space.scale, 1e-3)

    def units(self, points: np.ndarray) -> np.ndarray:
        """(M, *shape) float32: inputs in units."""
        unit = (points - self.space.low) / self.space.scale
        return unit.astype(np.float32).reshape(len(points), *self.shape)

    def inputs(self, unit: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(M, D) the inputs that these points in units stand for, snapped to what may be tried."""
        origins = self.origins[rows]
        moved = self.space.low + unit.reshape(len(unit), -1).astype(np.float64) * self.space.scale - origins
        # whole numbers are cut towards the row, so that rounding carries none over epsilon
        moved = np.where(self.space.whole, np.trunc(moved * (1 + 1e-6)), moved)
        return self.space.snap(origins + moved, origins)

    def lies_within(self, unit: np.ndarray, rows: np.ndarray, epsilon: float) -> np.ndarray:
        """(M,) bool: finite, and no feature farther than epsilon; the range is kept by `inputs`."""
        flat = unit.reshape(len(unit), -1)
        finite = np.isfinite(flat).all(axis=1)
        points = self.inputs(np.where(np.isfinite(unit), unit, 0), rows)
        return finite & (self.space.farthest(points, self.origins[rows]) <= epsilon + TOLERANCE)

    def zero_share(self, epsilon: float, rng: np.random.Generator) -> float:
        """The share of rows whose gradient is exactly zero at a random point within half of epsilon."""
        unit = self._jitter(np.arange(len(self.origins)), epsilon / 2, rng)
        parts = [
            zero_gradients(
                self.surface,
                self._tensor(unit[at]),
                torch.as_tensor(self.classes[at], device=self.surface.low.device),
                self._tensor(self.space.free.reshape(self.shape)).bool(),
            )
            for at in _batches(len(unit))
        ]
        return float(torch.cat(parts).float().mean())

    def agreement(self) -> float:
        """The share of rows on which the attacked surface decides as the model does."""
        unit = self.units(self.origins)
        decided = [self.surface.decide(self._tensor(unit[at])).cpu().numpy() for at in _batches(len(unit))]
        return float(np.mean(np.concatenate(decided) == self.classes))

    def standardise(self, factor: float = 1.0) -> None:
        """Set the size of the model's logits, multiplied by `factor`, to the usual."""
        self.surface.factor = factor
        self.surface.standardise(self._tensor(self.units(self.origins[:BATCH])))

    def climb(self, rows: np.ndarray, epsilon: float, steps: int, loss: str) -> np.ndarray:
        """(M, *shape) the points in units that ART returns for these rows.

        Args:
            rows: (M,) positions.
            epsilon: in units, for every feature alike.
            steps: of gradient descent.
            loss: `cross-entropy`, from the row itself, or `margin`, from a random start.
        """
        classifier = self._classifier(loss)
        attacks = require_art("art.attacks.evasion.projected_gradient_descent.projected_gradient_descent_pytorch")
        with quiet():
            attack = attacks.ProjectedGradientDescentPyTorch(
                classifier, norm=np.inf, eps=float(epsilon), eps_step=float(2.5 * epsilon / steps), max_iter=steps,
                num_random_init=int(loss == "margin"), batch_size=BATCH, verbose=False,
            )  # fmt: skip
            held = {} if self.space.free.all() else {"mask": self.space.free.reshape(self.shape).astype(np.float32)}
            wanted = np.eye(self.columns, dtype=np.float32)[self.classes[rows]]
            # without y the model's own decisions would stand in for the truth
            points: np.ndarray = attack.generate(self.units(self.origins[rows]), y=wanted, **held)
        self.surface.eval()
        return points

    def noise(self, rows: np.ndarray, epsilon: float, rng: np.random.Generator) -> np.ndarray:
        """(M, *shape) a random corner of each row's box."""
        sign = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), (len(rows), *self.shape))
        moved = self.units(self.origins[rows]) + epsilon * sign
        return np.clip(moved, 0, self.ceiling.reshape(self.shape)).astype(np.float32)

    def _jitter(self, rows: np.ndarray, epsilon: float, rng: np.random.Generator) -> np.ndarray:
        moved = self.units(self.origins[rows]) + rng.uniform(-epsilon, epsilon, (len(rows), *self.shape))
        return np.clip(moved, 0, self.ceiling.reshape(self.shape)).astype(np.float32)

    def _classifier(self, loss: str) -> Any:
        estimators = require_art("art.estimators.classification.pytorch")
        device = self.surface.low.device
        climbed = torch.nn.CrossEntropyLoss(reduction="sum") if loss == "cross-entropy" else Margin()
        with quiet():
            classifier = estimators.PyTorchClassifier(
                model=self.surface, loss=climbed, input_shape=self.shape, nb_classes=self.columns,
                clip_values=(np.zeros(self.shape, np.float32), self.ceiling.reshape(self.shape).astype(np.float32)),
                device_type="cpu" if device.type == "cpu" else "gpu",
            )  # fmt: skip
        if classifier.device.type != device.type or (device.index or 0) != (classifier.device.index or 0):
            raise ModelError(
                f"the attack runs on {classifier.device} and the model is on {device}; wrap the model with device='cpu'"
            )
        return classifier

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(values, device=self.surface.low.device)


def sweep(
    target: Target,
    epsilons: Sequence[float],
    steps: int,
    noise_draws: int,
    rng: np.random.Generator,
    *,
    blind: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Swept:
    """Attack every row at every epsilon, in ascending order; a row that broke stays broken.

    Args:
        target: the classifier and the rows.
        epsilons: ascending, in units.
        steps: of gradient descent.
        noise_draws: random corners that are tried beside the attacks.
        rng: the source of the noise.
        blind: there are no gradients to follow, so only noise is tried.
        progress: told (epsilons done, epsilons) after each.
    """
    rows = len(target.origins)
    broken_at, by_noise = np.full(rows, np.inf), np.zeros(rows, dtype=bool)
    refused = returned = 0
    for done, epsilon in enumerate(epsilons):
        for loss in () if blind else ("cross-entropy", "margin"):
            alive = np.flatnonzero(np.isinf(broken_at))
            if not len(alive):
                break
            unit = target.climb(alive, epsilon, steps, loss)
            fit = target.lies_within(unit, alive, epsilon)
            refused, returned = refused + int((~fit).sum()), returned + len(fit)
            broken_at[alive[_breaks(target, unit, alive, fit)]] = epsilon
        for _ in range(noise_draws):
            alive = np.flatnonzero(np.isinf(broken_at))
            if not len(alive):
                break
            unit = target.noise(alive, epsilon, rng)
            found = alive[_breaks(target, unit, alive, target.lies_within(unit, alive, epsilon))]
            broken_at[found], by_noise[found] = epsilon, True
        if progress is not None:
            progress(done + 1, len(epsilons))
    return Swept(broken_at, refused, returned, by_noise)


def share_robust(target: Target, rows: np.ndarray, epsilon: float, steps: int) -> float:
    """The share of these rows that withstand both attacks, by the surface's own decisions."""
    alive = rows
    for loss in ("cross-entropy", "margin"):
        if len(alive):
            unit = target.climb(alive, epsilon, steps, loss)
            decided = target.surface.decide(target._tensor(unit)).cpu().numpy()
            alive = alive[decided == target.classes[alive]]
    return len(alive) / len(rows)


def scale_gap(target: Target, epsilon: float, steps: int) -> float:
    """By how much robust accuracy on a few rows changes when the logits are multiplied by 100 and by 1/100."""
    rows = np.arange(min(FEW, len(target.origins)))
    shares = []
    for factor in (1.0, 100.0, 0.01):
        target.standardise(factor)
        with seeded(0):  # the same random starts for each, so that only the scale differs
            shares.append(share_robust(target, rows, epsilon, steps))
    target.standardise()
    return max(abs(share - shares[0]) for share in shares)


def unbounded(target: Target, steps: int) -> float:
    """The share of a few rows that withstand an attack that may go through the whole range."""
    rows = np.arange(min(FEW, len(target.origins)))
    return share_robust(target, rows, float(target.ceiling.max()), steps)


def _breaks(target: Target, unit: np.ndarray, rows: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """(M,) bool: the points that are fit and on which the model itself, asked anew, decides wrongly."""
    wrong = np.zeros(len(rows), dtype=bool)
    if fit.any():
        wrong[fit] = target.ask(target.inputs(unit[fit], rows[fit])) != target.classes[rows[fit]]
    return wrong


def _batches(rows: int) -> list[slice]:
    return [slice(start, min(start + BATCH, rows)) for start in range(0, rows, BATCH)]
