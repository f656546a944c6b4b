"""The tables of a bias audit as a public summary prints them, the facts that go with them, and the notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditkit import stats
from auditkit.data.disclosure import how_many
from auditkit.plugins.fairness.impact.audit_counts import Breakdown
from auditkit.plugins.fairness.impact.audit_parameters import ID
from auditkit.plugins.fairness.impact.selection import undecided
from auditkit.results import Column, Scalar, Table

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.fairness.impact.assessed import Assessed
    from auditkit.plugins.fairness.impact.audit_parameters import Attributes, Parameters

TITLES = {
    "sex": "Sex categories",
    "race_ethnicity": "Race/ethnicity categories",
    "intersectional": "Intersectional categories",
}
HEADS = {"sex": "Sex", "race_ethnicity": "Race/ethnicity"}


def tables(parameters: Parameters, breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData) -> list[Table]:
    """The rule's tables, and the facts that a summary gives beside them."""
    required = [_table(parameters, part, assessed) for part in breakdowns]
    return [*required, _facts(breakdowns, assessed, data), *[_uncertain(part, assessed) for part in breakdowns]]


def notes(
    parameters: Parameters, attributes: Attributes, breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData
) -> list[str]:
    """What a reader must know of how these tables were made."""
    sentences = [_taken(attributes, breakdowns)]
    if None in attributes:
        what = "sex" if attributes.sex is None else "race/ethnicity"
        sentences.append(
            f"No attribute is named as {what}, so its table and the intersectional one are missing; the rule asks for "
            f'all three. Name it with {what.replace("/", "_")} = "…" under [checks."{ID}"].'
        )
    hidden = sum(reason is not None for part in breakdowns for reason in part.found.reasons)
    if hidden or any(part.unknown.hidden for part in breakdowns):
        sentences.append(
            f"{hidden} categories, or a number of people in an unknown category, are not shown, because so few people "
            "could be recognised. The law's summary needs the number of applicants and the rate of every category, "
            "however small: the owner may decide to publish them with minimum_cell = 1 and minimum_rate = 1 under "
            "[data]."
        )
    if assessed.at_median:
        at = how_many(assessed.at_median, data.minimum_cell, data.disclosure)
        sentences.append(f"{at[0].upper()}{at[1:]} people have exactly the median score; they do not lie above it.")
    sentences += undecided("table", assessed.decisions, data)
    if data.weights is not None:
        sentences.append("The rule counts people, so weights were not used.")
    return sentences


def _taken(attributes: Attributes, breakdowns: Sequence[Breakdown]) -> str:
    named = [f"{HEADS[kind].lower()}: {name!r}" for kind, name in attributes._asdict().items() if name is not None]
    unknown = {value for part in breakdowns for values in part.unknown.values.values() for value in values}
    taken = f"; taken as unknown: {', '.join(map(repr, sorted(unknown)))}" if unknown else "; no value means unknown"
    return f"Attributes taken as {', '.join(named)}{taken}."


def _table(parameters: Parameters, part: Breakdown, assessed: Assessed) -> Table:
    scoring = assessed.mode == "scoring"
    columns = [
        *_categories(part),
        Column(name="applicants", title="# of applicants"),
        Column(name="rated", title="# above the median" if scoring else "# selected"),
        Column(name="rate", title="Scoring rate" if scoring else "Selection rate", unit="share", percent=True),
        Column(name="ratio", title="Impact ratio"),
        Column(name="remark", title="Remark"),
    ]
    return Table(
        name=f"{part.name}{assessed.suffix}",
        title=_title(part, assessed),
        caption=" ".join(filter(None, (_people(part), _median(assessed), _left_out(parameters, part)))),
        columns=tuple(columns),
        rows=tuple(_row(part, at) for at in range(len(part.found.where))),
    )


def _row(part: Breakdown, at: int) -> tuple[Scalar, ...]:
    selection = part.found
    category = tuple(selection.where[at].values())
    if selection.reasons[at] is not None:
        return (*category, None, None, None, None, f"not shown: {selection.reasons[at]}")
    x, n = int(selection.selected[at]), int(selection.people[at])
    ratio = None if part.ratios is None else part.ratios.values[at]
    remark = f"under 2 % ({float(part.share(at)):.2%})" if 50 * n < part.total else ""
    if at in part.excluded:
        remark = f"{remark}, left out of the ratios"
    return (*category, n, x, x / n, ratio, remark)


