"""The tables of adverse impact: rates and ratios; tests and what a few selections would change."""

from collections.abc import Sequence

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.fairness.impact import significance
from auditkit.plugins.fairness.impact.selection import Impact, Selection, smaller_selection
from auditkit.results import Column, Scalar, Table, pairs

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
    tables_made = []
    for number, impact in enumerate(impacts, 1):
        tables_made.append(_rates(impact, number, data))
        if impact.ratios is not None:
            tables_made.append(_tests(impact, number))
    return tables_made


def under_two_percent(groups: Selection) -> list[str]:
    """The groups, among those shown, that are less than one in fifty of the people shown."""
    total = int(groups.people[groups.visible].sum())
    # In whole numbers, so that exactly one in fifty is not under it.
    return [groups.names[index] for index in groups.visible if 50 * int(groups.people[index]) < total]


def _rates(impact: Impact, number: int, data: AuditData) -> Table:
    groups, small = impact.groups, set(under_two_percent(impact.groups))
    rows: list[tuple[Scalar, ...]] = []
    for index, name in enumerate(groups.names):
        if groups.reasons[index] is not None:
            rows.append((name, None, None, None, None, None, None, None, groups.reasons[index]))
            continue
        x, n = int(groups.selected[index]), int(groups.people[index])
        ratio = None if impact.ratios is None else impact.ratios.values[index]
        interval = None if impact.ratios is None else impact.ratios.intervals[index]
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((name, n, x, x / n, ratio, *ends, name in small, ""))
    joined = smaller_selection(groups, data)
    if joined is not None:  # compared with nobody
        smaller, x, n = joined
        rows.append((pairs(smaller.where), n, x, x / n, None, None, None, None, ""))
    return Table(
        name=f"impact_{number}",
        title=f"Selection rates and impact ratios by {impact.across}",
        caption="The impact ratio is the group's selection rate over the highest one. From and to: 95 % score "
        "intervals for that ratio, for all pairs of groups at once; the highest group has none, as its ratio is 1 by "
        "definition.",
        columns=RATES,
        made_of="selected rejected",
        across=groups.attributes,
        rows=tuple(rows),
    )


def _tests(impact: Impact, number: int) -> Table:
    ratios = present(impact.ratios, "only impacts with ratios have a table")
    rows: list[tuple[Scalar, ...]] = []
    for index in map(int, impact.groups.visible):
        if index == ratios.highest:
            continue
        test, counts = impact.tests[index], impact.counts(index)
        rows.append(
            (
                impact.groups.names[index], significance.standard_deviations(*counts), test.p, test.p_adjusted,
                significance.shortfall(*counts), significance.selections_to_turn(*counts),
            )
        )  # fmt: skip
    return Table(
        name=f"significance_{number}",
        title=f"Each group by {impact.across} against the highest, {impact.groups.names[ratios.highest]}",
        caption="Standard deviations below 0: the group is selected less often. The exact test is Boschloo's where the "
        "product of the two sizes is 2,500 or less, else Fisher's. A result that one or two moved selections would "
        "turn rests on very few decisions.",
        columns=TESTS,
        made_of="further",
        rows=tuple(rows),
    )
