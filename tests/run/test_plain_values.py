"""Values keep their types on the way from one process to another, and what is no plain value is refused."""

from __future__ import annotations

import datetime
import json
import math

import numpy as np
import pytest

from auditkit.models import Capability
from auditkit.run.plain_values import NotPlain, plain, value_of

VALUES = [
    None, True, 1, 1.0, 0.1 + 0.2, -0.0, "text", "\ud800", (), (1, (True, "a")), [1.0, None], {"a": (1,), 2: "b"},
    {1, 2}, frozenset({Capability.SCORES}), Capability.QUERIES, np.float32(0.1), np.int64(3), np.str_("x"), np.True_,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_with_its_type(value):
    back = value_of(json.loads(json.dumps(plain(value))))
    assert back == value and type(back) is type(value) and repr(back) == repr(value)


def test_numbers_that_are_not_finite_come_back():
    assert math.isnan(value_of(json.loads(json.dumps(plain(math.nan)))))


@pytest.mark.parametrize("value", [object(), len, np.ones(2), datetime.date(2020, 1, 1), (1, b"x"), {"a": object()}])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(NotPlain):
        plain(value)


@pytest.mark.parametrize("record", [{"eval": "1"}, {"tuple": [1], "list": [2]}, {}, {"capability": "all"}])
def test_what_was_never_said_is_refused(record):
    with pytest.raises((ValueError, KeyError)):
        value_of(record)
