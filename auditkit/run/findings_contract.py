"""What the findings of every check and trainer must hold to, whoever wrote it; what does not is refused in words."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator

from auditkit.checks import Check, Facts
from auditkit.comparison.keys import key
from auditkit.data import AuditData
from auditkit.errors import FindingsError, closest
from auditkit.results import CheckResult, Control, Measurement, pairs
from auditkit.results.value_range import ends, of_unit
from auditkit.run.figure_contract import faults_of_figure
from auditkit.text import one_line, shown


def refuse_wrong(result: CheckResult, kind: type[Facts], data: AuditData) -> None:
    """Refuse findings of which a reader could not tell what they are about, or that guard nothing.

    Args:
        result: measured, with smaller groups together set apart.
        kind: the class of the check or trainer; with `own_slices` its groups need not be those of the data.
        data: what was measured.

    Raises:
        FindingsError: nothing was measured or shown, or too much; a control guards what is no measurement, or says that
            it holds where its bounds say otherwise; a number is there twice, is none that its definition allows, lies
            outside of its interval, or is about no rows or more than there are; a figure cannot be drawn as it is; a
            table names a column twice; or a measurement names a group that nobody is in.
    """
    wrong = next(_faults(result, kind, data), "")
    if wrong:
        raise FindingsError(f"{result.check}: {wrong}")


def _faults(result: CheckResult, kind: type[Facts], data: AuditData) -> Iterator[str]:
    # first, for the rest takes longer the more there is
    notes, size = sum(map(len, result.notes)), len(result.model_dump_json())
    if notes > LARGEST_NOTES or size > LARGEST:
        yield (
            f"at most {LARGEST // MEGABYTE} MB of findings, {LARGEST_NOTES // MEGABYTE} MB of it notes, are taken; "
            f"{size / MEGABYTE:.1f} MB were returned, {notes / MEGABYTE:.1f} MB of it notes"
        )
    # a trainer gives a model, and need not measure anything
    if issubclass(kind, Check) and not (result.every or result.figures or result.tables):
        yield (
            "at least one measurement, figure or table is required; none was returned. Where there is no number, "
            "return a Measurement with value=None and a reason"
        )
    # a guard may name a number that this model or data leaves out, where the check declares it; the one that is
    # declared for a function is made up from its id, and the function need not return it
    known = {measurement.name for measurement in result.every} | (set() if kind.of_function else {*result.definitions})
    for control in result.controls:
        for name in control.guards:
            if name not in known:
                yield (
                    f"the guards of the control {one_line(control.name)!r} must be names of measurements; "
                    f"{one_line(name)!r} is none, {closest(name, known)}"
                )
    times = Counter(key(result.check, measurement) for measurement in result.measurements)
    for measurement in result.measurements:
        occurs = times[key(result.check, measurement)]
        if occurs > 1:
            where = f" of {pairs(measurement.slice)}" if measurement.slice else ""
            yield (
                "a measurement must differ from every other in name, slice, across or conditions; "
                f"{one_line(measurement.name)!r}{where} is there {occurs} times"
            )
    people = data.size + (0 if data.train is None else data.train.size)
    for measurement in result.measurements:
        name = measurement.name
        if not name or name != one_line(name):
            yield f"a measurement must have a name, on one line and without escapes; {shown(name)} was given"
        yield from _of_no_sense(measurement, result, data)
        yield from _of_no_rows(measurement, math.inf if kind.other_rows else people)
    for control in result.controls:
        yield from _of_two_minds(control)
    for figure in result.figures:
        yield from (f"plugin {one_line(result.plugin)!r}, {fault}" for fault in faults_of_figure(figure))
    for table in result.tables:
        names = [column.name for column in table.columns]
        if len(set(names)) < len(names):
            yield f"the columns of table {one_line(table.name)!r} must have different names; they are {shown(names)}"
    if not kind.own_slices:
        yield from _of_nobody(result, data)


MEGABYTE = 2**20
LARGEST, LARGEST_NOTES = 64 * MEGABYTE, MEGABYTE
"""Characters of the findings of one check, as JSON, and of its notes."""
ROUNDING = 1e-9
"""By how much, of the larger number, two numbers may pass each other."""


def _of_no_sense(measurement: Measurement, result: CheckResult, data: AuditData) -> Iterator[str]:
    """A number that is none, or that its definition or its own interval rules out."""
    where, interval, value = f"measurement {one_line(measurement.name)!r}", measurement.interval, measurement.value
    definition = result.definitions.get(measurement.name)
    words = of_unit(measurement.unit) if definition is None else definition.range
    least, most = ends(words, data.task)
    if value is not None and not _in_order(least, value, most):
        yield f"{where}: {value:.12g} is outside of its range ({one_line(words)})"
    if interval is None:
        return
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    if not _in_order(low, high):
        yield f"{where}: its interval must go from the lower to the higher end; it goes from {low} to {high}"
    elif value is not None and not _in_order(low, value, high):
        yield f"{where}: its interval, {low:.12g} to {high:.12g}, does not hold its value, {value:.12g}"


def _of_no_rows(measurement: Measurement, people: float) -> Iterator[str]:
    """A number that is about nobody, or about more rows or people than there are."""
    where = f"measurement {one_line(measurement.name)!r}"
    if measurement.value is not None and measurement.n == 0:
        yield f"{where}: no number is about n = 0 rows; give value=None and a reason, or leave n out"
    for n in (measurement.n, *(end.n for pair in measurement.pairs for end in (pair.low, pair.high))):
        if n is not None and not 0 <= n <= people:
            yield (
                f"{where}: n must be how many rows or people it is about, at most the {people:,} of the data with its "
                f"training split; {n:,} was given. Leave n out where it counts anything else, or make the check a "
                "class with other_rows = True"
            )


def _in_order(*values: float) -> bool:
    """Whether no value is larger than the next by more than a rounding."""
    return all(
        low <= high or low - high <= ROUNDING * max(abs(low), abs(high), 1) for low, high in itertools.pairwise(values)
    )


def _of_two_minds(control: Control) -> Iterator[str]:
    """A control that says that it holds, or not, where its value and its bounds say otherwise."""
    value, low, high = control.value, control.at_least, control.at_most
    bounded = low is not None or high is not None
    if low is not None and high is not None and low > high:
        yield f"the bounds of the control {one_line(control.name)!r} must rise; they are {low} to {high}"
    inside = value is not None and (low is None or value >= low) and (high is None or value <= high)
    if control.holds and bounded and not inside:
        yield (
            f"the control {one_line(control.name)!r} says that it holds, and its value {value} is not within its "
            f"bounds ({low} to {high}); make it with Control.within"
        )


def _of_nobody(result: CheckResult, data: AuditData) -> Iterator[str]:
    """Attributes and groups that are none of the data's."""
    values = data.cells.values
    for measurement in result.measurements:
        for name, value in _groups(measurement):
            unknown = ""
            if name not in values:
                unknown = f"{one_line(name)!r} is no group column of the data, {closest(name, values)}"
            elif value is not None and value not in values[name]:
                unknown = f"{one_line(name)} has no group {one_line(value)!r}, {closest(value, values[name])}"
            if unknown:
                yield f"measurement {one_line(measurement.name)!r}: {unknown} {_OWN}"


_OWN = "(a check about other parts of the data is a class with own_slices = True)"


def _groups(measurement: Measurement) -> Iterator[tuple[str, str | None]]:
    """The attributes that a measurement names, with the values where it names any."""
    yield from ((name, None) for name in measurement.across)
    ends = (end.slice for pair in measurement.pairs for end in (pair.low, pair.high))
    # a column that could not be searched is left out too, and is no group
    for where in (
        measurement.slice,
        *ends,
        *(group.slice for group in measurement.left_out if set(group.slice) != {"column"}),
    ):
        yield from where.items()
