"""From rows to findings: consistency and the flip test together."""

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.individual.consistency import find_alike
from auditkit.plugins.fairness.individual.flip_test import find_changed, unflipped
from auditkit.plugins.fairness.individual.parameters import Parameters


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `fairness.individual` says about these decisions."""
    alike = find_alike(parameters, data, context)
    context.keep(alike)
    queries = Capability.QUERIES in model.capabilities
    if queries:
        changed = find_changed(parameters, model, data, context)
    else:
        reason = "recorded answers cannot be asked about a changed row"
        changed = Findings(
            [unflipped(group, reason) for group in data.groups], notes=[f"No attribute was changed: {reason}."]
        )
    return Findings(
        measurements=[*alike.measurements, *changed.measurements],
        controls=[*alike.controls, *changed.controls],
        figures=[*alike.figures, *changed.figures],
        tables=changed.tables,
        notes=[*alike.notes, *changed.notes],
        level="queries" if queries else "recorded",
        higher_level="" if queries else None,
    )
