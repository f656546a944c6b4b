"""The numbers of a model card: about everyone, about one attribute, and about attributes crossed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from auditkit.reports import numbers
from auditkit.reports.markdown import Markdown, escape, table
from auditkit.reports.measurement_labels import about
from auditkit.results import AuditResult, CheckResult, Measurement, digest
from auditkit.results.disparity_text import left_out_text, whose_text
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


class _Found(NamedTuple):
    model: str
    result: CheckResult
    measurement: Measurement


_Key: TypeAlias = str


def quantities(results: Sequence[AuditResult]) -> tuple[Part, ...]:
    """Every measurement of these audits, in the three parts."""
    found = [
        _Found(each.model.name, result, measurement)
        for each in results
        for result in each.results
        for measurement in result.every
    ]
    models = [result.model.name for result in results]
    return tuple(
        _part(title, [each for each in found if _attributes(each.measurement) == count], models)
        for title, count in PARTS.items()
    )


def title(result: CheckResult, measurement: Measurement) -> str:
    """The title that the check gives this measurement."""
    definition = result.definitions.get(measurement.name)
    return definition.title if definition else measurement.name


def standing(measurement: Measurement) -> str:
    """`valid`, or what is wrong with the number and why; for a disparity, whose it is and who is left out."""
    sentence = "valid" if measurement.validity == "valid" else f"{measurement.validity}: {measurement.reason}"
    return "; ".join(filter(None, (sentence, whose_text(measurement), left_out_text(measurement.left_out))))


def _part(title: str, found: Sequence[_Found], models: Sequence[str]) -> Part:
    shown = [each for each in found if each.measurement.value is not None]
    return Part(title, _one(shown) if len(models) == 1 else _side_by_side(shown, models), tuple(_absent(found)))


def _one(found: Iterable[_Found]) -> Markdown:
    titles = ("Check", "Measurement", "About", "Value", "Interval", "n", "Standing")
    return table(titles, (_row(each.result, each.measurement) for each in found))


def _row(result: CheckResult, each: Measurement) -> tuple[str, ...]:
    return (
        result.check, title(result, each), about(each), numbers.value(each), _uncertainty(each), numbers.count(each.n),
        standing(each),
    )  # fmt: skip


def _side_by_side(found: Iterable[_Found], models: Sequence[str]) -> Markdown:
    heads: dict[_Key, tuple[str, str, str]] = {}
    cells: dict[tuple[_Key, str], Markdown] = {}
    for model, result, measurement in found:
        key = digest([result.check, measurement.name, measurement.slice, measurement.across, measurement.conditions])
        heads.setdefault(key, (result.check, title(result, measurement), about(measurement)))
        cells[key, model] = escape(_cell(measurement))
    rows = ((*head, *(cells.get((key, model), "") for model in models)) for key, head in heads.items())
    return table(("Check", "Measurement", "About", *models), rows)


def _cell(each: Measurement) -> str:
    size = f", n {numbers.count(each.n)}" if each.n is not None else ""
    doubt = "" if standing(each) == "valid" else f"; {standing(each)}"
    return f"{numbers.value(each)} ({_uncertainty(each)}{size}){doubt}"


def _uncertainty(each: Measurement) -> str:
    sentence = numbers.uncertainty(each)
    unusual = each.interval is not None and each.interval.level != 0.95
    return f"{sentence} at {numbers.level(each.interval)}" if each.interval is not None and unusual else sentence


def _absent(found: Iterable[_Found]) -> Iterable[str]:
    reasons: dict[str, list[str]] = {}
    for _, result, measurement in found:
        if measurement.value is None:
            reasons.setdefault(measurement.reason or "", []).append(
                f"{title(result, measurement)} of {about(measurement)}"
            )
    for reason, names in reasons.items():
        yield f"{reason}: {first_few(list(dict.fromkeys(names)), 5)}"


def _attributes(each: Measurement) -> int:
    return min(len({*each.slice, *each.across}), max(PARTS.values()))
