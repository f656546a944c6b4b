"""The attacks that follow gradients, a row each: which parts are run in which order, at what cost, in which norms."""

from collections.abc import Mapping
from functools import partial

from auditkit.checks import Offer
from auditkit.errors import ConfigError, closest
from auditkit.hookspecs import Attack as Row
from auditkit.plugins.robustness.attacks import APGD, PGD, Attack, Problem, chain, fmn_within, standard
from auditkit.plugins.robustness.attacks.plugin_attack import guarded

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
    row.name: row for row in (Row("pgd", _pgd, 1), Row("ensemble", _ensemble, 6), Row("standard", _standard, 12))
}
"""{name: row}; `make` takes the problem, the number of classes, steps, restarts and a seed, and gives an `Attack`."""


def chosen(name: str, offers: Mapping[str, Offer]) -> Row:
    """The row of a name.

    Args:
        name: of auditkit's own, or of a plugin's.
        offers: the rows of plugins that were named; what they give is held to the rules.

    Raises:
        ConfigError: there is none of this name.
    """
    if name in offers:
        return guarded(offers[name])
    if name not in ATTACKS:
        raise ConfigError(f"attack must be one of the registry; {name!r} was given, {closest(name, ATTACKS)}")
    return ATTACKS[name]
