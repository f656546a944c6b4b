"""Several attacks on the same rows, each on what the others left, with the points asked about anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks import Attack, Problem, standard
from auditkit.plugins.robustness.attacks.problem import radii


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
