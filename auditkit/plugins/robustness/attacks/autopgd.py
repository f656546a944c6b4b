"""Projected gradient descent that sets its own step size, also towards one class after the other."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.best_so_far import Record, pick
from auditkit.plugins.robustness.attacks.losses import Loss, usual
from auditkit.plugins.robustness.attacks.norms import wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, radii

MOMENTUM = 0.75
RISING = 0.75
"""The step is halved where the loss rose in fewer than this share of steps since the last checkpoint."""


def apgd(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    steps: int = 100,
    loss: Loss = "cross-entropy",
    restarts: int = 1,
    seed: int = 0,
) -> Attacked:
    """Auto-PGD: momentum, the best point kept, and the step halved for rows that stop making progress.

    Croce and Hein (2020), Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free
    Attacks, arXiv:2003.01690, algorithm 1. For L1 the first step is the radius and there is no momentum, after Croce
    and Hein (2021), arXiv:2103.01208. DLR needs three classes; with two the margin stands in for it. Every run begins
    at a random point; other arguments as for `descent.pgd`.
    """
    return _attack(problem, x, y, radius, start, steps, loss, restarts, seed, targets=0)


def apgd_targeted(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    steps: int = 100,
    targets: int = 9,
    seed: int = 0,
) -> Attacked:
    """Auto-PGD towards each of the nearest other classes in turn, with the targeted DLR loss.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        radius: for all rows or (N,).
        start: (N, *shape) tried first, with a quarter of the steps.
        steps: of each run.
        targets: how many classes, by their logits at x; with fewer other classes, all of them. Up to three classes
            the targeted margin stands in for DLR.
        seed: of the random points.
    """
    return _attack(problem, x, y, radius, start, steps, "dlr", 1, seed, targets=targets)


def _attack(
    problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None, steps: int, loss: Loss,
    restarts: int, seed: int, targets: int,
) -> Attacked:  # fmt: skip
    if steps < 1 or restarts < 1:
        raise ValueError(f"steps and restarts must be 1 or more; {steps} and {restarts} were given")
    reach, record = radii(radius, x), Record(problem, x)
    logits = problem.logits(x)
    loss = usual(loss, logits.shape[1], targeted=targets > 0)
    rows = {"x": x, "y": y, "reach": reach, "scale": problem.scale(logits, loss)}
    ranked = logits.scatter(1, y[:, None], -torch.inf).argsort(dim=1, descending=True)
    generator = torch.Generator().manual_seed(seed)
    if start is not None:
        untargeted = usual(loss, logits.shape[1], targeted=False)
        _run(record, rows | {"now": problem.project(start, x, reach)}, max(1, steps // 4), untargeted)
    for run in range(min(targets, logits.shape[1] - 1) if targets else restarts):
        begun = rows | {"now": problem.scatter(x, reach, generator)}
        _run(record, begun | ({"target": ranked[:, run]} if targets else {}), steps, loss)
    return record.attacked()


def checkpoints(steps: int) -> list[int]:
    """The steps after which the step size is thought over: farther apart at first (Croce and Hein 2020, section 3)."""
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return sorted({math.ceil(share * steps) for share in shares[1:] if share <= 1})


def _run(record: Record, rows: dict[str, Tensor], steps: int, loss: Loss) -> None:
    """One run of the rows that are left; `rows` has x, y, reach, scale, now and maybe target, all N long."""
    problem, at = record.problem, record.left()
    if not len(at):
        return
    now = {name: row[at] for name, row in rows.items()} | {"at": at}
    sparse = problem.norm == "L1"
    glance = problem.look(now["now"], now["y"], loss, now["scale"], now.get("target"))
    record.note(at, now["now"], glance)
    none = torch.zeros_like(at)
    now |= {
        "before": now["now"], "stride": now["reach"] * (1 if sparse else 2), "slope": glance.slope, "loss": glance.loss,
        "best": now["now"], "best_loss": glance.loss, "best_slope": glance.slope, "rises": none,
        "check_loss": glance.loss, "halved": none > 0,
    }  # fmt: skip
    now, checks, last = pick(now, ~glance.wrong), checkpoints(steps), 0
    for step in range(steps):
        if not len(now["at"]):
            return
        keep = 1.0 if step == 0 or sparse else MOMENTUM
        now = _step(record, now, loss, keep, look=step + 1 < steps)
        if step + 1 in checks:
            _think(now, step + 1 - last)
            last = step + 1


def _step(record: Record, now: dict[str, Tensor], loss: Loss, keep: float, look: bool) -> dict[str, Tensor]:
    """Move, look, note what was found; the rows that withstand."""
    problem, x, reach, at = record.problem, now["x"], now["reach"], now["now"]
    ahead = problem.project(at + problem.direction(now["slope"], at) * wide(now["stride"], x), x, reach)
    moved = (
        ahead if keep == 1 else problem.project(at + keep * (ahead - at) + (1 - keep) * (at - now["before"]), x, reach)
    )
    glance = (problem.look if look else problem.see)(moved, now["y"], loss, now["scale"], now.get("target"))
    record.note(now["at"], moved, glance)
    better = glance.loss > now["best_loss"]
    now |= {
        "before": at, "now": moved, "slope": glance.slope, "rises": now["rises"] + (glance.loss > now["loss"]),
        "loss": glance.loss, "best": torch.where(wide(better, x), moved, now["best"]),
        "best_slope": torch.where(wide(better, x), glance.slope, now["best_slope"]),
        "best_loss": torch.where(better, glance.loss, now["best_loss"]),
    }  # fmt: skip
    return pick(now, ~glance.wrong)


def _think(now: dict[str, Tensor], steps: int) -> None:
    """Halve the step of the rows that stalled over the last steps, and take them back to their best point."""
    stuck = ~now["halved"] & (now["best_loss"] <= now["check_loss"])
    halve = (now["rises"] < RISING * steps) | stuck
    back = wide(halve, now["x"])
    now |= {
        "stride": torch.where(halve, now["stride"] / 2, now["stride"]),
        "now": torch.where(back, now["best"], now["now"]),
        "slope": torch.where(back, now["best_slope"], now["slope"]),
        "loss": torch.where(halve, now["best_loss"], now["loss"]),
        "rises": torch.zeros_like(now["rises"]), "check_loss": now["best_loss"], "halved": halve,
    }  # fmt: skip
