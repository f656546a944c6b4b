"""Robustness: how little an input must change before the model is wrong."""

from collections.abc import Iterable

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl
from auditkit.trainers import Trainer


@hookimpl
def register_checks() -> Iterable[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.robustness.certificates.check import Certificates
    from auditkit.plugins.robustness.changes.check import Changes
    from auditkit.plugins.robustness.corruptions.check import Corruptions
    from auditkit.plugins.robustness.evasion.check import Evasion
    from auditkit.plugins.robustness.library_attacks.check import LibraryAttacks

    return [Evasion, Changes, Corruptions, Certificates, LibraryAttacks]


@hookimpl
def register_trainers() -> Iterable[type[Trainer]]:
    """The trainers of this family."""
    from auditkit.plugins.robustness.training.adversarial import Adversarial
    from auditkit.plugins.robustness.training.smoothing_noise import SmoothingNoise

    return [Adversarial, SmoothingNoise]
