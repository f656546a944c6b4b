"""Projected gradient descent that sets its own step size, also towards one class after the other."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.losses import Loss, fitting_loss
from auditkit.plugins.robustness.attacks.norms import wide
from auditkit.plugins.robustness.attacks.pgd import Descent
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, Record, pick, radii

MOMENTUM = 0.75
RISING = 0.75
"""The step is halved where the loss rose in fewer than this share of steps since the last checkpoint."""


@dataclass(frozen=True, kw_only=True)
class APGD(Descent):
    """Auto-PGD: momentum, the best point kept, and the step halved for rows that stop making progress.

    Croce and Hein (2020), Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free
    Attacks, arXiv:2003.01690, algorithm 1. For L1 the first step is the radius and there is no momentum, after Croce
    and Hein (2021), arXiv:2103.01208. DLR needs three classes, and four where it is targeted; with fewer the margin
    stands in for it. Every run begins at a random point; `start` is tried first, with a quarter of the steps. There are
    `restarts` runs where there are no targets.

    Raises:
        ValueError: steps or restarts below 1.
    """

    steps: int = 100
    """Of each run."""
    targets: int = 0
    """Towards how many of the nearest other classes, by their logits at x, one run each; 0: away from the right one."""

    def __call__(
        self, problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        """See `problem.Attack`."""
        reach, record = radii(radius, x), Record(problem, x)
        logits = problem.logits(x)
        loss = fitting_loss(self.loss, logits.shape[1], targeted=self.targets > 0)
        rows = {"x": x, "y": y, "reach": reach, "scale": problem.scale(logits, loss)}
        # the right class goes last, so that the first columns are the nearest other classes
        ranked = logits.scatter(1, y[:, None], -torch.inf).argsort(dim=1, descending=True)
        generator = torch.Generator().manual_seed(self.seed)
        if start is not None:
            untargeted = fitting_loss(loss, logits.shape[1], targeted=False)
            _run(record, rows | {"points": problem.project(start, x, reach)}, max(1, self.steps // 4), untargeted)
        for run in range(min(self.targets, logits.shape[1] - 1) if self.targets else self.restarts):
            state = rows | {"points": problem.scatter(x, reach, generator)}
            _run(record, state | ({"target": ranked[:, run]} if self.targets else {}), self.steps, loss)
        return record.attacked()


def checkpoints(steps: int) -> list[int]:
    """The steps after which the step size is thought over: farther apart at first (Croce and Hein 2020, section 3)."""
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        # periods shrink by 0.03 of all steps, down to 0.06: long searches first, refinement later
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return sorted({math.ceil(share * steps) for share in shares[1:] if share <= 1})


def _run(record: Record, rows: dict[str, Tensor], steps: int, loss: Loss) -> None:
    """One run of the rows that are left; `rows` has x, y, reach, scale, points and maybe target, all N long."""
    problem, left = record.problem, record.left()
    if not len(left):
        return
    state = {name: values[left] for name, values in rows.items()} | {"rows": left}
    is_sparse = problem.norm == "L1"
    glance = problem.look(state["points"], state["y"], loss, state["scale"], state.get("target"))
    record.note(left, state["points"], glance)
    none = torch.zeros_like(left)
    state |= {
        "before": state["points"], "stride": state["reach"] * (1 if is_sparse else 2), "slope": glance.slope,
        "loss": glance.loss, "best": state["points"], "best_loss": glance.loss, "best_slope": glance.slope,
        "rises": none, "check_loss": glance.loss, "halved": none > 0,
    }  # fmt: skip
    state, checks, last = pick(state, ~glance.wrong), checkpoints(steps), 0
    for step in range(steps):
        if not len(state["rows"]):
            return
        keep = 1.0 if step == 0 or is_sparse else MOMENTUM  # the first step has none before it to go on along
        state = _step(record, state, loss, keep, needs_slope=step + 1 < steps)
        if step + 1 in checks:
            _halve_strides(state, step + 1 - last)
            last = step + 1


def _step(record: Record, state: dict[str, Tensor], loss: Loss, keep: float, needs_slope: bool) -> dict[str, Tensor]:
    """Move, look, note what was found; the rows that withstand."""
    problem, x, reach, points = record.problem, state["x"], state["reach"], state["points"]
    moved = problem.project(points + problem.direction(state["slope"], points) * wide(state["stride"], x), x, reach)
    if keep < 1:
        momentum = (1 - keep) * (points - state["before"])
        moved = problem.project(points + keep * (moved - points) + momentum, x, reach)
    look = problem.look if needs_slope else problem.see
    glance = look(moved, state["y"], loss, state["scale"], state.get("target"))
    record.note(state["rows"], moved, glance)
    is_better = glance.loss > state["best_loss"]
    takes_point = wide(is_better, x)
    state |= {
        "before": points, "points": moved, "slope": glance.slope, "loss": glance.loss,
        "rises": state["rises"] + (glance.loss > state["loss"]),
        "best": torch.where(takes_point, moved, state["best"]),
        "best_slope": torch.where(takes_point, glance.slope, state["best_slope"]),
        "best_loss": torch.where(is_better, glance.loss, state["best_loss"]),
    }  # fmt: skip
    return pick(state, ~glance.wrong)


def _halve_strides(state: dict[str, Tensor], steps: int) -> None:
    """Halve the step of the rows that stalled over the last steps, and take them back to their best point."""
    # not twice in a row for want of a new best: the shorter step has a period of its own to show what it can do
    is_stuck = ~state["halved"] & (state["best_loss"] <= state["check_loss"])
    halve = (state["rises"] < RISING * steps) | is_stuck
    back = wide(halve, state["x"])
    state |= {
        "stride": torch.where(halve, state["stride"] / 2, state["stride"]),
        "points": torch.where(back, state["best"], state["points"]),
        "slope": torch.where(back, state["best_slope"], state["slope"]),
        "loss": torch.where(halve, state["best_loss"], state["loss"]),
        "rises": torch.zeros_like(state["rises"]), "check_loss": state["best_loss"], "halved": halve,
    }  # fmt: skip
