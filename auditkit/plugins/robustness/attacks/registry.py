"""The attacks that follow gradients, a row each: which parts are run in which order, at what cost, in which norms.

An attack of a plugin is asked as auditkit's own are: its points are asked about, and nothing is taken on trust.
"""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from auditkit.checks import Offer
from auditkit.errors import ConfigError, check_known
from auditkit.hookspecs import Attack as Row
from auditkit.plugins.robustness.attacks import APGD, PGD, Attack, Attacked, Problem, chain, fmn_within, radii, standard
from auditkit.text import class_name

TARGETS = 3
"""Classes that the ensemble goes towards; the standard composition takes nine."""


def _pgd(problem: Problem, classes: int, steps: int, restarts: int, seed: int) -> Attack:
    return PGD(steps=steps, restarts=restarts, seed=seed)


def _ensemble(problem: Problem, classes: int, steps: int, restarts: int, seed: int) -> Attack:
    """Descent, Auto-PGD on the margin and towards three classes, and fast minimum-norm."""
    attacks: list[Attack] = [
        PGD(steps=steps, seed=seed),
        APGD(steps=steps, loss="margin", restarts=restarts, seed=seed + 1),
    ]
    if classes > 2:
        attacks.append(APGD(loss="dlr", steps=steps, targets=TARGETS, seed=seed + 2))
    return chain(*attacks, partial(fmn_within, steps=steps))


def _standard(problem: Problem, classes: int, steps: int, restarts: int, seed: int) -> Attack:
    """See `attacks.standard`, without Square, which `attack_checklist` runs for itself; restarts are of the whole."""
    runs = [standard(problem, classes, seed + 10 * run, steps=steps) for run in range(restarts)]
    return chain(*(attack for run in runs for key, attack in run.items() if key != "Square"))


ATTACKS = {
    row.name: row for row in (Row("pgd", _pgd, 1.25), Row("ensemble", _ensemble, 7), Row("standard", _standard, 29))
}
"""{name: row}; `make` takes the problem, the number of classes, steps, restarts and a seed, and gives an `Attack`."""


def passes(row: Row, steps: int, restarts: int) -> float:
    """Forward passes at most for a row that withstands at one size of change: its start and its end are asked about."""
    return row.cost * restarts * (steps + 3)


def chosen(name: str, offers: Mapping[str, Offer]) -> Row:
    """The row of a name.

    Args:
        name: of auditkit's own, or of a plugin's.
        offers: the rows of plugins that were named; what they give is held to the rules.

    Raises:
        ConfigError: there is none of this name.
    """
    if name in offers:
        return _guarded(offers[name])
    check_known([name], ATTACKS, ConfigError, lambda name: f"attack must be one of the registry; {name!r} was given, ")
    return ATTACKS[name]


def _guarded(offer: Offer) -> Row:
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
            raise offer.error(f"make of {label} must give a function; it gave {class_name(inner)}")

        def attack(
            problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
        ) -> Attacked:
            # the plugin works on copies, so that what it writes to them changes nothing that its points are held to
            copied = copy.copy(problem)
            start_copy = None if start is None else start.clone()
            with offer.blamed(label):
                points = inner(copied, x.clone(), y.clone(), radii(radius, x).clone(), start_copy)
            points = _points(points, x, offer)
            problem.forward, problem.backward = copied.forward, copied.backward
            return Attacked(problem.wrong(points, y), points)

        return attack

    return row._replace(make=make)


def _points(points: Any, x: Tensor, offer: Offer) -> Tensor:
    """The points that an attack gave, as the rows are: (N, *shape) of their type on their device."""
    if not isinstance(points, Tensor) or points.shape != x.shape or points.is_complex():
        description = f"a tensor {tuple(points.shape)}" if isinstance(points, Tensor) else f"a {class_name(points)}"
        shape = tuple(x.shape)
        raise offer.error(f"the attack {offer.value.name!r} must give points, a tensor {shape}; it gave {description}")
    return points.detach().to(x)
