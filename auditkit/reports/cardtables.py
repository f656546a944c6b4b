"""The tables of a model card; of several models, the name stands in the first column.

Its numbers come in three parts: about everyone, about one attribute, and about attributes crossed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from auditkit.reports import model_inputs, numbers
from auditkit.reports.markdown import Markdown, bullets, escape, heading, table
from auditkit.reports.outcome import column_of, is_stated
from auditkit.results import (
    AuditResult,
    CheckResult,
    DataInfo,
    Limit,
    Measurement,
    Table,
    Verdict,
    digest,
    left_out_of_all,
    left_out_text,
    pairs,
    pairs_by_name,
    showing_facts,
    system_text,
    whose_text,
)
from auditkit.text import first_few

Results: TypeAlias = Sequence[AuditResult]
Rows: TypeAlias = Callable[[AuditResult], Iterable[Sequence[object]]]
PARTS = {"Whole data": 0, "Unitary": 1, "Intersectional": 2}
"""By how many attributes a number is about, the last also for more."""


def verdicts(results: Results) -> Markdown:
    """Each limit, what was found, and how it was decided."""
    return _by_model(
        results,
        ("Limit", "Required", "Status", "Found", "Because"),
        lambda result: (
            (verdict.limit.name, required(verdict), status(verdict), deciding_number(verdict), verdict.limit.because)
            for verdict in result.verdicts
        ),
    )


def required(verdict: Verdict) -> str:
    """`performance.quality.accuracy at least 80%`, with whom and what the limit is about."""
    limit = verdict.limit
    by_point = ", judged by the value alone" if limit.judge == "point" else ""
    return f"{limit.measurement}{_over(limit)} {numbers.rule(verdict)}{by_point}"


def status(verdict: Verdict) -> str:
    """`met`, `missed` …; `waived` where a waiver takes the limit out of the verdict."""
    return f"waived ({verdict.status})" if verdict.waived else verdict.status


def deciding_number(verdict: Verdict) -> str:
    """The number that decided, with its interval and n; the reason where there is none."""
    measurement = numbers.decisive(verdict)
    if measurement is None or measurement.value is None:
        return verdict.reason
    size = f", n {numbers.size(measurement)}" if measurement.n is not None else ""
    subject = f"; {numbers.about(measurement)}" if len(verdict.judged) > 1 else ""
    # the reason of a limit that is met says its number and its bound, which stand beside it
    sentences = [verdict.reason]
    if verdict.status == "met":
        unseen = left_out_of_all(judgement.measurement for judgement in verdict.judged)
        sentences = [whose_text(measurement, verdict.limit, verdict.status), unseen]
    doubt = "".join(f"; {sentence}" for sentence in sentences if sentence)
    return f"{numbers.value(measurement)} ({numbers.uncertainty(measurement)}{size}){subject}{doubt}"


def scope_notes(results: Results) -> list[str]:
    """What the limits do not cover; each once."""
    return list(dict.fromkeys(note for result in results for note in result.outcome.notes))


def waivers(results: Results) -> Markdown:
    """Who accepted which limit, until when."""
    return _by_model(
        results,
        ("Limit", "Waived because", "Approved by", "Until", "In force"),
        lambda result: (
            (
                verdict.limit.name,
                verdict.waiver.reason,
                verdict.waiver.approver,
                verdict.waiver.expires,
                _force(verdict),
            )
            for verdict in result.verdicts
            if verdict.waiver is not None
        ),
    )


def definitions(results: Results) -> Markdown:
    """What each number that was measured means, and whose value is that of the worse off, where that was stated."""
    stated = results[0].data.outcome
    outcome = stated if isinstance(stated, str) and is_stated(results[0].data) else None
    rows = {}
    for result in results:
        for check_result in result.results:
            # definitions of what was not measured would fill a page and explain no number
            measured = {measurement.name for measurement in check_result.measurements}
            for name, definition in sorted(
                (name, definition) for name, definition in check_result.definitions.items() if name in measured
            ):
                key = f"{check_result.check}.{name}"
                rows[key] = (
                    key,
                    definition.title,
                    definition.formula,
                    definition.range,
                    "" if definition.direction == "none" else definition.direction,
                    *([column_of(outcome, definition)] if outcome else []),
                    definition.reference,
                )
    worse = ["Worse off"] if outcome else []
    return table(("Measurement", "Title", "Formula", "Range", "A better model", *worse, "Source"), rows.values())


def methods(results: Results) -> str:
    """How the intervals were made."""
    names = {
        measurement.interval.method
        for result in results
        for check_result in result.results
        for measurement in check_result.measurements
        if measurement.interval is not None
    }
    return "; ".join(sorted(names))


def facts(results: Results) -> Markdown:
    """What the audit knows of each model."""
    return _by_model(results, ("Fact", "Value"), _facts)


def _facts(result: AuditResult) -> list[tuple[str, object]]:
    model = result.model
    threshold = "" if model.threshold is None else numbers.plain(model.threshold)
    of_some = (
        ("Trained anew from", result.parent),
        (
            "Classes",
            ", ".join(model.classes) + (f"; positive is {model.positive}" if model.classes and model.positive else ""),
        ),
        ("Decision threshold", threshold and "; ".join(filter(None, (threshold, model.threshold_note)))),
    )
    return [
        ("Kind", system_text(model.kind, model.task)),
        *((name, text) for name, text in of_some if text),
        ("Opened as", model.loaded),
        ("Fingerprint", model.fingerprint),
    ]


def groups(data: DataInfo) -> Markdown:
    """How many people each group has."""
    return table(
        ("Attribute", "Group", "Rows"),
        (
            (
                group.attribute,
                group.value,
                group.hidden
                or (numbers.count(group.rows) if group.units is None else f"{group.rows:,} ({group.units:,} units)"),
            )
            for group in data.groups
        ),
    )


def dataset(result: AuditResult) -> Markdown:
    """What the audit knows of the audit data."""
    data = result.data
    facts: list[tuple[str, object]] = [
        ("Name", data.name),
        ("Rows", numbers.of_units(data.rows, data.units, data.unit) + (", weighted" if data.weighted else "")),
        ("Task", f"{data.task}, {data.modality}"),
        ("Label", "; positive is ".join(filter(None, (data.label, data.positive))) or "none"),
        ("Columns", model_inputs.count(result)),
        *((name, text) for name, text in showing_facts(data) if text),
        *([("Reference group", pairs(data.reference))] if data.reference else []),
        ("SHA-256", data.digest),
    ]
    return table(("Fact", "Value"), facts)


def untested(results: Results) -> Markdown:
    """What was not tested, and why."""
    return _by_model(
        results,
        ("Check", "Question", "Status", "Why"),
        lambda result: (
            (coverage.check, coverage.question, coverage.status, coverage.reason)
            for coverage in result.coverage
            if coverage.status != "measured"
        ),
    )


def failed_controls(results: Results) -> Markdown:
    """The checks' tests of themselves that did not hold."""
    return _by_model(
        results,
        ("Check", "Control", "Found", "Required", "Then", "Meaning"),
        lambda result: (
            (check_result.check, control.question, numbers.scalar(control.value),
             numbers.bounds(control.at_least, control.at_most),
             f"{', '.join(control.guards) or 'all its numbers'}: {control.on_failure}", control.reason)
            for check_result in result.results
            for control in check_result.controls
            if control.holds is not True
        ),
    )  # fmt: skip


