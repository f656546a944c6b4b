"""What the findings of every check and trainer must hold to, whoever wrote it; what does not is refused in words."""

from collections import Counter
from collections.abc import Iterator, Mapping

from auditkit.checks import Check, Facts
from auditkit.comparison.keys import key
from auditkit.data import AuditData
from auditkit.errors import FindingsError, closest
from auditkit.results import CheckResult, Measurement, pairs
from auditkit.text import one_line


def refuse_wrong(result: CheckResult, kind: type[Facts], data: AuditData) -> None:
    """Refuse findings of which a reader could not tell what they are about, or that guard nothing.

    Args:
        result: measured, with smaller groups together set apart.
        kind: the class of the check or trainer; with `own_slices` its groups need not be those of the data.
        data: what was measured.

    Raises:
        FindingsError: nothing was measured or shown; a control guards what is no measurement; a number is there twice;
            or a measurement names a group that nobody is in.
    """
    wrong = next(_faults(result, kind, data), "")
    if wrong:
        raise FindingsError(f"{result.check}: {wrong}")


def _faults(result: CheckResult, kind: type[Facts], data: AuditData) -> Iterator[str]:
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
    if not kind.own_slices:
        yield from _of_nobody(result, data)


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
    ends: list[Mapping[str, str]] = [end.slice for pair in measurement.pairs for end in (pair.low, pair.high)]
    for where in (measurement.slice, *ends, *(group.slice for group in measurement.left_out)):
        yield from where.items()
