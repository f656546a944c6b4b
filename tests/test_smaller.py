"""Groups too small to show have their numbers together, apart from all that is judged and compared."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit
from auditkit.results import TOGETHER
from auditkit.smaller import slices_and_smaller
from tests.plugins.recorded import recorded

SIZES = {"a": 120, "b": 80, "x": 7, "y": 6}
CHECKS = ("data.integrity", "performance.quality", "fairness.individual")


def audited(sizes=SIZES, limits=(), **more):
    sex = np.repeat(list(sizes), list(sizes.values()))
    rows = np.arange(len(sex))
    model, data = recorded(rows % 3 % 2, rows % 2, {"g": sex}, **more)
    return auditkit.audit(
        model, data, checks=[*CHECKS, share_of_ones.check()], limits=list(limits), budget="quick"
    ), data


@auditkit.check("own.ones", unit="share")
def share_of_ones(predictions):
    """How many are decided 1?"""
    return predictions.labels == 1


@pytest.fixture(scope="module")
def both():
    limit = {"measurement": "performance.quality.accuracy", "at_least": 0.99, "groups": "each"}
    return audited(limits=[limit])


def together(result):
    return {measurement.name: measurement for check_result in result.results for measurement in check_result.together}


def test_their_numbers_are_those_of_their_people(both):
    result, data = both
    some, numbers = np.isin(data.groups["g"], ["x", "y"]), together(result)
    right = (data.recorded.decisions == data.labels)[some]
    assert (numbers["accuracy"].value, numbers["accuracy"].n) == (pytest.approx(right.mean()), 13)
    assert numbers["group_share"].value == pytest.approx(13 / 213)
    assert numbers["positive_share"].value == pytest.approx(data.labels[some].mean())
    assert numbers["consistency"].n == 13 and 0 <= numbers["consistency"].value <= 1
    assert numbers["ones"].value == pytest.approx(data.recorded.decisions[some].mean())
    assert all(measurement.slice == {"g": TOGETHER} for measurement in numbers.values())
    assert "groups of fewer than 10 people, together: g=x; g=y" in numbers["accuracy"].reason


def test_they_are_neither_measured_nor_judged_as_a_group(both):
    result, _ = both
    assert not any(
        TOGETHER in measurement.slice.values()
        for check_result in result.results
        for measurement in check_result.measurements
    )
    (verdict,) = result.verdicts
    assert verdict.judged and not any(TOGETHER in judged.measurement.slice.values() for judged in verdict.judged)


@pytest.mark.parametrize(
    "sizes", [{"a": 120, "b": 80, "x": 7}, {"a": 120, "b": 80, "x": 4, "y": 5}, {"a": 120, "b": 80}]
)
def test_they_do_not_stand_where_they_are_one_group_or_few_people(sizes):
    result, data = audited(sizes)
    assert together(result) == {}
    assert [cell.where for cell in slices_and_smaller(data)] == [cell.where for cell in data.slices()]


def test_in_published_evidence_they_do_not_stand():
    assert together(audited(disclosure="publish")[0]) == {}


def test_each_is_named_once_with_its_attribute_however_many_numbers_it_lacks():
    g, h = np.repeat(["a", "b", "unknown"], [120, 80, 3]), np.repeat(["unknown", "c", "d"], [4, 90, 109])
    model, data = recorded(np.arange(203) % 3, np.arange(203) % 3, {"g": g, "h": h}, positive=None, task="multiclass")
    limit = {"measurement": "fairness.groups.selection_rate", "at_least": 0.1, "groups": "each"}
    (verdict,) = auditkit.audit(model, data, checks=["fairness.groups"], limits=[limit], budget="quick").verdicts
    assert verdict.status == "met" and len(verdict.judged) == 21
    assert verdict.reason.endswith("; left out: g=unknown (fewer than 10 people); h=unknown (fewer than 10 people)")
