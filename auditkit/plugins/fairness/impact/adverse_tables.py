"""The tables of adverse impact: rates and ratios; tests and what a few selections would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditkit.errors import present
from auditkit.plugins.fairness.impact import practical, significance
from auditkit.plugins.fairness.impact.selection import Selection, smaller_selection
from auditkit.results import Column, Scalar, Table, pairs

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.impact.group_impact import Impact

RATES = (
    Column(name="group", title="Group"),
    Column(name="people", title="People"),
    Column(name="selected", title="Selected"),
    Column(name="rate", title="Selection rate", unit="share", percent=True),
    Column(name="ratio", title="Impact ratio"),
    Column(name="low", title="Ratio from"),
    Column(name="high", title="Ratio to"),
    Column(name="small", title="Under 2 % of the people"),
    Column(name="reason", title="Why it is not shown"),
)
TESTS = (
    Column(name="group", title="Group"),
    Column(name="deviations", title="Standard deviations"),
    Column(name="p", title="p, exact test"),
    Column(name="p_adjusted", title="p, adjusted (Holm)"),
    Column(name="shortfall", title="More selections that reach four fifths"),
    Column(name="turn", title="Moved selections that turn the result"),
)


def tables(impacts: Sequence[Impact], data: AuditData) -> list[Table]:
    """Two tables for each set of attributes; one where nothing can be compared."""
    made = []
    for number, impact in enumerate(impacts, 1):
        made.append(_rates(impact, number, data))
        if impact.ratios is not None:
            made.append(_tests(impact, number))
    return made


def under_two_percent(found: Selection) -> list[str]:
    """The groups, among those shown, that are less than one in fifty of the people shown."""
    total = int(found.people[found.shown].sum())
    return [found.names[at] for at in found.shown if 50 * int(found.people[at]) < total]


def _rates(impact: Impact, number: int, data: AuditData) -> Table:
    selection, small = impact.found, set(under_two_percent(impact.found))
    rows: list[tuple[Scalar, ...]] = []
    for at, name in enumerate(selection.names):
        if selection.reasons[at] is not None:
            rows.append((name, None, None, None, None, None, None, None, selection.reasons[at]))
            continue
        x, n = int(selection.selected[at]), int(selection.people[at])
        ratio = None if impact.ratios is None else impact.ratios.values[at]
        interval = None if impact.ratios is None else impact.ratios.intervals[at]
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((name, n, x, x / n, ratio, *ends, name in small, ""))
    together = smaller_selection(selection, data)
    if together is not None:  # compared with nobody
        groups, x, n = together
        rows.append((pairs(groups.where), n, x, x / n, None, None, None, None, ""))
    return Table(
        name=f"impact_{number}",
        title=f"Selection rates and impact ratios by {impact.across}",
        caption="The impact ratio is the group's selection rate over the highest one. From and to: 95 % score "
        "intervals for that ratio, for all pairs of groups at once; the highest group has none, as its ratio is 1 by "
        "definition.",
        columns=RATES,
        rows=tuple(rows),
    )


def _tests(impact: Impact, number: int) -> Table:
    ratios = present(impact.ratios, "only impacts with ratios have a table")
    rows: list[tuple[Scalar, ...]] = []
    for at in map(int, impact.found.shown):
        if at == ratios.highest:
            continue
        test, counts = impact.tests[at], impact.counts(at)
        rows.append(
            (
                impact.found.names[at], significance.standard_deviations(*counts), test.p, test.p_adjusted,
                practical.shortfall(*counts), practical.selections_to_turn(*counts),
            )
        )  # fmt: skip
    return Table(
        name=f"significance_{number}",
        title=f"Each group by {impact.across} against the highest, {impact.found.names[ratios.highest]}",
        caption="Standard deviations below 0: the group is selected less often. The exact test is Boschloo's where the "
        "product of the two sizes is 2,500 or less, else Fisher's. A result that one or two moved selections would "
        "turn rests on very few decisions.",
        columns=TESTS,
        rows=tuple(rows),
    )
