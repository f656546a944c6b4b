"""What the terminal shows: the inferred schema, the plan, the verdict table, and where the report is."""

import json as json_module
import pathlib
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from auditkit.command import foreign_output
from auditkit.command.inputs import Opened
from auditkit.data import AuditData
from auditkit.endpoints import AskedAfar
from auditkit.judge import bounds
from auditkit.models import Capability, Model
from auditkit.provenance.dataset import describe
from auditkit.reports import transmission
from auditkit.reports.outcome import sentence
from auditkit.results import AuditResult, Comparison, Plan, canonical, pairs, system_text, verdict_line
from auditkit.run.hide import rule_of_training
from auditkit.text import number_of, one_line

COLOURS = {"met": "green", "missed": "red", "error": "red", "inconclusive": "yellow", "not tested": "yellow"}

CALLS = (
    "model calls: of attacks the most that they ask, of other checks about as many; along gradients a model is asked a "
    "tenth to a third of the most"
)


def print_result(result: AuditResult | Comparison, report: pathlib.Path, *, json: bool) -> None:
    """The verdict table on stdout; with `json` the whole result instead. The last line says where the report is."""
    if json:
        sys.stdout.write(canonical(result).decode())
        print(f"Report: {report}", file=sys.stderr)
        return
    console = console_of()
    for audit in result.audits:
        console.print()
        line = Text(f"{one_line(audit.model.name)}: ", style="bold")
        line.append(audit.verdict.upper(), style=f"bold {COLOURS[audit.verdict]}")
        line.append(f"  {one_line(verdict_line(audit))} (exit code {audit.exit_code})")
        console.print(line)
        if audit.verdicts:
            console.print(_limits(audit))
        for trouble in (check_result for check_result in audit.results if check_result.status != "measured"):
            console.print(Text(f"  {trouble.check} {trouble.status}: {one_line(trouble.reason or '')}", style="dim"))
        # reasons that belong to no limit and no check: plugins and formats that failed
        owners = (*(verdict.limit.name for verdict in audit.verdicts), *(result.check for result in audit.results))
        named = tuple(f"{owner}: " for owner in owners)
        for reason in (text for text in audit.outcome.reasons if not text.startswith(named)):
            console.print(Text(f"  {one_line(reason, 500)}", style="red"))
    meaning = sentence(result.audits[0].data)
    if meaning:
        console.print(Text(f"  {one_line(meaning, 500)}"))
    for note in dict.fromkeys(note for audit in result.audits for note in audit.outcome.notes):
        console.print(Text(f"\n{one_line(note, 1000)}", style="yellow"))
    console.print()
    print(f"Report: {report}")


def print_schema(data: AuditData) -> None:
    """What was inferred about the data, on stderr; of data that is published no count of a group or a column."""
    info = describe(data)
    if data.disclosure == "publish":
        # nothing is known yet of what may be published, so no count is
        info = rule_of_training(data).data(info, ())
    lines = [f"{one_line(info.name)}: {number_of(info.rows, 'row')}, {info.task}, {info.modality}"]
    if info.label:
        positive = f", positive {one_line(info.positive)!r}" if info.positive is not None else ""
        lines.append(f"  label {one_line(info.label)!r}{positive}")
    lines += [f"  {one_line(meaning, 500)}" for meaning in [sentence(info)] if meaning]
    for feature in info.features:
        missing = f", {feature.missing:,} missing" if feature.missing else ""
        group = ", group" if feature.group else ""
        lines.append(f"  {one_line(feature.name)}: {feature.kind} {one_line(feature.detail)}{missing}{group}".rstrip())
    lines += [f"  {one_line(note)}" for note in info.notes]
    print("\n".join(lines), file=sys.stderr)


def print_faults(faults: Sequence[str]) -> None:
    """What went wrong with plugins, on stderr, as far as it may be said."""
    for fault in faults:
        print(f"auditkit: {one_line(foreign_output.sayable(fault, is_sentence=True), 500)}", file=sys.stderr)


