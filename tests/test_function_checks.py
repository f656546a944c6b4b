"""Functions as checks: what they ask for, and what they may return for each row."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

import auditkit
from auditkit.data import AuditData, Recorded
from auditkit.testing import ToyModel, toy_data


def value_of(function, model=None, data=None):
    class Plugin:
        @auditkit.hookimpl
        def register_checks(self):
            return [function]

    data = toy_data() if data is None else data
    model = ToyModel() if model is None else model
    result = auditkit.audit(model, data, checks=[function.check.id], plugins=[Plugin()])
    return result.results[0]


def test_an_argument_with_the_default_none_is_given_where_it_is_there():
    @auditkit.check("acme.asks", exact=True)
    def asks(data, model=None, labels=None, groups=None, train=None, steps: int = 3):
        return {"model": model is not None, "labels": labels is not None, "groups": groups is not None,
                "train": train is not None, "steps": steps}  # fmt: skip

    whole = {number.name: number.value for number in value_of(asks).measurements}
    assert whole["model"] == whole["labels"] == whole["groups"] == 1 and whole["steps"] == 3
    recorded = AuditData(np.zeros((40, 2)), recorded=Recorded(np.arange(40) % 2, None))
    bare = {number.name: number.value for number in value_of(asks, auditkit.wrap(recorded), recorded).measurements}
    assert bare == {"model": 0, "labels": 0, "groups": 0, "train": 0, "steps": 3}
    assert asks.check.needs == frozenset()


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_series_is_read_by_its_index(order):
    @auditkit.check("acme.series")
    def series(data):
        return pandas.Series(np.arange(len(data)) < len(data) / 4, name="x").astype(float)[order]

    data = toy_data()
    expected = np.mean(np.arange(len(data)) < len(data) / 4)
    by_group = {str(number.slice): number.value for number in value_of(series, data=data).measurements}
    assert by_group["{}"] == pytest.approx(expected)
    for name, column in data.groups.items():
        for group in set(column.tolist()):
            mask = column == group
            assert by_group[str({name: group})] == pytest.approx(np.mean(np.flatnonzero(mask) < len(data) / 4))


@pytest.mark.parametrize(
    "index", [lambda rows: range(1, rows + 1), lambda rows: [0] * rows, lambda rows: list("ab") * (rows // 2)]
)
def test_a_series_about_other_rows_is_refused(index):
    @auditkit.check("acme.series")
    def series(data):
        return pandas.Series(np.ones(len(data)), index=index(len(data)))

    result = value_of(series)
    assert result.status == "error" and "a Series must have the index of the rows" in result.reason


@pytest.mark.parametrize("give", [lambda function: function, lambda function: function.check])
def test_a_decorated_function_or_a_class_is_given_as_it_is(give):
    @auditkit.check("acme.given", exact=True)
    def given(data, share: float = 0.5):
        return share

    result = auditkit.audit(ToyModel(), toy_data(), checks=["data", give(given)], budget="quick")
    assert {one.check: one.status for one in result.results}["acme.given"] == "measured"


def test_a_class_that_lacks_something_says_what():
    class Given(auditkit.Check):
        id = "acme.given"

    with pytest.raises(auditkit.errors.ConfigError, match="checks: Given: it lacks the method measure"):
        auditkit.audit(ToyModel(), toy_data(), checks=[Given])
