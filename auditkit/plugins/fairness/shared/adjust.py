"""p-values adjusted over all the tests of a check."""

from collections.abc import Sequence

from auditkit import stats
from auditkit.results import Measurement


def adjusted(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The measurements, each test with its p-value adjusted by Holm over all of them; see `stats.holm`."""
    tests = [measurement.test for measurement in measurements if measurement.test is not None]
    p_values = iter(stats.holm([test.p for test in tests]))
    return [
        measurement
        if measurement.test is None
        else measurement.model_copy(
            update={"test": measurement.test.model_copy(update={"p_adjusted": float(next(p_values))})}
        )
        for measurement in measurements
    ]
