"""One check as the report tells it: question, answer, figures, numbers, controls, how it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports.charts import Picture, left_out, picture
from auditkit.reports.html.grids import Anchors, Grid
from auditkit.reports.html.measures import controls_grid, figure_grid, measures_grid, parameters_grid, table_grid
from auditkit.reports.html.words import LEVELS, Answer, answer, headline
from auditkit.results import CheckResult, ErrorInfo, Figure, Verdict


class Drawn(NamedTuple):
    """A figure with its pictures and its numbers."""

    figure: Figure
    picture: Picture | None
    left_out: str
    grid: Grid | None


class Held(NamedTuple):
    """A limit on this check, and how it was met."""

    name: str
    status: str


class Same(NamedTuple):
    """Where the same findings stand: the model's name and an anchor."""

    model: str
    link: str


class CheckView(NamedTuple):
    """A section of the report about one check."""

    anchor: str
    question: str
    title: str
    check: str
    status: str
    answer: Answer
    limits: tuple[Held, ...]
    figures: tuple[Drawn, ...]
    measures: Grid | None
    tables: tuple[tuple[Grid, str], ...]
    """Each with its caption."""
    controls: Grid | None
    failing: int
    """How many controls do not hold."""
    method: tuple[tuple[str, str], ...]
    parameters: Grid | None
    notes: tuple[str, ...]
    error: ErrorInfo | None
    same: Same | None = None
    """The model of which the very same was found and told already."""


def check_view(
    result: CheckResult,
    verdicts: Sequence[Verdict],
    anchors: Anchors,
    terms: Mapping[tuple[str, str], str],
    same: Same | None = None,
) -> CheckView:
    """Everything that the report says about one check.

    Args:
        result: what it found.
        verdicts: of the whole audit.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
        same: where these findings stand already; then figures and tables are left to that place.
    """
    mine = [each for each in verdicts if _owner(each) == result.check]
    told = result if same is None else _bare(result)
    return CheckView(
        anchor=anchors.new("check", result.check),
        question=result.about.question or result.about.title,
        title=result.about.title or result.check,
        check=result.check,
        status=result.status,
        answer=answer(result, headline(result, verdicts)),
        limits=tuple(Held(each.limit.name, "waived" if each.waived else each.status) for each in mine),
        figures=tuple(
            Drawn(figure, picture(figure), left_out(figure), figure_grid(figure, anchors)) for figure in told.figures
        ),
        measures=measures_grid(told, anchors, terms) if told.measurements else None,
        tables=tuple((table_grid(table, anchors), table.caption) for table in told.tables),
        controls=controls_grid(told, anchors) if told.controls else None,
        failing=sum(control.holds is not True for control in told.controls),
        method=() if same else tuple((name, text) for name, text in _method(result) if text),
        parameters=parameters_grid(told, anchors) if told.parameters else None,
        notes=told.notes,
        error=result.error,
        same=same,
    )


def _bare(result: CheckResult) -> CheckResult:
    """A result without what stands elsewhere."""
    nothing: dict[str, object] = {
        "measurements": (),
        "controls": (),
        "figures": (),
        "tables": (),
        "notes": (),
        "parameters": {},
    }
    return result.model_copy(update=nothing)


def _owner(verdict: Verdict) -> str:
    """The check that a limit is about."""
    return verdict.judged[0].check if verdict.judged else verdict.limit.measurement.rpartition(".")[0]


def _method(result: CheckResult) -> list[tuple[str, str]]:
    """How it was measured, in named sentences; empty where there is nothing to say."""
    about, rows = result.about, result.rows
    looked = f"{rows.used:,} of {rows.total:,} ({rows.how}); digest {rows.digest[:16]}" if rows else ""
    run = f"{result.plugin or 'unnamed plugin'} {result.plugin_version}".strip()
    run += f"; answered by {result.answered_by}" if result.answered_by else ""
    run += f"; wrapped by {', '.join(result.wrapped_by)}" if result.wrapped_by else ""
    with_ = [f"seed {result.seed}" if result.seed is not None else "", f"on {result.device}" if result.device else ""]
    return [
        ("Purpose", about.purpose),
        ("Method", about.method),
        ("Limits of the method", about.limits),
        ("Reference", about.reference),
        ("What it could reach", LEVELS.get(result.level or "", "")),
        ("What more would add", result.higher_level),
        ("Rows", looked),
        ("Run", ", ".join(part for part in (f"by plugin {run}", *with_) if part)),
    ]
