"""Privacy: what a model tells about the people it was trained on, and training that bounds it."""

from collections.abc import Iterable

from auditkit.checks import Check
from auditkit.hookspecs import hookimpl
from auditkit.trainers import Trainer


@hookimpl
def register_checks() -> Iterable[type[Check]]:
    """The checks of this family."""
    from auditkit.plugins.privacy.anonymity.check import Anonymity
    from auditkit.plugins.privacy.attribute.check import AttributeInference
    from auditkit.plugins.privacy.copies.check import SyntheticCopies
    from auditkit.plugins.privacy.journal.check import PrivacyJournal
    from auditkit.plugins.privacy.membership.check import Membership

    return [Anonymity, AttributeInference, Membership, PrivacyJournal, SyntheticCopies]


@hookimpl
def register_trainers() -> Iterable[type[Trainer]]:
    """The trainers of this family."""
    from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd

    return [DpSgd]
