"""What a layer's calls add to the gradient of each row: norms without the gradients, and the weighted sum.

Source: Bu et al., 2023, Differentially Private Optimization on Large Foundation Models (book-keeping),
arXiv:2210.00038; the ghost norm is Goodfellow's, 2015, arXiv:1510.01799, extended to sequences by Li et al., 2021.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence

import torch

from auditkit.plugins.privacy.gradients.engine import HELD, added, wide


class Contribution(abc.ABC):
    """The gradient of n rows (or units) with respect to one parameter, in a form of few numbers."""

    @abc.abstractmethod
    def squares(self) -> torch.Tensor:
        """(n,) squared norms."""

    @abc.abstractmethod
    def weighted(self, factors: torch.Tensor) -> torch.Tensor:
        """The sum over rows, each times its factor, in any shape of the parameter's size."""

    @abc.abstractmethod
    def rows(self) -> torch.Tensor:
        """(n, size) the gradients themselves."""

    @abc.abstractmethod
    def of_units(self, units: torch.Tensor) -> Contribution:
        """The same, with the rows of each unit taken together."""


class Rows(Contribution):
    """Gradients as they are: (n, size)."""

    def __init__(self, gradients: torch.Tensor) -> None:
        self._gradients = gradients

    def squares(self) -> torch.Tensor:
        """See `Contribution`."""
        return _norms(self._gradients).square()

    def weighted(self, factors: torch.Tensor) -> torch.Tensor:
        """See `Contribution`."""
        return factors.to(self._gradients) @ self._gradients

    def rows(self) -> torch.Tensor:
        """See `Contribution`."""
        return self._gradients

    def of_units(self, units: torch.Tensor) -> Contribution:
        """See `Contribution`."""
        return Rows(added(self._gradients, units))


class Products(Contribution):
    """A row's gradient is the sum over T places of left times right: a matrix (p, d).

    Args:
        left: (n, T, p) gradients at the layer's output.
        right: (n, T, d) what the layer was given.
    """

    def __init__(self, left: torch.Tensor, right: torch.Tensor) -> None:
        self.left, self.right = left, right
        self._held: torch.Tensor | None = None

    def squares(self) -> torch.Tensor:
        """By the norms of both sides where T is 1, else by the cheaper of the ghost norm and the gradients."""
        (n, places, p), d = self.left.shape, self.right.shape[2]
        if places == 1:
            return (_norms(self.left[:, 0]) * _norms(self.right[:, 0])).square()
        # gradients that are held make the weighted sum as good as free, yet they cost more in memory than that saves
        if 2 * places**2 < p * d:
            left, right = self.left.to(wide(self.left)), self.right.to(wide(self.right))
            return ((left @ left.transpose(1, 2)) * (right @ right.transpose(1, 2))).sum((1, 2)).clamp_min(0)
        if n * p * d <= HELD:
            self._held = self.rows()
            return _norms(self._held).square()
        few = max(1, HELD // (p * d))
        parts = zip(torch.split(self.left, few), torch.split(self.right, few), strict=True)
        return torch.cat([_norms(Products(*part).rows()).square() for part in parts])

    def weighted(self, factors: torch.Tensor) -> torch.Tensor:
        """One matrix-vector product where the gradients are held, else one product of matrices."""
        factors = factors.to(self.left)
        if self._held is not None:
            return factors @ self._held
        left, right = self.left, self.right
        if left.shape[2] <= right.shape[2]:
            left = left * factors[:, None, None]
        else:
            right = right * factors[:, None, None]
        return left.flatten(0, 1).T @ right.flatten(0, 1)

    def rows(self) -> torch.Tensor:
        """See `Contribution`."""
        return torch.bmm(self.left.transpose(1, 2), self.right).flatten(1)

    def of_units(self, units: torch.Tensor) -> Contribution:
        """See `Contribution`."""
        return Products(side_by_side(self.left, units), side_by_side(self.right, units))


class Lookups(Contribution):
    """A row's gradient is that of a table (size, d) of which T places were looked up.

    Args:
        places: (n, T) in the table.
        gradients: (n, T, d) at the layer's output.
        size: entries of the table.
    """

    def __init__(self, places: torch.Tensor, gradients: torch.Tensor, size: int) -> None:
        self.places, self.gradients, self.size = places, gradients, size

    def squares(self) -> torch.Tensor:
        """The ghost norm: products of the gradients of all pairs that looked up the same entry."""
        if self.places.shape[1] == 1:
            return _norms(self.gradients[:, 0]).square()
        same = self.places[:, :, None] == self.places[:, None, :]
        gradients = self.gradients.to(wide(self.gradients))
        return (gradients @ gradients.transpose(1, 2)).mul_(same).sum((1, 2)).clamp_min(0)

    def weighted(self, factors: torch.Tensor) -> torch.Tensor:
        """See `Contribution`."""
        weighed = self.gradients * factors.to(self.gradients)[:, None, None]
        table = weighed.new_zeros((self.size, weighed.shape[2]))
        return table.index_add_(0, self.places.flatten(), weighed.flatten(0, 1))

    def rows(self) -> torch.Tensor:
        """See `Contribution`."""
        n, _, d = self.gradients.shape
        tables = self.gradients.new_zeros((n * self.size, d))
        own = self.places + self.size * torch.arange(n, device=self.places.device)[:, None]
        return tables.index_add_(0, own.flatten(), self.gradients.flatten(0, 1)).view(n, -1)

    def of_units(self, units: torch.Tensor) -> Contribution:
        """See `Contribution`."""
        # the places that fill up stand for entry 0, with a gradient of 0
        return Lookups(side_by_side(self.places, units), side_by_side(self.gradients, units), self.size)


def together(parts: Sequence[Contribution]) -> Contribution:
    """One parameter's contributions of several calls (a layer used twice, tied weights), added before any norm."""
    if len(parts) == 1:
        return parts[0]
    products = [part for part in parts if isinstance(part, Products)]
    if len(products) == len(parts):
        return Products(torch.cat([p.left for p in products], 1), torch.cat([p.right for p in products], 1))
    lookups = [part for part in parts if isinstance(part, Lookups)]
    if len(lookups) == len(parts):
        places, gradients = (
            torch.cat(side, 1) for side in ([p.places for p in lookups], [p.gradients for p in lookups])
        )
        return Lookups(places, gradients, lookups[0].size)
    return Rows(torch.stack([part.rows() for part in parts]).sum(0))


def side_by_side(values: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
    """(units, most · T, ...) of (n, T, ...): a unit's rows one after another, filled up with zeros."""
    codes, unit, counts = torch.unique(units, return_inverse=True, return_counts=True)
    most = int(counts.max())
    order = torch.argsort(unit, stable=True)
    rank = torch.arange(len(unit), device=unit.device) - (counts.cumsum(0) - counts)[unit[order]]
    filled = values.new_zeros((len(codes) * most, *values.shape[1:]))
    filled[unit[order] * most + rank] = values[order]
    return filled.reshape(len(codes), most * values.shape[1], *values.shape[2:])


def _norms(rows: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(rows, dim=1, dtype=wide(rows))