def rules(results: Results) -> Markdown:
    """How many clauses of each rule pack have evidence."""
    statuses = ("present", "partial", "absent", "not computable")
    return _by_model(
        results,
        ("Rule pack", "Source", *statuses),
        lambda result: (
            (pack.title, pack.source, *(sum(clause.status == status for clause in pack.clauses) for status in statuses))
            for pack in result.rules
        ),
    )


def notes(results: Results) -> list[str]:
    """What the audit noted about data, models and itself; each once."""
    every = (
        note
        for result in results
        for note in (
            *result.data.notes, *result.model.notes, *result.provenance.notes,
            *(f"{check_result.check}: {note}" for check_result in result.results for note in check_result.notes),
        )
    )  # fmt: skip
    # several models share notes about the data
    return list(dict.fromkeys(every))


def _by_model(results: Results, titles: Sequence[str], rows: Rows) -> Markdown:
    if len(results) == 1:
        return table(titles, rows(results[0]))
    return table(("Model", *titles), ((result.model.name, *row) for result in results for row in rows(result)))


def _over(limit: Limit) -> str:
    across = f"over {' and '.join(limit.across)}" if limit.across else ""
    scope = across or pairs_by_name(limit.slice) or limit.scope
    parts = ", ".join(filter(None, (scope, pairs_by_name(limit.conditions))))
    return f" ({parts})" if parts else ""


