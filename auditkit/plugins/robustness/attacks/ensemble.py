"""Several attacks in a row: only what withstood one meets the next."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.autopgd import APGD
from auditkit.plugins.robustness.attacks.fab import fab_targeted
from auditkit.plugins.robustness.attacks.fmn import fmn_within
from auditkit.plugins.robustness.attacks.problem import Attack, Attacked, Problem, radii
from auditkit.plugins.robustness.attacks.square import square


class Assembled(NamedTuple):
    """What several attacks did to N rows within one radius each."""

    broken: Tensor
    """(N,) bool, each confirmed by asking anew."""
    points: Tensor
    """(N, *shape) the point that broke the row; for one that withstood, the last attack's."""
    by: tuple[str | None, ...]
    """(N,) the attack that broke the row."""
    refused: int
    """Points that an attack took for a success and that were not confirmed."""
    names: tuple[str, ...]
    """The attacks that were tried, in order."""
    forward: int
    backward: int


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


def ensemble(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    attacks: Mapping[str, Attack] | None = None,
    *,
    seed: int = 0,
) -> Assembled:
    """Attack rows by each attack in turn, the survivors only.

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        radius: for all rows or (N,).
        attacks: by name; None: `standard`.
        seed: for `standard`.
    """
    counts = problem.forward, problem.backward
    if attacks is None:
        attacks = standard(problem, problem.logits(x[:1]).shape[1], seed)
    reach, points = radii(radius, x), x.clone()
    broken, refused = torch.zeros(len(x), dtype=torch.bool, device=x.device), 0
    by: list[str | None] = [None] * len(x)
    for name, attack in attacks.items():
        survivors = (~broken).nonzero()[:, 0]
        if not len(survivors):
            break
        result = attack(problem, x[survivors], y[survivors], reach[survivors])
        points[survivors] = result.points
        # an attack tells from its own batch; the model asked anew, in another batch, may decide otherwise by rounding
        is_confirmed = torch.zeros_like(result.broken)
        claimed = survivors[result.broken]
        is_confirmed[result.broken] = problem.confirm(points[claimed], x[claimed], y[claimed], reach[claimed])
        refused += int(result.broken.sum() - is_confirmed.sum())
        for row in survivors[is_confirmed].tolist():
            by[row] = name
        broken[survivors[is_confirmed]] = True
    return Assembled(
        broken, points, tuple(by), refused, tuple(attacks), problem.forward - counts[0], problem.backward - counts[1]
    )


def chain(*attacks: Attack) -> Attack:
    """One attack made of several: only what withstood one meets the next, which is given its best point as a start."""

    def chained(
        problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        counts = problem.forward, problem.backward
        reach, points = radii(radius, x), x.clone() if start is None else problem.project(start, x, radii(radius, x))
        broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        for position, attack in enumerate(attacks):
            survivors = (~broken).nonzero()[:, 0]
            if not len(survivors):
                break
            warm = points[survivors] if position or start is not None else None
            result = attack(problem, x[survivors], y[survivors], reach[survivors], warm)
            points[survivors], broken[survivors] = result.points, result.broken
        return Attacked(broken, points, problem.forward - counts[0], problem.backward - counts[1])

    return chained
