"""A torch classifier under certificates: votes on its device, interval bounds, and the attacks that try both."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from auditkit.plugins.robustness.attacks import ascent, problem
from auditkit.plugins.robustness.certificates import bounds
from auditkit.plugins.robustness.noise_space import COPIES, NoiseSpace
from auditkit.plugins.robustness.surface import Surface

SATURATED = 40.0
"""Margins above this have no digits left in probabilities of 32 bits."""
COPIES_CLIMBED = 16
"""Noisy copies whose mean loss an attack on the smoothed model climbs."""


class Tensors:
    """The rows of a noise space as tensors on a model's device, and the classifier over units.

    Args:
        surface: over unit inputs, of a module in eval mode.
        noise_space: the rows.
        seed: of the noise.
    """

    def __init__(self, surface: Surface, noise_space: NoiseSpace, seed: int) -> None:
        self.surface = surface
        like, space = surface.low, noise_space.space
        self.unit = surface.in_units(noise_space.rows, space)
        self.free = torch.as_tensor(space.free.reshape(noise_space.shape)).to(like)
        self.top = surface.in_units(space.high, space)[0]
        self.generator = torch.Generator(device=like.device).manual_seed(seed)
        self.classes = int(surface(self.unit[:1]).shape[1])

    def noise(self, shape: tuple[int, ...], sigma: float) -> torch.Tensor:
        """Gaussian noise on what may change."""
        like = self.unit
        return torch.randn(shape, generator=self.generator, dtype=like.dtype, device=like.device) * sigma * self.free

    def votes(self, sigma: float) -> Callable[[np.ndarray, int], np.ndarray]:
        """How noisy copies of rows are decided: see `smoothing.Votes`."""
        return lambda rows, copies: self.votes_at(
            self.unit[torch.as_tensor(rows, device=self.unit.device)], copies, sigma
        )

    def votes_at(self, unit: torch.Tensor, copies: int, sigma: float) -> np.ndarray:
        """(M, C) how noisy copies of these points (M, *shape) are decided."""
        # copies of all rows stand in one line and are cut into batches of one size, whatever a row has
        owners = torch.arange(len(unit), device=unit.device).repeat_interleave(copies)
        counts = torch.zeros(len(unit) * self.classes, dtype=torch.int64, device=unit.device)
        for batch in owners.split(COPIES):  # type: ignore[no-untyped-call]
            points = unit[batch]
            decided = self.surface.decide(points + self.noise(tuple(points.shape), sigma))
            counts += torch.bincount(batch * self.classes + decided, minlength=len(counts))
        return counts.reshape(len(unit), self.classes).cpu().numpy()

    def pushed(self, rows: np.ndarray, classes: np.ndarray, radii: np.ndarray, sigma: float, steps: int) -> Any:
        """(M, *shape) points within a radius of each row at which noisy copies are decided otherwise more often."""
        origin = self.unit[torch.as_tensor(rows, device=self.unit.device)]
        targets = torch.tensor(classes, device=origin.device).repeat_interleave(COPIES_CLIMBED)
        radius = torch.as_tensor(radii, device=origin.device).to(origin).reshape(-1, *[1] * (origin.ndim - 1))
        points = origin.clone()
        for _ in range(steps):
            points = points.detach().requires_grad_(True)
            with torch.enable_grad():
                copies = points.repeat_interleave(COPIES_CLIMBED, dim=0)
                logits = self.surface(copies + self.noise(tuple(copies.shape), sigma))
                slope = problem.slope_of(functional.cross_entropy(logits, targets, reduction="sum"), points)
            if slope is None:  # a module that hides its gradients is pushed at random
                slope = self.noise(tuple(points.shape), 1.0)
            # 2.5 radii over all steps, as Madry et al. take them: the far side of the ball is within reach
            change = points.detach() - origin + 2.5 * radius / steps * _unit_length(slope * self.free)
            points = origin + change * (radius / _length(change).clamp_min(1e-12)).clamp_max(1.0)
        return points.detach()

    def certified(self, network: bounds.Network, classes: np.ndarray, epsilon: float) -> np.ndarray:
        """(N,) bool: proven that no change of this size makes the decision another than the class."""
        low, high = (self._inputs(tensor) for tensor in ascent.reachable(self.unit, self.top, self.free, epsilon))
        threshold = None if self.surface.shift == 0 else 1 / (1 + np.exp(-self.surface.shift))
        targets = torch.tensor(classes, device=low.device)
        positive = self.surface.positive
        return bounds.certified(network, low, high, targets, positive=positive, threshold=threshold).cpu().numpy()

    def broken(self, classes: np.ndarray, epsilon: float, steps: int) -> np.ndarray:
        """(N,) bool: a change of this size was found that makes the decision another than the class."""
        low, high = ascent.reachable(self.unit, self.top, self.free, epsilon)
        targets = torch.tensor(classes, device=low.device)
        parts = torch.arange(len(low), device=low.device).split(256)  # type: ignore[no-untyped-call]
        flags = [
            ascent.broken(self.surface, self.unit[rows], targets[rows], low[rows], high[rows], steps, self.generator)
            for rows in parts
        ]
        return torch.cat(flags).cpu().numpy()

    def apart(self, network: bounds.Network) -> float:
        """The largest difference, relative to the spread, of the margins that bounds of no width give and the model's.

        It is 0 but for rounding where the layers were read rightly.
        """
        with torch.no_grad():
            logits = self.surface(self.unit).double() * self.surface.spread
        decided = logits.argmax(dim=1)
        inputs = self._inputs(self.unit)
        model_margins = logits.gather(1, decided[:, None]) - logits
        bound_margins = bounds.margins(network, inputs, inputs, decided)
        is_compared = torch.isfinite(bound_margins)
        # the surface moves the positive logit so that the largest decides at the threshold; the layers do not
        shift = torch.zeros_like(model_margins)
        shift[:, self.surface.positive] = self.surface.shift
        model_margins = model_margins + shift.gather(1, decided[:, None]) - shift
        is_compared &= model_margins < SATURATED
        scale = model_margins[is_compared].abs().median().clamp_min(1e-12)
        return float(((model_margins[is_compared] - bound_margins[is_compared]).abs() / scale).max())

    def _inputs(self, unit: torch.Tensor) -> torch.Tensor:
        """Points in units as the module's inputs, in float64."""
        return self.surface.low.double() + unit.double() * self.surface.scale.double()


def _length(values: torch.Tensor) -> torch.Tensor:
    """(M, 1, ...) Euclidean lengths."""
    return values.reshape(len(values), -1).norm(dim=1).reshape(-1, *[1] * (values.ndim - 1))


def _unit_length(values: torch.Tensor) -> torch.Tensor:
    return values / _length(values).clamp_min(1e-12)