def print_plan(plans: Sequence[Plan], opened: Opened, *, json: bool) -> None:
    """The plan of every model: rows, model calls, a time estimate for the calls, and what is skipped."""
    if json:
        print(json_module.dumps([plan.model_dump(mode="json") for plan in plans], indent=1, sort_keys=True))
        return
    console = console_of()
    for model, plan in zip(opened.models, plans, strict=True):
        per_row = _seconds_per_row(model, opened.data)
        counts = (Column(heading, justify="right") for heading in ("rows", "model calls", "calls take"))
        title = f"{one_line(model.name)}, budget {plan.budget}, plan {plan.digest[:12]}"
        if opened.data.task == "generation":  # a kind of system with checks of its own
            title = f"{title}\n{system_text(model.kind, opened.data.task)}"
        table = Table("check", *counts, "note", title=title, box=None)
        # the questions that are asked again before any check
        if plan.asked_again is not None and plan.asked_at_most is not None:
            seconds = "" if per_row is None else f"{plan.asked_again * per_row:.1f} s"
            most = Text(f"at most {number_of(plan.asked_at_most, 'call')}, where answers differ", style="dim")
            table.add_row("asking again", "", f"{plan.asked_again:,}", seconds, most)
        for check in plan.checks:
            runs = check.skipped is None and check.error is None
            calls = check.calls or 0
            note = check.skipped or (check.error.message if check.error else "")
            table.add_row(
                one_line(check.check),
                f"{check.rows:,}" if runs and check.rows else "",
                f"{calls:,}" if runs else "",
                f"{calls * per_row:.1f} s" if runs and per_row is not None else "",
                Text(one_line(f"skipped: {note}" if note else ""), style="dim"),
            )
        console.print(table)
        console.print(Text(CALLS if any(check.calls for check in plan.checks) else "", style="dim"))
        for name, text in transmission.planned(plan.sending) if plan.sending is not None else ():
            console.print(Text(f"{name}: {one_line(text, 1000)}", style="yellow"))
    if plans and plans[0].limits:
        console.print(_planned_limits(plans[0]))
    for note in dict.fromkeys(note for plan in plans for note in plan.notes):
        console.print(Text(one_line(note, 1000), style="yellow"))
    print(f"Limits that apply: {sum(len(plan.limits) for plan in plans):,}; nothing was measured")


def _planned_limits(plan: Plan) -> Table:
    table = Table("limit", "rule", "about", box=None)
    for limit in plan.limits:
        conditions = f"; {pairs(limit.conditions)}" if limit.conditions else ""
        cells = (limit.name, f"{limit.measurement} {bounds(limit)}", limit.scope + conditions)
        table.add_row(*(Text(one_line(cell, 300)) for cell in cells))
    return table


def _seconds_per_row(model: Model, data: AuditData) -> float | None:
    """How long the model takes for a row, from a few of them."""
    # of a plan nothing is sent
    if Capability.QUERIES not in model.capabilities or isinstance(model, AskedAfar):
        return None
    import numpy as np

    # few rows, for the plan promises that nothing is measured; the first call of a library is slow, so not one alone
    few = data.take(np.arange(min(256, len(data)))).inputs
    clock = time.monotonic()
    model.answers(few)
    return (time.monotonic() - clock) / len(few)


def _limits(audit: AuditResult) -> Table:
    table = Table(Column("limit", no_wrap=True), Column("verdict", no_wrap=True), "why", box=None, pad_edge=True)
    for verdict in audit.verdicts:
        word = f"{verdict.status}, waived" if verdict.waived else verdict.status
        point = " (point)" if verdict.limit.judge == "point" else ""
        style = "dim" if verdict.waived else COLOURS[verdict.status]
        table.add_row(
            one_line(verdict.limit.name), Text(word + point, style=style), Text(one_line(verdict.reason, 2000))
        )
    return table


def console_of(width: int = 120) -> Console:
    """The terminal as it is; for a file or a pipe, of this many columns, so that it is the same everywhere."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else width)
