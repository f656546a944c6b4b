"""A disparity as people read it: the two groups that make it, which pair decides, and who is left out of it."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from auditkit.results.base import VerdictStatus
from auditkit.results.findings import TOGETHER, GroupEnd, GroupPair, LeftOut, Measurement
from auditkit.results.verdicts import Limit
from auditkit.text import first_few, number_of

End: TypeAlias = Literal["low", "high"]


def pairs(mapping: dict[str, Any]) -> str:
    """A mapping as people read it: `sex=F, race=B`; empty for none."""
    return ", ".join(f"{key}={value}" for key, value in mapping.items())


def pairs_by_name(mapping: Mapping[str, Any]) -> str:
    """As `pairs`, by name, as results.json keeps it, so that a result prints alike before and after saving."""
    # sorted here, for a result that was never saved still has the order in which a check named them
    return pairs(dict(sorted(mapping.items())))


def group_name(slice: dict[str, str]) -> str:
    """A group as it stands in a sentence: the value alone, or for an intersection every attribute with its value."""
    return next(iter(slice.values())) if len(slice) == 1 else pairs(slice)


def pair_text(pair: GroupPair) -> str:
    """`selection rate: Other 20.4% (70 of 343) against Native American 72.7% (8 of 11)`.

    Numbers that may not be shown are left away; a weighted rate is called so, beside the people counted. Where the
    owner said what being selected is, it ends with who is worse off.
    """
    rate = pair.rate.replace("_", " ")
    return f"{rate}: {end_text(pair.low)} against {end_text(pair.high)}{worse_off_text(pair)}"


def worse_off_text(pair: GroupPair) -> str:
    """`, worse off: Native American`, as it follows a pair; empty where nobody is called so."""
    if pair.worse_off is None:
        return ""
    return f", worse off: {group_name((pair.low if pair.worse_off == 'low' else pair.high).slice)}"


def whose_text(measurement: Measurement, limit: Limit | None = None, status: VerdictStatus = "inconclusive") -> str:
    """The two groups that make a number, and those that its interval, or the verdict, hangs on; empty for none.

    Args:
        measurement: a disparity.
        limit: that it was held against; None: the end of the interval that says whether there is any disparity.
        status: of the verdict.
    """
    if not measurement.pairs:
        return ""
    sentence = pair_text(measurement.pairs[0])
    if limit is None:
        # the end nearer to no disparity at all: of a ratio the high one, of a difference the low one
        even: End = "high" if measurement.direction == "higher" else "low"
        surest = pair_at(measurement, even)
        return (
            sentence
            if surest is None or surest == measurement.pairs[0]
            else f"{sentence}; surest is {pair_text(surest)}"
        )
    both_bounds = limit.at_least is not None and limit.at_most is not None
    if measurement.value is None and limit.judge == "interval" and (status == "inconclusive" or both_bounds):
        # the side of a number that is not written follows from no such verdict
        either = " or ".join(pair_text(group_pair) for group_pair in measurement.pairs[1:])
        return f"{sentence}; the verdict may hang on {either}" if either else sentence
    decides = deciding_pair(limit, measurement, status)
    return f"{sentence}; the verdict hangs on {pair_text(decides)}" if decides else sentence


def remark_text(measurement: Measurement) -> str:
    """Why there is no number, or what is to be known of it: its reason, and who is left out."""
    return "; ".join(
        filter(None, (measurement.reason, left_out_text(measurement.left_out) if measurement.value is not None else ""))
    )


def end_text(end: GroupEnd) -> str:
    """`Other 20.4% (70 of 343)`; the name alone where its number may not be shown."""
    name = group_name(end.slice)
    if end.value is None:
        return name if end.n is None else f"{name} ({number_of(end.n, 'person', 'people')})"
    if end.count is None:
        return f"{name} {end.value:.4g}" + ("" if end.n is None else f" ({number_of(end.n, 'person', 'people')})")
    # no field says so: a rate that is not count over n can only be a weighted one
    weighted = bool(end.n) and abs(end.value - end.count / (end.n or 1)) > 1e-9
    return f"{name} {end.value:.1%} ({'weighted; ' if weighted else ''}{end.count:,} of {end.n or 0:,})"


def deciding_end(limit: Limit, measurement: Measurement, status: VerdictStatus) -> End | None:
    """The end of the interval that a verdict hangs on; None where it hangs on the value alone."""
    value, at_least, at_most = measurement.value, limit.at_least, limit.at_most
    if limit.judge == "point" or measurement.exact or (value is not None and measurement.interval is None):
        return None
    # of a number that is not written the side follows from the verdict
    is_off = value is None and status == "missed"
    above = at_most is not None and (is_off if value is None else value > at_most)
    below = at_least is not None and (is_off if value is None else value < at_least)
    # a number above the bound is proven to be so by the low end of its interval, and one below it by the high end
    if above or (status == "missed" and not below):
        return "low"
    if below:
        return "high"
    # met: the end that came nearest to the bound
    return "high" if at_most is not None else "low"


def pair_at(measurement: Measurement, end: End | None) -> GroupPair | None:
    """The two groups behind one end of the interval; without an end, or where they are the same, behind the value."""
    # a pair behind an end is kept only where it is another than the one that makes the value
    behind = (pair for pair in measurement.pairs if pair.end == end and (pair.role == "interval") == (end is not None))
    return next(behind, measurement.pairs[0] if measurement.pairs else None)


def deciding_pair(limit: Limit, measurement: Measurement, status: VerdictStatus) -> GroupPair | None:
    """The two groups that a verdict hangs on, where they are others than those that make the number."""
    # the same two groups need not be named a second time
    group_pair = pair_at(measurement, deciding_end(limit, measurement, status))
    return None if not measurement.pairs or group_pair == measurement.pairs[0] else group_pair


def left_out_text(groups: Sequence[LeftOut], most: int = 5) -> str:
    """`left out: D (31 people, 1.2%: fewer than 10 people with a positive label)`; empty for nobody."""
    return f"left out: {first_few([_left_out(group) for group in groups], most, '; ')}" if groups else ""


def left_out_of_all(measurements: Iterable[Measurement], reason: str = "", most: int = 12) -> str:
    """Whom several numbers leave out, each once and with its attributes, first those that bar; empty for nobody.

    Args:
        measurements: under one limit.
        reason: of the verdict on the first of them, which may name some already.
        most: how many are named.
    """
    named: dict[str, tuple[bool, str]] = {}
    for measurement in measurements:
        over = ", ".join(measurement.across or measurement.slice)
        for group in measurement.left_out:
            name = pairs(group.slice) or f"{TOGETHER} over {over}"
            named.setdefault(name, (not group.bars, "" if _left_out(group) in reason else _left_out(group, name)))
        reason = ""
    unseen = [text for _, text in sorted(named.values(), key=itemgetter(0)) if text]
    return f"left out: {first_few(unseen, most, '; ')}" if unseen else ""


def _left_out(group: LeftOut, name: str = "") -> str:
    name = name or (group_name(group.slice) if group.slice else TOGETHER)
    # how many they are may itself be too small a count to show
    size = "" if group.people is None else number_of(group.people, "person", "people")
    if size and group.share is not None:
        size += f", {group.share:.1%} of all"
    return f"{name} ({size}: {group.reason})" if size else f"{name} ({group.reason})"
