"""A diff, or a history, as Markdown and as one HTML page."""

from collections.abc import Sequence
from typing import NamedTuple

from auditkit.figures import curve
from auditkit.reports import difftext as text, numbers
from auditkit.reports.charts import picture
from auditkit.reports.html.render import environment
from auditkit.reports.markdown import Markdown, document, escape, heading, table
from auditkit.results import Axis, Diff, Figure, History, Rule, Scalar, Series

NAMED = 12
"""Audits whose names fit under a curve; more are numbered from the oldest."""


class Part(NamedTuple):
    """A heading with a table, and a picture where there is one."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[text.Row, ...]
    picture: str = ""
    alt: str = ""
    note: str = ""


def diff_markdown(diffs: Sequence[Diff]) -> str:
    """For the comment on a change."""
    blocks: list[Markdown] = []
    for diff in diffs:
        blocks += [heading(2, escape(text.heading(diff))), escape(text.verdict(diff)), *map(escape, text.facts(diff))]
        for part in _parts(diff, all=False):
            blocks += [heading(3, part.title), table(part.heads, (row.cells for row in part.rows)), escape(part.note)]
    return document(blocks)


def diff_html(diffs: Sequence[Diff], *, all: bool = True) -> str:
    """One page without script or request; every number that both audits have."""
    sections = [
        (text.heading(diff), text.verdict(diff), tuple(text.facts(diff)), _parts(diff, all=all)) for diff in diffs
    ]
    return _page("What changed", sections)


def history_html(history: History) -> str:
    """One page with a curve and a table for each number."""
    parts = []
    for series in history.series:
        figure = series_figure(series)
        drawn = picture(figure) if figure is not None else None
        parts.append(
            Part(
                text.series_title(series), text.HISTORY, tuple(text.series_rows(series)),
                drawn.wide if drawn else "", figure.alt if figure else "", text.series_note(series),
            )
        )  # fmt: skip
    return _page("Numbers over audits", [("", "", (), tuple(parts))])


def series_figure(series: Series) -> Figure | None:
    """The numbers of a series over audits, a line for each model; None where fewer than two have one."""
    known = [point for point in series.points if point.measurement.value is not None]
    # one point is no course
    if len(known) < 2:
        return None
    names = list(dict.fromkeys(point.audit for point in series.points))
    # many names would overlap under the axis
    positions: dict[str, Scalar] = {
        name: name if len(names) <= NAMED else position for position, name in enumerate(names, start=1)
    }
    unit = known[-1].measurement.unit
    points: list[dict[str, Scalar]] = [
        {
            "audit": positions[point.audit], "model": point.model, "value": point.measurement.value,
            "low": point.measurement.holding_ends[0], "high": point.measurement.holding_ends[1],
        }
        for point in known
    ]  # fmt: skip
    bounds = (
        (series.at_least, numbers.bounds(series.at_least, None, unit)),
        (series.at_most, numbers.bounds(None, series.at_most, unit)),
    )
    rules = [Rule(value=bound, label=label, axis="y") for bound, label in bounds if bound is not None]
    return curve(
        "history", text.series_title(series), points, x=Axis(field="audit", title="audit, oldest first"),
        y=Axis(field="value", title=series.title, unit="" if unit == "share" else unit, percent=unit == "share"),
        series=Axis(field="model", title="model"), low="low", high="high", rules=rules,
    )  # fmt: skip


def _parts(diff: Diff, *, all: bool) -> tuple[Part, ...]:
    limits, checks, rows = map(tuple, (text.limit_rows(diff), text.check_rows(diff), text.number_rows(diff, all=all)))
    nothing = "No number under a limit, and none that moved by more than chance."
    return (
        Part("Limits", text.LIMITS, limits, note="" if diff.limits else "No limit was set."),
        *([Part("Checks that cannot be compared", text.CHECKS, checks)] if checks else []),
        Part("Numbers", text.NUMBERS, rows, note=text.left_out(diff, len(rows)) if rows else nothing),
    )


def _page(title: str, sections: Sequence[tuple[str, str, tuple[str, ...], tuple[Part, ...]]]) -> str:
    return environment().get_template("diff.html.j2").render(title=title, sections=sections)
