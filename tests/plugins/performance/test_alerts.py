"""Rare positives: average precision, and the numbers of the people with the highest scores."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from auditkit.plugins.performance import alerts
from auditkit.plugins.performance.check import Quality
from auditkit.plugins.performance.estimates import Answers
from tests.plugins.recorded import one, recorded, run


def ranked(rng, n=2000, share=0.03, apart=2.0):
    """Labels, few of them positive, and scores that are higher for these."""
    labels = (rng.random(n) < share).astype(int)
    return labels, rng.normal(size=n) + apart * labels


def answers(labels, scores, weights=None):
    return Answers(labels, labels, ("no", "yes"), 1, scores, weights=weights)


def everyone(labels):
    return np.ones(len(labels), dtype=bool)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 60), st.booleans())
def test_average_precision_is_that_of_scikit_learn(seed, distinct, weighted):
    rng = np.random.default_rng(seed)
    labels = np.append(1, rng.integers(0, 2, 80))
    scores = rng.integers(0, distinct, 81).astype(float)
    weights = rng.uniform(0.2, 3, 81) if weighted else None
    number = alerts.average_precision(answers(labels, scores, weights))
    assert number.value == pytest.approx(metrics.average_precision_score(labels, scores, sample_weight=weights))
    assert number.interval.low <= number.value <= number.interval.high


def test_numbers_of_ten_people_by_hand():
    labels = np.array([1, 0, 1, 0, 0, 1, 0, 0, 0, 0])
    some = answers(labels, np.arange(10.0)[::-1])
    # precision at the three positives: 1/1, 2/3, 3/6
    assert alerts.average_precision(some).value == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    alerted = alerts.Alerts.of(some.scores, None, 0.3)
    assert alerted.alerted.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert alerts.recall(some, alerted, everyone(labels)).value == pytest.approx(2 / 3)
    assert alerts.precision(some, alerted, everyone(labels)).value == pytest.approx(2 / 3)
    # three alerts at 5, one positive missed at 60
    assert alerts.cost_per_alert(some, alerted, 5, 60).value == pytest.approx((3 * 5 + 60) / 3)


def test_people_with_the_score_at_the_cut_share_what_is_left():
    alerted = alerts.Alerts.of(np.array([3.0, 2, 2, 2, 2, 1, 1, 1, 1, 1]), None, 0.3)
    assert alerted.alerted.tolist() == [1, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0]
    weighed = alerts.Alerts.of(np.array([3.0, 2, 1]), np.array([1.0, 2, 1]), 0.5)
    assert weighed.alerted.tolist() == [1, 0.5, 0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 0.6))
def test_alerts_follow_the_order_alone_and_add_up_to_the_rate(seed, rate):
    rng = np.random.default_rng(seed)
    scores, weights = rng.integers(0, 30, 100).astype(float), rng.uniform(0.5, 2, 100)
    alerted = alerts.Alerts.of(scores, weights, rate)
    assert np.dot(alerted.alerted, weights) == pytest.approx(rate * weights.sum())
    assert np.allclose(alerted.alerted, alerts.Alerts.of(np.exp(scores), weights, rate).alerted)
    # a person of weight 2 is two people
    doubled = alerts.Alerts.of(np.repeat(scores, 2), None, rate)
    assert np.allclose(doubled.alerted[::2], alerts.Alerts.of(scores, None, rate).alerted)


def test_intervals_hold_the_true_numbers_as_often_as_they_say():
    rate, rng = 0.05, np.random.default_rng(3)
    labels, scores = ranked(np.random.default_rng(0), 400_000)
    names = {
        "average": lambda some, _: alerts.average_precision(some),
        "recall": lambda some, alerted: alerts.recall(some, alerted, everyone(some.truth)),
        "precision": lambda some, alerted: alerts.precision(some, alerted, everyone(some.truth)),
        "cost": lambda some, alerted: alerts.cost_per_alert(some, alerted, 1, 20),
    }
    many = answers(labels, scores)
    truth = {name: measure(many, alerts.Alerts.of(scores, None, rate)).value for name, measure in names.items()}
    held = dict.fromkeys(names, 0)
    for _ in range(200):
        some = answers(*ranked(rng))
        alerted = alerts.Alerts.of(some.scores, None, rate)
        for name, measure in names.items():
            interval = measure(some, alerted).interval
            held[name] += interval.low <= truth[name] <= interval.high
    assert min(held.values()) >= 180 and held["precision"] < 200 and held["cost"] < 200, held


def test_a_group_is_asked_about_among_those_of_everybody_who_are_looked_into():
    labels, scores = ranked(np.random.default_rng(5))
    groups = {"g": np.where(np.arange(2000) % 2, "a", "b")}
    scores = scores - 3 * (groups["g"] == "b")  # nobody of b comes to the top
    check = Quality(alert_rate=0.05, missed_cost=20, resamples=100)
    result = run(check, *recorded((scores > 2).astype(int), labels, groups, scores=scores))
    assert one(result, "recall_at_alert_rate", {"g": "b"}).value < 0.1 < one(result, "recall_at_alert_rate").value
    assert one(result, "precision_at_alert_rate").n == 100
    assert one(result, "cost_per_alert").interval.low > 1
    unset = run(Quality(resamples=100), *recorded((scores > 2).astype(int), labels, groups, scores=scores))
    assert not any("alert" in measurement.name for measurement in unset.measurements)


def test_a_ranking_that_tells_nothing_has_the_share_of_positives_as_its_average_precision():
    labels, _ = ranked(np.random.default_rng(6), 5000)
    number = alerts.average_precision(answers(labels, np.zeros(5000)))
    assert number.value == pytest.approx(labels.mean()) and number.interval.low > 0
    nobody = alerts.average_precision(answers(np.zeros(50, int), np.arange(50.0)))
    assert nobody.value is None and "positive label" in nobody.reason
