"""A diff and a history in words: what is said in the terminal, in Markdown and in HTML alike."""

from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.results import Diff, Difference, LimitChange, Measurement, Point, Series, whose_text
from auditkit.text import number_of

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
        f"the same {number_of(diff.new.rows, 'row')}"
        if diff.same_data
        else f"other data ({number_of(diff.old.rows, 'row')} then, {diff.new.rows:,} now)"
    )
    data += f", read with other settings: {diff.settings}" if diff.settings else ""
    way_of_intervals = (
        "Intervals called paired were measured row by row in the command that audited both models. The others are made "
        "from both intervals, unpaired, and are wider than necessary."
        if diff.paired
        else "The audits are taken as independent: intervals of a change are made from both intervals, unpaired"
        + ("; on the same rows they are wider than necessary." if diff.same_data else ".")
    )
    dates = f"{diff.old.date} with auditkit {diff.old.auditkit}, {diff.new.date} with auditkit {diff.new.auditkit}."
    # no adjustment: how many comparisons somebody makes of the page, nobody knows
    alone = "Each change is looked at by itself: of many, about one in twenty seems more than chance and is not."
    loose = [side.audit for side in (diff.old, diff.new) if not side.sealed]
    counts = [f"Limits {time}: {side.counts}." for time, side in (("then", diff.old), ("now", diff.new)) if side.counts]
    unsealed = [f"It cannot be shown that these are unchanged: {', '.join(loose)}."] if loose else []
    return [*counts, f"{model} on {data}. {dates}", *unsealed, *filter(None, [diff.meaning]), way_of_intervals, alone]


def verdict(diff: Diff) -> str:
    """The exit code in a sentence."""
    broken = [limit.name for limit in diff.limits if limit.broken]
    # first, for a model that vanished took its limits along and none of them shows as broken
    if diff.gone:
        more = f" Limits not met any more: {', '.join(broken)}." if broken else ""
        return f"Models that met a limit are gone: {', '.join(diff.gone)}.{more} (exit code 1)"
    if broken:
        return (
            f"{number_of(len(broken), 'limit that was met is', 'limits that were met are')} not met any more: "
            f"{', '.join(broken)}. (exit code 1)"
        )
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
    undecided = ("inconclusive", "not tested")
    named = {
        **{text: [limit.name for limit in diff.limits if limit.kind == kind] for kind, text in kinds.items()},
        # of a limit that was decided its kind says so
        "in error now, and not before": [
            limit.name for limit in diff.limits if limit.new == "error" and limit.old in undecided
        ],
        "waived before and not now": [limit.name for limit in diff.limits if limit.lapsed],
        "weakened": [limit.name for limit in diff.limits if limit.weakened],
        "met only because it asks less": [
            limit.name for limit in diff.limits if limit.kind == "met as it asks less" and not limit.weakened
        ],
        "not judged any more for all that it was": [
            f"{limit.name} ({limit.lost})" for limit in diff.limits if limit.lost
        ],
        "checks gone": [check.check for check in diff.checks if check.kind == "gone"],
    }
    return [f"{sentence}: {', '.join(names)}" for sentence, names in named.items() if names]


def limit_rows(diff: Diff) -> list[Row]:
    """Limits that changed first, then the others."""
    order = sorted(
        diff.limits,
        key=lambda limit: (not limit.broken, limit.kind == "the same" and not (limit.lost or limit.lapsed)),
    )
    return [_limit(change) for change in order]


def check_rows(diff: Diff) -> list[Row]:
    """Checks added, gone, not comparable."""
    return [
        Row((check.check, check.kind, check.reason), "worse" if check.kind == "gone" else "") for check in diff.checks
    ]


def number_rows(diff: Diff, *, all: bool) -> list[Row]:
    """Numbers under a limit first, then those that moved, then, where all are asked for, the others."""
    # sorted is stable, so within each kind the order of the audit stays
    order = sorted(diff.differences, key=lambda difference: (not difference.judged, not difference.moved))
    if not all:
        telling = [difference for difference in order if difference.judged or difference.moved]
        order = telling[: sum(difference.judged for difference in telling) + FIRST]
    return [_number(difference) for difference in order]


def left_out(diff: Diff, shown_count: int) -> str:
    """How many numbers are not shown."""
    more = len(diff.differences) - shown_count
    return f"Not shown, though in both audits: {number_of(more, 'number')}; --all shows them." if more > 0 else ""


def series_title(series: Series) -> str:
    """`Demographic parity: ratio (over sex), at least 0.8`."""
    unit = series.points[-1].measurement.unit if series.points else ""
    bound = numbers.bounds(series.at_least, series.at_most, unit)
    return f"{series.title} ({series.about})" + (f", {bound}" if bound else "")


def series_note(series: Series) -> str:
    """Where the number changed its meaning; empty where it did nowhere."""
    return f"Not the same number throughout. {'; '.join(series.breaks)}." if series.breaks else ""


def series_rows(series: Series) -> list[Row]:
    """A row for each audit, oldest first."""
    return [Row(_point(point)) for point in series.points]


def _point(point: Point) -> tuple[str, ...]:
    measurement = point.measurement
    doubt = "" if measurement.validity == "valid" else f"{measurement.validity}: {measurement.reason}"
    known = (numbers.uncertainty(measurement), doubt) if measurement.value is not None else (measurement.reason,)
    precision = "; ".join(filter(None, (*known, whose_text(measurement))))
    return (
        str(point.date),
        point.audit,
        point.model,
        numbers.value(measurement),
        precision,
        numbers.count(measurement.n),
    )


def _limit(change: LimitChange) -> Row:
    kind = (
        change.kind
        + (", weakened" if change.weakened else ", the limit was changed" if change.bound_changed else "")
        + (", for fewer" if change.lost else "")
        + (", waived" if change.waived else ", waived before" if change.lapsed else "")
    )
    tone = "worse" if change.broken else "better" if change.kind == "newly met" else ""
    fewer = f"no number is now about {change.lost}" if change.lost else ""
    why = "; ".join(filter(None, (change.weakened, fewer, change.reason)))
    return Row((change.name, change.old or "not there", change.new or "not there", kind, why), tone)


def _number(difference: Difference) -> Row:
    unit = difference.new.unit
    moved = {True: "yes", False: "no", None: "cannot be said"}[difference.moved]
    if difference.value is None:
        return Row(
            (
                difference.title,
                numbers.about(difference.new),
                _value(difference.old),
                _value(difference.new),
                numbers.NONE,
                "",
                moved,
            )
        )
    # the minus of a fall is there already, as a typographic sign
    change = ("+" if difference.value > 0 else "") + numbers.with_unit(difference.value, unit)
    ends = numbers.interval(difference.interval, unit) + (" (paired)" if difference.paired else "")
    tone = {True: "better", False: "worse", None: ""}[difference.better]
    # colour alone tells nothing to some readers
    direction = f", {tone}" if tone else ""
    subject = "; ".join(filter(None, (numbers.about(difference.new), whose_text(difference.new))))
    return Row(
        (difference.title, subject, _value(difference.old), _value(difference.new), change, ends, moved + direction),
        tone,
    )


def _value(measurement: Measurement) -> str:
    if measurement.value is None:
        return measurement.reason or numbers.NONE
    return numbers.value(measurement) + ("" if measurement.validity == "valid" else f" ({measurement.validity})")
