"""A torch classifier under certificates: votes on its device, interval bounds, and the attacks that try both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from auditkit.plugins.robustness.attacks import ascent
from auditkit.plugins.robustness.certificates import bounds
from auditkit.plugins.robustness.noise_space import COPIES, Ground
from auditkit.plugins.robustness.surface import Surface

SATURATED = 40.0
"""Margins above this have no digits left in probabilities of 32 bits."""
COPIES_CLIMBED = 16
"""Noisy copies whose mean loss an attack on the smoothed model climbs."""


class Tensors:
    """The rows of a ground as tensors on a model's device, and the classifier over units.

    Args:
        surface: over unit inputs, of a module in eval mode.
        ground: the rows.
        seed: of the noise.
    """

    def __init__(self, surface: Surface, ground: Ground, seed: int) -> None:
        self.surface = surface
        like = surface.low
        unit = (ground.rows - ground.space.low) / ground.space.scale
        self.unit = torch.as_tensor(unit.reshape(-1, *ground.shape)).to(like)
        self.free = torch.as_tensor(ground.space.free.reshape(ground.shape)).to(like)
        top = (ground.space.high - ground.space.low) / ground.space.scale
        self.top = torch.as_tensor(top.reshape(ground.shape)).to(like)
        self.generator = torch.Generator(device=like.device).manual_seed(seed)
        self.classes = int(surface(self.unit[:1]).shape[1])

    def noise(self, shape: tuple[int, ...], sigma: float) -> torch.Tensor:
        """Gaussian noise on what may change."""
        like = self.unit
        drawn = torch.randn(shape, generator=self.generator, dtype=like.dtype, device=like.device)
        return drawn * sigma * self.free

    def votes(self, sigma: float) -> Callable[[np.ndarray, int], np.ndarray]:
        """How noisy copies of rows are decided: see `smoothing.Votes`."""

        def count(rows: np.ndarray, copies: int) -> np.ndarray:
            return self.votes_at(self.unit[torch.as_tensor(rows, device=self.unit.device)], copies, sigma)

        return count

    def votes_at(self, unit: torch.Tensor, copies: int, sigma: float) -> np.ndarray:
        """(M, C) how noisy copies of these points (M, *shape) are decided."""
        owners = torch.arange(len(unit), device=unit.device).repeat_interleave(copies)
        counts = torch.zeros(len(unit) * self.classes, dtype=torch.int64, device=unit.device)
        for own in owners.split(COPIES):  # type: ignore[no-untyped-call]
            some = unit[own]
            decided = self.surface.decide(some + self.noise(tuple(some.shape), sigma))
            counts += torch.bincount(own * self.classes + decided, minlength=len(counts))
        return counts.reshape(len(unit), self.classes).cpu().numpy()

    def pushed(self, rows: np.ndarray, classes: np.ndarray, radii: np.ndarray, sigma: float, steps: int) -> Any:
        """(M, *shape) points within a radius of each row at which noisy copies are decided otherwise more often."""
        origin = self.unit[torch.as_tensor(rows, device=self.unit.device)]
        wanted = torch.as_tensor(classes, device=origin.device).repeat_interleave(COPIES_CLIMBED)
        radius = torch.as_tensor(radii, device=origin.device).to(origin).reshape(-1, *[1] * (origin.ndim - 1))
        at = origin.clone()
        for _ in range(steps):
            at = at.detach().requires_grad_(True)
            with torch.enable_grad():
                copies = at.repeat_interleave(COPIES_CLIMBED, dim=0)
                logits = self.surface(copies + self.noise(tuple(copies.shape), sigma))
                loss = functional.cross_entropy(logits, wanted, reduction="sum")
                # a module that hides its gradients is pushed at random
                hidden = not loss.requires_grad
                slope = self.noise(tuple(at.shape), 1.0) if hidden else torch.autograd.grad(loss, at)[0]
            moved = at.detach() - origin + 2.5 * radius / steps * _unit_length(slope * self.free)
            at = origin + moved * (radius / _length(moved).clamp_min(1e-12)).clamp_max(1.0)
        return at.detach()

    def box(self, epsilon: float) -> tuple[torch.Tensor, torch.Tensor]:
        """The ends of what a change of every free feature by at most epsilon, within the range, can reach."""
        reach = epsilon * self.free
        zero = torch.zeros_like(self.top)
        low = torch.maximum(self.unit - reach, torch.minimum(zero, self.unit))
        high = torch.minimum(self.unit + reach, torch.maximum(self.top, self.unit))
        return low, high

    def certified(self, network: bounds.Network, classes: np.ndarray, epsilon: float) -> np.ndarray:
        """(N,) bool: proven that no change of this size makes the decision another than the class."""
        low, high = (self._inputs(tensor) for tensor in self.box(epsilon))
        threshold = None if self.surface.shift == 0 else 1 / (1 + np.exp(-self.surface.shift))
        wanted = torch.as_tensor(classes, device=low.device)
        proven = bounds.certified(
            network, low, high, wanted, positive=self.surface.positive, threshold=threshold
        )  # fmt: skip
        return proven.cpu().numpy()

    def broken(self, classes: np.ndarray, epsilon: float, steps: int) -> np.ndarray:
        """(N,) bool: a change of this size was found that makes the decision another than the class."""
        low, high = self.box(epsilon)
        wanted = torch.as_tensor(classes, device=low.device)
        parts = torch.arange(len(low), device=low.device).split(256)  # type: ignore[no-untyped-call]
        tensors = [
            ascent.broken(self.surface, self.unit[at], wanted[at], low[at], high[at], steps, self.generator)
            for at in parts
        ]  # fmt: skip
        return torch.cat(tensors).cpu().numpy()

    def apart(self, network: bounds.Network) -> float:
        """The largest difference, relative to the spread, of the margins that bounds of no width give and the model's.

        It is 0 but for rounding where the layers were read rightly.
        """
        with torch.no_grad():
            logits = self.surface(self.unit).double() * self.surface.spread
        decided = logits.argmax(dim=1)
        inputs = self._inputs(self.unit)
        own = logits.gather(1, decided[:, None]) - logits
        read = bounds.margins(network, inputs, inputs, decided)
        kept = torch.isfinite(read)
        shift = torch.zeros_like(own)
        shift[:, self.surface.positive] = self.surface.shift
        own = own + shift.gather(1, decided[:, None]) - shift
        kept &= own < SATURATED
        scale = own[kept].abs().median().clamp_min(1e-12)
        return float(((own[kept] - read[kept]).abs() / scale).max())

    def _inputs(self, unit: torch.Tensor) -> torch.Tensor:
        """Points in units as the module's inputs, in float64."""
        return self.surface.low.double() + unit.double() * self.surface.scale.double()


def _length(values: torch.Tensor) -> torch.Tensor:
    """(M, 1, ...) Euclidean lengths."""
    return values.reshape(len(values), -1).norm(dim=1).reshape(-1, *[1] * (values.ndim - 1))


def _unit_length(values: torch.Tensor) -> torch.Tensor:
    return values / _length(values).clamp_min(1e-12)
