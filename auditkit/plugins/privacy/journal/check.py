"""`privacy.journal`: the journal of a private training, held to the same controls as auditkit's own."""

from typing import ClassVar

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.models import Model
from auditkit.plugins.privacy.accounting import findings
from auditkit.plugins.privacy.accounting.definitions import ABADI, DEFINITIONS
from auditkit.plugins.privacy.accounting.spent import spent
from auditkit.plugins.privacy.journal.journal import read_journal
from auditkit.plugins.privacy.journal.parameters import Parameters
from auditkit.plugins.privacy.journal.self_tests import controls


class PrivacyJournal(Parameters, Check):
    """Does the journal of a private training that was done elsewhere bear out the epsilon that it claims?

    A guarantee of differential privacy is void when batches are drawn, noise is added or steps are counted otherwise
    than was accounted for, and nothing in the finished model shows it.

    Epsilon is computed anew from the noise, the rate and the steps, by three accountants. What the journal says of
    sampling, noise, clipping and steps is held to the controls of auditkit's own private training.

    A journal is what somebody wrote down. What it does not say is not tested, and leaves epsilon inconclusive; a
    journal that holds refutes nothing and proves nothing: not refuted is the strongest word for it.
    """

    id: ClassVar[str] = "privacy.journal"
    title: ClassVar[str] = "Journal of a private training"
    reference: ClassVar[str] = ABADI
    applies_when: ClassVar[str] = "a model was trained privately elsewhere, and a journal of that training was kept"
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("opacus", "opacus"), ("dp_accounting", "opacus"))
    conditions: ClassVar[frozenset[str]] = frozenset({"delta"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    about_data: ClassVar[bool] = True  # of a training, and not of what the model answers
    definitions = DEFINITIONS

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why this check cannot serve; None where it can."""
        if self.path is None:
            return 'needs the journal: name its file as path under [checks."privacy.journal"]'
        return None

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measure."""
        if self.path is None:
            raise ConfigError('path must name the journal of the training: write it under [checks."privacy.journal"]')
        journal = read_journal(self.path)
        done = ((journal.noise_multiplier, journal.sample_rate, journal.steps),)
        # what was done and what the accountant was told may differ: the dearer of both is reported
        costs = {
            phases: spent(phases, journal.delta, journal.neighbours, journal.trainings)
            for phases in dict.fromkeys((done, journal.history or done))
        }
        phases, cost = max(costs.items(), key=lambda item: item[1].reported)
        versions = ", ".join(f"{name} {version}" for name, version in sorted(journal.libraries.items()))
        return Findings(
            measurements=findings.measurements(cost, journal.delta, journal.units),
            controls=(*controls(journal, cost), findings.agreement(cost)),
            figures=(findings.figure(phases, journal.delta, journal.neighbours, journal.trainings),),
            tables=(findings.table(cost, phases, journal.delta, journal.neighbours, journal.trainings),),
            notes=(
                "What the journal says was written by whoever trained; auditkit was not there.",
                f"A unit is a {journal.unit}; there are {journal.units:,}.",
                f"Trained with {versions}." if versions else "The journal does not say with which libraries.",
            ),
        )
