"""Numbers about rows of which several are of one unit: what is said of those that take each row by itself."""

import numpy as np

from auditkit.checks import Facts
from auditkit.data import AuditData
from auditkit.data.clusters import FEW, counts_rows, few_units
from auditkit.results import CheckResult, Measurement, pairs

MARK = "by units"
"""What the method of an interval or a test that goes by units says, in a check that does not go by them as a whole."""
OF_SHARES = ("Wilson", "Miettinen-Nurminen", "simultaneous", "MOVER", "order statistics", "Clopper-Pearson", "Tango")
"""How the methods begin whose intervals hold for few units too."""


def by_unit(result: CheckResult, kind: type[Facts], data: AuditData) -> CheckResult:
    """The result with the units behind each number; *inconclusive* what takes each row of a unit by itself.

    An interval of a share holds for few units too, for rows of a unit then count as alike (`stats.cluster_sizes`); one
    of anything else is inconclusive under 30 units.

    Args:
        result: as the check found it.
        kind: the class of the check or trainer.
        data: all of the data.
    """
    if data.clusters is None:
        return result
    sizes: dict[str, tuple[int, int]] = {}
    handled = "units" in kind.handles

    def held(measurement: Measurement) -> Measurement:
        return of_units(_counted(measurement, data, sizes), data, handled)

    return result.model_copy(
        update={
            "measurements": tuple(map(held, result.measurements)), "together": tuple(map(held, result.together)),
        }
    )  # fmt: skip


def of_units(measurement: Measurement, data: AuditData, handled: bool = False) -> Measurement:
    """The measurement, inconclusive where its interval or test takes each row by itself, or is of too few units.

    Args:
        measurement: with its units, where they are known.
        data: whose rows vary together.
        handled: whether its check goes by units as a whole.
    """
    uncertain = measurement.interval is not None or measurement.test is not None
    if data.clusters is None or measurement.exact or measurement.value is None or not uncertain:
        return measurement
    reason = None
    if not handled and not _goes_by_unit(measurement):
        reason = counts_rows(data.unit_name)
    elif (data.units if measurement.units is None else measurement.units) < FEW and not _of_share(measurement):
        reason = few_units(data.unit_name)
    if reason is None or measurement.validity == "invalid":
        return measurement
    sentence = "; ".join(filter(None, (measurement.reason, reason)))
    return measurement.model_copy(update={"validity": "inconclusive", "reason": sentence})


def _counted(measurement: Measurement, data: AuditData, sizes: dict[str, tuple[int, int]]) -> Measurement:
    """The measurement with its units, where it is about all rows of everyone or of a group and does not say them."""
    if measurement.units is not None:  # a unit with rows in several groups is counted in each of them
        return measurement.model_copy(update={"units": min(measurement.units, data.units)})
    if measurement.n is None or not set(measurement.slice) <= set(data.groups):
        return measurement
    name = pairs(measurement.slice)
    if name not in sizes:
        rows = np.ones(len(data), dtype=bool)
        for attribute, value in measurement.slice.items():
            rows &= data.groups[attribute] == value
        sizes[name] = int(rows.sum()), 0 if data.unit is None else len(np.unique(data.unit[rows]))
    rows_there, units = sizes[name]
    return measurement.model_copy(update={"units": units}) if measurement.n == rows_there else measurement


def _goes_by_unit(measurement: Measurement) -> bool:
    """Whether interval and test say that they go by units."""
    methods = (made.method for made in (measurement.interval, measurement.test) if made is not None)
    return all(MARK in method for method in methods)


def _of_share(measurement: Measurement) -> bool:
    """Whether an interval holds for few units too."""
    return measurement.interval is None or measurement.interval.method.startswith(OF_SHARES)
