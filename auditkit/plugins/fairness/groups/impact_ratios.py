"""Selection rates beside an extreme one: the burden ratio of every group, and the table of impact and burden ratios.

A burden ratio says how much less the group that bears it least is selected than each other group.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from auditkit import stats
from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.group_pairs import Members, pair_of_extremes
from auditkit.metrics.catalogue import RATES, GroupShares, amount, interval_method, shares
from auditkit.plugins.fairness.groups.definitions import BURDEN
from auditkit.plugins.fairness.groups.group_table import Groups, Target, smaller
from auditkit.results import Column, Interval, LeftOut, Measurement, Table, meaning_text
from auditkit.too_few import lacking, two_groups
from auditkit.variants import AMONG_LARGE, LARGE, TO_REFERENCE, is_large, reference_of

METHOD = "score intervals of all pairs of groups at once (Šidák)"


def burden_ratios(tables: Sequence[Groups], targets: Sequence[Target], data: AuditData) -> list[Measurement]:
    """The burden ratio of every group, for the decisions that the owner calls a burden; else nothing.

    Args:
        tables: the groups of each set of attributes.
        targets: whose selection is looked at.
        data: says what being selected is, and how few people are too few.
    """
    return [
        ratio
        for groups in tables
        for target in targets
        if is_burden(target, data)
        for ratio in _ratios(target, target.of(groups), data)
    ]


def is_burden(target: Target, data: AuditData) -> bool:
    """Whether being decided for the target's class is a burden, and its selection rates are compared."""
    if target.class_index is None or {"selection_rate", "demographic_parity"}.isdisjoint(target.measures):
        return False
    return data.outcome_of(target.conditions.get("class")) == "burden"


def _ratios(target: Target, groups: Groups, data: AuditData) -> list[Measurement]:
    """The ratios to the least burdened group, to the least of the large ones, and to the reference group if any."""
    share, reasons = shares(groups.tally, RATES["selection_rate"]), why_no_rate(groups, data)
    # Small groups are left out of this comparison and not hidden: a tiny group's low rate is often chance.
    large = [
        reason or (None if is_large(where, data) else f"a group of under {LARGE:.0%} of the people")
        for where, reason in zip(groups.where, reasons, strict=True)
    ]
    measurements = _ratios_to(target, groups, share, reasons, data)
    measurements += _ratios_to(target, groups, share, large, data, AMONG_LARGE)
    reference = reference_of(groups.attributes, data)
    if reference is not None:
        measurements += _ratios_to(target, groups, share, reasons, data, TO_REFERENCE, reference)
    return measurements


def _ratios_to(
    target: Target, groups: Groups, share: GroupShares, reasons: list[str | None], data: AuditData, ending: str = "",
    reference: dict[str, str] | None = None,
) -> list[Measurement]:  # fmt: skip
    """The ratio of every group without a reason to have none, to the reference or else to the least burdened group."""
    common: dict[str, Any] = {
        "name": f"{BURDEN}_{ending}" if ending else BURDEN, "direction": "higher",
        "conditions": dict(target.conditions),
    }  # fmt: skip
    # A group that is left out for being small is not lacking, for the number is about the large ones.
    lacking = () if reference is not None else tuple(
        LeftOut(slice=where, reason=reason)
        for where, reason in zip(groups.where, why_no_rate(groups, data), strict=True)
        if reason is not None and (ending != AMONG_LARGE or is_large(where, data))
    )  # fmt: skip
    usable = np.flatnonzero([reason is None for reason in reasons])
    least = None
    why = two_groups() if len(usable) < 2 else "nobody was selected in any group"
    # Where nobody at all is selected, every ratio would be 0 / 0.
    if len(usable) > 1 and share.successes[usable].any():
        least = int(usable[np.argmin(share.values[usable])])
        why = "nobody of this group or of the lowest was selected: no ratio"
    # Against a reference a ratio may be above 1: the group that bears least need not be the one that was named.
    if least is not None and reference is not None:
        least = groups.where.index(reference) if reference in groups.where else None
        if least is None or reasons[least] is not None:
            least, why = None, "the reference group has no selection rate"
    # The least burdened group is chosen by looking, so any pair may be the one reported; a reference is named before.
    pairs = len(usable) - 1 if reference is not None else len(usable) * (len(usable) - 1) // 2
    level = stats.sidak_level(0.95, pairs)
    members = Members("selection_rate", groups.where, share.values, share.rows, share.counts)
    measurements = []
    for index, (where, reason) in enumerate(zip(groups.where, reasons, strict=True)):
        if reason is not None or least is None or (index != least and share.successes[index] == 0):
            measurements.append(Measurement(value=None, reason=reason or why, slice=where, **common))
            continue
        fields: dict[str, Any] = {"exact": True} if index == least else {
            "interval": _interval(share, least, index, level, data),
            "pairs": pair_of_extremes(members.take(np.array([least, index]))),
        }  # fmt: skip
        value = 1.0 if index == least else float(share.values[least] / share.values[index])
        measurements.append(
            Measurement(
                value=value,
                n=int(share.rows[index]),
                slice=where,
                left_out=lacking,
                **fields,
                **common,
                units=None if share.units is None else int(share.units[index]),
            )
        )
    return measurements


