"""Whether a model hides a group from its explanation: the trials of every group, together."""

import numpy as np

from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.fairwashing import (
    chosen_background,
    discriminator,
    flip_test,
    flips,
    group_seen,
    judged_groups,
    matched_pairs,
    real_rows,
)
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.columns import numeric_columns

DEFINITIONS = {
    **flip_test.DEFINITIONS, **real_rows.DEFINITIONS, **matched_pairs.DEFINITIONS,
    **chosen_background.DEFINITIONS, **group_seen.DEFINITIONS,
}  # fmt: skip


def calls(data: AuditData, rows: int, background: int) -> int:
    """How many rows the trials ask about at most."""
    flipped = len(data.groups) * (flips.CALLS * rows + background)
    learnt = rows + (min(len(data.train), real_rows.MOST) if data.train is not None else 0)
    return flipped + (learnt if data.groups else 0)


def hidden_groups(
    model: Model, data: AuditData, case: Case, attributions: Attributions, rng: np.random.Generator
) -> Findings:
    """The flip test of each group column among the inputs, and the trials on real rows of each group."""
    groups = [attribute for attribute, column in data.groups.items() if len(np.unique(column)) > 1]
    trials = [
        flip_test.flip_test(attribute, model, data, case, attributions, rng)
        for attribute in groups
        if data.column_of(attribute) in data.feature_names
    ]
    rows = real_rows.real_rows(data, case, attributions, rng) if groups else []
    if isinstance(rows, str):
        trials.append(Findings(controls=[real_rows.not_tried(rows)]))
    elif groups and not rows:
        trials.append(Findings(notes=["Nothing is hidden from real rows: the output is the same for all of them."]))
    elif rows:
        trials += _on_real_rows(groups, data, rows, attributions.values, rng)
        trials.append(Findings(notes=[discriminator.mixture_note(rows[0].codes, numeric_columns(data), rng)]))
    return Findings(
        [measurement for trial in trials for measurement in trial.measurements],
        [control for trial in trials for control in trial.controls],
        tables=[table for trial in trials for table in trial.tables],
        notes=[note for trial in trials for note in trial.notes],
    )


def _on_real_rows(
    groups: list[str], data: AuditData, learnt: list[real_rows.RealRows], values: np.ndarray, rng: np.random.Generator
) -> list[Findings]:
    """What real rows show of each group, beside what the explanation (n, D) gives it."""
    rows, numeric = learnt[0], numeric_columns(data)
    seen = [group_seen.group_seen(attribute, data, rows.codes, rows.drawn, rng) for attribute in groups]
    known = [one for one in seen if one.columns]
    notes = [f"No columns were found that tell {one.attribute}." for one in seen if not one.columns]
    shares = [group_seen.proxy_share(one, values) for one in known]
    tables = [group_seen.proxy_table(known, data.feature_names)] if known else []
    trials = [Findings(shares, tables=tables, notes=notes), chosen_background.background_test(rows, seen)]
    for one in seen:
        if one.sets:
            trials.append(real_rows.real_row_test(one, learnt, data.feature_names))
        outcomes = [outcome for part in learnt for outcome in matched_pairs.compared(one, part, numeric)]
        if one.columns:
            trials.append(matched_pairs.matched_pair_test(one, outcomes, len(rows.codes)))
        trials.append(judged_groups.judged_groups(one, {outcome.group for outcome in outcomes}, len(values)))
    return trials
