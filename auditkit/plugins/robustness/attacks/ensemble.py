"""Several attacks in a row: only what withstood one meets the next."""

from functools import partial

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.autopgd import APGD
from auditkit.plugins.robustness.attacks.fab import fab_targeted
from auditkit.plugins.robustness.attacks.fmn import fmn_within
from auditkit.plugins.robustness.attacks.problem import Attack, Attacked, Problem, radii
from auditkit.plugins.robustness.attacks.square import square


def standard(
    problem: Problem, classes: int, seed: int = 0, *, steps: int = 100, queries: int = 5000
) -> dict[str, Attack]:
    """AutoAttack's standard composition, our own making of each part.

    Croce and Hein (2020), arXiv:2003.01690: Auto-PGD on cross-entropy, one run; on the targeted DLR loss, nine classes;
    FAB towards nine classes; Square with 5,000 queries. Cross-entropy is of logits brought to the usual size where they
    are not of it. With two classes the margin stands in for DLR, which needs more; L1 has fast minimum-norm for FAB and
    no Square.

    Args:
        problem: what is attacked.
        classes: how many.
        seed: of the random starts and squares.
        steps: of each gradient attack.
        queries: of Square.
    """
    chosen: dict[str, Attack] = {"APGD-CE": APGD(steps=steps, seed=seed)}
    if classes > 2:
        chosen["APGD-T"] = APGD(loss="dlr", steps=steps, targets=9, seed=seed + 1)
    else:  # the only other class is the target of every run
        chosen["APGD-margin"] = APGD(steps=steps, loss="margin", seed=seed + 1)
    if problem.norm == "L1":
        chosen["FMN"] = partial(fmn_within, steps=steps)
    else:
        chosen["FAB-T"] = partial(fab_targeted, steps=steps, targets=9)
        chosen["Square"] = partial(square, queries=queries, seed=seed + 2)
    return chosen


def chain(*attacks: Attack) -> Attack:
    """One attack made of several: only what withstood one meets the next, which is given its best point as a start."""

    def chained(
        problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        reach, points = radii(radius, x), x.clone() if start is None else problem.project(start, x, radii(radius, x))
        broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        for position, attack in enumerate(attacks):
            survivors = (~broken).nonzero()[:, 0]
            if not len(survivors):
                break
            warm = points[survivors] if position or start is not None else None
            result = attack(problem, x[survivors], y[survivors], reach[survivors], warm)
            points[survivors], broken[survivors] = result.points, result.broken
        return Attacked(broken, points)

    return chained
