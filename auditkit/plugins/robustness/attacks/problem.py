"""What is attacked: a function on a box, a norm, what may move; the counts of what was asked, and the best so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from auditkit.memory import out_of_memory
from auditkit.plugins.robustness.attacks.losses import Loss, loss_of, spread, temperature
from auditkit.plugins.robustness.attacks.norms import Norm, direction, project, scatter, size

TOLERANCE = 1e-6
"""How far rounding may carry a counted point over its radius, where the box is about 1 wide."""
EPSILON = 2.0**-22
"""Twice the spacing of float32 numbers between 1 and 2: what rounding may move a coordinate there."""


class Evaluation(NamedTuple):
    """What one forward pass gives about n points."""

    loss: Tensor
    """(n,)"""
    wrong: Tensor
    """(n,) bool: the largest logit is not that of the right class, and no logit is NaN."""
    slope: Tensor
    """(n, *shape) of the loss; 0 where it is not finite or may not move."""


class Attacked(NamedTuple):
    """What an attack did to N rows within one radius each."""

    broken: Tensor
    """(N,) bool: a point was seen at which the function is wrong."""
    points: Tensor
    """(N, *shape) that point; for a row that withstood, the point of highest loss."""


class Attack(Protocol):
    """Anything that looks for a wrong decision within a radius."""

    def __call__(
        self, problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        """Attack rows x (N, *shape) of classes y (N,).

        Args:
            problem: what is attacked.
            x: the rows, inside the box.
            y: the right classes.
            radius: in the problem's norm, for all or (N,).
            start: (N, *shape) points that look promising, tried before the usual starts.
        """


class Problem:
    """A function whose largest output is its decision, on a box, in a norm.

    Args:
        f: (n, *shape) in, (n, C) logits out, C at least 2; in eval mode. Gradients are taken for the input alone and
            nothing of the function is written to.
        norm: Linf, L2 or L1 over all features of a row.
        low: the least that a feature may be; a number or (*shape).
        high: the most, likewise.
        free: (*shape) bool, what may move; None: everything.
        batch: how many rows go through the function at once. Rows are packed anew at every step.
    """

    def __init__(
        self,
        f: Callable[[Tensor], Tensor],
        norm: Norm = "Linf",
        low: Tensor | float = 0.0,
        high: Tensor | float = 1.0,
        free: Tensor | None = None,
        batch: int = 256,
    ) -> None:
        if norm not in ("Linf", "L2", "L1"):
            raise ValueError(f"norm must be Linf, L2 or L1; {norm!r} was given")
        self.f, self.norm, self.free, self.batch = f, norm, free, batch
        self.low, self.high = torch.as_tensor(low), torch.as_tensor(high)
        self.forward = 0
        """Rows that went forward so far."""
        self.backward = 0
        """Rows that went backward so far."""

    def logits(self, points: Tensor) -> Tensor:
        """(n, C) what the function gives, without gradients."""
        self.forward += len(points)
        with torch.no_grad():
            # an empty batch goes through too, for it tells how many classes there are
            parts = range(0, max(1, len(points)), self.batch)
            return torch.cat([self.f(points[start : start + self.batch]) for start in parts])

    def scale(self, logits: Tensor, loss: Loss) -> Tensor:
        """(n,) what a loss divides the logits (n, C) of these rows by: see `losses`."""
        return torch.full_like(logits[:, 0], temperature(logits)) if loss == "cross-entropy" else spread(logits)

    def wrong(self, points: Tensor, y: Tensor) -> Tensor:
        """(n,) bool: see `Evaluation.wrong`."""
        return _wrong(self.logits(points), y)

    def see(
        self, points: Tensor, y: Tensor, loss: Loss, scale: Tensor | None = None, target: Tensor | None = None
    ) -> Evaluation:
        """As `look`, for points whose slopes nobody needs: they are given as 0."""
        logits = self.logits(points)
        return Evaluation(loss_of(loss, logits, y, scale, target), _wrong(logits, y), torch.zeros_like(points))

    def look(
        self, points: Tensor, y: Tensor, loss: Loss, scale: Tensor | None = None, target: Tensor | None = None
    ) -> Evaluation:
        """Loss, decision and slope from one forward pass; see `losses.loss_of`."""
        parts = []
        for start in range(0, len(points), self.batch):
            batch = slice(start, start + self.batch)
            by, towards = (None if values is None else values[batch] for values in (scale, target))
            parts.append(self._look(points[batch], y[batch], loss, by, towards))
        return parts[0] if len(parts) == 1 else Evaluation(*(torch.cat(values) for values in zip(*parts, strict=True)))

    def _look(self, points: Tensor, y: Tensor, loss: Loss, scale: Tensor | None, target: Tensor | None) -> Evaluation:
        points = points.detach().requires_grad_(True)
        self.forward += len(points)
        with torch.enable_grad():
            logits = self.f(points)
            losses = loss_of(loss, logits, y, scale, target)
            self.backward += len(points) if losses.requires_grad else 0
            slope = slope_of(losses.sum(), points)
        if slope is None:
            slope = torch.zeros_like(points)
        # one infinite entry would send a whole L2 step along one feature
        slope = self.held(torch.nan_to_num(slope, nan=0.0, posinf=0.0, neginf=0.0))
        return Evaluation(losses.detach(), _wrong(logits.detach(), y), slope)

    def held(self, change: Tensor) -> Tensor:
        """The change, 0 where nothing may move."""
        return change if self.free is None else change * self.free.to(change)

    def project(self, points: Tensor, x: Tensor, radius: Tensor) -> Tensor:
        """See `norms.project`; what may not move is as in x."""
        near = project(points, x, radius, self.norm, self.low.to(x), self.high.to(x))
        return near if self.free is None else torch.where(self.free.to(x.device), near, x)

    def direction(self, slope: Tensor, points: Tensor) -> Tensor:
        """See `norms.direction`."""
        return direction(slope, points, self.norm, self.low.to(points), self.high.to(points))

    def scatter(self, x: Tensor, radius: Tensor, generator: torch.Generator) -> Tensor:
        """Random points that are allowed."""
        return self.project(scatter(x, radius, self.norm, generator), x, radius)

    def size(self, points: Tensor, x: Tensor) -> Tensor:
        """(n,) float64: how far points are from x."""
        return size(points.double() - x.double(), self.norm)

    def slack(self, x: Tensor) -> float:
        """How far over a radius rounding may carry points of rows like `x`: more in wide boxes and in sums."""
        features = x[0].numel() if len(x) else 1
        terms = {"Linf": 1.0, "L2": features**0.5, "L1": float(features)}[self.norm]
        return TOLERANCE + EPSILON * max(1.0, float(self.held(self.high).max())) * terms

    def legal(self, points: Tensor, x: Tensor, radius: Tensor | float) -> Tensor:
        """(n,) bool: finite, in the box, as in x where nothing may move, and within the radius, but for rounding.

        See `slack` for how far rounding may go.
        """
        slack = self.slack(x)
        is_inside = (points >= self.low.to(x) - slack) & (points <= self.high.to(x) + slack)
        if self.free is not None:
            is_inside &= self.free.to(x.device) | ((points - x).abs() <= slack)
        # in float64, so that only the slack stated is granted
        is_near = self.size(points, x) <= radii(radius, x).double() + slack
        return torch.isfinite(points).flatten(1).all(dim=1) & is_near & is_inside.flatten(1).all(dim=1)

    def tidied(self, points: Tensor, x: Tensor) -> Tensor:
        """(n, *shape) points in the box, and as in x where nothing may move, from where rounding took them away."""
        inside = points.clamp(self.low.to(x), self.high.to(x))
        return inside if self.free is None else torch.where(self.free.to(x.device), inside, x)

    def confirm(self, points: Tensor, x: Tensor, y: Tensor, radius: Tensor | float) -> Tensor:
        """(n,) bool: legal, and wrong when asked anew."""
        is_confirmed = self.legal(points, x, radius)
        if is_confirmed.any():
            is_confirmed[is_confirmed.clone()] = self.wrong(points[is_confirmed], y[is_confirmed])
        return is_confirmed


def radii(radius: Tensor | float, x: Tensor) -> Tensor:
    """(N,) one radius a row."""
    values = torch.as_tensor(radius, dtype=x.dtype, device=x.device)
    return values.expand(len(x)) if values.dim() == 0 else values


def slope_of(total: Tensor, points: Tensor) -> Tensor | None:
    """The gradient of a sum at points; None where it does not hang on them, or cannot be followed back.

    A module that changes a result in place, or calls what has no derivative, answers and yet fails backward.
    """
    if not total.requires_grad:
        return None
    try:
        (slope,) = torch.autograd.grad(total, points, allow_unused=True)
    except Exception as error:
        if out_of_memory(error):
            raise
        return None
    return slope


def _wrong(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.argmax(dim=1) != y) & ~logits.isnan().any(dim=1)


def zero_slopes(problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, seed: int = 0) -> Tensor:
    """(N,) bool: at a random point within half the radius no feature that may move has a slope.

    An attack that follows gradients has nothing to follow on such rows; that they withstand it shows nothing.
    """
    return flat(problem, problem.scatter(x, radii(radius, x) / 2, torch.Generator().manual_seed(seed)), y)


def flat(problem: Problem, points: Tensor, y: Tensor) -> Tensor:
    """(n,) bool: at this point the margin's slope is exactly zero, or not finite, on every feature that may move."""
    return (problem.look(points, y, "margin").slope == 0).flatten(1).all(dim=1)


class Record:
    """What was found so far on N rows.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
    """

    def __init__(self, problem: Problem, x: Tensor) -> None:
        self.problem = problem
        self.points = x.clone()
        self.loss = torch.full((len(x),), -torch.inf, dtype=x.dtype, device=x.device)
        self.broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)

    def note(self, indices: Tensor, points: Tensor, glance: Evaluation) -> None:
        """Take down what was seen at `points` of the rows `indices` (both n long)."""
        is_better = glance.wrong | (glance.loss > self.loss[indices])
        rows = indices[is_better]
        self.points[rows] = points[is_better]
        self.loss[rows] = glance.loss[is_better]
        self.broken[indices[glance.wrong]] = True

    def left(self) -> Tensor:
        """(n,) the rows that withstood."""
        return (~self.broken).nonzero()[:, 0]

    def attacked(self) -> Attacked:
        """The result."""
        return Attacked(self.broken, self.points)


def pick(state: dict[str, Tensor], kept_rows: Tensor) -> dict[str, Tensor]:
    """The rows of every tensor that are kept; the same tensors where all are."""
    return state if bool(kept_rows.all()) else {name: values[kept_rows] for name, values in state.items()}
