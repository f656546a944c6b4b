"""Whatever a check does to what it is given, the checks after it measure the same; who goes round that is named."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.data import AuditData

rng = np.random.default_rng(0)
TABLE = pandas.DataFrame({"x": rng.normal(size=400), "z": rng.normal(size=400)})
LABELS = (TABLE["x"] + rng.normal(size=400) > 0).astype(int).to_numpy()
GROUPS = {"sex": np.where(rng.random(400) < 0.5, "f", "m")}
REST = ("performance.quality", "fairness.groups", "data.integrity")

FRIENDLY = {
    "groups": lambda data, predictions: data.groups["sex"].sort(),
    "labels": lambda data, predictions: np.negative(data.labels, out=data.labels),
    "scores": lambda data, predictions: predictions.scores.__setitem__(slice(None), 0.5),
    "probabilities": lambda data, predictions: predictions.probabilities.sort(axis=0),
    "codes": lambda data, predictions: predictions.codes.__setitem__(0, 1),
    "selected": lambda data, predictions: predictions.selected.sort(),
    "weights": lambda data, predictions: data.weights.fill(1),
}
"""In place, which is refused."""
QUIET = {
    "column": lambda data, predictions: data.inputs.__setitem__("x", 0.0),
    "cells": lambda data, predictions: data.inputs.iloc.__setitem__((slice(None), 0), 0.0),
    "dropped": lambda data, predictions: data.inputs.drop(columns="z", inplace=True),
    "attribute": lambda data, predictions: data.groups.__setitem__("sex", np.full(400, "x")),
    "gone": lambda data, predictions: data.groups.clear(),
    "theirs": lambda data, predictions: predictions.data.inputs.__setitem__("x", 0.0),
    "cached": lambda data, predictions: predictions.__dict__.__setitem__("scores", np.zeros(400)),
    "split": lambda data, predictions: data.train.inputs.__setitem__("x", 0.0),
    "field": lambda data, predictions: object.__setattr__(data, "labels", 1 - data.labels),
}
"""On a copy of its own, which nobody else sees."""


def unlocked(array: np.ndarray) -> np.ndarray:
    """The array below all views, made writable again."""
    while array.base is not None:
        array = array.base
    array.setflags(write=True)
    return array


FORCED = {
    "groups['sex']": lambda data, predictions: np.random.default_rng(0).shuffle(unlocked(data.groups["sex"])),
    "labels": lambda data, predictions: unlocked(data.labels).sort(),
    "the model's scores": lambda data, predictions: unlocked(predictions.answers.scores).fill(0),
}


def data_of(inputs: object = TABLE) -> AuditData:
    train = AuditData(inputs, LABELS.copy(), positive=1)
    weights = np.ones(400) * 2
    groups = {name: column.copy() for name, column in GROUPS.items()}
    return AuditData(inputs, LABELS.copy(), groups, weights=weights, positive=1, train=train)


def audit_after(change, model: object, data: AuditData) -> auditkit.AuditResult:
    """An audit in which a check that sorts first does something to what it is given."""

    @auditkit.check("aaa.first", exact=True)
    def first(data, predictions):
        change(data, predictions)
        return 1.0

    class Plugin:
        @auditkit.hookimpl
        def register_checks(self):
            return [first]

    return auditkit.audit(model, data, checks=["aaa.first", *REST], plugins=[Plugin()])


def rest_of(result: auditkit.AuditResult) -> list[object]:
    return [check.measurements for check in result.results if check.check != "aaa.first"]


@pytest.fixture(scope="module")
def estimator() -> LogisticRegression:
    return LogisticRegression().fit(TABLE, LABELS)


@pytest.fixture(scope="module")
def untouched(estimator) -> list[object]:
    return rest_of(audit_after(lambda data, predictions: None, estimator, data_of()))


@pytest.mark.parametrize("name", FRIENDLY)
def test_what_is_changed_in_place_is_refused_and_named(name, estimator, untouched):
    result = audit_after(FRIENDLY[name], estimator, data_of())
    first = next(check for check in result.results if check.check == "aaa.first")
    assert first.status == "error" and "copy it first" in first.reason
    assert rest_of(result) == untouched


@pytest.mark.parametrize("name", QUIET)
def test_what_a_check_assigns_is_seen_by_no_other(name, estimator, untouched):
    data = data_of()
    result = audit_after(QUIET[name], estimator, data)
    assert rest_of(result) == untouched
    assert data.inputs.equals(TABLE) and set(data.groups) == {"sex"}


@pytest.mark.parametrize("name", FORCED)
def test_who_goes_round_it_is_named_and_nothing_is_measured_after(name, estimator):
    result = audit_after(FORCED[name], estimator, data_of())
    reasons = {check.check: check.reason for check in result.results}
    assert reasons["aaa.first"].startswith(f"aaa.first changed {name}; copy it first")
    assert all(check.status == "error" for check in result.results) and result.exit_code == 3
    assert all("is no longer what it was: aaa.first changed" in reasons[id] for id in REST)


def test_tensors_and_texts_are_the_checks_own():
    network = torch.nn.Linear(2, 2)
    inputs = torch.tensor(TABLE.to_numpy(dtype=np.float32))
    before = inputs.clone()
    result = audit_after(lambda data, predictions: data.inputs.zero_(), auditkit.wrap(network, classes=[0, 1]),
                         data_of(inputs))  # fmt: skip
    assert torch.equal(inputs, before) and all(check.status == "measured" for check in result.results)
    texts = ["yes", "no"] * 200
    audited = AuditData(texts, np.array([1, 0] * 200), positive=1)
    model = auditkit.wrap(lambda rows: np.array([int(row == "yes") for row in rows]), classes=[0, 1])
    result = audit_after(lambda data, predictions: data.inputs.clear(), model, audited)
    assert len(texts) == 400 and result.results[-1].status == "measured"


def test_an_estimator_that_a_check_fits_again_comes_back(untouched):
    estimator = LogisticRegression().fit(TABLE, LABELS)
    before = estimator.coef_.copy()

    @auditkit.check("aaa.first", exact=True)
    def first(model):
        model.estimator().fit(TABLE, 1 - LABELS)
        model.estimator().set_params(C=7.0)
        return 1.0

    class Plugin:
        @auditkit.hookimpl
        def register_checks(self):
            return [first]

    result = auditkit.audit(estimator, data_of(), checks=["aaa.first", *REST], plugins=[Plugin()])
    assert rest_of(result) == untouched and np.array_equal(estimator.coef_, before) and estimator.C == 1.0


def test_the_callers_own_arrays_stay_writable():
    labels, inputs = LABELS.copy(), TABLE.to_numpy().copy()
    data = AuditData(inputs, labels, {"sex": GROUPS["sex"]}, positive=1)
    labels[0], inputs[0, 0] = 1 - labels[0], 5.0
    assert not data.labels.flags.writeable and not data.inputs.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0] = 0
