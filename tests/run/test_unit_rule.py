"""Rows of one unit: intervals that go by units, how many there are, and what is inconclusive where they do not."""

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit import AuditData
from auditkit.checks import Check, Findings
from auditkit.errors import DataError
from auditkit.reports import numbers
from auditkit.results import Interval, Measurement
from auditkit.run.controls import completed
from auditkit.testing import run_check


def patients(count=60, visits=12, seed=0, **options):
    """Recorded decisions about visits of patients, of whom some are mostly decided right and others mostly wrong."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(count), visits)
    right = rng.random(len(patient)) < rng.beta(4, 1, count)[patient]
    sick = rng.random(len(patient)) < 0.5
    sex = rng.choice(["f", "m"], count)[patient]
    table = pd.DataFrame(
        {"patient": patient, "sex": sex, "sick": sick.astype(int), "said": np.where(right, sick, ~sick)}
    )
    table["said"] = table["said"].astype(int)
    return AuditData.from_table(table, label="sick", groups=["sex"], decisions="said", **options)


def by_name(result, name, **where):
    return next(m for m in result.measurements if m.name == name and m.slice == where)


@pytest.fixture(scope="module")
def audits():
    checks = ["performance.quality", "fairness.groups"]
    by_unit, by_row = (
        auditkit.audit(data=data, checks=checks, budget="quick")
        for data in (patients(unit="patient"), patients(drop=["patient"]))
    )
    return by_unit, by_row


def test_intervals_are_those_of_patients(audits):
    by_unit, by_row = audits
    for which, names in enumerate((("accuracy", "recall"), ("false_positive_rate", "true_positive_rate"))):
        for name in names:
            wide, narrow = (by_name(audit.results[which], name) for audit in (by_unit, by_row))
            assert wide.value == pytest.approx(narrow.value) and wide.n == narrow.n
            assert wide.units == 60 and narrow.units is None
            # the share of right decisions varies between patients, and so does what rests on it
            assert wide.interval.high - wide.interval.low > 1.1 * (narrow.interval.high - narrow.interval.low)
    wide, narrow = (
        next(m for m in audit.results[1].measurements if m.name == "equal_opportunity_difference")
        for audit in (by_unit, by_row)
    )
    assert wide.interval.high > narrow.interval.high and wide.test.p >= narrow.test.p * 0.9
    assert "effective numbers of rows" in wide.test.method and wide.interval.method.endswith("by units")


def test_data_say_whose_rows_they_are(audits):
    data = audits[0].data
    assert (data.unit, data.units, data.rows) == ("patient", 60, 720)
    assert {group.value: group.units for group in data.groups}["f"] < 60
    assert sum(group.rows for group in data.groups) == 720 and sum(group.units for group in data.groups) == 60
    assert audits[1].data.unit == "" and audits[1].data.units is None


def test_a_reader_sees_rows_and_units(audits):
    accuracy = by_name(audits[0].results[0], "accuracy")
    assert numbers.size(accuracy) == "720 rows of 60 units"
    assert numbers.size(by_name(audits[1].results[0], "accuracy")) == "720"
    assert numbers.of_units(31360, 40, "picture") == "31,360 (40 units, by picture)"


def test_a_row_for_each_unit_changes_no_number():
    table = patients(visits=1).take(np.arange(60))
    alone, named = (
        run_check(_quality(), _recorded(data), data) for data in (table, patients(visits=1, unit="patient"))
    )
    plain = {(m.name, str(m.slice)): (m.value, m.interval) for m in named.measurements}
    assert all(plain[m.name, str(m.slice)] == (m.value, m.interval) for m in alone.measurements)


def _quality():
    from auditkit.plugins.performance.check import Quality

    return Quality()


def _recorded(data):
    return auditkit.wrap(data)


class Rows(Check):
    """Means with an interval by row, one that says it goes by units, and a count."""

    id = "a.rows"

    def measure(self, model, data, context):
        by_row = Interval(low=0.1, high=0.3, method="Wilson")
        return Findings(
            [
                Measurement(name="by_row", value=0.2, interval=by_row, n=len(data)),
                Measurement(
                    name="by_unit",
                    value=0.2,
                    n=len(data),
                    interval=by_row.model_copy(update={"method": "Wilson, by units"}),
                ),
                Measurement(
                    name="mean",
                    value=0.2,
                    interval=by_row.model_copy(update={"method": "jackknife by units, Student t"}),
                    n=len(data),
                ),
                Measurement(name="counted", value=3.0, exact=True, n=len(data)),
                Measurement(name="bare", value=3.0),
            ]
        )


class Units(Rows):
    """The same, of a check that goes by units as a whole."""

    id = "a.units"
    handles = frozenset({"units"})


@pytest.mark.parametrize(("count", "mean"), [(60, "valid"), (12, "inconclusive")])
def test_what_takes_each_row_by_itself_is_inconclusive(count, mean):
    data = patients(count, unit="patient")
    for kind, by_row in ((Rows, "inconclusive"), (Units, "valid")):
        result = completed(run_check(kind(), _recorded(data), data), kind, data)
        validity = {m.name: m.validity for m in result.measurements}
        assert validity == {"by_row": by_row, "by_unit": "valid", "mean": mean, "counted": "valid", "bare": "valid"}
        assert [m.units for m in result.measurements] == [count] * 4 + [None]
    reasons = {m.name: m.reason for m in completed(run_check(Rows(), _recorded(data), data), Rows, data).measurements}
    assert "rows of one patient vary together" in reasons["by_row"]
    assert count == 60 or "fewer than 30 units of patient" in reasons["mean"]


def test_without_units_nothing_is_held_back():
    for data in (patients(drop=["patient"]), patients(visits=1, unit="patient")):
        result = completed(run_check(Rows(), _recorded(data), data), Rows, data)
        assert {m.validity for m in result.measurements} == {"valid"} and {m.units for m in result.measurements} == {
            None
        }


def test_smallest_groups_count_patients():
    table = pd.DataFrame({"patient": np.repeat(np.arange(40), 20), "y": np.tile([0, 1], 400)})
    table["said"], table["sex"] = table["y"], np.where(table["patient"] < 9, "m", "f")
    rows = AuditData.from_table(table, label="y", groups=["sex"], decisions="said", drop=["patient"])
    units = AuditData.from_table(table, label="y", groups=["sex"], decisions="said", unit="patient")
    assert rows.cells.unshown({"sex": "m"}) is None and rows.cells.size == 800
    assert units.cells.unshown({"sex": "m"}) == "fewer than 10 people" and units.cells.size == 40
    assert [cell.n for cell in units.slices()] == [31, 9]


def test_a_patient_in_two_groups_counts_once_in_each():
    table = pd.DataFrame({"patient": [1, 1, 2, 2], "y": [0, 1, 0, 1], "age": ["old", "young", "old", "old"]})
    data = AuditData.from_table(table, label="y", groups=["age"], unit="patient", minimum_cell=1)
    assert {cell.where["age"]: cell.n for cell in data.slices()} == {"old": 2, "young": 1} and data.cells.size == 2


def test_counts_and_publication_take_no_units():
    table = pd.DataFrame({"patient": [1, 1, 2], "y": [0, 1, 0], "many": [3, 4, 5]})
    with pytest.raises(DataError, match="of no one unit; leave out unit or people"):
        AuditData.from_table(table, label="y", unit="patient", people="many")
    with pytest.raises(DataError, match='disclosure = "internal"'):
        AuditData.from_table(table, label="y", unit="patient", disclosure="publish")
    alone = table.assign(patient=[1, 2, 3])
    assert AuditData.from_table(alone, label="y", unit="patient", disclosure="publish").units == 3


def test_values_of_a_unit_are_no_groups():
    with pytest.raises(DataError, match="column 'patient' is named as a group and as unit"):
        AuditData.from_table(
            pd.DataFrame({"patient": ["Ann", "Ann", "Bo"], "x": [1, 2, 3]}), unit="patient", groups=["patient"]
        )
