"""Every check on its own: what it is given could be sent to another process, and its failure is a result."""

from __future__ import annotations

import dataclasses
import logging
import os
import pathlib
import pickle
import random
import time

import numpy as np
import pytest

import auditkit
from auditkit.checks import Check, Findings
from auditkit.errors import TimeLimit
from auditkit.host import Host
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.results import Measurement, canonical
from auditkit.run.check_task import CheckTask, task_for
from auditkit.run.context import AuditContext
from auditkit.run.request import Request
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit


def test_every_number_of_a_row_check_comes_with_interval_n_and_groups():
    result = audit(
        "share", limits=[{"name": "l", "measurement": "acme.share", "slice": {"sex": "male"}, "at_least": 0.01}]
    )
    first, *groups = result.results[0].measurements
    assert first.value == pytest.approx(ToyModel().predict(toy_data().inputs).tolist().count("yes") / 200)
    assert first.n == 200
    assert first.interval.method == "Wilson"
    assert {str(group.slice) for group in groups} == {
        "{'sex': 'female'}", "{'sex': 'male'}", "{'region': 'north'}", "{'region': 'south'}",
    }  # fmt: skip
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("boom", "exception", "broken"),
        ("leave", "exception", "0"),
        ("nonsense", "findings", "a check must return"),
        ("not_a_number", "findings", "finite"),
        ("extra", "missing extra", "pip install 'auditkit-rai[lime]'"),
        ("vandal", "exception", "and then it fails"),
        ("mute", "exception", "a Mute"),
    ],
)
def test_a_failure_is_a_loud_result_and_stops_no_other(name, kind, message):
    limits = [{"name": "l", "measurement": "acme.share", "at_least": 0.0}]
    result = audit(name, "share", limits=limits)
    by_id = {check_result.check: check_result for check_result in result.results}
    assert by_id["acme.share"].status == "measured"
    bad = next(check_result for id, check_result in by_id.items() if id != "acme.share")
    assert (bad.status, bad.error.kind) == ("error", kind)
    assert message in bad.error.message
    assert (result.exit_code, result.verdict) == (3, "error")


def test_an_exception_brings_no_path_and_no_escape_into_the_evidence():
    text = canonical(audit("boom")).decode()
    assert os.getcwd() not in text
    assert "\\u001b" not in text
    assert str(pathlib.Path.home()) + "/" not in text


def test_everything_is_left_as_it_was_found_also_after_an_exception():
    random.seed(1)
    np.random.seed(1)
    before = (
        random.getstate(), np.random.get_state()[1].tolist(), logging.getLogger().level,
        list(logging.getLogger().handlers), os.getcwd(),
    )  # fmt: skip
    audit("vandal")
    assert before == (
        random.getstate(), np.random.get_state()[1].tolist(), logging.getLogger().level,
        list(logging.getLogger().handlers), os.getcwd(),
    )  # fmt: skip


def test_adding_a_check_changes_no_other_checks_numbers():
    alone = audit("draw").results[0]
    beside = next(result for result in audit("share", "draw").results if result.check == "acme.draw")
    assert canonical(alone) == canonical(beside)
    assert audit("draw", seed=1).results[0].measurements != alone.measurements


def test_a_time_limit_is_an_error_with_the_place():
    result = audit("slow", seconds_per_check=0.05)
    assert result.results[0].error.kind == "time limit"
    assert "sleeping" in result.results[0].error.message
    assert result.exit_code == 3


def test_what_a_check_had_when_its_time_ran_out_is_in_the_error():
    @auditkit.check("acme.halfway")
    def halfway(context, predictions):
        """How far does it get?"""
        first = auditkit.Measurement(name="first", value=1.0, exact=True)
        context.keep(auditkit.Findings([first]))
        for step in range(100):
            time.sleep(0.01)
            context.progress(step, 100, "sleeping")
        return 2.0

    limits = [{"name": "l", "measurement": "acme.halfway.first", "at_least": 0}]
    result = audit(halfway.check(), seconds_per_check=0.05, limits=limits)
    had = result.results[0]
    assert (had.status, had.error.kind) == ("error", "time limit")
    assert [(measurement.name, measurement.value, measurement.validity) for measurement in had.measurements] == [
        ("first", 1.0, "inconclusive")
    ]
    assert (result.verdicts[0].status, result.exit_code) == ("error", 3)


class Mean(Check):
    """What is the mean of a sample?"""

    id = "test.mean"
    rows: int = 50

    def measure(self, model: Model, data, context) -> Findings:
        context.progress(0, 1)
        value = float(context.predictions.scores.mean() + context.rng.random())
        return Findings([Measurement(name="mean", value=value, exact=True)])


def task(check: Check | None = None, **options) -> CheckTask:
    data, model = toy_data(200), ToyModel()
    context = AuditContext(Host(), data, Request(progress=lambda *_: None, **options))
    return task_for(check or Mean(), context, Predictions(model, data))


def test_a_task_can_be_sent_and_gives_the_same_result_there():
    original = task(budget="quick", seed=3)
    copied = pickle.loads(pickle.dumps(original))
    first, second = (sent.check(sent.model, sent.served.data, sent.context()) for sent in (original, copied))
    assert first.rows is not None and first.rows.used == 50
    assert canonical(first) == canonical(second)
    assert canonical(first) != canonical(
        (other := task(seed=4)).check(other.model, other.served.data, other.context())
    ), "the seed counts"


def test_a_task_holds_no_host_and_no_callback():
    held = [getattr(task(), field.name) for field in dataclasses.fields(CheckTask) if field.name != "check"]
    assert not any(isinstance(value, Host | AuditContext) or callable(value) for value in held)


def test_the_time_of_a_check_runs_from_when_it_is_given_its_context():
    late = task(seconds_per_check=-1.0)
    with pytest.raises(TimeLimit):
        late.check(late.model, late.served.data, late.context())
