"""Several attacks in a row: only what withstood one meets the next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.autopgd import apgd, apgd_targeted
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
    chosen: dict[str, Attack] = {"APGD-CE": partial(apgd, steps=steps, seed=seed)}
    if classes > 2:
        chosen["APGD-T"] = partial(apgd_targeted, steps=steps, targets=9, seed=seed + 1)
    else:  # the only other class is the target of every run
        chosen["APGD-margin"] = partial(apgd, steps=steps, loss="margin", seed=seed + 1)
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
    asked = problem.forward, problem.backward
    if attacks is None:
        attacks = standard(problem, problem.logits(x[:1]).shape[1], seed)
    reach, points = radii(radius, x), x.clone()
    broken, refused = torch.zeros(len(x), dtype=torch.bool, device=x.device), 0
    by: list[str | None] = [None] * len(x)
    for name, attack in attacks.items():
        left = (~broken).nonzero()[:, 0]
        if not len(left):
            break
        tried = attack(problem, x[left], y[left], reach[left])
        points[left] = tried.points
        held = torch.zeros_like(tried.broken)
        claimed = left[tried.broken]
        held[tried.broken] = problem.confirm(points[claimed], x[claimed], y[claimed], reach[claimed])
        refused += int(tried.broken.sum() - held.sum())
        for row in left[held].tolist():
            by[row] = name
        broken[left[held]] = True
    return Assembled(
        broken, points, tuple(by), refused, tuple(attacks), problem.forward - asked[0], problem.backward - asked[1]
    )


def chain(*attacks: Attack) -> Attack:
    """One attack made of several: only what withstood one meets the next, which is given its best point as a start."""

    def chained(
        problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
    ) -> Attacked:
        asked = problem.forward, problem.backward
        reach, points = radii(radius, x), x.clone() if start is None else problem.project(start, x, radii(radius, x))
        broken = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        for number, attack in enumerate(attacks):
            left = (~broken).nonzero()[:, 0]
            if not len(left):
                break
            warm = points[left] if number or start is not None else None
            tried = attack(problem, x[left], y[left], reach[left], warm)
            points[left], broken[left] = tried.points, tried.broken
        return Attacked(broken, points, problem.forward - asked[0], problem.backward - asked[1])

    return chained
