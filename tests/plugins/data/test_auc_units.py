"""Leaks and proxies where several rows are of one unit: no unit is in two folds, and intervals are those of units."""

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditData
from auditkit.plugins.data import auc, features
from auditkit.plugins.data.check import Integrity
from auditkit.plugins.data.features import Features
from tests.plugins.recorded import control, one, run

FAST = Integrity(detector_rows=4000)


def visits(rng, patients=80, times=6, **options):
    """Visits of patients with a number of their own, and sex and label that go with the patient alone."""
    patient = np.repeat(np.arange(patients), times)
    own = rng.normal(size=patients)[patient]
    sex, sick = (rng.permutation(np.arange(patients) % 2)[patient] for _ in range(2))
    table = pd.DataFrame({
        "patient": patient, "own": own, "noise": rng.normal(size=len(patient)), "sex": sex, "sick": sick, "said": sick,
    })  # fmt: skip
    groups = {"sex": np.char.add("s", sex.astype(str))}
    return AuditData.from_table(table, label="sick", groups=groups, decisions="said", drop=["sex"], **options)


def test_no_unit_is_in_two_folds_and_each_class_is_in_each():
    rng = np.random.default_rng(0)
    unit = np.repeat(np.arange(60), rng.integers(1, 9, 60))
    target = rng.integers(0, 3, 60)[unit]
    target[unit < 20] = rng.integers(0, 3, int((unit < 20).sum()))  # some units are of several classes
    fold = auc.folds(target, rng, unit)
    assert all(len(np.unique(fold[unit == one_unit])) == 1 for one_unit in range(60))
    assert all(len(np.unique(fold[target == label])) == auc.FOLDS for label in range(3))


@pytest.mark.parametrize("copies", [1, 5])
def test_copies_of_rows_give_the_interval_of_their_units(copies):
    rng = np.random.default_rng(3)
    target, shares = np.arange(80) % 2, rng.normal(size=80)
    shares = np.stack([-shares - target, shares + target], axis=1)
    unit = np.repeat(np.arange(80), copies)
    by_unit = auc.strength(shares[unit], target[unit], unit=unit)
    alone, by_row = auc.strength(shares, target), auc.strength(shares[unit], target[unit])
    assert by_unit.auc == pytest.approx(alone.auc) and by_unit.error == pytest.approx(alone.error)
    assert by_unit.error / by_row.error == pytest.approx(np.sqrt(copies), rel=0.02)


def test_a_number_that_tells_a_patient_by_heart_is_no_proxy_and_no_leak():
    data = visits(np.random.default_rng(1), unit="patient")
    table = Features.of(data, np.arange(len(data)))
    target = np.unique(data.groups["sex"], return_inverse=True)[1]
    by_heart = Features(table.names, table.codes, table.discrete)
    few = {"rng": np.random.default_rng(0), "seed": 0}
    assert features.together(by_heart, target, **few).interval.low > 0.8
    by_unit = features.together(table, target, **few)
    assert by_unit.interval.low < 0.5 and "by units" in by_unit.interval.method


def test_the_check_goes_by_units_and_finds_what_is_planted():
    import auditkit

    data = visits(np.random.default_rng(2), unit="patient")
    result = run(FAST, auditkit.wrap(data), data)
    assert control(result, "planted leak").holds and control(result, "planted proxy").holds
    assert control(result, "shuffled groups").holds
    proxy = one(result, "proxy_auc", across=("sex",))
    assert proxy.interval.low < 0.5 and "by units" in proxy.interval.method
    assert one(result, "leaking_features").value == 0 and one(result, "leaking_features").validity == "valid"


def test_classes_of_few_units_are_not_searched():
    rows, classes = features.as_classes(np.array(list("aaabbb")), 2, np.array([0, 1, 2, 5, 5, 5]))
    assert rows.tolist() == [0, 1, 2] and set(classes) == {0}
