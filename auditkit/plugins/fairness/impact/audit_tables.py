"""The tables of a bias audit as a public summary prints them, the facts that go with them, and the notes.

Behind them is who was selected, or scored above the median; by category, known or not.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.plugins.fairness.impact.parameters import ID, Attributes, AuditParameters, Mode, unknown_values
from auditkit.plugins.fairness.impact.selection import Ratios, Selection, ratios, selection, undecided
from auditkit.results import Column, Scalar, Table
from auditkit.text import number_of
from auditkit.too_few import fewer_than


@dataclass(frozen=True)
class Assessed:
    """What is rated: who was selected, or who scored above the median."""

    mode: Mode
    decisions: np.ndarray
    """(N,) 1 for selected or above the median, 0 for not, -1 where nothing was decided."""
    classified: str | None = None
    """The class that counts as selected, where people are sorted into several."""
    suffix: str = ""
    """Of the names of its tables and figures."""
    median: float | None = None
    at_median: int = 0
    """People with exactly the median score."""

    @property
    def rate(self) -> str:
        """The name of the measurement of the rate."""
        return f"{self.mode}_rate"

    @property
    def conditions(self) -> dict[str, Scalar]:
        """What tells its measurements from those of other classes."""
        return {} if self.classified is None else {"classified as": self.classified}


class Unknown(NamedTuple):
    """People whose category is not known."""

    people: int
    hidden: str | None
    """Why their number may not be shown; None where it may."""
    values: dict[str, list[str]]
    """{attribute: its values that mean unknown}."""


class Breakdown(NamedTuple):
    """One of the rule's tables."""

    name: str
    """sex, race_ethnicity or intersectional."""
    attributes: tuple[str, ...]
    groups: Selection
    """Known categories only."""
    unknown: Unknown
    total: int
    """People in known categories, of which 2 % are reckoned; those shown, where the others' number may not be."""
    excluded: frozenset[int]
    """Positions of the categories that are left out of the ratios for being few."""
    ratios: Ratios | None

    @property
    def compared(self) -> np.ndarray:
        """The positions of the categories that have a ratio, where there is one."""
        return np.array([index for index in self.groups.visible if index not in self.excluded], dtype=np.int64)

    def share(self, index: int) -> Fraction:
        """A category's share of `total`, exactly."""
        return Fraction(int(self.groups.people[index]), self.total)


def median(scores: np.ndarray, people: np.ndarray | None = None) -> float:
    """The median over people: the middle score, or the mean of the two middle ones.

    Args:
        scores: (N,), N above 0.
        people: (N,) whole numbers from 1, how many people have each score; None: one.
    """
    order = np.argsort(scores, kind="stable")
    ordered = np.asarray(scores, dtype=np.float64)[order]
    upto = np.arange(1, len(ordered) + 1) if people is None else np.cumsum(np.asarray(people)[order])
    total = int(upto[-1])
    # The people in places (total - 1) // 2 and total // 2, counted from 0; nobody is written out, as a row may be many.
    low, high = (ordered[np.searchsorted(upto, place, side="right")] for place in ((total - 1) // 2, total // 2))
    return float(low + (high - low) / 2)


def break_down(
    name: str,
    attributes: tuple[str, ...],
    counts: Counts,
    data: AuditData,
    unknown: Sequence[str],
    exclude_under: float,
    rate: str,
) -> Breakdown:
    """One table's categories, who is in none of them, and the ratios.

    Args:
        name: sex, race_ethnicity or intersectional.
        attributes: one, or two.
        counts: of decisions (not selected, selected), over these attributes at least.
        data: the data.
        unknown: values that mean that a category is not known.
        exclude_under: categories with a smaller share are left out of the ratios; 0: none.
        rate: what the rate is called.
    """
    groups = selection(counts, attributes, data)._replace(rate=rate)
    values = {
        attribute: unknown_values(counts.values[counts.attributes.index(attribute)], unknown)
        for attribute in attributes
    }
    is_known = np.array([
        not any(value in values[attribute] for attribute, value in where.items()) for where in groups.where
    ])  # fmt: skip
    nowhere = int(groups.people[~is_known].sum())
    few = fewer_than(data.minimum_cell, "people") if 0 < nowhere < data.minimum_cell else None
    # A number may be large enough itself and still give a small cell away, by subtraction.
    if few is None and data.disclosure == "publish":
        few = _hidden(values, data)
    groups = groups.only(np.flatnonzero(is_known))
    total = int((groups.people if few is None else groups.people[groups.visible]).sum())
    least = Fraction(str(exclude_under))  # exact: 2 of 100 people are not under 0.02, which as a float they might be
    excluded = frozenset(int(index) for index in groups.visible if Fraction(int(groups.people[index]), total) < least)
    breakdown = Breakdown(name, attributes, groups, Unknown(nowhere, few, values), total, excluded, None)
    # Who is compared follows from the other fields, so the ratios come last.
    return breakdown._replace(ratios=ratios(groups, breakdown.compared))


def _hidden(values: Mapping[str, Sequence[str]], data: AuditData) -> str | None:
    """Why the number of people in an unknown category may not be shown.

    The number for two attributes, with the numbers for each, would give away how many have neither; so every cell
    that only means unknown must be one that may be shown.
    """
    names = [name for name in values if values[name]]
    for size in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, size):
            for where in itertools.product(*(values[name] for name in chosen)):
                reason = data.cells.unshown(dict(zip(chosen, where, strict=True)))
                if reason is not None:
                    return reason
    return None


TITLES = {
    "sex": "Sex categories",
    "race_ethnicity": "Race/ethnicity categories",
    "intersectional": "Intersectional categories",
}
HEADS = {"sex": "Sex", "race_ethnicity": "Race/ethnicity"}


def tables(
    parameters: AuditParameters, breakdowns: Sequence[Breakdown], assessed: Assessed, data: AuditData
) -> list[Table]:
    """The rule's tables, and the facts that a summary gives beside them."""
    required = [_table(parameters, breakdown, assessed, data) for breakdown in breakdowns]
    return [
        *required,
        _facts(breakdowns, assessed, data),
        *[_uncertain(breakdown, assessed, data) for breakdown in breakdowns],
    ]


def notes(
    parameters: AuditParameters,
    attributes: Attributes,
    breakdowns: Sequence[Breakdown],
    assessed: Assessed,
    data: AuditData,
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
            f"{number_of(hidden, 'category', 'categories')}, or a number of people in an unknown category, are not "
            "shown, because so few people could be recognised. The law's summary needs the number of applicants and "
            "the rate of every category, however small: the owner may decide to publish them with minimum_cell = 1 and "
            "minimum_rate = 1 under [data]."
        )
    if assessed.at_median:
        sentences.append(
            how_many(assessed.at_median, data.minimum_cell, data.disclosure, "person has", "people have").capitalize()
            + " exactly the median score; that is not above it."
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


def _table(parameters: AuditParameters, breakdown: Breakdown, assessed: Assessed, data: AuditData) -> Table:
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
        f"In an unknown category of {category}, and in no rate here: "
        f"{number_of(breakdown.unknown.people, 'person', 'people')}. 2 % are reckoned of the {breakdown.total:,} "
        "people whose category is known."
    )


def _median(assessed: Assessed) -> str:
    if assessed.mode == "selection":
        return ""
    if assessed.median is None:
        return "Who lies above the median was decided before; the median is not in the data."
    return f"The median score of the full sample is {assessed.median:.10g}; the rate is of those strictly above it."


def _left_out(parameters: AuditParameters, breakdown: Breakdown) -> str:
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
