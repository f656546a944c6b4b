"""A diff and a history in words: what is said in the terminal, in Markdown and in HTML alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.reports.measurement_labels import about
from auditkit.results import Diff, Difference, LimitChange, Measurement, Point, Series
from auditkit.results.disparity_text import whose_text

FIRST = 20
"""Numbers without a limit that are shown where not all are asked for."""


class Row(NamedTuple):
    """Cells of a table."""

    cells: tuple[str, ...]
    tone: str = ""
    """`worse`, `better`, or empty."""


LIMITS = ("limit", "was", "is", "what changed", "why")
CHECKS = ("check", "what changed", "why")
NUMBERS = ("number", "about", "old", "new", "change", "interval of the change", "more than chance")
HISTORY = ("date", "audit", "model", "value", "interval", "n")


def heading(diff: Diff) -> str:
    """`credit-gbm in audit-1 → credit-gbm in audit-2`."""
    return f"{diff.old.model} in {diff.old.audit} → {diff.new.model} in {diff.new.audit}"


def facts(diff: Diff) -> list[str]:
    """Model, data, and how the intervals were made, in sentences."""
    model = "The same model" if diff.same_model else "Another model"
    data = (
        f"the same {diff.new.rows:,} rows"
        if diff.same_data
        else f"other data ({diff.old.rows:,} rows then, {diff.new.rows:,} now)"
    )
    data += f", read otherwise: {diff.settings}" if diff.settings else ""
    how = (
        "Intervals called paired were measured row by row in the command that audited both models. The others are made "
        "from both intervals, unpaired, and are wider than need be."
        if diff.paired
        else "The audits are taken as independent: intervals of a change are made from both intervals, unpaired"
        + ("; on the same rows they are wider than need be." if diff.same_data else ".")
    )
    dates = f"{diff.old.date} with auditkit {diff.old.auditkit}, {diff.new.date} with auditkit {diff.new.auditkit}."
    alone = "Each change is looked at by itself: of many, about one in twenty seems more than chance and is not."
    loose = [each.audit for each in (diff.old, diff.new) if not each.sealed]
    counts = [f"Limits {when}: {side.counts}." for when, side in (("then", diff.old), ("now", diff.new)) if side.counts]
    unsealed = [f"Nobody can say that these are as they were written: {', '.join(loose)}."] if loose else []
    return [*counts, f"{model} on {data}. {dates}", *unsealed, *filter(None, [diff.meaning]), how, alone]


def verdict(diff: Diff) -> str:
    """The exit code in a sentence."""
    broken = [limit.name for limit in diff.limits if limit.broken]
    if diff.gone:
        lost = f"Models that met a limit are gone: {', '.join(diff.gone)}."
        more = f" Limits not met any more: {', '.join(broken)}." if broken else ""
        return f"{lost}{more} (exit code 1)"
    if broken:
        many = "A limit that was met is" if len(broken) == 1 else f"{len(broken)} limits that were met are"
        return f"{many} not met any more: {', '.join(broken)}. (exit code 1)"
    more = "; ".join(worse(diff))
    return f"No limit that was met is missed{f', but: {more}' if more else ''}. (exit code 0)"


def worse(diff: Diff) -> list[str]:
    """What got worse though no limit that was met is missed, each in a phrase."""
    kinds = {
        "newly missed": "missed now, and not met before",
        "no longer decided": "no longer decided",
        "no longer tested": "undecided before and not tested now",
        "gone": "gone",
    }
    named = {sentence: [limit.name for limit in diff.limits if limit.kind == kind] for kind, sentence in kinds.items()}
    named["in error now, and not before"] = [limit.name for limit in diff.limits if _fails(limit)]
    named["waived before and not now"] = [limit.name for limit in diff.limits if limit.lapsed]
    named["weakened"] = [limit.name for limit in diff.limits if limit.weakened]
    named["met only as it asks less"] = [
        limit.name for limit in diff.limits if limit.kind == "met as it asks less" and not limit.weakened
    ]
    named["not judged any more for all that it was"] = [
        f"{limit.name} ({limit.lost})" for limit in diff.limits if limit.lost
    ]
    phrases = [f"{sentence}: {', '.join(names)}" for sentence, names in named.items() if names]
    gone = [check.check for check in diff.checks if check.kind == "gone"]
    return [*phrases, f"checks gone: {', '.join(gone)}"] if gone else phrases


def _fails(each: LimitChange) -> bool:
    """Whether a limit is in error that was undecided or not tested; where it was decided, its kind says so."""
    return each.new == "error" and each.old in ("inconclusive", "not tested")


def _is_the_same(each: LimitChange) -> bool:
    return each.kind == "the same" and not (each.lost or each.lapsed)


def limit_rows(diff: Diff) -> list[Row]:
    """Limits that changed first, then the others."""
    order = sorted(diff.limits, key=lambda limit: (not limit.broken, _is_the_same(limit)))
    return [_limit(change) for change in order]


def check_rows(diff: Diff) -> list[Row]:
    """Checks added, gone, not comparable."""
    return [
        Row((check.check, check.kind, check.reason), "worse" if check.kind == "gone" else "") for check in diff.checks
    ]


def number_rows(diff: Diff, *, all: bool) -> list[Row]:
    """Numbers under a limit first, then those that moved, then, where all are asked for, the others."""
    order = sorted(diff.differences, key=lambda difference: (not difference.judged, not difference.moved))
    if not all:
        judged = [difference for difference in order if difference.judged]
        moved = [difference for difference in order if difference.moved and not difference.judged]
        order = judged + moved[:FIRST]
    return [_number(difference) for difference in order]


def left_out(diff: Diff, shown: int) -> str:
    """How many numbers are not shown."""
    more = len(diff.differences) - shown
    return f"{more:,} more numbers are in both audits; --all shows them." if more > 0 else ""


def series_title(series: Series) -> str:
    """`Demographic parity: ratio (over sex), at least 0.8`."""
    unit = series.points[-1].measurement.unit if series.points else ""
    bound = numbers.bounds(series.at_least, series.at_most, unit)
    return f"{series.title} ({series.about})" + (f", {bound}" if bound else "")


def series_note(series: Series) -> str:
    """Where the number changed its meaning; empty where it did nowhere."""
    return f"Not the same number throughout. {'; '.join(series.breaks)}." if series.breaks else ""


def series_rows(series: Series) -> Iterator[Row]:
    """A row for each audit, oldest first."""
    for point in series.points:
        yield Row(_point(point))


def _point(each: Point) -> tuple[str, ...]:
    number = each.measurement
    precision = numbers.uncertainty(number) if number.value is not None else number.reason or ""
    if number.value is not None and number.validity != "valid":
        precision = f"{precision}; {number.validity}: {number.reason}"
    precision = "; ".join(filter(None, (precision, whose_text(number))))
    return (str(each.date), each.audit, each.model, numbers.value(number), precision, numbers.count(number.n))


def _limit(each: LimitChange) -> Row:
    kind = (
        each.kind
        + (", weakened" if each.weakened else ", the limit was changed" if each.bound_changed else "")
        + (", for fewer" if each.lost else "")
        + (", waived" if each.waived else ", waived before" if each.lapsed else "")
    )
    tone = "worse" if each.broken else "better" if each.kind == "newly met" else ""
    fewer = f"no number is now about {each.lost}" if each.lost else ""
    why = "; ".join(filter(None, (each.weakened, fewer, each.reason)))
    return Row((each.name, each.old or "not there", each.new or "not there", kind, why), tone)


def _number(each: Difference) -> Row:
    unit = each.new.unit
    moved = {True: "yes", False: "no", None: "cannot be said"}[each.moved]
    if each.value is None:
        return Row((each.title, about(each.new), _value(each.old), _value(each.new), numbers.NONE, "", moved))
    change = numbers.with_unit(each.value, unit)
    change = change if each.value <= 0 else f"+{change}"
    ends = numbers.interval(each.interval, unit) + (" (paired)" if each.paired else "")
    tone = {True: "better", False: "worse", None: ""}[each.better]
    way = f", {tone}" if tone else ""
    whom = "; ".join(filter(None, (about(each.new), whose_text(each.new))))
    return Row((each.title, whom, _value(each.old), _value(each.new), change, ends, moved + way), tone)


def _value(each: Measurement) -> str:
    if each.value is None:
        return each.reason or numbers.NONE
    return numbers.value(each) + ("" if each.validity == "valid" else f" ({each.validity})")
