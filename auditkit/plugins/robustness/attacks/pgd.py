"""The single gradient step and projected gradient descent."""

from dataclasses import dataclass

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.losses import Loss, fitting_loss
from auditkit.plugins.robustness.attacks.norms import wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Problem, Record, pick, radii

STRIDE = 0.25
"""Shorter steps stay on one side of what masks the gradient: with 1/16 of the radius a fifth more rows withstand."""
RISE = 1e-4
"""By how much a loss must be higher to be called so."""
LOOK_BACK = 4
"""A row that goes in circles is found at every so many steps: most circles are of two or four."""


@dataclass(frozen=True, kw_only=True)
class Descent:
    """What every descent along the slope is told.

    Raises:
        ValueError: steps or restarts below 1.
    """

    steps: int = 40
    """Of each run."""
    loss: Loss = "cross-entropy"
    """See `losses.loss_of`."""
    restarts: int = 1
    """Runs."""
    seed: int = 0
    """Of the random points."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1:
            raise ValueError(f"steps and restarts must be 1 or more; {self.steps} and {self.restarts} were given")


@dataclass(frozen=True, kw_only=True)
class PGD(Descent):
    """Projected gradient descent; a row is left alone from the first step at which the function is wrong about it.

    Madry et al. (2018), Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083. The steps are
    all of one length and hold no chance, so a row that comes to a point for the second time goes in circles and is
    left alone as well: its verdict is what all the steps would give. `start` is tried with an eighth of the steps. The
    first run begins at x unless `random_start`, the others at random points.

    Raises:
        ValueError: steps or restarts below 1.
    """

    share: float | None = None
    """The length of a step as a share of the radius; None: a quarter, or 2.5 / steps where that is more."""
    random_start: bool = False
    """Every run begins at a random point."""
    patience: int | None = None
    """Steps without a higher loss after which a row is left alone; None: all steps are taken."""

    def __call__(
        self, problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        """See `problem.Attack`."""
        reach, record = radii(radius, x), Record(problem, x)
        logits = problem.logits(x)
        loss = fitting_loss(self.loss, logits.shape[1], targeted=False)
        length = reach * (max(STRIDE, 2.5 / self.steps) if self.share is None else self.share)
        rows = {"x": x, "y": y, "reach": reach, "length": length, "scale": problem.scale(logits, loss)}
        generator = torch.Generator().manual_seed(self.seed)
        if start is not None:
            _descend(record, rows | {"points": problem.project(start, x, reach)}, max(1, self.steps // 8), loss, None)
        for run in range(self.restarts):
            points = problem.scatter(x, reach, generator) if self.random_start or run else x
            _descend(record, rows | {"points": points}, self.steps, loss, self.patience)
        return record.attacked()


fgsm = PGD(steps=1, share=1.0)
"""One step of the whole radius along the steepest direction: Goodfellow, Shlens and Szegedy (2015), Explaining and
Harnessing Adversarial Examples, arXiv:1412.6572."""


def _descend(record: Record, rows: dict[str, Tensor], steps: int, loss: Loss, patience: int | None) -> None:
    """One run of the rows that are left; `rows` has x, y, reach, length, scale and points, all N long."""
    problem, left = record.problem, record.left()
    if not len(left):
        return
    state = {name: values[left] for name, values in rows.items()}
    state["rows"], state["waited"] = left, torch.zeros_like(left)
    state["seen"] = torch.zeros((len(left), 0), dtype=torch.int64, device=left.device)
    fingerprints = _Fingerprints(state["x"])
    for step in range(steps):
        glance = problem.look(state["points"], state["y"], loss, state["scale"])
        higher = glance.loss > record.loss[state["rows"]] + RISE
        state["waited"] = torch.where(higher, 0, state["waited"] + 1)
        record.note(state["rows"], state["points"], glance)
        is_done = glance.wrong
        if step % LOOK_BACK == 0:
            marks = fingerprints.of(state["points"])
            is_done = is_done | (state["seen"] == marks[:, None]).any(dim=1)
            state["seen"] = torch.cat([state["seen"], marks[:, None]], dim=1)
        state["slope"] = glance.slope
        if patience is not None:
            is_done = is_done | (state["waited"] >= patience)
        state = pick(state, ~is_done)
        if not len(state["rows"]):
            return
        stride = problem.direction(state["slope"], state["points"]) * wide(state["length"], state["x"])
        state["points"] = problem.project(state["points"] + stride, state["x"], state["reach"])
    # the last points were never looked at; their slope is of no more use
    record.note(state["rows"], state["points"], problem.see(state["points"], state["y"], loss, state["scale"]))


class _Fingerprints:
    """A number of 64 bits for each row, the same for the same bits: two points are taken as one where it agrees."""

    def __init__(self, x: Tensor) -> None:
        generator = torch.Generator().manual_seed(0)
        odd = torch.randint(-(2**62), 2**62, (x[0].numel(),), generator=generator, dtype=torch.int64) * 2 + 1
        self.odd = odd.to(x.device)
        self.bits = torch.int64 if x.dtype == torch.float64 else torch.int32

    def of(self, points: Tensor) -> Tensor:
        """(n,) int64."""
        flat = points.contiguous().flatten(1)
        # halves and the like are widened first, for they have no view as whole numbers of 32 bits
        bits = flat.view(self.bits) if flat.dtype in (torch.float32, torch.float64) else flat.float().view(torch.int32)
        return (bits.long() * self.odd).sum(dim=1)  # wraps around: arithmetic modulo 2**64