def _uncertain(part: Breakdown, assessed: Assessed) -> Table:
    """What the rule does not require: how much the rates and ratios can tell."""
    rows: list[tuple[Scalar, ...]] = []
    for at in map(int, part.found.shown):
        wilson = stats.wilson(int(part.found.selected[at]), int(part.found.people[at]))
        interval = None if part.ratios is None else part.ratios.intervals[at]
        ends = (None, None) if interval is None else (interval.low, interval.high)
        rows.append((*part.found.where[at].values(), wilson.low, wilson.high, *ends))
    return Table(
        name=f"{part.name}_intervals{assessed.suffix}",
        title=f"{_title(part, assessed)}: uncertainty (not required by the rule)",
        caption="95 % intervals: Wilson's for the rates; score intervals for the ratios, for all pairs of categories "
        "at once. The category with the highest rate has no interval of its ratio, which is 1 by definition.",
        columns=(
            *_categories(part),
            Column(name="rate_low", title="Rate from", unit="share", percent=True),
            Column(name="rate_high", title="Rate to", unit="share", percent=True),
            Column(name="ratio_low", title="Ratio from"),
            Column(name="ratio_high", title="Ratio to"),
        ),
        rows=tuple(rows),
    )


def _categories(part: Breakdown) -> list[Column]:
    """The columns that name a category."""
    heads = [HEADS["sex"], HEADS["race_ethnicity"]] if part.name == "intersectional" else [HEADS[part.name]]
    return [Column(name=f"category_{at}", title=head) for at, head in enumerate(heads)]


def _title(part: Breakdown, assessed: Assessed) -> str:
    return TITLES[part.name] + ("" if assessed.classified is None else f", classified as {assessed.classified}")


def _people(part: Breakdown) -> str:
    what = "sex or race/ethnicity" if part.name == "intersectional" else HEADS[part.name].lower()
    if part.unknown.hidden is not None:
        return (
            f"How many people have an unknown {what} is not shown ({part.unknown.hidden}); 2 % are reckoned of the "
            f"{part.total:,} people in the categories shown."
        )
    return (
        f"In an unknown category of {what}, and in no rate here: {part.unknown.people:,} people. 2 % are reckoned of "
        f"the {part.total:,} people whose category is known."
    )


def _median(assessed: Assessed) -> str:
    if assessed.mode == "selection":
        return ""
    if assessed.median is None:
        return "Who lies above the median was decided before; the median is not in the data."
    return f"The median score of the full sample is {assessed.median:.10g}; the rate is of those strictly above it."


def _left_out(parameters: Parameters, part: Breakdown) -> str:
    if not part.excluded:
        return ""
    few = f"under {100 * parameters.exclude_under:.6g} %"
    reason = parameters.justification or "the auditor has not yet given the justification that the rule wants published"
    names = ", ".join(" ".join(part.found.where[at].values()) for at in sorted(part.excluded))
    return (
        f"Left out of the impact ratios, as 6 RCNY 5-301(d) allows ({few} of those people): {names}. "
        f"Justification: {reason}."
    )


def _facts(breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData) -> Table:
    """What 6 RCNY 5-303 wants in the summary beside the tables, and who can say it."""
    people = int(data.people.sum()) if data.people is not None else len(data)
    rows: list[tuple[Scalar, Scalar]] = [("People assessed", people)]
    for part in breakdowns:
        what = "sex or race/ethnicity" if part.name == "intersectional" else HEADS[part.name].lower()
        shown: Scalar = part.unknown.people if part.unknown.hidden is None else f"not shown: {part.unknown.hidden}"
        rows.append((f"People with an unknown {what}", shown))
    if assessed.mode == "scoring":
        rows.append(("Median score of the full sample", assessed.median))
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
        columns=(Column(name="what", title="What"), Column(name="value", title="Value")),
        rows=tuple(rows),
    )
