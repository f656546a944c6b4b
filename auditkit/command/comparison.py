"""`auditkit diff` and `auditkit history`: audits held against each other, on the terminal or as files."""

import json as json_module
import pathlib
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from auditkit.command.terminal import console_of
from auditkit.comparison import Named, compare_audits, history, open_audit, open_audits, with_distinct_names
from auditkit.errors import ConfigError, check_known
from auditkit.reports import difftext as text
from auditkit.reports.diffpage import diff_html, diff_markdown, history_html
from auditkit.results import AuditResult, Diff
from auditkit.text import one_line

TONES = {"worse": "red", "better": "green", "": ""}


class ComparisonOptions(NamedTuple):
    """What the command line says of a comparison."""

    old_model: str | None = None
    new_model: str | None = None
    all: bool = False
    """Every number that both have."""
    unverified: bool = False
    json: bool = False
    md: str | None = None
    """A file to write as Markdown too."""
    html: str | None = None


def diff(old: str, new: str, options: ComparisonOptions) -> int:
    """Say what changed; exit code 1 where a limit that was met is missed."""
    before, after = (open_audit(name, unverified=options.unverified) for name in (old, new))
    # two models of one audit have one name already, and both would be numbered
    if before.path != after.path:
        before, after = with_distinct_names([before, after])
    diffs = [compare_audits(before, a, after, b) for a, b in _matched(before, after, options)]
    # of named models the others are left out on purpose
    if not (options.old_model or options.new_model):
        # said once: each of several diffs would count the same models as gone
        diffs[0] = diffs[0].model_copy(update={"gone": _gone(before, diffs)})
    _write(options.md, lambda: diff_markdown(diffs))
    _write(options.html, lambda: diff_html(diffs))
    if options.json:
        documents = [{**comparison.model_dump(mode="json"), "exit_code": comparison.exit_code} for comparison in diffs]
        print(json_module.dumps(documents, indent=1))
    else:
        for comparison in diffs:
            _print_diff(comparison, all=options.all)
    return max(comparison.exit_code for comparison in diffs)


def _gone(before: Named, diffs: Sequence[Diff]) -> tuple[str, ...]:
    """Models of the old audit that met a limit and are compared with nothing."""
    compared = {diff.old.model for diff in diffs}
    return tuple(
        audit.model.name for audit in before.audits
        if audit.model.name not in compared and any(verdict.status == "met" for verdict in audit.verdicts)
    )  # fmt: skip


def over_time(
    folders: Sequence[str],
    *,
    measure: str | None,
    slices: Iterable[str],
    unverified: bool,
    json: bool,
    html: str | None,
) -> int:
    """Say how numbers went over audits."""
    numbers = history(open_audits(folders, unverified=unverified), measure or "", _group(slices))
    _write(html, lambda: history_html(numbers))
    if json:
        print(numbers.model_dump_json(indent=1))
        return 0
    console = console_of(160)
    for series in numbers.series:
        console.print(_table(text.series_title(series), text.HISTORY, list(text.series_rows(series))))
        if series.breaks:
            console.print(Text(one_line(text.series_note(series), 1000), style="yellow"))
    return 0


def _matched(before: Named, after: Named, options: ComparisonOptions) -> list[tuple[AuditResult, AuditResult]]:
    """The pairs of models to compare: those named, or those with the same name, or the only ones."""
    old_model, new_model = options.old_model, options.new_model
    if old_model or new_model:
        return [(_model(before, old_model or new_model or ""), _model(after, new_model or old_model or ""))]
    if before.path == after.path:
        raise ConfigError(
            "old and new are the same audit; name two of its models with --old-model and --new-model: "
            + ", ".join(one_line(audit.model.name) for audit in after.audits)
        )
    if len(before.audits) == len(after.audits) == 1:
        return [(before.audits[0], after.audits[0])]
    names = {audit.model.name: audit for audit in before.audits}
    pairs = [(names[audit.model.name], audit) for audit in after.audits if audit.model.name in names]
    if not pairs:
        raise ConfigError(
            "the audits have no model of the same name; name one of each with --old-model and --new-model "
            f"(old: {', '.join(map(one_line, names))}; new: {', '.join(one_line(a.model.name) for a in after.audits)})"
        )
    return pairs


def _model(named: Named, name: str) -> AuditResult:
    names = {audit.model.name: audit for audit in named.audits}
    check_known((name,), names, ConfigError, lambda name: f"{one_line(named.name)} has no model {one_line(name)!r}; ")
    return names[name]


def _group(slices: Iterable[str]) -> dict[str, str] | None:
    group = {}
    for slice_ in slices:
        name, equals, value = slice_.partition("=")
        if not equals or not name:
            raise ConfigError(f"--slice must be attribute=value, such as sex=F; {one_line(slice_)!r} was given")
        group[name] = value
    return group or None


def _print_diff(diff: Diff, *, all: bool) -> None:
    console = console_of(160)
    console.print(Text(one_line(text.heading(diff), 300), style="bold"))
    console.print(
        Text(
            one_line(text.verdict(diff), 1000),
            style="red" if diff.exit_code else "yellow" if text.worse(diff) else "green",
        )
    )
    for fact in text.facts(diff):
        console.print(Text(one_line(fact, 1000)))
    parts = [
        ("Limits", text.LIMITS, text.limit_rows(diff)),
        ("Checks that cannot be compared", text.CHECKS, text.check_rows(diff)),
        ("Numbers", text.NUMBERS, text.number_rows(diff, all=all)),
    ]
    for title, heads, rows in parts:
        if rows:
            console.print(_table(title, heads, rows))
    more = text.left_out(diff, len(parts[-1][2]))
    if more:
        console.print(Text(more, style="dim"))
    console.print()


def _table(title: str, heads: Sequence[str], rows: Sequence[text.Row]) -> Table:
    table = Table(*heads, title=Text(one_line(title, 300)), title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(one_line(cell, 1000), style=TONES[row.tone]) for cell in row.cells))
    return table


def _write(path: str | None, made: Callable[[], str]) -> None:
    if path is None:
        return
    try:
        pathlib.Path(path).write_text(made(), encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{one_line(path)} could not be written: {error.strerror or error}") from error
    print(f"written: {one_line(path)}", file=sys.stderr)
