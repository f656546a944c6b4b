"""What is told of an epsilon: all three accountants, the curve, the neighbours."""

from __future__ import annotations

import math

from auditkit.plugins.privacy.accounting import findings
from auditkit.plugins.privacy.accounting.definitions import DEFINITIONS
from auditkit.plugins.privacy.accounting.spent import Spent, spent

PHASES = ((1.1, 0.02, 300), (1.5, 0.02, 200))


def test_the_table_shows_all_three_and_says_between_whom_epsilon_holds() -> None:
    cost = spent(PHASES, 1e-5)
    table = findings.table(cost, PHASES, 1e-5)
    by_name = {(row[0], row[1]): row[2] for row in table.rows}
    assert cost.prv is not None
    assert by_name == {
        ("RDP, opacus", "upper bound"): cost.rdp, ("PRV, opacus", "lower end"): cost.prv.low,
        ("PRV, opacus", "estimate"): cost.prv.estimate, ("PRV, opacus", "upper end"): cost.prv.high,
        ("PLD, dp-accounting", "upper bound"): cost.pld,
    }  # fmt: skip
    for words in (
        "300 steps; noise multiplier 1.5",
        "delta 1e-05",
        "one row that is there or not",
        "Balle et al. 2020",
    ):
        assert words in table.caption
    assert "one row that is another" in findings.table(cost, PHASES, 1e-5, "replace").caption
    assert "7 trainings on the same rows" in findings.table(cost, PHASES, 1e-5, trainings=7).caption


def test_the_curve_ends_at_what_is_reported() -> None:
    for trainings in (1, 3):
        points = findings.figure(PHASES, 1e-5, trainings=trainings).data
        costs = [point["epsilon"] for point in points]
        assert len(points) == 20 and points[-1]["steps"] == 500 and costs == sorted(costs)  # type: ignore[type-var]
        assert math.isclose(costs[-1], spent(PHASES, 1e-5, trainings=trainings).reported)  # type: ignore[arg-type]
    assert len(findings.figure(((1.0, 0.1, 3),), 1e-5).data) == 3


def test_measurements_are_those_defined_and_a_lower_end_that_is_missing_has_a_reason() -> None:
    measured = findings.measurements(spent(PHASES, 1e-5), 1e-5, 1000)
    assert {measurement.name for measurement in measured} == set(DEFINITIONS)
    assert measured[1].value < measured[0].value  # type: ignore[operator]
    unknown = findings.measurements(Spent(500.0, None, None), 1e-5, 1000)[1]
    assert unknown.value is None and "memory" in (unknown.reason or "")
