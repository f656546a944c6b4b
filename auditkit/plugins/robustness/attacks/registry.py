"""Which attacks are run, in which order, for each name that the check knows."""

from __future__ import annotations

from functools import partial
from typing import Literal

from auditkit.plugins.robustness.attacks import Attack, Problem, apgd, apgd_targeted, chain, fmn_within, pgd, standard

Name = Literal["pgd", "ensemble", "standard"]
TARGETS = 3
"""Classes that the ensemble goes towards; the standard composition takes nine."""


def by_gradients(name: Name, problem: Problem, classes: int, steps: int, restarts: int, seed: int) -> Attack:
    """The attacks of this name that follow gradients, as one: what withstood one meets the next.

    Args:
        name: `pgd`: descent on cross-entropy. `ensemble`: that, Auto-PGD on the margin and towards three classes, and
            fast minimum-norm. `standard`: see `attacks.standard`, without Square, which `trials` runs for itself.
        problem: what is attacked.
        classes: how many.
        steps: of each attack.
        restarts: runs of each attack that starts at random; of the standard composition as a whole.
        seed: of the random starts.
    """
    if name == "pgd":
        return partial(pgd, steps=steps, restarts=restarts, seed=seed)
    if name == "standard":
        runs = [standard(problem, classes, seed + 10 * run, steps=steps) for run in range(restarts)]
        return chain(*(attack for run in runs for key, attack in run.items() if key != "Square"))
    chosen: list[Attack] = [
        partial(pgd, steps=steps, seed=seed),
        partial(apgd, steps=steps, loss="margin", restarts=restarts, seed=seed + 1),
    ]
    if classes > 2:
        chosen.append(partial(apgd_targeted, steps=steps, targets=TARGETS, seed=seed + 2))
    return chain(*chosen, partial(fmn_within, steps=steps))
