"""Sentences of the report that are built from numbers."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.results import (
    CheckResult,
    Definition,
    Judged,
    Limit,
    Measurement,
    Verdict,
    furthest_off,
    left_out_text,
    pairs,
    whose_text,
)
from auditkit.text import number_of

LEVELS = {
    "recorded": "recorded answers",
    "queries": "answers on demand",
    "model": "the model itself",
    "training": "the model and its training data or loop",
}
DIRECTIONS = {
    "higher": "a better model has a higher one",
    "lower": "a better model has a lower one",
    "none": "neither side is better by itself",
}
"""Of the model's quality; whom a number hurts is another question, which only the owner's statement answers."""
WORST = ("missed", "error", "inconclusive", "not tested", "met")
"""Verdicts, worst first."""


class Answer(NamedTuple):
    """The sentence that answers a check's question; the number stands out in it."""

    before: str
    number: str = ""
    after: str = ""
    status: str = ""
    """What the reader must know first: skipped, error, inconclusive or invalid; empty for a valid number."""


def name_of(name: str, definitions: Mapping[str, Definition]) -> str:
    """What a measurement is called."""
    known = definitions.get(name)
    return known.title if known and known.title else name.replace("_", " ").capitalize()


def be(name: str, definitions: Mapping[str, Definition]) -> str:
    """`is` or `are`, as the name of a measurement wants it: `rows seen in training` are, a `share of rows` is."""
    words = re.split(" (?:of|in|per|by|under|over|with|for|at|on|that) ", name_of(name, definitions))[0].split()
    if len(words) > 1 and words[-1].endswith(("ed", "en", "found")):  # what was done to them does not count
        words.pop()
    many = words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "is")) if words else False
    return "are" if many else "is"


def about(subject: Measurement | Limit) -> str:
    """Whom a number or a limit is about, as it follows its name: ` for sex=F`, ` over sex with epsilon=0.1`."""
    whom = f" for {pairs(subject.slice)}" if subject.slice else ""
    over = f" over {' and '.join(subject.across)}" if subject.across else ""
    return whom + over + (f" with {pairs(subject.conditions)}" if subject.conditions else "")


def headline(result: CheckResult, verdicts: Sequence[Verdict]) -> Measurement | None:
    """The number that answers a check's question: the worst judged one, else the first about everyone."""
    judged = [judgement for verdict in verdicts for judgement in verdict.judged if judgement.check == result.check]
    # stable: of equally bad ones the first limit of the owner stays first
    judged.sort(key=lambda judgement: WORST.index(judgement.status))
    if judged:
        return judged[0].measurement
    # a number about everyone is what the question asks, before any group's
    return min(
        result.measurements,
        key=lambda measurement: 2 if measurement.value is None else 1 if measurement.slice else 0,
        default=None,
    )


def answer(result: CheckResult, measurement: Measurement | None) -> Answer:
    """The sentence that answers a check's question."""
    if result.status == "skipped":
        why = result.reason or "no reason was given"
        # what a check lacks is said without its name
        lacking = f"the check {why}" if why.startswith(("needs ", "is for ")) else why
        return Answer("This was not tested: ", after=as_sentence(lacking), status="skipped")
    if result.status == "error":
        why = as_sentence(result.reason or "the check ended in an error")
        return Answer("This could not be answered: ", after=why, status="error")
    if measurement is None:
        return Answer("The check found nothing that can be put in a number.")
    subject = name_of(measurement.name, result.definitions) + about(measurement)
    if measurement.value is None:
        return Answer(f"{subject} has no number: ", after=as_sentence(measurement.reason or ""), status="undefined")
    status = "" if measurement.validity == "valid" else measurement.validity
    reason, unseen = measurement.reason or "", left_out_text(measurement.left_out)
    after = (
        f"{numbers.certainty(measurement)}.",
        f" The number is {status}: {as_sentence(reason)}" if status else "",
        f" That is {as_sentence(whose_text(measurement))}" if measurement.pairs else "",
        f" It says nothing of some groups, {as_sentence(unseen)}" if measurement.left_out else "",
        _spread(result, measurement),
    )
    before = f"{subject} {be(measurement.name, result.definitions)} "
    return Answer(before, numbers.value(measurement), "".join(after), status)


def measured(judged: Judged) -> str:
    """The number that a limit was held against, with its uncertainty; a dash and the reason where there is none."""
    measurement = judged.measurement
    if measurement.value is None:
        return f"no number: {measurement.reason}"
    return numbers.value(measurement) + numbers.certainty(measurement)


def decisive(verdict: Verdict) -> Judged | None:
    """The measurement that gave a verdict its status; of several the one furthest to the wrong side."""
    return furthest_off(verdict.limit, verdict.judged, verdict.status)


def owner(verdict: Verdict) -> str:
    """The check that a limit is about."""
    return verdict.judged[0].check if verdict.judged else verdict.limit.measurement.rpartition(".")[0]


def capital(text: str) -> str:
    """The text with a capital at its beginning, as a sentence of its own."""
    return text[:1].upper() + text[1:]


def cut(text: str, length: int) -> str:
    """`text`, or its beginning at a word's end with an ellipsis."""
    if len(text) <= length:
        return text
    beginning = text[: length - 1]
    # only where a blank is near the end; else one long word would leave nothing
    if " " in beginning[length // 2 :]:
        beginning = beginning[: beginning.rindex(" ")]
    return beginning.rstrip(" ,;:.") + "…"


def moment(time: datetime.datetime) -> str:
    """`2 March 2026, 09:31 UTC`."""
    utc = time.astimezone(datetime.UTC) if time.tzinfo else time
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M}" + (" UTC" if time.tzinfo else "")


def day(date: datetime.date) -> str:
    """`31 January 2027`."""
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _spread(result: CheckResult, measurement: Measurement) -> str:
    """The lowest and the highest of the groups, where the same number was measured in several."""
    same = [
        other
        for other in result.measurements
        if other.name == measurement.name and other.slice and other.conditions == measurement.conditions
    ]
    # by the words too where values are equal, so that the same groups are named every time
    known = sorted((other.value, pairs(other.slice), other) for other in same if other.value is not None)
    if len(known) < 2:
        return ""
    low, high = numbers.value(known[0][2]), numbers.value(known[-1][2])
    lacking = len(same) - len(known)
    end = f"; {number_of(lacking, 'group has', 'groups have')} no number." if lacking else "."
    return (
        f" In groups it is {low} throughout{end}"
        if low == high
        else f" In groups it runs from {low} ({known[0][1]}) to {high} ({known[-1][1]}){end}"
    )


def as_sentence(text: str) -> str:
    """The text without blanks around it, and with a full stop where nothing ends it."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
