"""Rows as points where a network has gradients, what they are compared with, and an explanation of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, TypeAlias

import numpy as np
import torch

from auditkit.memory import out_of_memory
from auditkit.plugins.explanations.gradients.network import Network

PICTURES_AT_ONCE = 128
"""More pictures at once leave the processor's cache, and take twice the time."""
Progress: TypeAlias = Callable[[int, int, str], None]


class Explanation(NamedTuple):
    """Attributions of some rows, and what can be said of them."""

    values: np.ndarray
    """(n, ...) float64, as the points."""
    slopes: np.ndarray
    """(n, ...) how the output moves with each coordinate, signed; NaN where a row has no slope."""
    misses: np.ndarray | None = None
    """(n,) sum of values - change of the output; None for methods that do not add up."""
    changes: np.ndarray | None = None
    """(n,) f(x) - f(baseline), or less the mean over the background."""
    errors: np.ndarray | None = None
    """(n, U) standard errors of the sums over each unit, from sampling; None: nothing was sampled."""
    sum_errors: np.ndarray | None = None
    """(n,) standard errors of the sum of all values."""
    steps: np.ndarray | None = None
    """(n,) points on each row's path; None for methods without paths."""


@dataclass(frozen=True)
class Points:
    """Rows as points, what they are compared with, and the network."""

    network: Network
    encoded: torch.Tensor
    """(n, ...) floating-point rows."""
    baseline: torch.Tensor
    """(1, ...) or (n, ...)."""
    positions: torch.Tensor
    """(n,) which of the network's rows they are."""
    units: torch.Tensor
    """(...) of a row: the number of the part that each coordinate belongs to, such as a column or a word; from 0."""
    background: torch.Tensor
    """(B, ...) points that a row is compared with by sampling methods."""
    ranges: torch.Tensor
    """(K,) of each column of a table, or () of all coordinates of anything else together."""
    steps: int = 50
    """Points on the path at first."""
    batch: int = 512
    """Points asked about at once; halved where the memory does not suffice."""
    seed: int = 0
    """Of everything that a method draws: the same question gives the same answer."""
    layer: str = ""
    """Of GradCAM."""

    @property
    def at_once(self) -> int:
        """Points that are asked about together."""
        small = self.encoded.ndim == 4 and self.encoded.device.type == "cpu"
        return max(1, min(self.batch, PICTURES_AT_ONCE) if small else self.batch)

    @property
    def distance(self) -> np.ndarray:
        """(n, ...) rows minus baseline."""
        return to_array(self.encoded - self.baseline)

    @property
    def unit_count(self) -> int:
        """How many parts a row has."""
        return int(self.units.max()) + 1

    def starts(self, rows: torch.Tensor) -> torch.Tensor:
        """(m, ...) the baselines of rows at these places (m,)."""
        return (self.baseline if len(self.baseline) == 1 else self.baseline[rows]).expand_as(self.encoded[rows])

    def first(self, rows: int) -> Self:
        """The first rows only."""
        start = self.baseline if len(self.baseline) == 1 else self.baseline[:rows]
        return replace(self, encoded=self.encoded[:rows], baseline=start, positions=self.positions[:rows])

    def from_zeros(self) -> Self:
        """The same, compared with zeros."""
        return replace(self, baseline=torch.zeros_like(self.encoded[:1]))

    def outputs(self, points: torch.Tensor, positions: torch.Tensor) -> np.ndarray:
        """(m,) float64 explained outputs of points (m, ...) that belong to these rows of the network."""
        parts = []
        with torch.no_grad():
            for some, whose in zip(points.split(self.at_once), positions.split(self.at_once), strict=True):  # type: ignore[no-untyped-call]
                # a copy, for layers that write in place
                parts.append(_halving(self.network, some.clone(), whose))
        return to_array(torch.cat(parts))

    def gradients(self, points: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """(m, ...) gradients of the explained output at points (m, ...); at most `at_once` of them."""
        return _halving(self._gradients, points, positions)

    def all_gradients(self, points: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """(m, ...) the same of any number of points."""
        parts = zip(points.split(self.at_once), positions.split(self.at_once), strict=True)  # type: ignore[no-untyped-call]
        return torch.cat([self.gradients(some, whose) for some, whose in parts])

    def generator(self, position: torch.Tensor) -> torch.Generator:
        """What draws for one row: the same draws, whichever other rows are explained."""
        return torch.Generator().manual_seed(self.seed + int(position))

    def _gradients(self, points: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        # a leaf of its own, for gradients must not gather in the caller's; a copy of it, for layers that write in place
        leaf = points.detach().requires_grad_(True)
        with torch.enable_grad():
            # each row's output depends on that row alone, so the gradient of the sum holds the gradient of each
            (gradient,) = torch.autograd.grad(self.network(leaf.clone(), positions).sum(), leaf)
        return gradient.detach()


def ranges_of(encoded: torch.Tensor) -> torch.Tensor:
    """The range of each column of a table (K,), or of all coordinates of anything else together."""
    # columns of a table have units of their own, pixels have one in common
    return encoded.amax(dim=0) - encoded.amin(dim=0) if encoded.ndim == 2 else encoded.max() - encoded.min()


def to_array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor as float64."""
    return np.asarray(tensor.detach().double().cpu().numpy())


def sum_by_unit(values: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
    """(m, U) sums of values (m, ...) over the units of a row."""
    sums = values.new_zeros((len(values), int(units.max()) + 1))
    return sums.index_add_(1, units.reshape(-1).to(values.device), values.reshape(len(values), -1))


def _halving(
    ask: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], points: torch.Tensor, positions: torch.Tensor
) -> torch.Tensor:
    """What is asked about points, in halves as long as the memory does not suffice."""
    try:
        return ask(points, positions)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error) or len(points) == 1:
            raise
    half = len(points) // 2
    return torch.cat([
        _halving(ask, points[:half], positions[:half]), _halving(ask, points[half:], positions[half:])
    ])  # fmt: skip
