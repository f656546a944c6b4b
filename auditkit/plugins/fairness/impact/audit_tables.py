"""The tables of a bias audit as a public summary prints them, the facts that go with them, and the notes."""

from collections.abc import Sequence

from auditkit import stats
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.plugins.fairness.impact.audit_counts import Assessed, Breakdown
from auditkit.plugins.fairness.impact.audit_parameters import ID, Attributes, Parameters
from auditkit.plugins.fairness.impact.selection import undecided
from auditkit.results import Column, Scalar, Table

TITLES = {
    "sex": "Sex categories",
    "race_ethnicity": "Race/ethnicity categories",
    "intersectional": "Intersectional categories",
}
HEADS = {"sex": "Sex", "race_ethnicity": "Race/ethnicity"}


def tables(parameters: Parameters, breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData) -> list[Table]:
    """The rule's tables, and the facts that a summary gives beside them."""
    required = [_table(parameters, breakdown, assessed, data) for breakdown in breakdowns]
    return [
        *required,
        _facts(breakdowns, assessed, data),
        *[_uncertain(breakdown, assessed, data) for breakdown in breakdowns],
    ]


def notes(
    parameters: Parameters, attributes: Attributes, breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData
) -> list[str]:
    """What a reader must know of how these tables were made."""
    sentences = [_taken(attributes, breakdowns)]
    if None in attributes:
        attribute = "sex" if attributes.sex is None else "race/ethnicity"
        sentences.append(
            f"No attribute is named as {attribute}, so its table and the intersectional one are missing; the rule asks "
            f'for all three. Name it with {attribute.replace("/", "_")} = "…" under [checks."{ID}"].'
        )
    hidden = sum(reason is not None for breakdown in breakdowns for reason in breakdown.groups.reasons)
    if hidden or any(breakdown.unknown.hidden for breakdown in breakdowns):
        sentences.append(
            f"{hidden} categories, or a number of people in an unknown category, are not shown, because so few people "
            "could be recognised. The law's summary needs the number of applicants and the rate of every category, "
            "however small: the owner may decide to publish them with minimum_cell = 1 and minimum_rate = 1 under "
            "[data]."
        )
    if assessed.at_median:
        people_text = how_many(assessed.at_median, data.minimum_cell, data.disclosure)
        sentences.append(
            f"{people_text[0].upper()}{people_text[1:]} people have exactly the median score; they do not lie above it."
        )
    sentences += undecided("table", assessed.decisions, data)
    if data.weights is not None:
        sentences.append("The rule counts people, so weights were not used.")
    return sentences


def _taken(attributes: Attributes, breakdowns: Sequence[Breakdown]) -> str:
    named = [f"{HEADS[kind].lower()}: {name!r}" for kind, name in attributes._asdict().items() if name is not None]
    unknown = {value for breakdown in breakdowns for values in breakdown.unknown.values.values() for value in values}
    taken = f"; taken as unknown: {', '.join(map(repr, sorted(unknown)))}" if unknown else "; no value means unknown"
    return f"Attributes taken as {', '.join(named)}{taken}."


def _table(parameters: Parameters, breakdown: Breakdown, assessed: Assessed, data: AuditData) -> Table:
    scoring = assessed.mode == "scoring"
    columns = [
        *_categories(breakdown),
        Column(name="applicants", title="# of applicants"),
        Column(name="rated", title="# above the median" if scoring else "# selected"),
        Column(name="rate", title="Scoring rate" if scoring else "Selection rate", unit="share", percent=True),
        Column(name="ratio", title="Impact ratio"),
        Column(name="remark", title="Remark"),
    ]
    return Table(
        name=f"{breakdown.name}{assessed.suffix}",
        title=_title(breakdown, assessed),
        caption=" ".join(filter(None, (_people(breakdown), _median(assessed), _left_out(parameters, breakdown)))),
        columns=tuple(columns),
        rows=tuple(_row(breakdown, index) for index in range(len(breakdown.groups.where))),
        made_of=_made_of(breakdown, assessed, data),
        across=breakdown.attributes,
    )


def _made_of(breakdown: Breakdown, assessed: Assessed, data: AuditData) -> str:
    """Which counts a table holds, as `Definition.made_of` says it; nothing where few are above the median, or not."""
    if assessed.mode == "selection":
        return "selected rejected"
    above, people = breakdown.groups.selected, breakdown.groups.people
    return "further" if min(*above, *(people - above), data.minimum_cell) == data.minimum_cell else ""


def _row(breakdown: Breakdown, index: int) -> tuple[Scalar, ...]:
    groups = breakdown.groups
    category = tuple(groups.where[index].values())
    if groups.reasons[index] is not None:
        return (*category, None, None, None, None, f"not shown: {groups.reasons[index]}")
    x, n = int(groups.selected[index]), int(groups.people[index])
    ratio = None if breakdown.ratios is None else breakdown.ratios.values[index]
    # In whole numbers, so that exactly 2 % is not under it.
    remark = f"under 2 % ({float(breakdown.share(index)):.2%})" if 50 * n < breakdown.total else ""
    if index in breakdown.excluded:
        remark = f"{remark}, left out of the ratios"
    return (*category, n, x, x / n, ratio, remark)


