"""Which measurements a limit is about, and why there is none."""

from __future__ import annotations

from auditkit.errors import closest
from auditkit.judging.wording import about
from auditkit.results import CheckResult, Limit, Measurement, pairs


def is_measured_by(limit: Limit, result: CheckResult) -> bool:
    """Whether the limit names this check, or a measurement of it."""
    return limit.measurement == result.check or limit.measurement.rpartition(".")[0] == result.check


def is_about(limit: Limit, result: CheckResult, each: Measurement) -> bool:
    """Whether the limit is about this measurement of the check that it names."""
    if limit.measurement == result.check:
        named = len({other.name for other in result.measurements}) == 1
    else:
        named = each.name == limit.measurement.rpartition(".")[2]
    return (
        named
        and (not limit.across or set(limit.across) == set(each.across))
        and (not limit.slice or limit.slice == each.slice)
        and not (limit.everyone and each.slice)
        and limit.conditions.items() <= each.conditions.items()
    )


def concerned(limit: Limit, result: CheckResult) -> list[Measurement]:
    """The measurements of a check that a limit is about; none where it is about another check."""
    if not is_measured_by(limit, result):
        return []
    return [measurement for measurement in result.measurements if is_about(limit, result, measurement)]


def why_none_is_about(limit: Limit, result: CheckResult) -> str:
    """Why the limit is about none of the check's measurements, with what there is."""
    names = sorted({each.name for each in result.measurements})
    if limit.measurement == result.check and len(names) != 1:
        return f"{result.check} has {len(names)} measurements; name one: {', '.join(names)}"
    wanted = limit.measurement.rpartition(".")[2]
    if limit.measurement != result.check and wanted not in names:
        return f"{result.check} has no measurement {wanted!r}; {closest(wanted, names)}"
    chosen = "; ".join(filter(None, [", ".join(limit.across), pairs(limit.slice), pairs(limit.conditions)]))
    some = [each for each in result.measurements if each.name == wanted or limit.measurement == result.check]
    known = sorted({about(each) for each in some})
    return f"no measurement of {limit.measurement} is about {chosen}; there is: {'; '.join(known[:8])}"
