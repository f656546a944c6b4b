"""The nearest wrong decision: the whole robustness curve in one run."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.losses import spread
from auditkit.plugins.robustness.attacks.norms import direction, dual, wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, pick, radii


class Nearest(NamedTuple):
    """The nearest points found at which the function is wrong."""

    distances: Tensor
    """(N,) in the problem's norm; infinite where none was found."""
    points: Tensor
    """(N, *shape); the row itself where none was found."""


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
    distances, points = torch.full((len(x),), torch.inf, dtype=x.dtype, device=x.device), x.clone()
    all_rows = torch.arange(len(x), device=x.device)
    state = {
        "x": x, "y": y, "rows": all_rows, "scale": spread(problem.logits(x)), "points": x, "enough": radii(enough, x),
        "radius": torch.full_like(distances, torch.inf),
    }  # fmt: skip
    for step in range(steps):
        fade = 0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2
        glance = problem.look(state["points"], state["y"], "margin", state["scale"])
        distance = problem.size(state["points"], state["x"]).to(x)
        rows = state["rows"]
        is_closer = glance.wrong & (distance < distances[rows])
        distances[rows[is_closer]], points[rows[is_closer]] = distance[is_closer], state["points"][is_closer]
        growth = torch.full_like(distance, 1 + first * fade)
        linear_radius = distance + glance.loss.abs() / dual(glance.slope, problem.norm).clamp_min(1e-30)
        # a little beyond, or rounding leaves it on the boundary for ever
        linear_radius = linear_radius * (1 + first * fade / 10)
        grown = torch.where(torch.isinf(distances[rows]), linear_radius, state["radius"] * growth)
        shrunk = torch.minimum(state["radius"], distances[rows]) * (2 - growth)
        state["radius"] = torch.where(glance.wrong, shrunk, grown)
        state["slope"] = glance.slope
        state = pick(state, ~(distances[rows] <= state["enough"]))
        if not len(state["rows"]):
            break
        state["points"] = _move(problem, state, fade)
    return Nearest(distances, points)


def _move(problem: Problem, state: dict[str, Tensor], fade: float) -> Tensor:
    """A step along the slope, onto the new radius. Its length is the radius itself at first."""
    # infinite until a slope says where the row would break, and no tensor can be projected onto that
    reach = torch.nan_to_num(state["radius"], nan=0.0, posinf=1e30)
    norm = "L2" if problem.norm == "Linf" else problem.norm
    low, high = problem.low.to(state["x"]), problem.high.to(state["x"])
    step = direction(state["slope"], state["points"], norm, low, high)
    # as long, in the norm, as the radius: an L2 step of length 1 is far shorter in Linf
    step = step / wide(dual(step, "L1").clamp_min(1e-30), step) if problem.norm == "Linf" else step
    stride = wide((reach * fade).clamp(max=1e6), step)
    return problem.project(state["points"] + step * stride, state["x"], reach)


def fmn_within(
    problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None, *, steps: int = 100
) -> Attacked:
    """`fmn` as an attack within a radius: a row is left alone once a point that near was found. `start` is not used."""
    reach = radii(radius, x)
    nearest = fmn(problem, x, y, steps=steps, enough=reach)
    broken = nearest.distances <= reach
    return Attacked(broken, torch.where(wide(broken, x), nearest.points, problem.project(nearest.points, x, reach)))
