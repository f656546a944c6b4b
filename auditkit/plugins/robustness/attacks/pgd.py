"""The single gradient step and projected gradient descent."""

from __future__ import annotations

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.best_so_far import Record, pick
from auditkit.plugins.robustness.attacks.losses import Loss, usual
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, radii

STRIDE = 0.25
"""Shorter steps stay on one side of what masks the gradient: with 1/16 of the radius a fifth more rows withstand."""
RISE = 1e-4
"""By how much a loss must be higher to be called so."""
LOOK_BACK = 4
"""A row that goes in circles is found at every so many steps: most circles are of two or four."""


def fgsm(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    loss: Loss = "cross-entropy",
) -> Attacked:
    """One step of the whole radius along the steepest direction.

    Goodfellow, Shlens and Szegedy (2015), Explaining and Harnessing Adversarial Examples, arXiv:1412.6572. Arguments
    as for `pgd`.
    """
    return pgd(problem, x, y, radius, start, steps=1, share=1.0, loss=loss)


def pgd(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    steps: int = 40,
    share: float | None = None,
    loss: Loss = "cross-entropy",
    restarts: int = 1,
    random_start: bool = False,
    patience: int | None = None,
    seed: int = 0,
) -> Attacked:
    """Projected gradient descent; a row is left alone from the first step at which the function is wrong about it.

    Madry et al. (2018), Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083. The steps are
    all of one length and hold no chance, so a row that comes to a point for the second time goes in circles and is
    left alone as well: its verdict is what all the steps would give.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        radius: for all rows or (N,).
        start: (N, *shape) tried first, with an eighth of the steps.
        steps: of each run.
        share: length of a step as a share of the radius; None: a quarter, or 2.5 / steps where that is more.
        loss: see `losses.climbed`.
        restarts: runs. The first begins at x unless `random_start`, the others at random points.
        random_start: every run begins at a random point.
        patience: steps without a higher loss after which a row is left alone; None: all steps are taken.
        seed: of the random points.
    """
    if steps < 1 or restarts < 1:
        raise ValueError(f"steps and restarts must be 1 or more; {steps} and {restarts} were given")
    reach = radii(radius, x)
    record = Record(problem, x)
    logits = problem.logits(x)
    loss = usual(loss, logits.shape[1], targeted=False)
    scale = problem.scale(logits, loss)
    generator = torch.Generator().manual_seed(seed)
    length = reach * (max(STRIDE, 2.5 / steps) if share is None else share)
    if start is not None:
        _descend(record, x, y, reach, problem.project(start, x, reach), length, max(1, steps // 8), loss, scale, None)
    for run in range(restarts):
        begun = problem.scatter(x, reach, generator) if random_start or run else x
        _descend(record, x, y, reach, begun, length, steps, loss, scale, patience)
    return record.attacked()


def _descend(
    record: Record, x: Tensor, y: Tensor, reach: Tensor, start: Tensor, length: Tensor, steps: int, loss: Loss,
    scale: Tensor, patience: int | None,
) -> None:  # fmt: skip
    """One run of the rows that are left, from `start` (N, *shape)."""
    problem, at = record.problem, record.left()
    if not len(at):
        return
    given = {"x": x, "y": y, "reach": reach, "now": start, "length": length, "scale": scale}
    now = {name: each[at] for name, each in given.items()}
    now["at"], now["waited"] = at, torch.zeros_like(at)
    now["seen"] = torch.zeros((len(at), 0), dtype=torch.int64, device=x.device)
    prints = _Prints(x)
    for step in range(steps):
        glance = problem.look(now["now"], now["y"], loss, now["scale"])
        higher = glance.loss > record.loss[now["at"]] + RISE
        now["waited"] = torch.where(higher, 0, now["waited"] + 1)
        record.note(now["at"], now["now"], glance)
        again = torch.zeros_like(glance.wrong)
        if step % LOOK_BACK == 0:
            mark = prints.of(now["now"])
            again = (now["seen"] == mark[:, None]).any(dim=1)
            now["seen"] = torch.cat([now["seen"], mark[:, None]], dim=1)
        now["slope"] = glance.slope
        if patience is not None:
            again |= now["waited"] >= patience
        now = pick(now, ~(glance.wrong | again))
        if not len(now["at"]):
            return
        stride = problem.direction(now["slope"], now["now"]) * now["length"].reshape(-1, *(1,) * (x.dim() - 1))
        now["now"] = problem.project(now["now"] + stride, now["x"], now["reach"])
    record.note(now["at"], now["now"], problem.see(now["now"], now["y"], loss, now["scale"]))


class _Prints:
    """A number of 64 bits for each row, the same for the same bits: two points are taken as one where it agrees."""

    def __init__(self, x: Tensor) -> None:
        width = x[0].numel()
        generator = torch.Generator().manual_seed(0)
        odd = torch.randint(-(2**62), 2**62, (width,), generator=generator, dtype=torch.int64) * 2 + 1
        self.odd = odd.to(x.device)
        self.bits = torch.int64 if x.dtype == torch.float64 else torch.int32

    def of(self, points: Tensor) -> Tensor:
        """(n,) int64."""
        flat = points.contiguous().flatten(1)
        whole = flat.view(self.bits) if flat.dtype in (torch.float32, torch.float64) else flat.float().view(torch.int32)
        return (whole.long() * self.odd).sum(dim=1)
