"""junit.xml: one suite a check, one case a limit, for the pipelines that read it.

A missed limit is a failure (exit code 1). A limit that is inconclusive, not tested or in error is an error (exit code
3), and so is a check that ended in one, in the suite `auditkit`. A waived limit is skipped, with the waiver. There is
a failure or an error exactly where the exit code is not 0. No times: the same audit gives the same file.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from auditkit.reports import numbers
from auditkit.reports.outcome import stated
from auditkit.results import (
    AuditResult,
    CheckResult,
    Comparison,
    Limit,
    Measurement,
    Verdict,
    pairs_by_name,
    verdict_line,
    whose_text,
)
from auditkit.text import one_line, printable

OWN = "auditkit"
"""The suite of what belongs to no check, or where the check itself ended in an error."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(NamedTuple):
    suite: str
    name: str
    kind: str = ""
    """failure, error, skipped, or empty where it passed."""
    type: str = ""
    message: str = ""
    text: str = ""


def render(result: AuditResult | Comparison) -> bytes:
    """The whole file; UTF-8 XML."""
    root = ElementTree.Element("testsuites", name="auditkit")
    for audit in result.audits:
        prefix = f"{audit.model.name}: " if len(result.audits) > 1 else ""
        for name, cases in _suites(audit).items():
            root.append(_suite(prefix, name, cases, audit))
    # indented, so that two reports can be compared line by line
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def message(verdict: Verdict) -> str:
    """A missed limit in a line: `impact_ratio over sex 0.720 < 0.800 (95% interval 0.610 to 0.780, n=1,181)`."""
    measurement = numbers.decisive(verdict)
    if measurement is None or measurement.value is None:
        return verdict.reason
    more = len([judgement for judgement in verdict.judged if judgement.status == verdict.status]) - 1
    further = f", and {more} more" if more else ""
    compared = _compared(measurement.value, measurement.unit, verdict.limit)
    whose = whose_text(measurement, verdict.limit, verdict.status)
    sentence = f"{_number_name(measurement)} {compared}{numbers.certainty(measurement, '=')}"
    return f"{sentence}{f'; {whose}' if whose else ''}{further}"


def _suites(result: AuditResult) -> dict[str, list[_Case]]:
    suites: dict[str, list[_Case]] = {}
    # limits first, as they stand in the report
    for case in (*_limits(result), *_faults(result)):
        suites.setdefault(case.suite, []).append(case)
    bad = any(case.kind in ("failure", "error") for cases in suites.values() for case in cases)
    # a pipeline reads the file and not the exit code, so the file must fail wherever the command does
    if result.exit_code != 0 and not bad:
        # of its own, for no limit and no check is to blame
        case = _Case(
            OWN, "audit", "error", result.outcome.verdict, verdict_line(result), "\n".join(result.outcome.reasons)
        )
        suites.setdefault(OWN, []).append(case)
    return suites


def _limits(result: AuditResult) -> Iterator[_Case]:
    for verdict in result.verdicts:
        suite, name = _suite_of(verdict, result.results), verdict.limit.name
        lines = [
            f"{judgement.check}.{_number_name(judgement.measurement)}: {judgement.status}, {judgement.reason}"
            for judgement in verdict.judged
        ]
        text = "\n".join([_required(verdict.limit), verdict.reason, *lines, *_waiver(verdict)])
        if verdict.waived and verdict.waiver is not None:
            yield _Case(suite, name, "skipped", "waived", "; ".join(_waiver(verdict)), text)
        elif verdict.status == "met":
            yield _Case(suite, name)
        elif verdict.status == "missed":
            yield _Case(suite, name, "failure", "missed", message(verdict), text)
        else:
            yield _Case(suite, name, "error", verdict.status, f"{verdict.status}: {verdict.reason}", text)


def _faults(result: AuditResult) -> Iterator[_Case]:
    failed = [check_result for check_result in result.results if check_result.status == "error"]
    for check_result in failed:
        fault = check_result.error
        lines = [] if fault is None else [*fault.traceback, f"{fault.type}: {fault.message}", fault.hint]
        text = "\n".join(line for line in lines if line)
        yield _Case(
            OWN, check_result.check, "error", fault.type if fault else "error", check_result.reason or "it ended", text
        )


def _suite_of(verdict: Verdict, results: Iterable[CheckResult]) -> str:
    if verdict.judged:
        return verdict.judged[0].check
    measurement = verdict.limit.measurement
    owners = [
        result.check for result in results if measurement == result.check or measurement.startswith(f"{result.check}.")
    ]
    # the id of one check may begin with that of another
    return max(owners, key=len, default=OWN)


def _suite(prefix: str, name: str, cases: list[_Case], result: AuditResult) -> ElementTree.Element:
    def count(kind: str) -> str:
        return str(sum(case.kind == kind for case in cases))

    suite = ElementTree.Element(
        "testsuite", name=_attribute(prefix + name), tests=str(len(cases)), failures=count("failure"),
        errors=count("error"), skipped=count("skipped"),
    )  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in _facts(name, result):
        ElementTree.SubElement(properties, "property", name=key, value=_attribute(value))
    for case in cases:
        element = ElementTree.SubElement(
            suite, "testcase", classname=_attribute(prefix + case.suite), name=_attribute(case.name)
        )
        if case.kind:
            facts = {"type": _attribute(case.type), "message": _attribute(case.message)}
            ElementTree.SubElement(element, case.kind, facts).text = _body(case.text)
    return suite


def _facts(suite: str, result: AuditResult) -> list[tuple[str, str]]:
    selected = stated(result.data)
    return [
        ("model", result.model.name),
        ("data", result.data.name),
        *([("selected", selected)] if selected else []),
        ("limits", verdict_line(result)),
        *(("plugin", f"{check.plugin} {check.plugin_version}") for check in result.results if check.check == suite),
    ]


def _number_name(measurement: Measurement) -> str:
    over = f" over {' and '.join(measurement.across)}" if measurement.across else ""
    parts = ", ".join(filter(None, (pairs_by_name(measurement.slice), pairs_by_name(measurement.conditions))))
    return measurement.name + over + (f" [{parts}]" if parts else "")


def _compared(value: float, unit: str, limit: Limit) -> str:
    if limit.at_least is not None and value < limit.at_least:
        sign, bound = "<", limit.at_least
    elif limit.at_most is not None and value > limit.at_most:
        sign, bound = ">", limit.at_most
    else:
        return f"{numbers.with_unit(value, unit)}, {numbers.bounds(limit.at_least, limit.at_most, unit)}"
    written, required = numbers.with_unit(value, unit), numbers.with_unit(bound, unit)
    if written == required:  # rounding hides the difference
        written, required = repr(value), repr(bound)
    return f"{written} {sign} {required}"


def _required(limit: Limit) -> str:
    because = f", because {limit.because}" if limit.because else ""
    scope = f" ({limit.scope})" if limit.scope else ""
    return f"required: {limit.measurement}{scope} {numbers.bounds(limit.at_least, limit.at_most)}{because}"


def _waiver(verdict: Verdict) -> list[str]:
    waiver = verdict.waiver
    if waiver is None:
        return []
    word = "waived until" if verdict.waived else "a waiver does not apply; it was written until"
    return [f"{word} {waiver.expires} by {waiver.approver}: {waiver.reason}"]


def _attribute(text: str) -> str:
    return _ILLEGAL.sub("", one_line(text, 1000))


def _body(text: str) -> str:
    return _ILLEGAL.sub("", printable(text, 20_000))
