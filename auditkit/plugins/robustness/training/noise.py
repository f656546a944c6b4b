"""Noisy copies of rows as a network eats them: the noise that smoothing certificates are about."""

import numpy as np
import torch
from torch.nn import functional

from auditkit.data import AuditData, take_rows
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import eats_as_is
from auditkit.plugins.robustness.noise_space import as_inputs, noise_space_of
from auditkit.plugins.robustness.training import split


class Noise:
    """Gaussian noise on what may change, in the units in which `robustness.certificates` adds it.

    A network that eats the inputs as they are gets it on its own device; where preprocessing stands before it, the
    noise goes into the inputs themselves, and whole numbers are rounded.

    Args:
        model: encodes inputs.
        data: N rows.
        sigma: standard deviation, in units.
        seed: of the draws.
    """

    def __init__(self, model: Model, data: AuditData, sigma: float, seed: int) -> None:
        self.model, self.data, self.sigma = model, data, sigma
        self.noise_space = noise_space_of(data)
        self.encoded = model.encode(data.inputs) if eats_as_is(model, data) else None
        self.like = model.encode(take_rows(data.inputs, np.arange(1)))
        self.rng = np.random.default_rng(seed)
        self.generator = torch.Generator(device=self.like.device).manual_seed(seed)
        self.squares = torch.zeros((), dtype=torch.float64, device=self.like.device)
        """The sum of the squares of the noise so far, in units."""
        self.numbers = 0
        """How many numbers noise was added to."""

    def copies(self, rows: np.ndarray) -> torch.Tensor:
        """(n, *shape) one noisy copy of each of these rows, encoded; other noise at every call."""
        space = self.noise_space.space
        # counted, so that a control can hold the noise drawn against sigma
        self.numbers += len(rows) * int(space.free.sum())
        if self.encoded is None:
            points = self.noise_space.rows[rows]
            draws = self.rng.normal(0, self.sigma, points.shape) * space.free
            self.squares += float((draws**2).sum())
            return self.model.encode(as_inputs(points + draws * space.scale, self.data))
        encoded = self.encoded[torch.as_tensor(rows, device=self.like.device)]
        shape = self.noise_space.shape
        free, scale = (torch.as_tensor(array.reshape(shape)).to(encoded) for array in (space.free, space.scale))
        noise = torch.randn(encoded.shape, generator=self.generator, dtype=encoded.dtype, device=encoded.device)
        noise = noise * self.sigma * free
        self.squares += (noise.double() ** 2).sum()
        return encoded + noise * scale

    @property
    def level(self) -> float | None:
        """The standard deviation of the noise so far over sigma; None where there was none."""
        return float((self.squares / self.numbers).sqrt()) / self.sigma if self.numbers else None


def mean_loss(model: Model, inputs: torch.Tensor, classes: torch.Tensor) -> float:
    """The cross-entropy of encoded inputs, in eval mode."""
    return float(functional.cross_entropy(_logits(model, inputs, decides=False), classes))


def decided(model: Model, inputs: torch.Tensor) -> np.ndarray:
    """(n,) the positions of the classes decided for encoded inputs."""
    return np.asarray(_logits(model, inputs, decides=True).argmax(dim=1).cpu())


def _logits(model: Model, inputs: torch.Tensor, *, decides: bool) -> torch.Tensor:
    with model.module() as module, torch.no_grad():
        surface = split.identity(module, model, inputs[:1], decides=decides).eval()
        return torch.cat([surface(part) for part in inputs.split(split.BATCH)])  # type: ignore[no-untyped-call]
