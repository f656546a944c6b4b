"""The model as an attack sees it: a function of units, and the way back to inputs that it is asked about anew."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks import TOLERANCE, Attack, Norm, Problem, Swept
from auditkit.plugins.robustness.space import Space
from auditkit.plugins.robustness.surface import Surface

ORDERS = {"Linf": np.inf, "L2": 2, "L1": 1}
"""Of `numpy.linalg.norm`."""


class Target:
    """The right rows of an audit in units, the problem of attacking them, and the model to ask.

    Args:
        surface: the classifier over unit inputs.
        origins: (N, D) the rows, flat, in the inputs' own units.
        classes: (N,) the columns that are right.
        shape: of one input.
        space: what may change.
        norm: Linf, L2 or L1.
        ask: (M, D) inputs in, (M,) columns decided by the model itself out.
    """

    def __init__(
        self,
        surface: Surface,
        origins: np.ndarray,
        classes: np.ndarray,
        shape: tuple[int, ...],
        space: Space,
        norm: Norm,
        ask: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.surface, self.origins, self.classes = surface, origins, classes
        self.shape, self.space, self.ask = shape, space, ask
        device = surface.low.device
        ceiling = np.maximum(space.units(space.high), 1e-3).astype(np.float32)
        self.ceiling = torch.as_tensor(ceiling.reshape(shape), device=device)
        unit = space.units(origins).astype(np.float32).reshape(-1, *shape)
        self.x = torch.minimum(torch.as_tensor(unit, device=device).clamp_min(0), self.ceiling)
        self.y = torch.tensor(classes, dtype=torch.int64, device=device)
        free = None if space.free.all() else torch.as_tensor(space.free.reshape(shape), device=device)
        self._whole = torch.as_tensor(space.whole.reshape(shape), device=device) if space.whole.any() else None
        self.problem = Problem(self.logits, norm, 0.0, self.ceiling, free)

    def logits(self, unit: Tensor) -> Tensor:
        """(n, C) for inputs in units; whole numbers are rounded, with the slope of the number before."""
        if self._whole is not None:
            low, scale = self.surface.low.to(unit), self.surface.scale.to(unit)
            inputs = low + unit * scale
            jump = ((inputs.round() - inputs) / scale).detach()
            unit = unit + torch.where(self._whole, jump, torch.zeros_like(jump))
        return self.surface(unit).to(unit.dtype)

    def inputs(self, unit: np.ndarray, rows: np.ndarray, epsilon: np.ndarray) -> np.ndarray:
        """(M, D) the inputs that points in units stand for, snapped to what may be tried.

        Args:
            unit: (M, *shape).
            rows: (M,) whose points they are.
            epsilon: (M,) how far they may be: a whole number is rounded, or cut towards the row where that is too far.
        """
        origins, space = self.origins[rows], self.space
        points = self._pulled(space.low + unit.reshape(len(unit), -1).astype(np.float64) * space.scale, rows, epsilon)
        if not space.whole.any():
            return space.snap(points, origins)
        rounded = space.snap(points, origins)
        change = points - origins
        # what float32 left a hair under a whole number is that number
        truncated = space.snap(np.where(space.whole, origins + np.trunc(change * (1 + 1e-6)), points), origins)
        if self.problem.norm == "Linf":
            is_too_far = np.abs(space.moved(rounded, origins)) > epsilon[:, None] + TOLERANCE
        else:
            is_too_far = (self.distance(rounded, rows) > epsilon + TOLERANCE)[:, None]
        return np.where(is_too_far, truncated, rounded)

    def _pulled(self, points: np.ndarray, rows: np.ndarray, epsilon: np.ndarray) -> np.ndarray:
        """(M, D) the points, those over the radius brought back onto it in float64, as float32 rounds past it."""
        origins, scale = self.origins[rows], self.space.scale
        change, reach = (points - origins) / scale, epsilon[:, None]
        if self.problem.norm == "Linf":
            return np.where(np.abs(change) > reach, origins + np.clip(change, -reach, reach) * scale, points)
        distance = self.distance(points, rows)[:, None]
        is_over = (distance > reach) & np.isfinite(reach)
        return np.where(is_over, origins + change * scale * (reach / np.where(is_over, distance, 1)), points)

    def distance(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(M,) how far inputs (M, D) are from their rows, in units of the norm."""
        return np.linalg.norm(self.space.moved(points, self.origins[rows]), ORDERS[self.problem.norm], axis=1)

    def verify(
        self, unit: np.ndarray, rows: np.ndarray, epsilon: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hold points in units (M, *shape) of some rows against the norm and against the model, asked anew.

        Returns:
            (M,) bool: finite, and no farther over the radius than rounding goes; then projected onto it in float64.
            (M,) bool: fit, and the model decides wrongly when asked anew.
            (M,) how far the inputs that may be tried are from their rows, in units.
        """
        is_finite = np.isfinite(unit).reshape(len(unit), -1).all(axis=1)
        # NaN would spread through snapping; these points are counted as not allowed anyway
        unit = np.where(np.isfinite(unit), unit, 0)
        unsnapped = self.space.low + unit.reshape(len(unit), -1).astype(np.float64) * self.space.scale
        points = self.inputs(unit, rows, epsilon)
        distances = self.distance(points, rows)
        allowed = epsilon + self.problem.slack(self.x)
        is_allowed = is_finite & (self.distance(unsnapped, rows) <= allowed) & (distances <= epsilon + TOLERANCE)
        breaks = np.zeros(len(rows), dtype=bool)
        if is_allowed.any():
            breaks[is_allowed] = self.ask(points[is_allowed]) != self.classes[rows[is_allowed]]
        return is_allowed, breaks, distances

    def at(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Some rows in units, and their classes."""
        indices = torch.as_tensor(rows, device=self.x.device)
        return self.x[indices], self.y[indices]

    def agreement(self) -> float:
        """The share of rows on which the attacked function decides as the model does."""
        return float((~self.problem.wrong(self.x, self.y)).double().mean())


class Tally:
    """What is known of every row so far: the smallest epsilon that broke it, and the point that did.

    Args:
        target: the rows.
        epsilons: ascending.
    """

    def __init__(self, target: Target, epsilons: tuple[float, ...]) -> None:
        self.target = target
        self.grid = np.array([*epsilons, np.inf])
        self.broken_at = np.full(len(target.origins), np.inf)
        self.nearest = np.full(len(target.origins), np.inf)
        """(N,) the distance of the nearest point found."""
        self.points = target.x.cpu().numpy().copy()
        self.returned = self.unfit = 0

    def count(self, fit: np.ndarray) -> None:
        """Take down how many points were returned, and how many of them break the rules; `fit` is (M,) bool."""
        self.returned += len(fit)
        self.unfit += int((~fit).sum())

    def add(self, points: Tensor | np.ndarray, rows: np.ndarray, epsilon: np.ndarray | float) -> np.ndarray:
        """Take down points (M, *shape) that are said to break rows (M,) within epsilon; (M,) bool: they do."""
        unit = points.detach().cpu().numpy() if isinstance(points, Tensor) else points
        if not len(rows):
            return np.zeros(0, dtype=bool)
        reach = np.broadcast_to(np.asarray(epsilon, dtype=np.float64), (len(rows),))
        is_fit, breaks, distances = self.target.verify(unit, rows, reach)
        self.count(is_fit)
        is_nearer = breaks & (distances < self.nearest[rows])
        self.points[rows[is_nearer]] = unit[is_nearer]
        self.nearest[rows[is_nearer]] = distances[is_nearer]
        # the smallest epsilon within which the point lies, which may be smaller than the one attacked
        grid_index = np.searchsorted(self.grid, self.nearest[rows[is_nearer]] - TOLERANCE)
        self.broken_at[rows[is_nearer]] = np.minimum(
            self.broken_at[rows[is_nearer]], self.grid[np.minimum(grid_index, len(self.grid) - 1)]
        )
        return breaks

    def attack(self, attack: Attack, rows: np.ndarray, epsilon: float, radius: float | None = None) -> np.ndarray:
        """Attack rows within a radius (None: epsilon) and take down what breaks; (m,) bool: what held of it."""
        if not len(rows):
            return np.zeros(0, dtype=bool)
        result = attack(self.target.problem, *self.target.at(rows), epsilon if radius is None else radius)
        return self.add(result.points[result.broken], rows[result.broken.cpu().numpy()], epsilon)

    def take(self, swept: Swept, rows: np.ndarray) -> np.ndarray:
        """Take down a sweep of these rows; the rows whose point did not hold when the model was asked."""
        broken_at = swept.broken_at.cpu().numpy()
        claimed = np.flatnonzero(np.isfinite(broken_at) & (broken_at > 0))
        is_confirmed = self.add(
            swept.points[torch.as_tensor(claimed, device=swept.points.device)], rows[claimed], broken_at[claimed]
        )
        return rows[claimed[~is_confirmed]]

    def left(self, rows: np.ndarray, epsilon: float) -> np.ndarray:
        """Those of the rows that withstand at this epsilon."""
        return rows[self.broken_at[rows] > epsilon]
