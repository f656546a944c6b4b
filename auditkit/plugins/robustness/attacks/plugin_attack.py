"""An attack of a plugin, as auditkit's own are: its points are asked about, and nothing is taken on trust."""

import copy
from typing import Any

from torch import Tensor

from auditkit.checks import Offer
from auditkit.hookspecs import Attack as Row
from auditkit.plugins.robustness.attacks.problem import Attack, Attacked, Problem, radii


def guarded(offer: Offer) -> Row:
    """The row of a plugin, with a `make` whose attacks say what they broke only by the function's own answers.

    Whoever uses the points holds them against the box, the norm and the model, as those of any attack; an attack that
    leaves the box or the ball has its points refused and counted.
    """
    row: Row = offer.value
    label = f"the attack {row.name!r}"

    def make(problem: Problem, classes: int, steps: int, restarts: int, seed: int) -> Attack:
        with offer.blamed(label):
            inner = row.make(problem, classes, steps, restarts, seed)
        if not callable(inner):
            raise offer.error(f"make of {label} must give a function; it gave {type(inner).__name__}")

        def attack(
            problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
        ) -> Attacked:
            # the plugin works on copies, so that what it writes to them changes nothing that its points are held to
            copied = copy.copy(problem)
            start_copy = None if start is None else start.clone()
            with offer.blamed(label):
                points = inner(copied, x.clone(), y.clone(), radii(radius, x).clone(), start_copy)
            points = _points(points, x, offer)
            counts = copied.forward - problem.forward, copied.backward - problem.backward
            broken = problem.wrong(points, y)
            problem.forward, problem.backward = problem.forward + counts[0], problem.backward + counts[1]
            return Attacked(broken, points, counts[0] + len(x), counts[1])

        return attack

    return row._replace(make=make)


def _points(points: Any, x: Tensor, offer: Offer) -> Tensor:
    """The points that an attack gave, as the rows are: (N, *shape) of their type on their device."""
    if not isinstance(points, Tensor) or points.shape != x.shape or points.is_complex():
        description = f"a tensor {tuple(points.shape)}" if isinstance(points, Tensor) else f"a {type(points).__name__}"
        shape = tuple(x.shape)
        raise offer.error(f"the attack {offer.value.name!r} must give points, a tensor {shape}; it gave {description}")
    return points.detach().to(x)