def why_no_rate(groups: Groups, data: AuditData) -> list[str | None]:
    """(K,) why a group has no selection rate; None where it has one."""
    rate = RATES["selection_rate"]
    share = shares(groups.tally, rate)
    return [
        hidden or lacking(int(many), data.minimum_rate, rate.of)
        for hidden, many in zip(groups.hidden, share.many, strict=True)
    ]


def _interval(share: GroupShares, least: int, index: int, level: float, data: AuditData) -> Interval | None:
    sizes, successes = share.sizes.tolist(), share.successes.tolist()
    interval = stats.ratio_interval(successes[least], sizes[least], successes[index], sizes[index], level)
    # All pairs hold at once at 95 %; the higher level of the single pair is only the means to it.
    update = {"level": 0.95, "method": interval_method(METHOD, data.weights is not None, data.clusters is not None)}
    return interval and interval.model_copy(update=update)


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


def impact(
    views: Sequence[tuple[Sequence[Groups], Sequence[Target]]], counts: Counts, data: AuditData
) -> Table:  # fmt: skip
    """Selection rate of every group that may be shown, beside the highest one, or of a burden the lowest.

    Args:
        views: for each question the groups of each set of attributes, and whose selection is looked at.
        counts: of the first question.
        data: whose groups they are.
    """
    pairs = [(tables, [target for target in targets if target.class_index is not None]) for tables, targets in views]
    targets = [target for _, of_view in pairs for target in of_view]
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
    looked_at = [(groups, smaller(groups, data), of_view) for tables, of_view in pairs for groups in tables]
    smaller_ones = [together for _, together, _ in looked_at]
    rows: list[Row] = []
    for groups, together, of_view in looked_at:
        for target in of_view:
            rows += _rows(target, groups, named, blank_names, data, compared=True)
            rows += [] if together is None else _rows(target, together, named, blank_names, data, compared=False)
    return Table(
        name="impact",
        title=f"Selection rate and {' and '.join(RATIOS[name][0] for name in named)}",
        caption=" ".join(RATIOS[name][1] for name in named)
        + (" People without a decision are in no rate." if counts.abstained else "")
        + (" Groups too small to show stand together, and are compared with nobody." if any(smaller_ones) else "")
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
    target: Target, groups: Groups, named: Sequence[str], blank_names: Sequence[str], data: AuditData, *, compared: bool
) -> list[Row]:
    """A row for each group; compared with the others, or without ratios."""
    tally, burden = target.of(groups).tally, is_burden(target, data)
    share = shares(tally, RATES["selection_rate"])
    reasons = why_no_rate(target.of(groups), data)
    numbers = {
        "abstained": amount(tally.rows, "abstained"),
        "unknown": amount(tally.rows, "everyone") - amount(tally.rows, "labelled"),
    }
    reference = _reference(share.values, reasons, burden) if compared else None
    if reference is not None and data.cells.unshown(groups.where[reference]):
        reference = None  # over the rate of a group that is not shown, any ratio would give that rate away
    nothing: list[float | None] = [None for _ in named]
    rows: list[Row] = []
    for index, (name, reason) in enumerate(zip(groups.names, reasons, strict=True)):
        head: Row = (name, *target.conditions.values())
        if reason is None:
            value = float(share.values[index])
            other = None if reference is None else float(share.values[reference])
            ratios = nothing if other is None else _compared(value, other, named, burden)
            blanks = [int(numbers[blank_name][index]) for blank_name in blank_names]
            rows.append((*head, int(share.rows[index]), value, *ratios, *blanks, ""))
        else:
            rows.append((*head, None, None, *nothing, *(None for _ in blank_names), reason))
    return rows


def _reference(rates: np.ndarray, reasons: Sequence[str | None], burden: bool) -> int | None:
    """The position of the group with the highest rate, or of a burden the lowest; None where no group has a rate."""
    with_rate = (index for index, reason in enumerate(reasons) if reason is None)
    return (min if burden else max)(with_rate, key=lambda index: float(rates[index]), default=None)


def _compared(value: float, other: float, named: Sequence[str], burden: bool) -> list[float | None]:
    """A rate over the highest, or of a burden the lowest over the rate, in the columns `named`."""
    above, below = (other, value) if burden else (value, other)
    ratio = above / below if below > 0 else None
    return [ratio if (name == BURDEN) == burden else None for name in named]
