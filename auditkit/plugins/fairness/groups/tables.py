"""The table of selection rates and impact ratios."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.metrics.catalogue import RATES, amount, shares
from auditkit.plugins.fairness.groups.burden import is_burden, why_no_rate
from auditkit.plugins.fairness.groups.definitions import BURDEN
from auditkit.plugins.fairness.groups.group_table import Groups, Target, smaller
from auditkit.results import Column, Table, meaning_text

Row: TypeAlias = tuple[str | int | float | None, ...]
RATIOS = {
    "ratio": ("impact ratio", "Impact ratio: the group's selection rate over the highest of the same attributes."),
    BURDEN: (
        "burden ratio",
        "Burden ratio: the lowest selection rate of the same attributes, that of the group that bears the least, over "
        "the group's.",
    ),
}
"""{column: its name in the title, what it is}."""


def impact(tables: Sequence[Groups], targets: Sequence[Target], counts: Counts, data: AuditData) -> Table:
    """Selection rate of every group that may be shown, beside the highest one, or of a burden the lowest."""
    targets = [target for target in targets if target.class_index is not None]
    burdens = [is_burden(target, data) for target in targets]
    # A column for the class only where there are more than two.
    classes = any(target.conditions for target in targets)
    blanks = [("abstained", counts.abstained), ("unknown", counts.labelled and data.known is not None)]
    blank_names = [name for name, is_there in blanks if is_there]
    columns = [
        Column(name="group", title="Group"),
        *([Column(name="class", title="Class")] if classes else []),
        Column(name="people", title="People with a decision" if counts.abstained else "People"),
        Column(name="rate", title="Selection rate", unit="share", percent=True),
        *([] if all(burdens) and burdens else [Column(name="ratio", title="Impact ratio")]),
        *([Column(name=BURDEN, title="Burden ratio")] if any(burdens) else []),
        *([Column(name="abstained", title="Without a decision")] if "abstained" in blank_names else []),
        *([Column(name="unknown", title="Label not known")] if "unknown" in blank_names else []),
        Column(name="reason", title="Why it is not shown"),
    ]
    named = [column.name for column in columns if column.name in RATIOS]
    rows = [row for groups in tables for target in targets for row in _rows(target, groups, named, blank_names, data)]
    joined = any(smaller(groups, data) for groups in tables)
    return Table(
        name="impact",
        title=f"Selection rate and {' and '.join(RATIOS[name][0] for name in named)}",
        caption=" ".join(RATIOS[name][1] for name in named)
        + (" People without a decision are in no rate." if counts.abstained else "")
        + (" Groups too small to show stand together, and are compared with nobody." if joined else "")
        + _selected(data),
        columns=tuple(columns),
        made_of="further",
        rows=tuple(rows),
    )


def _selected(data: AuditData) -> str:
    """What being selected is, as it follows a caption."""
    one_word = isinstance(data.outcome, str) and data.task == "multiclass"
    sentence = meaning_text(None if one_word else data.outcome, data.selected_means)
    return f" {sentence}" if sentence else ""


def _rows(
    target: Target, groups: Groups, named: Sequence[str], blank_names: Sequence[str], data: AuditData
) -> list[Row]:
    rows = _rows_of(target, groups, named, blank_names, data, compared=True)
    together = smaller(groups, data)
    return rows if together is None else rows + _rows_of(target, together, named, blank_names, data, compared=False)


def _rows_of(
    target: Target, groups: Groups, named: Sequence[str], blank_names: Sequence[str], data: AuditData, *, compared: bool
) -> list[Row]:
    """A row for each group; compared with the others, or without ratios."""
    tally = target.of(groups).tally
    share = shares(tally, RATES["selection_rate"])
    reasons = why_no_rate(target.of(groups), data)
    numbers = {
        "abstained": amount(tally.rows, "abstained"),
        "unknown": amount(tally.rows, "everyone") - amount(tally.rows, "labelled"),
    }
    reference = _reference(share.values, reasons, is_burden(target, data)) if compared else None
    if reference is not None and data.cells.unshown(groups.where[reference]):
        reference = None  # over the rate of a group that is not shown, any ratio would give that rate away
    nothing: list[float | None] = [None for _ in named]
    rows: list[Row] = []
    for index, (name, reason) in enumerate(zip(groups.names, reasons, strict=True)):
        head: Row = (name, *target.conditions.values())
        if reason is None:
            value = float(share.values[index])
            other = None if reference is None else float(share.values[reference])
            ratios = nothing if other is None else _compared(value, other, named, is_burden(target, data))
            blanks = [int(numbers[blank_name][index]) for blank_name in blank_names]
            rows.append((*head, int(share.rows[index]), value, *ratios, *blanks, ""))
        else:
            rows.append((*head, None, None, *nothing, *(None for _ in blank_names), reason))
    return rows


def _reference(rates: np.ndarray, reasons: Sequence[str | None], burden: bool) -> int | None:
    """The position of the group with the highest rate, or of a burden the lowest; None where no group has a rate."""
    with_rate = [index for index, reason in enumerate(reasons) if reason is None]
    choose = min if burden else max
    return choose(with_rate, key=lambda index: float(rates[index]), default=None)


def _compared(value: float, other: float, named: Sequence[str], burden: bool) -> list[float | None]:
    """A rate over the highest, or of a burden the lowest over the rate, in the columns `named`."""
    above, below = (other, value) if burden else (value, other)
    ratio = above / below if below > 0 else None
    return [ratio if (name == BURDEN) == burden else None for name in named]
