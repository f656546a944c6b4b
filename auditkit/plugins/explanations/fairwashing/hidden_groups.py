"""Whether a model hides a group from its explanation: the trials of every group, together."""

import numpy as np

from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.fairwashing import flip_test, flips, real_rows
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case

DEFINITIONS = {**flip_test.DEFINITIONS, **real_rows.DEFINITIONS}


def calls(data: AuditData, rows: int, background: int) -> int:
    """How many rows the trials ask about at most."""
    flipped = len(data.groups) * (flips.CALLS * rows + background)
    learnt = rows + (min(len(data.train), real_rows.MOST) if data.train is not None else 0)
    return flipped + (learnt if data.groups else 0)


def hidden_groups(
    model: Model, data: AuditData, case: Case, attributions: Attributions, rng: np.random.Generator
) -> Findings:
    """The flip test of each group column among the inputs, and the trial on real rows of each group."""
    groups = [attribute for attribute, column in data.groups.items() if len(np.unique(column)) > 1]
    trials = [
        flip_test.flip_test(attribute, model, data, case, attributions, rng)
        for attribute in groups
        if data.column_of(attribute) in data.feature_names
    ]
    rows = real_rows.real_rows(data, case, attributions, rng) if groups else ""
    if isinstance(rows, str):
        trials += [Findings(notes=[f"Hidden influence was not looked for on real rows: {rows}."])] if rows else []
    else:
        trials += [real_rows.real_row_test(attribute, data, rows, rng) for attribute in groups]
    return Findings(
        [measurement for trial in trials for measurement in trial.measurements],
        [control for trial in trials for control in trial.controls],
        notes=[note for trial in trials for note in trial.notes],
    )
