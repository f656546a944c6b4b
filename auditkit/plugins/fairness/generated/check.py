"""The check of which groups a generator draws."""

from typing import ClassVar

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.fairness.generated.definitions import DEFINITIONS, LANG, ROGAN
from auditkit.plugins.fairness.generated.parameters import Parameters


class GeneratedGroups(Parameters, Check):
    """Which groups does a generator of pictures, texts or rows draw, and how often?

    Samples have no sex and no age: a classifier says what each of them shows, and it errs, most often so that rare
    groups seem more common than they are.

    The audit data are real rows of which both is known: what they are (`known`) and what the classifier calls them
    (`named`). From these its confusion is counted, and the shares among the samples are corrected for it, with
    intervals that hold the chance in the samples and in the confusion. Beside them stands the gap to the shares among
    real rows.
    Controls: how well the classifier tells the groups apart, and real rows in place of samples. The model is not asked.

    The classifier is taken to err among samples as among real rows. Where samples look otherwise, its confusion is to
    be counted on samples that people have labelled, which then are the audit data.
    """

    id = "fairness.generated_groups"
    title = "Generated groups"
    reference = f"{ROGAN}; {LANG}"
    applies_when = "for samples of a generator: name it among the checks, and the file"
    definitions = DEFINITIONS
    about_data: ClassVar[bool] = True
    other_rows = True
    for_groups = frozenset(DEFINITIONS)
    touches: ClassVar[dict[str, tuple[str, ...]]] = {}
    level = "recorded"
    higher_level = "Samples that people have labelled would show whether the classifier errs among them as elsewhere."

    def applies(self, model: Model, data: AuditData) -> str | None:
        """A file of samples, two groups, and no weights."""
        if data.weights is not None:
            return "counts rows, and weights would have no part in it; leave them out"
        if not self.samples:
            return f'needs samples; write samples = "FILE" under [checks."{self.id}"]'
        for parameter, value in (("known", self.known), ("named", self.named)):
            if value not in data.groups:
                given = f"it is {value!r}" if value else "it is not given"
                return f"needs {parameter} to be one of the groups of the data ({', '.join(data.groups)}); {given}"
        return None

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Read, count, correct, try."""
        from auditkit.plugins.fairness.generated.findings import find

        return find(self, data, context)
