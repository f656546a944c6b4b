"""Consistency and the flip test where several rows are of one unit."""

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit import AuditData
from auditkit.plugins.fairness.individual.check import IndividualFairness
from auditkit.plugins.fairness.individual.neighbours import agreement, consistency, jackknife_variance, nearest
from auditkit.plugins.fairness.individual.self_tests import neighbour_deviation
from tests.plugins.recorded import control, one, run


def visits(rng, patients=50, times=3):
    """(N, 2) places of visits near those of their patient, decisions that follow the place, and the patient."""
    patient = np.repeat(np.arange(patients), times)
    points = rng.normal(size=(patients, 2))[patient] + rng.normal(0, 0.05, (len(patient), 2))
    return points, (points[:, 0] + rng.normal(0, 0.7, patients)[patient] > 0).astype(int), patient


def test_neighbours_are_the_nearest_rows_of_other_units():
    points, _, patient = visits(np.random.default_rng(0))
    near = nearest(points, 4, patient)
    for row in range(0, len(points), 7):
        others = np.flatnonzero(patient != patient[row])
        far = np.linalg.norm(points[others] - points[row], axis=1)
        assert set(near[row]) == set(others[np.argsort(far)[:4]])
    rng = np.random.default_rng(1)
    assert neighbour_deviation(points, near, rng, patient) < 1e-9
    assert neighbour_deviation(points, nearest(points, 4), rng, patient) == np.inf


def test_the_variance_is_that_of_leaving_out_each_unit():
    rng = np.random.default_rng(5)
    points, decisions, patient = visits(rng, 40, 2)
    k, values = 5, []
    for left_out in range(40):
        kept = patient != left_out
        values.append(agreement(decisions[kept], nearest(points[kept], k, patient[kept])).mean())
    slow = 39 / 40 * np.sum((np.array(values) - np.mean(values)) ** 2)
    weights = np.ones(len(points))
    assert jackknife_variance(decisions, nearest(points, k + 1, patient), weights, patient) == pytest.approx(
        slow, rel=0.1
    )


def test_more_visits_of_the_same_patients_tell_nothing_more():
    widths = []
    for times in (1, 6):
        points, decisions, patient = visits(np.random.default_rng(2), 120, times)
        ends = [
            consistency(decisions, nearest(points, 6 * times, patient), np.ones(len(points)), unit).interval
            for unit in (patient if times > 1 else None, None)
        ]
        widths.append([end.high - end.low for end in ends])
    assert widths[1][0] == pytest.approx(widths[0][0], rel=0.35) and widths[1][0] > 1.5 * widths[1][1]


def test_an_audit_goes_by_units():
    points, _, patient = visits(np.random.default_rng(3), 60, 4)
    sex = np.where(np.random.default_rng(4).random(60) < 0.5, "f", "m")[patient]
    table = pd.DataFrame({"patient": patient, "a": points[:, 0], "b": points[:, 1], "sex": sex})
    table["y"] = (table["a"] > 0).astype(int)
    model = auditkit.wrap(
        lambda rows: ((rows["a"] + 0.4 * (rows["sex"] == "m")) > 0).astype(int).to_numpy(), classes=[0, 1]
    )
    by_unit, by_row = (
        run(IndividualFairness(), model, AuditData.from_table(table, label="y", groups=["sex"], **options))
        for options in ({"unit": "patient"}, {"drop": ["patient"]})
    )
    wide, narrow = (one(result, "flip_rate", across=("sex",)) for result in (by_unit, by_row))
    assert wide.value == narrow.value and "by units" in wide.interval.method
    assert wide.interval.high - wide.interval.low > 1.5 * (narrow.interval.high - narrow.interval.low)
    assert control(by_unit, "neighbours").holds and "by units" in one(by_unit, "consistency").interval.method
    # a patient's own visits are decided alike, which says nothing of others who are alike
    assert one(by_unit, "consistency").value < one(by_row, "consistency").value
