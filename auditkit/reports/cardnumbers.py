"""The numbers of a model card: about everyone, about one attribute, and about attributes crossed."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.reports.markdown import Markdown, escape, table
from auditkit.results import AuditResult, CheckResult, Measurement, digest, left_out_text, whose_text
from auditkit.text import first_few

PARTS = {"Whole data": 0, "Unitary": 1, "Intersectional": 2}
"""By how many attributes a number is about, the last also for more."""


class Part(NamedTuple):
    """One part of the quantitative analyses."""

    title: str
    table: Markdown
    """Empty where there is no number."""
    absent: tuple[str, ...]
    """What has no number, by reason."""


class _Entry(NamedTuple):
    model: str
    result: CheckResult
    measurement: Measurement


def quantities(results: Sequence[AuditResult]) -> tuple[Part, ...]:
    """Every measurement of these audits, in the three parts."""
    entries = [
        _Entry(audit.model.name, result, measurement)
        for audit in results
        for result in audit.results
        for measurement in result.every
    ]
    models = [result.model.name for result in results]
    return tuple(
        _part(title, [audit for audit in entries if _attributes(audit.measurement) == count], models)
        for title, count in PARTS.items()
    )


def standing(measurement: Measurement) -> str:
    """`valid`, or what is wrong with the number and why; for a disparity, whose it is and who is left out."""
    sentence = "valid" if measurement.validity == "valid" else f"{measurement.validity}: {measurement.reason}"
    return "; ".join(filter(None, (sentence, whose_text(measurement), left_out_text(measurement.left_out))))


def _part(title: str, entries: Sequence[_Entry], models: Sequence[str]) -> Part:
    with_value = [entry for entry in entries if entry.measurement.value is not None]
    return Part(
        title,
        _single_table(with_value) if len(models) == 1 else _side_by_side(with_value, models),
        tuple(_absent(entries)),
    )


def _single_table(entries: Iterable[_Entry]) -> Markdown:
    titles = ("Check", "Measurement", "About", "Value", "Interval", "n", "Standing")
    rows = (
        (
            result.check, result.title_of(measurement.name), numbers.about(measurement), numbers.value(measurement),
            _uncertainty(measurement), numbers.count(measurement.n), standing(measurement),
        )
        for _, result, measurement in entries
    )  # fmt: skip
    return table(titles, rows)


def _side_by_side(entries: Iterable[_Entry], models: Sequence[str]) -> Markdown:
    heads: dict[str, tuple[str, str, str]] = {}
    cells: dict[tuple[str, str], Markdown] = {}
    for model, result, measurement in entries:
        # slices and conditions are dictionaries, which cannot be keys themselves
        key = digest([result.check, measurement.name, measurement.slice, measurement.across, measurement.conditions])
        heads.setdefault(key, (result.check, result.title_of(measurement.name), numbers.about(measurement)))
        cells[key, model] = escape(_cell(measurement))
    rows = ((*head, *(cells.get((key, model), "") for model in models)) for key, head in heads.items())
    return table(("Check", "Measurement", "About", *models), rows)


def _cell(measurement: Measurement) -> str:
    size = f", n {numbers.count(measurement.n)}" if measurement.n is not None else ""
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


def _attributes(measurement: Measurement) -> int:
    return min(len({*measurement.slice, *measurement.across}), max(PARTS.values()))
