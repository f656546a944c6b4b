"""What a white-box attack is tried with: the checklist of Carlini et al. (2019), arXiv:1902.06705, in numbers.

Each trial looks at a sample of the rows, and what it finds beyond the attack is taken down: the accuracy reported is
the least that any attack left, whichever it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

import numpy as np
import scipy
import torch
from torch import Tensor

from auditkit.hookspecs import Attack as Row
from auditkit.plugins.robustness.attacks import PGD, Attack, Problem, fgsm, radii
from auditkit.plugins.robustness.evasion.controls import ALONE, CHANCE
from auditkit.plugins.robustness.evasion.target import Tally, Target

OTHERS = 64
"""Rows of other classes put in the place of one that withstands."""
DRAWN = 100
"""Random points at which the loss is looked at."""
WAYS = 20
"""Random directions in which a slope is held against the loss."""
NEARBY = 0.25
"""The share of epsilon within which it is, too."""
FEW = 30
"""Rows on which it is."""


@dataclass
class Bench:
    """A sample of the rows and the attack that is tried on it."""

    target: Target
    """The rows, and the problem."""
    tally: Tally
    """What is known of them."""
    rows: np.ndarray
    """(n,) the sample."""
    epsilon: float
    """At which the attack is tried."""
    make: Callable[[int, int, int], Attack]
    """The attack, for a number of steps, of restarts, and a seed."""
    steps: int
    restarts: int
    seed: int

    def __post_init__(self) -> None:
        self.attack = self.make(self.steps, self.restarts, self.seed)

    def beaten(self, attack: Attack) -> float:
        """The share of the sample that this attack breaks and the check's did not."""
        survivors = self.tally.left(self.rows, self.epsilon)
        return float(self.tally.attack(attack, survivors, self.epsilon).sum()) / len(self.rows)

    def broken(self, attack: Attack, epsilon: float, rows: np.ndarray | None = None) -> np.ndarray:
        """(n,) bool: which of these rows an attack breaks by itself."""
        x, y = self.target.at(self.rows if rows is None else rows)
        return np.asarray(attack(self.target.problem, x, y, epsilon).broken.cpu().numpy())


def longer(bench: Bench) -> float:
    """What doubling the steps breaks beyond, as a share of the sample."""
    return bench.beaten(bench.make(2 * bench.steps, bench.restarts, bench.seed))


def again(bench: Bench) -> float:
    """What five runs from other random points break beyond."""
    return bench.beaten(PGD(steps=bench.steps, restarts=5, random_start=True, loss="margin", seed=bench.seed + 77))


def one_step(bench: Bench) -> float:
    """By how much a single step breaks more of the sample than descent of many steps; 0 at most where chance would.

    McNemar's exact test, one-sided: how often so many rows or more would go against many steps if each that tells them
    apart went either way.
    """
    by_one_step = bench.broken(fgsm, bench.epsilon)
    by_many_steps = bench.broken(PGD(steps=bench.steps), bench.epsilon)
    single_only, different = int((by_one_step & ~by_many_steps).sum()), int((by_one_step != by_many_steps).sum())
    chance = float(scipy.stats.binom.sf(single_only - 1, different, 0.5)) if different else 1.0
    ahead = float(by_one_step.mean() - by_many_steps.mean())
    return ahead if chance < CHANCE else min(0.0, ahead)


def falls(bench: Bench, epsilons: tuple[float, ...]) -> float:
    """By how much success falls, at most, from one epsilon to the next, each attacked by itself."""
    shares = [float(bench.broken(bench.attack, epsilon, bench.rows[:ALONE]).mean()) for epsilon in epsilons]
    return max(0.0, *(max(shares[: index + 1]) - share for index, share in enumerate(shares)))


def scale_gap(bench: Bench) -> float:
    """By how much success changes where the logits are multiplied by 100 and by 1/100."""
    # a defence that only saturates the softmax withstands at one scale and breaks at another (Carlini and Wagner 2017)
    surface, shares = bench.target.surface, []
    for factor in (1.0, 100.0, 0.01):
        with mock.patch.object(surface, "factor", surface.factor * factor):
            shares.append(float(bench.broken(bench.attack, bench.epsilon).mean()))
    return max(abs(share - shares[0]) for share in shares)


