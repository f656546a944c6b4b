"""Times until an event: read from columns, checked, taken along, and part of the digest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError

FRAME = pd.DataFrame(
    {
        "x": range(6), "months": [1, 2.5, 3, 4, 5, 6], "died": [1, 0, 1, 0, 1, 0], "risk": [6, 5, 4, 3, 2, 1],
        "s3": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "s5": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5],
    }
)  # fmt: skip
NAMED = {"time": "months", "event": "died", "horizons": [3, 5], "scores": "risk", "alive": ["s3", "s5"]}


def read(frame=FRAME, **more):
    return AuditData.from_table(frame, **{**NAMED, **more})


def test_columns_become_times_events_and_answers():
    data = read()
    assert data.task == "survival" and data.feature_names == ("x",) and data.labels is None
    assert data.survival.times.tolist() == FRAME["months"].tolist() and data.survival.events.tolist() == [
        True, False, True, False, True, False]  # fmt: skip
    assert data.survival.horizons == (3.0, 5.0) and data.survival.alive.shape == (6, 2)
    some = data.take(np.array([4, 0]))
    assert some.survival.risk.tolist() == [2, 6] and some.survival.times.tolist() == [5, 1]
    assert not data.survival.times.flags.writeable
    assert len({data.digest, read(horizons=[3, 6]).digest, read(scores=None).digest}) == 3


def test_events_are_read_in_every_spelling():
    for words in (["yes", "no"], ["True", "False"], [True, False], [1.0, 0.0]):
        assert read(FRAME.assign(died=words * 3)).survival.events.tolist() == [True, False] * 3


@pytest.mark.parametrize(
    ("changes", "more", "message"),
    [
        ({"months": [None, 2, 3, 4, 5, 6]}, {}, "known of everybody; in 1 row it is missing"),
        ({"months": [-1, 2, 3, 4, 5, 6]}, {}, "0 or more; 1 row hold less"),
        ({"months": "long"}, {}, "time must be numbers"),
        ({"died": ["dead", "alive"] * 3}, {}, "1, true or yes .* it holds 'alive', 'dead'"),
        ({"died": 0}, {}, "nobody had the event"),
        ({}, {"horizons": [5, 3]}, "rising times above 0"),
        ({}, {"horizons": ["soon"]}, "rising times above 0"),
        ({}, {"horizons": [3]}, "one chance of no event per row and horizon"),
        ({}, {"event": None}, "event is needed too"),
        ({}, {"time": "days"}, "names the column 'days', which the data lacks"),
        ({}, {"decisions": "x"}, "takes no decisions"),
    ],
)
def test_what_is_no_time_until_an_event_is_refused(changes, more, message):
    with pytest.raises(DataError, match=message):
        read(FRAME.assign(**changes), **more)


def test_task_and_times_go_together():
    with pytest.raises(DataError, match="needs a time and an event for each row"):
        AuditData(np.zeros((3, 1)), task="survival")
    with pytest.raises(DataError, match="no other task has them"):
        AuditData(np.zeros((6, 1)), survival=read().survival)


def test_a_model_of_another_task_is_refused():
    data = read(scores=None, alive=[])
    with pytest.raises(ConfigError, match="a model of times until an event is held"):
        auditkit.audit(auditkit.wrap(lambda rows: np.zeros(len(rows)), task="regression"), data)
