"""The nearest wrong decision: the whole robustness curve in one run."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.best_so_far import pick
from auditkit.plugins.robustness.attacks.losses import spread
from auditkit.plugins.robustness.attacks.norms import direction, dual, wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, radii


class Nearest(NamedTuple):
    """The nearest points found at which the function is wrong."""

    distances: Tensor
    """(N,) in the problem's norm; infinite where none was found."""
    points: Tensor
    """(N, *shape); the row itself where none was found."""
    forward: int
    backward: int


def fmn(
    problem: Problem, x: Tensor, y: Tensor, *, steps: int = 100, enough: Tensor | float = 0.0, first: float = 0.05
) -> Nearest:
    """Fast minimum-norm: a radius that shrinks where the function is wrong and grows where it is right.

    Pintor et al. (2021), Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints, arXiv:2102.12827.
    Until a row is first broken, its radius is where a linear function of its slope would be wrong.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        steps: of descent.
        enough: a row is left alone once a point this near was found; a number or (N,).
        first: the share by which a radius changes at first; it falls to a hundredth of that along a cosine.
    """
    asked = problem.forward, problem.backward
    found, points = torch.full((len(x),), torch.inf, dtype=x.dtype, device=x.device), x.clone()
    everyone = torch.arange(len(x), device=x.device)
    now = {
        "x": x, "y": y, "at": everyone, "scale": spread(problem.logits(x)), "now": x, "enough": radii(enough, x),
        "radius": torch.full_like(found, torch.inf),
    }  # fmt: skip
    for step in range(steps):
        fade = 0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2
        glance = problem.look(now["now"], now["y"], "margin", now["scale"])
        gone = problem.size(now["now"], now["x"]).to(x)
        at = now["at"]
        closer = glance.wrong & (gone < found[at])
        found[at[closer]], points[at[closer]] = gone[closer], now["now"][closer]
        growth = torch.full_like(gone, 1 + first * fade)
        straight = gone + glance.loss.abs() / dual(glance.slope, problem.norm).clamp_min(1e-30)
        straight = straight * (1 + first * fade / 10)  # a little beyond, or rounding leaves it on the boundary for ever
        right = torch.where(torch.isinf(found[at]), straight, now["radius"] * growth)
        now["radius"] = torch.where(glance.wrong, torch.minimum(now["radius"], found[at]) * (2 - growth), right)
        now["slope"] = glance.slope
        now = pick(now, ~(found[at] <= now["enough"]))
        if not len(now["at"]):
            break
        now["now"] = _move(problem, now, fade)
    return Nearest(found, points, problem.forward - asked[0], problem.backward - asked[1])


def _move(problem: Problem, now: dict[str, Tensor], fade: float) -> Tensor:
    """A step along the slope, onto the new radius. Its length is the radius itself at first."""
    reach = torch.nan_to_num(now["radius"], nan=0.0, posinf=1e30)
    norm = "L2" if problem.norm == "Linf" else problem.norm
    low, high = problem.low.to(now["x"]), problem.high.to(now["x"])
    along = direction(now["slope"], now["now"], norm, low, high)
    # as long, in the norm, as the radius: an L2 step of length 1 is far shorter in Linf
    along = along / wide(dual(along, "L1").clamp_min(1e-30), along) if problem.norm == "Linf" else along
    stride = wide((reach * fade).clamp(max=1e6), along)
    return problem.project(now["now"] + along * stride, now["x"], reach)


def fmn_within(
    problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None, *, steps: int = 100
) -> Attacked:
    """`fmn` as an attack within a radius: a row is left alone once a point that near was found. `start` is not used."""
    reach = radii(radius, x)
    nearest = fmn(problem, x, y, steps=steps, enough=reach)
    broken = nearest.distances <= reach
    near = problem.project(nearest.points, x, reach)
    points = torch.where(wide(broken, x), nearest.points, near)
    return Attacked(broken, points, nearest.forward, nearest.backward)
