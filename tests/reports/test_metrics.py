"""metrics.json: flat, stable, only numbers."""

from __future__ import annotations

import json
import math
import re

import pytest
from hypothesis import given, strategies as st

from auditkit.io import strict_json
from auditkit.reports import metrics
from auditkit.results import AuditResult, Measurement
from tests import fakes
from tests.reports.test_markdown import HOSTILE


def read(result) -> dict[str, float]:
    return strict_json.loads(metrics.render(result), "metrics.json")


def with_measurements(*measurements: Measurement) -> AuditResult:
    audit = fakes.audit()
    return audit.model_copy(update={"results": (audit.results[0].model_copy(update={"measurements": measurements}),)})


def number(name: str = "x", **more) -> Measurement:
    return Measurement(name=name, value=0.5, exact=True, **more)


@pytest.mark.parametrize(
    ("measurement", "key"),
    [
        (number(), "a.b.x"),
        (number(slice={"sex": "F", "race": "B"}), "a.b.x[race=B,sex=F]"),
        (number(across=("sex", "race")), "a.b.x[over=sex,race]"),
        (number(conditions={"epsilon": 0.1, "norm": "Linf"}), "a.b.x[epsilon=0.1,norm=Linf]"),
        (number(slice={"g": "1"}, across=("sex",), conditions={"k": 3}), "a.b.x[g=1][over=sex][k=3]"),
        (number(conditions={"on": True, "off": None, "small": 1e-05}), "a.b.x[off=null,on=true,small=1e-05]"),
    ],
)
def test_a_key_says_what_the_number_is_about(measurement, key):
    assert metrics.key("a.b", measurement) == key


def test_every_number_that_means_something_is_there_and_no_other():
    audit = fakes.audit()
    metrics = read(audit)
    expected = [
        measurement.value
        for result in audit.results
        for measurement in result.measurements
        if measurement.value is not None and measurement.validity != "invalid"
    ]
    assert sorted(metrics.values()) == sorted(expected)
    assert "explanations.importance.protected_share" not in metrics, "it is invalid"
    assert metrics["robustness.evasion.robust_accuracy[epsilon=0.1,norm=Linf]"] == 0.412
    assert list(metrics) == sorted(metrics)


def test_adding_a_number_changes_no_other_key():
    values = [number(slice={"race": text}) for text in (">50K", "<50K", "a b", "a_b")]
    before = read(with_measurements(*values))
    after = read(with_measurements(number(slice={"race": "=50K"}), *values))
    assert len(before) == 4
    assert before.items() <= after.items()


def test_of_several_models_the_name_stands_first():
    metrics = read(fakes.comparison())
    assert metrics["credit-mlp.performance.quality.accuracy"] == 0.858
    assert len(metrics) == 3 * len(read(fakes.audit()))


def test_equal_keys_are_told_apart_and_none_is_lost():
    assert read(with_measurements(number(), number(), number())) == {
        "performance.quality.x": 0.5,
        "performance.quality.x#2": 0.5,
        "performance.quality.x#3": 0.5,
    }


@given(st.text(), st.text())
def test_two_texts_never_share_a_slug(first, second):
    assert (metrics.slug(first) == metrics.slug(second)) is (first == second)
    assert re.fullmatch(r"[A-Za-z0-9_.+~-]{1,64}", metrics.slug(first))


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_names_make_plain_keys(payload):
    metrics = read(fakes.hostile(payload))
    assert len(metrics) == len(read(fakes.audit()))
    assert all(re.fullmatch(r"[A-Za-z0-9_.+~=,\[\]#-]+", key) for key in metrics)
    assert all(isinstance(value, float) and math.isfinite(value) for value in metrics.values())


def test_nothing_measured_is_an_empty_object():
    assert json.loads(metrics.render(fakes.audit().model_copy(update={"results": ()}))) == {}
