"""The loss along the way: whether descent had come to its end, and whether the loss is smooth enough to follow."""

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.problem import Problem, radii
from auditkit.plugins.robustness.evasion.attack_checklist import Bench, outward

DRAWN = 100
"""Random points at which the loss is looked at."""
WAYS = 20
"""Random directions in which a slope is held against the loss."""
NEARBY = 0.25
"""The share of epsilon within which it is, too."""
FEW = 30
"""Rows on which it is."""


def trace(bench: Bench) -> dict[str, float]:
    """Follow descent on the sample, as Pintor et al. (2022), Indicators of Attack Failure, arXiv:2106.09947, do.

    `incomplete`: by how much the loss, scaled to 0 to 1 and never falling, still rises over the last ten steps; the
    mean. `silent-success`: the share of the sample at which a step was wrong, though the attack says that the row
    withstands.
    """
    problem, (x, y) = bench.target.problem, bench.target.at(bench.rows)
    reach = radii(bench.epsilon, x)
    current, losses, wrong, points = x, [], torch.zeros(len(x), dtype=torch.bool, device=x.device), x.clone()
    for _ in range(bench.steps + 1):
        glance = problem.look(current, y, "margin")
        losses.append(glance.loss.double())
        points[glance.wrong & ~wrong] = current[glance.wrong & ~wrong]
        wrong |= glance.wrong
        # 2.5 radii over all steps, as the literature takes them
        stride = problem.direction(glance.slope, current) * (bench.epsilon * 2.5 / bench.steps)
        current = problem.project(current + stride, x, reach)
    # descent may step down now and then; only the best so far says whether it still gets anywhere
    best = torch.stack(losses).cummax(dim=0).values
    span = (best[-1] - best[0]).clamp_min(1e-30)
    late_rise = (best[-1] - best[max(0, len(best) - 11)]) / span
    missed = wrong.cpu().numpy() & (bench.tally.broken_at[bench.rows] > bench.epsilon)
    is_confirmed = bench.tally.add(points[torch.as_tensor(missed)], bench.rows[missed], bench.epsilon)
    withstood = ~wrong
    moving = float(late_rise[withstood].mean()) if bool(withstood.any()) else 0.0
    return {"incomplete": moving, "silent-success": float(is_confirmed.sum()) / len(bench.rows)}


def unstable(bench: Bench) -> float:
    """The mean relative change of the margin over random points within epsilon of a few rows."""
    problem, (x, y) = bench.target.problem, bench.target.at(bench.rows[:10])
    generator = torch.Generator().manual_seed(bench.seed)
    loss_here = problem.see(x, y, "margin").loss
    changes = [
        problem.see(problem.scatter(x, radii(bench.epsilon, x), generator), y, "margin").loss - loss_here
        for _ in range(DRAWN)
    ]
    return float((torch.stack(changes).abs().mean(dim=0) / loss_here.abs().clamp_min(1e-30)).mean())


def slope_correlation(bench: Bench) -> float:
    """How far the loss does what its slope promises: their correlation over random directions, the median of rows.

    1 where the loss is a plane, about 0 where the slope is of something else: cut off for a part of the model, made up,
    or of a ripple. Through epsilon from the row, or through a part of it from a random point beside the row, whichever
    is higher: a loss that bends, or has its kinks on the row, as that of a filter has, is a plane only nearby.
    """
    problem, (x, y) = bench.target.problem, bench.target.at(bench.rows[:FEW])
    generator = torch.Generator().manual_seed(bench.seed)
    beside = problem.scatter(x, radii(bench.epsilon * NEARBY, x), generator)
    return max(
        _correlation(problem, x, y, bench.epsilon, generator),
        _correlation(problem, beside, y, bench.epsilon * NEARBY, generator),
    )


def _correlation(problem: Problem, x: Tensor, y: Tensor, epsilon: float, generator: torch.Generator) -> float:
    """Rows on which neither slope nor loss moves do not count; 1 where there is no other."""
    if not len(x):
        return 1.0
    slope = problem.look(x, y, "margin").slope
    promised, observed = [], []
    for _ in range(WAYS):
        ahead = outward(problem, x, epsilon, generator)
        # both ways from the row: what curves upwards on either side cancels, what the slope promises does not
        back = problem.project(2 * x - ahead, x, radii(epsilon, x))
        losses = [problem.see(points, y, "margin").loss.double() for points in (ahead, back)]
        promised.append((slope * (ahead - back)).flatten(1).double().sum(dim=1))
        observed.append(losses[0] - losses[1])
    by_slope, by_loss = torch.stack(promised, dim=1), torch.stack(observed, dim=1)
    sizes = by_slope.norm(dim=1) * by_loss.norm(dim=1)
    moves = (by_slope != 0).any(dim=1) | (by_loss != 0).any(dim=1)
    if not bool(moves.any()):
        return 1.0
    return float(((by_slope * by_loss).sum(dim=1) / sizes.clamp_min(1e-300))[moves].median())
