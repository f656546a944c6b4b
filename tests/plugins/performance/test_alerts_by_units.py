"""Rare positives where several rows are of one unit."""

import numpy as np
import pytest

from auditkit.plugins.performance import alerts
from auditkit.plugins.performance.alerts import Alerts
from auditkit.plugins.performance.estimates import Answers


def answers_of(truth, scores, unit=None):
    truth = truth.astype(int)
    return Answers(truth=truth, answers=truth, classes=(0, 1), positive=1, scores=scores, clusters=unit)


def numbers(answers):
    alerted, everyone = Alerts.of(answers.scores, None, 0.2), np.ones(len(answers), bool)
    return {
        "recall": alerts.recall(answers, alerted, everyone), "precision": alerts.precision(answers, alerted, everyone),
        "cost": alerts.cost_per_alert(answers, alerted, 1, 10), "average": alerts.average_precision(answers),
    }  # fmt: skip


def accounts(rng, units=250, times=4):
    """Rows of accounts of which some are fraudulent, mostly; rows of one have nearly the same score."""
    own = rng.normal(size=units)
    unit = np.repeat(np.arange(units), times)
    scores = own[unit] + rng.normal(0, 0.2, len(unit))
    truth = rng.random(units)[unit] < 1 / (1 + np.exp(3 - 2 * own[unit]))
    return truth, scores, unit


def test_copies_of_rows_give_the_interval_of_their_units():
    rng = np.random.default_rng(1)
    truth, scores, _ = accounts(rng, 400, 1)
    unit = np.repeat(np.arange(400), 4)
    alone, several = numbers(answers_of(truth, scores)), numbers(answers_of(truth[unit], scores[unit], unit))
    by_row = numbers(answers_of(truth[unit], scores[unit]))
    for name, estimate in alone.items():
        assert several[name].value == pytest.approx(estimate.value, abs=2e-3)
        width, wide, narrow = (
            one.interval.high - one.interval.low for one in (estimate, several[name], by_row[name])
        )  # fmt: skip
        assert wide == pytest.approx(width, rel=0.12) and wide / narrow == pytest.approx(2, rel=0.12)
        assert several[name].interval.method.endswith("by units") and several[name].n == 4 * estimate.n


def test_intervals_by_unit_hold_where_those_by_row_do_not():
    truth = {name: estimate.value for name, estimate in numbers(
        answers_of(*accounts(np.random.default_rng(99), 100_000)[:2])
    ).items()}  # fmt: skip
    held = {name: np.zeros(2) for name in truth}
    for seed in range(300):
        columns = accounts(np.random.default_rng(seed))
        for way, some in enumerate((columns, columns[:2])):
            for name, estimate in numbers(answers_of(*some)).items():
                held[name][way] += estimate.interval.low <= truth[name] <= estimate.interval.high
    for by_unit, by_row in held.values():
        assert by_unit >= 0.91 * 300 and by_row <= by_unit - 0.08 * 300


def test_few_units_are_too_few_however_many_rows_they_have():
    truth, scores, unit = accounts(np.random.default_rng(3), 12, 30)
    few = alerts.recall(
        Answers(truth.astype(int), truth.astype(int), (0, 1), 1, scores, clusters=unit, minimum=10),
        Alerts.of(scores, None, 0.2), np.ones(len(unit), bool),
    )  # fmt: skip
    assert few.value is None and "fewer than 10 people with a positive label" in few.reason
