"""One check as the report tells it: question, answer, figures, numbers, controls, how it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports.html.common_parts import Common, Found, common
from auditkit.reports.html.figures import Told, told_figures
from auditkit.reports.html.measures import controls_grid, measures_grid, table_grid
from auditkit.reports.html.model_columns import beside_grids
from auditkit.reports.html.sentences import LEVELS, Answer, answer, headline
from auditkit.reports.html.tables import Anchors, Grid
from auditkit.results import CheckResult, ErrorInfo, Table, Verdict


class Held(NamedTuple):
    """A limit on this check, and how it was met."""

    name: str
    status: str


class Said(NamedTuple):
    """The answer to a question, and the limits that it was held against."""

    answer: Answer
    limits: tuple[Held, ...]


class Own(NamedTuple):
    """A table of the check's own."""

    title: str
    grid: Grid
    caption: str
    models: str
    """Whose it is, where it is not everyone's."""


class CheckView(NamedTuple):
    """A section of the report about one check, of one model or of several."""

    anchor: str
    question: str
    title: str
    check: str
    answers: tuple[Common[Said], ...]
    figures: tuple[Told, ...]
    measures: tuple[tuple[str, Grid], ...]
    """Each with its title."""
    tables: tuple[Own, ...]
    controls: Grid | None
    failing: int
    """How many controls do not hold."""
    method: tuple[Common[tuple[str, str]], ...]
    notes: tuple[Common[str], ...]
    errors: tuple[Common[ErrorInfo], ...]


def check_view(found: Sequence[Found], anchors: Anchors, terms: Mapping[tuple[str, str], str]) -> CheckView:
    """Everything that the report says about one check.

    Args:
        found: what it found of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    models = [one.model for one in found]
    first = found[0].result
    about = next((one.result.about for one in found if one.result.about.question), first.about)
    controls = controls_grid(found, anchors) if any(one.result.controls for one in found) else None
    return CheckView(
        anchor=anchors.new("check", first.check),
        question=about.question or about.title or first.check,
        title=about.title or first.check,
        check=first.check,
        answers=tuple(common(models, [[_said(one)] for one in found], _self)),
        figures=told_figures(found, anchors),
        measures=tuple(_measures(found, anchors, terms)),
        tables=tuple(
            _own(part, about.title or first.check, anchors)
            for part in common(models, [one.result.tables for one in found], Table.model_dump_json, _name)
        ),
        controls=controls,
        failing=sum(any(cell.status in FAILING for cell in row) for row in controls.rows) if controls else 0,
        method=tuple(common(models, [_method(one.result) for one in found], _self, lambda each: each[0])),
        notes=tuple(common(models, [one.result.notes for one in found], _self)),
        errors=tuple(common(models, [_errors(one.result) for one in found], ErrorInfo.model_dump_json)),
    )


FAILING = ("does not hold", "could not be computed")
"""What is written of a control that shows nothing."""


def owner(verdict: Verdict) -> str:
    """The check that a limit is about."""
    return verdict.judged[0].check if verdict.judged else verdict.limit.measurement.rpartition(".")[0]


def _self(each: object) -> str:
    return repr(each)


def _own(table: Common[Table], title: str, anchors: Anchors) -> Own:
    """A table whose caption is no other's: two checks may give theirs the same title, and so may two models."""
    made = table_grid(table.item, anchors)
    caption = f"{title}: {made.caption}" + (f" ({table.models})" if table.models else "")
    return Own(made.caption, made._replace(caption=caption), table.item.caption, table.models)


def _name(each: Table) -> str:
    return each.name


def _errors(result: CheckResult) -> list[ErrorInfo]:
    return [result.error] if result.error else []


def _said(one: Found) -> Said:
    """The answer for one model."""
    verdicts = one.audit.verdicts
    mine = [verdict for verdict in verdicts if owner(verdict) == one.result.check]
    held = tuple(Held(verdict.limit.name, "waived" if verdict.waived else verdict.status) for verdict in mine)
    return Said(answer(one.result, headline(one.result, verdicts)), held)


def _measures(found: Sequence[Found], anchors: Anchors, terms: Mapping[tuple[str, str], str]) -> list[tuple[str, Grid]]:
    """The measurements of the models that have some: one table where they are alike, else a column for each."""
    have = [one for one in found if one.result.measurements]
    if not have:
        return []
    if all(one.result.every == have[0].result.every for one in have):
        title = "All measurements" + (", the same for every model" if len(have) > 1 else "")
        return [(title, measures_grid(have[0].result, anchors, terms))]
    return beside_grids(have, anchors, terms)


def _method(result: CheckResult) -> list[tuple[str, str]]:
    """How it was measured, in named sentences; what there is nothing to say of is left out."""
    about, rows = result.about, result.rows
    looked = f"{rows.used:,} of {rows.total:,} ({rows.how}); digest {rows.digest[:16]}" if rows else ""
    run = f"{result.plugin or 'unnamed plugin'} {result.plugin_version}".strip()
    run += f"; answered by {result.answered_by}" if result.answered_by else ""
    run += f"; wrapped by {', '.join(result.wrapped_by)}" if result.wrapped_by else ""
    with_ = [f"seed {result.seed}" if result.seed is not None else "", f"on {result.device}" if result.device else ""]
    told = [
        ("Purpose", about.purpose),
        ("Method", about.method),
        ("Limits of the method", about.limits),
        ("Reference", about.reference),
        ("What it could reach", LEVELS.get(result.level or "", "")),
        ("What more would add", result.higher_level),
        ("Rows", looked),
        ("Run", ", ".join(part for part in (f"by plugin {run}", *with_) if part)),
    ]
    return [(name, text) for name, text in told if text]
