"""Attacks as tensor maths: a function on a box, rows, radii. They know nothing of models, data or checks.

`Problem` says what is attacked, and counts what was asked; `fgsm`, `PGD`, `APGD`, `fmn_within`, `fab_targeted` and
`square` attack within a radius, `chain` one after the other, `sweep` over a grid of radii; `fmn` finds the nearest
point.
"""

from auditkit.plugins.robustness.attacks.autopgd import APGD
from auditkit.plugins.robustness.attacks.ensemble import chain, standard
from auditkit.plugins.robustness.attacks.epsilon_sweep import Swept, sweep
from auditkit.plugins.robustness.attacks.fab import fab_targeted
from auditkit.plugins.robustness.attacks.fmn import Nearest, fmn, fmn_within
from auditkit.plugins.robustness.attacks.norms import Norm
from auditkit.plugins.robustness.attacks.pgd import PGD, fgsm
from auditkit.plugins.robustness.attacks.problem import (
    TOLERANCE,
    Attack,
    Attacked,
    Problem,
    flat,
    radii,
    zero_slopes,
)
from auditkit.plugins.robustness.attacks.square import square

__all__ = [
    "APGD",
    "PGD",
    "TOLERANCE",
    "Attack",
    "Attacked",
    "Nearest",
    "Norm",
    "Problem",
    "Swept",
    "chain",
    "fab_targeted",
    "fgsm",
    "flat",
    "fmn",
    "fmn_within",
    "radii",
    "square",
    "standard",
    "sweep",
    "zero_slopes",
]