def _uncertain(breakdown: Breakdown, assessed: Assessed, data: AuditData) -> Table:
    """What the rule does not require: how much the rates and ratios can tell."""
    rows: list[tuple[Scalar, ...]] = []
    for index in map(int, breakdown.groups.visible):
        wilson = stats.wilson(int(breakdown.groups.selected[index]), int(breakdown.groups.people[index]))
        interval = None if breakdown.ratios is None else breakdown.ratios.intervals[index]
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((*breakdown.groups.where[index].values(), wilson.low, wilson.high, *ends))
    return Table(
        name=f"{breakdown.name}_intervals{assessed.suffix}",
        title=f"{_title(breakdown, assessed)}: uncertainty (not required by the rule)",
        caption="95 % intervals: Wilson's for the rates; score intervals for the ratios, for all pairs of categories "
        "at once. The category with the highest rate has no interval of its ratio, which is 1 by definition.",
        columns=(
            *_categories(breakdown),
            Column(name="rate_low", title="Rate from", unit="share", percent=True),
            Column(name="rate_high", title="Rate to", unit="share", percent=True),
            Column(name="ratio_low", title="Ratio from"),
            Column(name="ratio_high", title="Ratio to"),
        ),
        rows=tuple(rows),
        made_of=_made_of(breakdown, assessed, data),
        across=breakdown.attributes,
    )


def _categories(breakdown: Breakdown) -> list[Column]:
    """The columns that name a category."""
    heads = [HEADS["sex"], HEADS["race_ethnicity"]] if breakdown.name == "intersectional" else [HEADS[breakdown.name]]
    return [Column(name=f"category_{number}", title=head) for number, head in enumerate(heads)]


def _title(breakdown: Breakdown, assessed: Assessed) -> str:
    return TITLES[breakdown.name] + ("" if assessed.classified is None else f", classified as {assessed.classified}")


def _people(breakdown: Breakdown) -> str:
    category = "sex or race/ethnicity" if breakdown.name == "intersectional" else HEADS[breakdown.name].lower()
    if breakdown.unknown.hidden is not None:
        return (
            f"How many people have an unknown {category} is not shown ({breakdown.unknown.hidden}); 2 % are reckoned "
            f"of the {breakdown.total:,} people in the categories shown."
        )
    return (
        f"In an unknown category of {category}, and in no rate here: {breakdown.unknown.people:,} people. 2 % are "
        f"reckoned of the {breakdown.total:,} people whose category is known."
    )


def _median(assessed: Assessed) -> str:
    if assessed.mode == "selection":
        return ""
    if assessed.median is None:
        return "Who lies above the median was decided before; the median is not in the data."
    return f"The median score of the full sample is {assessed.median:.10g}; the rate is of those strictly above it."


def _left_out(parameters: Parameters, breakdown: Breakdown) -> str:
    if not breakdown.excluded:
        return ""
    few = f"under {100 * parameters.exclude_under:.6g} %"
    reason = parameters.justification or "the auditor has not yet given the justification that the rule wants published"
    names = ", ".join(" ".join(breakdown.groups.where[index].values()) for index in sorted(breakdown.excluded))
    return (
        f"Left out of the impact ratios, as 6 RCNY 5-301(d) allows ({few} of those people): {names}. "
        f"Justification: {reason}."
    )


def _facts(breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData) -> Table:
    """What 6 RCNY 5-303 wants in the summary beside the tables, and who can say it."""
    rows: list[tuple[Scalar, Scalar]] = [("People assessed", data.size)]
    for breakdown in breakdowns:
        category = "sex or race/ethnicity" if breakdown.name == "intersectional" else HEADS[breakdown.name].lower()
        people_shown: Scalar = (
            breakdown.unknown.people if breakdown.unknown.hidden is None else f"not shown: {breakdown.unknown.hidden}"
        )
        rows.append((f"People with an unknown {category}", people_shown))
    if assessed.mode == "scoring":
        rows.append(("Median score of the full sample", assessed.median))
    # What no data holds is listed too, for the summary is not complete without it.
    rows += [
        ("Source and explanation of the data", "for the owner to state"),
        ("Historical or test data, and if test data why and how it was made", "for the owner to state"),
        ("Date of the audit", "for the auditor to state"),
        ("Distribution date of the tool", "for the owner to state"),
    ]
    return Table(
        name=f"summary{assessed.suffix}",
        title="What the published summary gives beside the tables",
        caption="6 RCNY 5-302 and 5-303.",
        made_of="further",
        columns=(Column(name="what", title="What"), Column(name="value", title="Value")),
        rows=tuple(rows),
    )
