"""What one check is given, as a record that another process could be sent."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from auditkit.checks import Check, Findings
from auditkit.errors import TimeLimit
from auditkit.host import Host
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.results import Measurement, canonical
from auditkit.run.context import AuditContext
from auditkit.run.measure import CheckTask, task_for
from auditkit.run.request import Request
from auditkit.testing import ToyModel, toy_data


class Mean(Check):
    """What is the mean of a sample?"""

    id = "test.mean"
    rows: int = 50

    def measure(self, model: Model, data, context) -> Findings:
        context.progress(0, 1)
        value = float(context.predictions.scores.mean() + context.rng.random())
        return Findings([Measurement(name="mean", value=value, exact=True)])


def task(check: Check | None = None, **asked) -> CheckTask:
    data, model = toy_data(200), ToyModel()
    context = AuditContext(Host(), data, Request(progress=lambda *_: None, **asked))
    return task_for(check or Mean(), context, Predictions(model, data))


def test_a_task_can_be_sent_and_gives_the_same_result_there():
    here = task(budget="quick", seed=3)
    there = pickle.loads(pickle.dumps(here))
    first, second = (one.check(one.model, one.served.data, one.context()) for one in (here, there))
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
