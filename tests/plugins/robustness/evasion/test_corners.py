"""Search by decisions where they have corners: steps, bins and labels alone, against the exact distances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls

FEATURES, ROWS, NEEDED = 6, 60, 3
VALUES = np.random.default_rng(0).normal(0, 1, (ROWS, FEATURES))
TABLE = pandas.DataFrame(VALUES, columns=list("abcdef"))


def vote(table: Any) -> np.ndarray:
    """Yes where at least three of six numbers are above 0: steps, and a label alone."""
    return np.where((np.asarray(table) > 0).sum(axis=1) >= NEEDED, "yes", "no")


def distances() -> np.ndarray:
    """(N,) exactly: the cheapest of the numbers that have to cross 0, by the Euclidean distance in units."""
    scale = np.subtract(*np.percentile(VALUES, (99, 1), axis=0))
    far, above = np.abs(VALUES) / scale, VALUES > 0
    needed = []
    for row, up in zip(far, above, strict=True):
        yes = up.sum() >= NEEDED
        crossing = np.sort(row[up == yes])[: int(up.sum()) - NEEDED + 1 if yes else NEEDED - int(up.sum())]
        needed.append(float(np.sqrt((crossing**2).sum())))
    return np.array(needed)


def audited(predict: Any, labels: np.ndarray, **options: Any) -> CheckResult:
    model = auditkit.wrap(predict, classes=("no", "yes"), task="binary")
    data = AuditData(TABLE, labels=labels, positive="yes", task="binary")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    return apply_controls(Evasion(rows=ROWS, **options)(model, data, context))


def curve(result: CheckResult) -> dict[float, tuple[float, str]]:
    return {
        float(measurement.conditions["epsilon"] or 0): (float(measurement.value or 0), measurement.validity)
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    }


def test_steps_that_give_a_label_alone_are_broken_as_they_can_be() -> None:
    truth = distances()
    for epsilon, (value, validity) in curve(audited(vote, vote(TABLE))).items():
        known = float(np.mean(truth > epsilon))
        assert validity == "valid" and known - 1e-9 <= value <= known + 0.05


def test_steps_met_with_too_few_queries_do_not_flatter() -> None:
    truth, result = distances(), audited(vote, vote(TABLE), max_queries=60)
    flattered = max(value - float(np.mean(truth > epsilon)) for epsilon, (value, _) in curve(result).items())
    assert flattered > 0.05, "the budget is too small"
    assert {validity for _, validity in curve(result).values()} == {"invalid"}


def waves(table: Any) -> np.ndarray:
    """Yes where the waves of six numbers add up: a boundary with many pockets."""
    return np.where(np.sin(3 * np.asarray(table)).sum(axis=1) > 0.3, "yes", "no")


def test_a_search_that_had_not_come_to_its_end_is_seen_and_one_that_had_is_not() -> None:
    short, long = (audited(waves, waves(TABLE), max_queries=queries) for queries in (130, 1000))
    assert max(curve(short)[epsilon][0] - value for epsilon, (value, _) in curve(long).items()) > 0.05
    failed = [[control.name for control in result.controls if control.holds is False] for result in (short, long)]
    assert failed == [["converged"], []]
    assert {validity for _, validity in curve(short).values()} == {"invalid"}


@pytest.mark.parametrize(("features", "queries"), [(1, 50), (10, 50), (25, 125), (64, 320), (500, 320)])
def test_a_table_of_many_features_is_asked_about_more_often(features: int, queries: int) -> None:
    assert Evasion(max_queries=50).queries_of(features) == queries


@pytest.mark.parametrize("features", [8, 24])
def test_what_is_asked_follows_the_features_that_may_change_and_the_plan_says_so(features: int) -> None:
    rows, effort = 12, {"max_queries": 50, "black_draws": 1, "trial_rows": 1}
    table = pandas.DataFrame(np.random.default_rng(1).normal(0, 1, (rows, features))).add_prefix("f").assign(held=1.0)
    labels = vote(table)
    model = auditkit.wrap(vote, classes=("no", "yes"), task="binary")
    data = AuditData(table, labels=labels, positive="yes", task="binary")
    check = Evasion(rows=rows, **effort)
    result = check(model, data, Context(rng=np.random.default_rng(0), predictions=Predictions(model, data)))
    asked = next(measurement.value for measurement in result.measurements if measurement.name == "queries")
    searched = rows * 50 * max(features, 10) // 10
    # some rows are done before their budget is; without more for many features 24 of them would get 600 in all
    assert searched / 2 < float(asked or 0) <= check.calls(model, data, rows)
