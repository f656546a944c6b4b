"""Which measurements a limit is about, and why there is none."""

from collections.abc import Sequence

from auditkit.errors import closest
from auditkit.judge.sentences import about
from auditkit.results import CheckResult, Limit, Measurement, pairs


def names_check(limit: Limit, check: str) -> bool:
    """Whether the limit names a check by its id, itself or by a measurement of it."""
    return check in (limit.measurement, limit.measurement.rpartition(".")[0])


def concerned(limit: Limit, result: CheckResult) -> list[Measurement]:
    """The measurements of a check that a limit is about; none where it is about another check.

    Without slice, groups and across that is the number about everyone; a number that is measured for groups alone is
    judged for all of them.
    """
    if not names_check(limit, result.check):
        return []
    named = [measurement for measurement in result.measurements if _fits(limit, result, measurement)]
    of_everyone = [measurement for measurement in named if not measurement.slice]
    if limit.everyone:
        return of_everyone
    # a bare limit on a number that only groups have is about all of them, or it could never be judged
    return (of_everyone or named) if is_bare(limit) else named


def is_bare(limit: Limit) -> bool:
    """Whether a limit leaves open whom it is about."""
    return not (limit.slice or limit.across or limit.groups or limit.everyone)


def about_everyone_alone(limits: Sequence[Limit], results: Sequence[CheckResult]) -> list[str]:
    """Names of limits that leave open whom they are about, while groups were measured too and are not judged."""
    names = []
    for limit in limits if results else ():
        result = next((result for result in results if names_check(limit, result.check)), None)
        if result is not None and is_bare(limit):
            named = [measurement for measurement in result.measurements if _fits(limit, result, measurement)]
            if len(concerned(limit, result)) < len(named):
                names.append(limit.name)
    return names


def why_none(limit: Limit, result: CheckResult) -> str:
    """Why the limit is about none of the check's measurements, with what there is."""
    names = sorted({measurement.name for measurement in result.measurements})
    if limit.measurement == result.check and len(names) != 1:
        return f"{result.check} has {len(names)} measurements; name one: {', '.join(names)}"
    name = limit.measurement.rpartition(".")[2]
    if limit.measurement != result.check and name not in names:
        return f"{result.check} has no measurement {name!r}; {closest(name, names)}"
    everyone = "everyone" if limit.everyone else ""
    chosen = "; ".join(filter(None, [everyone, ", ".join(limit.across), pairs(limit.slice), pairs(limit.conditions)]))
    subjects = sorted({
        about(measurement)
        for measurement in result.measurements
        if measurement.name == name or limit.measurement == result.check
    })  # fmt: skip
    return f"no measurement of {limit.measurement} is about {chosen}; there is: {'; '.join(subjects[:8])}"


def _fits(limit: Limit, result: CheckResult, measurement: Measurement) -> bool:
    """Whether name, across, slice and conditions are those that the limit asks for."""
    if limit.measurement == result.check:
        named = len({other.name for other in result.measurements}) == 1
    else:
        named = measurement.name == limit.measurement.rpartition(".")[2]
    return (
        named
        and (not limit.across or set(limit.across) == set(measurement.across))
        and (not limit.slice or limit.slice == measurement.slice)
        # a limit may leave a condition open, and is then about all its values
        and limit.conditions.items() <= measurement.conditions.items()
    )