def unbounded(bench: Bench, right: float) -> dict[str, float]:
    """Attack the sample through the whole range; `right` is the share of all rows that are right.

    `unbounded`: the share of the sample that withstands although some allowed point is known to break it.
    `high-distortion`: the share that withstands, of the sample and the rows that were wrong from the start, in
    proportion.
    """
    target, (x, y) = bench.target, bench.target.at(bench.rows)
    withstands = ~bench.attack(target.problem, x, y, _reach(target)).broken
    breakable = sum(_breakable(bench, int(row)) for row in bench.rows[withstands.cpu().numpy()])
    return {
        "unbounded": breakable / len(bench.rows), "high-distortion": float(withstands.double().mean()) * right
    }  # fmt: skip


def _reach(target: Target) -> float:
    """The distance within which all of the box lies."""
    free = target.ceiling.cpu().numpy().reshape(-1)[target.space.free].astype(np.float64)
    if target.problem.norm == "Linf":
        return float(free.max(initial=0.0))
    return float(free.sum()) if target.problem.norm == "L1" else float(np.sqrt((free**2).sum()))


def _breakable(bench: Bench, row: int) -> bool:
    """Whether what may move of some other row, put into this one, makes the model wrong."""
    target = bench.target
    other_rows = target.x[torch.as_tensor(target.classes != target.classes[row], device=target.x.device)][:OTHERS]
    if not len(other_rows):
        return False
    free = target.problem.free
    points = other_rows if free is None else torch.where(free, other_rows, target.x[row])
    return bool(target.problem.wrong(points, target.y[row].expand(len(points))).any())


def noise(bench: Bench, epsilons: tuple[float, ...], draws: int) -> float:
    """The share of the sample that random steps of the same norm break and the attack did not, at any epsilon."""
    target, beaten = bench.target, np.zeros(len(bench.rows), dtype=bool)
    generator = torch.Generator().manual_seed(bench.seed)
    for epsilon in epsilons:
        for _ in range(draws):
            survivors = np.flatnonzero(bench.tally.broken_at[bench.rows] > epsilon)
            if not len(survivors):
                break
            x, y = bench.target.at(bench.rows[survivors])
            points = outward(target.problem, x, epsilon, generator)
            is_wrong = target.problem.wrong(points, y).cpu().numpy()
            is_broken = bench.tally.add(points[torch.as_tensor(is_wrong)], bench.rows[survivors[is_wrong]], epsilon)
            beaten[survivors[is_wrong][is_broken]] = True
    return float(beaten.mean())


def outward(problem: Problem, x: Tensor, epsilon: float, generator: torch.Generator) -> Tensor:
    """Random points at the full distance, as far as the box allows."""
    reach = radii(epsilon, x)
    if problem.norm == "Linf":
        sign = torch.randint(0, 2, x.shape, generator=generator).to(x) * 2 - 1
        return problem.project(x + epsilon * sign, x, reach)
    steps = problem.scatter(x, reach, generator) - x
    length = problem.size(x + steps, x).to(x).clamp_min(1e-12)
    return problem.project(x + steps * (epsilon / length).reshape(-1, *(1,) * (x.dim() - 1)), x, reach)


def undefended(bench: Bench, row: Row) -> float | None:
    """The share of the sample broken through the whole range where the model is a linear one, fitted to its decisions.

    The linear model hides nothing, so the same attack must succeed. None where it decides all rows alike.
    """
    target = bench.target
    flat = target.x.double().flatten(1).cpu()
    one_hot = torch.nn.functional.one_hot(target.y.cpu(), target.problem.logits(target.x[:1]).shape[1]).double()
    padded = torch.cat([flat, torch.ones(len(flat), 1, dtype=flat.dtype)], dim=1)
    # with a little ridge, for pixels that never vary have no weight of their own
    ridge = 1e-2 * len(flat) * torch.eye(padded.shape[1], dtype=flat.dtype)
    weights = torch.linalg.solve(padded.T @ padded + ridge, padded.T @ one_hot).to(target.x)
    copy = Problem(
        lambda unit: unit.flatten(1) @ weights[:-1] + weights[-1],
        target.problem.norm, 0.0, target.ceiling, target.problem.free,
    )  # fmt: skip
    x, _ = bench.target.at(bench.rows)
    y = copy.logits(x).argmax(dim=1)
    if not bool((y != y[0]).any()):
        return None
    attack = row.make(copy, one_hot.shape[1], bench.steps, 1, bench.seed)
    return float(attack(copy, x, y, _reach(target)).broken.double().mean())


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