def _force(verdict: Verdict) -> str:
    if verdict.waived:
        return "yes"
    if verdict.status in ("missed", "inconclusive"):
        return "no: it has expired"
    return f"no: the limit is {verdict.status}" if verdict.status != "error" else "no: its check ended in an error"


def plugin_table(content: Table) -> Markdown:
    """A table that a plugin wrote."""
    rows = ([numbers.scalar(cell, percent=column.percent) for cell, column in zip(row, content.columns, strict=True)]
            for row in content.rows)  # fmt: skip
    return table([column.title for column in content.columns], rows)


class _Entry(NamedTuple):
    model: str
    result: CheckResult
    measurement: Measurement


def quantities(results: Results) -> Iterator[Markdown]:
    """Every measurement of these audits, in the three parts of the quantitative analyses."""
    entries = [
        _Entry(audit.model.name, result, measurement)
        for audit in results
        for result in audit.results
        for measurement in result.every
    ]
    models = [result.model.name for result in results]
    for title, count in PARTS.items():
        part = [
            entry
            for entry in entries
            if min(len({*entry.measurement.slice, *entry.measurement.across}), max(PARTS.values())) == count
        ]
        known = [entry for entry in part if entry.measurement.value is not None]
        numbers_of_part = _single_table(known) if len(models) == 1 else _side_by_side(known, models)
        yield heading(3, title)
        yield numbers_of_part or escape("No number was measured.")
        # what has no number, by reason
        yield bullets(f"No number, because {reason}" for reason in _absent(part))


def standing(measurement: Measurement) -> str:
    """`valid`, or what is wrong with the number and why; for a disparity, whose it is and who is left out."""
    sentence = "valid" if measurement.validity == "valid" else f"{measurement.validity}: {measurement.reason}"
    return "; ".join(filter(None, (sentence, whose_text(measurement), left_out_text(measurement.left_out))))


def _single_table(entries: Iterable[_Entry]) -> Markdown:
    rows = (
        (
            result.check, result.title_of(measurement.name), numbers.about(measurement), numbers.value(measurement),
            _uncertainty(measurement), numbers.size(measurement), standing(measurement),
        )
        for _, result, measurement in entries
    )  # fmt: skip
    return table(("Check", "Measurement", "About", "Value", "Interval", "n", "Standing"), rows)


def _side_by_side(entries: Iterable[_Entry], models: Sequence[str]) -> Markdown:
    heads: dict[str, tuple[str, str, str]] = {}
    cells: dict[tuple[str, str], Markdown] = {}
    for model, result, measurement in entries:
        # slices and conditions are dictionaries, which cannot be keys themselves
        key = digest([result.check, measurement.name, measurement.slice, measurement.across, measurement.under])
        heads.setdefault(key, (result.check, result.title_of(measurement.name), numbers.about(measurement)))
        cells[key, model] = escape(_cell(measurement))
    rows = ((*head, *(cells.get((key, model), "") for model in models)) for key, head in heads.items())
    return table(("Check", "Measurement", "About", *models), rows)


def _cell(measurement: Measurement) -> str:
    size = f", n {numbers.size(measurement)}" if measurement.n is not None else ""
    doubt = "" if standing(measurement) == "valid" else f"; {standing(measurement)}"
    return f"{numbers.value(measurement)} ({_uncertainty(measurement)}{size}){doubt}"


def _uncertainty(measurement: Measurement) -> str:
    interval = measurement.interval
    # the card says once that intervals are of 95 %, so only others are named
    level = "" if interval is None or interval.level == 0.95 else f" at {numbers.level(interval)}"
    return numbers.uncertainty(measurement) + level


def _absent(entries: Iterable[_Entry]) -> Iterable[str]:
    reasons: dict[str, list[str]] = {}
    for _, result, measurement in entries:
        if measurement.value is None:
            reasons.setdefault(measurement.reason or "", []).append(
                f"{result.title_of(measurement.name)} of {numbers.about(measurement)}"
            )
    return [f"{reason}: {first_few(list(dict.fromkeys(names)), 5)}" for reason, names in reasons.items()]
