"""The five numbers that a reader needs first, by a rule that is written beside them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from auditkit.reports.html.checks import family_of, title
from auditkit.reports.html.common_parts import names
from auditkit.reports.html.limits import Reason
from auditkit.reports.html.measures import Key, key, number
from auditkit.reports.html.sentences import WORST, about, capital, decisive, headline, name_of, owner
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import AuditResult, CheckResult, Measurement, whose_text
from auditkit.text import number_of, within_sentence

FIVE = 5
RULE = (
    "Numbers under a limit come first, the worst verdict before the others; then those of checks with a control that "
    "does not hold or a number that is not valid; then the first answer of each family, in the order of this report."
)


Choice: TypeAlias = tuple[Key, str]
"""A number, and why it is among the first."""


def five(audits: Sequence[AuditResult]) -> dict[Key, str]:
    """{number: why it is among the first} of those that matter most, by `RULE`; fewer where there are fewer.

    Args:
        audits: of each model.
    """
    choices: dict[Key, str] = {}
    for number_key, why in itertools.chain(_deciding_numbers(audits), _doubtful(audits), _answers(audits)):
        # a number that is judged and in doubt is listed once, for the first reason
        choices.setdefault(number_key, why)
        if len(choices) == FIVE:
            break
    return choices


def five_grid(audits: Sequence[AuditResult], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid | None:
    """The five numbers with a column for each model; None where nothing was measured.

    Args:
        audits: of each model.
        anchors: the page's.
        anchor_of: {check: anchor}.
    """
    tables = [lookup(audit) for audit in audits]
    rows = []
    for number_key, why in five(audits).items():
        name, check = name_and_title(audits, number_key)
        # of several models each has other groups at its ends, so they stand in its own cell
        single = tables[0].get(number_key) if len(tables) == 1 else None
        disparity = "" if single is None else capital(whose_text(single))
        cells = [number(table.get(number_key), with_groups=not disparity) for table in tables]
        note = f"{disparity}. {check}" if disparity else check
        rows.append([Cell(name, note, link=anchor_of.get(number_key[0], "")), *cells, Cell(why)])
    values = [Head(audit.model.name if len(audits) > 1 else "Value", "num") for audit in audits]
    heads = [Head("Number", "wide"), *values, Head("Why it is here", "wide")]
    return grid(anchors.new("five"), "The numbers that matter most", heads, rows) if rows else None


def doubts(audits: Sequence[AuditResult], anchor_of: Mapping[str, str]) -> list[Reason]:
    """The checks whose numbers are invalid or inconclusive, or whose controls do not hold."""
    doubts_by_check: dict[str, tuple[str, str, dict[str, list[str]]]] = {}
    for audit in audits:
        for result in audit.results:
            sentence = _doubt(result)
            if sentence:
                status = next((word for word in ("invalid", "inconclusive") if word in sentence), "does not hold")
                heading = result.about.title or result.check
                # what several models share is said once, with their names
                models_of = doubts_by_check.setdefault(result.check, (status, heading, {}))[2]
                models_of.setdefault(sentence, []).append(audit.model.name)
    reasons = []
    for check, (status, heading, models_of) in doubts_by_check.items():
        is_shared = [len(models) for models in models_of.values()] == [len(audits)]
        text = "; ".join(
            sentence if is_shared else f"{names(models)}: {sentence}" for sentence, models in models_of.items()
        )
        reasons.append(Reason(status, heading, text, anchor_of.get(check, "")))
    return reasons


def lookup(audit: AuditResult) -> dict[Key, Measurement]:
    """All numbers of an audit by what they are."""
    return {
        key(result.check, measurement): measurement for result in audit.results for measurement in result.measurements
    }


def name_and_title(audits: Sequence[AuditResult], number_key: Key) -> tuple[str, str]:
    """The name of a number with what it is about, and its check's title."""
    for audit in audits:
        for result in audit.results:
            for measurement in result.measurements if result.check == number_key[0] else ():
                if key(result.check, measurement) == number_key:
                    return name_of(measurement.name, result.definitions) + about(measurement), result.about.title
    return number_key[1], number_key[0]


def _deciding_numbers(audits: Sequence[AuditResult]) -> Iterator[Choice]:
    """The number that decided each limit, worst first."""
    verdicts = [(audit, verdict) for audit in audits for verdict in audit.verdicts]
    verdicts.sort(key=lambda pair: (pair[1].waived, WORST.index(pair[1].status)))
    named_limits = set()
    for audit, verdict in verdicts:
        judged = decisive(verdict)
        if judged is None or verdict.limit.name in named_limits:
            continue
        named_limits.add(verdict.limit.name)
        status = "waived" if verdict.waived else verdict.status
        of_model = f" of {audit.model.name}" if len(audits) > 1 else ""
        yield key(owner(verdict), judged.measurement), f"Under the limit {verdict.limit.name}{of_model}: {status}"


def _doubtful(audits: Sequence[AuditResult]) -> Iterator[Choice]:
    for audit in audits:
        for result in audit.results:
            first = headline(result, audit.verdicts)
            doubt = _doubt(result)
            if first is not None and doubt:
                yield key(result.check, first), f"In doubt: {doubt} in its check"


def _answers(audits: Sequence[AuditResult]) -> Iterator[Choice]:
    """The answer of the first check of each family, then of the second, and so on."""
    depth: dict[str, int] = {}
    answers: dict[str, tuple[int, Choice]] = {}
    for audit in audits:
        for result in audit.results:
            first = headline(result, audit.verdicts)
            # of several models the first that has an answer stands for its check
            if first is None or result.check in answers:
                continue
            family = family_of(result.check)
            depth[family] = depth.get(family, 0) + 1
            reason = f"{'The first' if depth[family] == 1 else 'A further'} answer of {within_sentence(title(family))}"
            answers[result.check] = depth[family], (key(result.check, first), reason)
    yield from (choice for _, choice in sorted(answers.values(), key=lambda pair: pair[0]))


def _doubt(result: CheckResult) -> str:
    """What is to be doubted of a check; empty for nothing."""
    counts = {
        word: sum(measurement.value is not None and measurement.validity == word for measurement in result.measurements)
        for word in ("invalid", "inconclusive")
    }
    failing = sum(control.holds is False for control in result.controls)
    controls = f"{failing} of {len(result.controls)} controls {'does' if failing == 1 else 'do'} not hold"
    return ", ".join([
        *(number_of(count, f"number is {word}", f"numbers are {word}") for word, count in counts.items() if count),
        *([controls] if failing else []),
    ])  # fmt: skip
