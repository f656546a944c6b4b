"""`fairness.selective_labels`: bounds by hand and against every filling in, planted differences, what stays unsaid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from auditkit import stats
from auditkit.checks import missing_needs
from auditkit.plugins.fairness.selective_labels import bounds
from auditkit.plugins.fairness.selective_labels.bounds import Answers
from auditkit.plugins.fairness.selective_labels.check import SelectiveLabels
from auditkit.plugins.fairness.selective_labels.findings import OF
from auditkit.plugins.fairness.selective_labels.self_tests import hidden_labels
from auditkit.stats.mover import Ends
from tests.plugins.recorded import one, recorded, run

CHECK = SelectiveLabels(trials=20)


def of_sample(rate, answers):
    low, high, _ = bounds.possible(rate(answers), answers)
    return low.at, high.at


def test_bounds_by_hand():
    # 4 selected: 2 known positives, 1 known negative, 1 unknown; 6 not selected: 1 positive, 1 negative, 4 unknown
    selected = np.arange(10) < 4
    positive = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
    known = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0], dtype=bool)
    answers = Answers(selected, positive, known)
    assert of_sample(bounds.accuracy, answers) == (0.3, 0.8)  # right: 2 + 1 known, of 10, with 5 unknown
    assert of_sample(bounds.precision, answers) == (0.5, 0.75)
    assert of_sample(bounds.true_positive_rate, answers) == pytest.approx((2 / 7, 3 / 4))
    assert of_sample(bounds.false_positive_rate, answers) == pytest.approx((1 / 6, 2 / 3))


@pytest.mark.parametrize("seed", range(5))
def test_bounds_are_the_extremes_over_every_way_to_fill_labels_in(seed):
    rng = np.random.default_rng(seed)
    selected, positive, known = rng.random(12) < 0.5, rng.random(12) < 0.5, rng.random(12) < 0.5
    for name, rate in OF.items():
        values = []
        for filling in itertools.product([False, True], repeat=int((~known).sum())):
            truth = positive.copy()
            truth[~known] = filling
            rows, hits = {
                "accuracy": (selected | True, selected == truth), "precision": (selected, truth),
                "true_positive_rate": (truth, selected), "false_positive_rate": (~truth, selected),
            }[name]  # fmt: skip
            values += [hits[rows].mean()] if rows.any() else []
        assert of_sample(rate, Answers(selected, positive, known)) == pytest.approx((min(values), max(values)))


def test_labels_that_are_all_known_give_the_rates_with_their_intervals():
    rng = np.random.default_rng(0)
    selected, positive = rng.random(200) < 0.5, rng.random(200) < 0.5
    low, high, _ = bounds.possible(bounds.accuracy(Answers(selected, positive, np.ones(200, dtype=bool))), Answers(
        selected, positive, np.ones(200, dtype=bool)))  # fmt: skip
    right = stats.wilson((selected == positive).sum(), 200)
    assert low == high == Ends((selected == positive).mean(), right.low, right.high)


def loans(gap: float, seed: int = 0, refused_known: float = 0.0, rows: int = 4000, **more):
    """Decisions, of which the labels of the accepted are known and few of the others'."""
    rng = np.random.default_rng(seed)
    group = np.where(rng.random(rows) < 0.5, "a", "b")
    paid = rng.random(rows) < 0.7
    accepted = rng.random(rows) < np.where(paid, 0.9, 0.1) - gap * (group == "b")
    known = accepted | (rng.random(rows) < refused_known)
    return recorded(
        accepted.astype(int), np.where(known, paid, 0).astype(int), {"group": group}, known=known, **more
    ), paid, accepted  # fmt: skip


def test_labels_of_the_accepted_alone_leave_the_true_positive_rate_open():
    (model, data), paid, accepted = loans(0.0)
    result = run(CHECK, model, data)
    rate = one(result, "true_positive_rate_bounds", slice={})
    assert rate.value == 1.0  # what an audit of the accepted alone would say
    assert rate.interval.low <= accepted[paid].mean() < 0.92 and rate.interval.low < 0.75
    precise = one(result, "precision_bounds", slice={})
    assert precise.interval.high - precise.interval.low < 0.05  # of which every label is known
    assert one(result, "unlabelled_share", conditions={"decision": "selected"}).value == 0
    assert one(result, "unlabelled_share", conditions={"decision": "not selected"}).value == 1
    assert all(control.holds for control in result.controls)


def test_a_difference_is_noticed_where_labels_tell_it_and_not_where_they_do_not():
    (model, data), _, _ = loans(0.6, refused_known=0.95)
    gap = one(run(CHECK, model, data), "true_positive_rate_difference_bounds")
    assert gap.interval.low > 0.3 and gap.across == ("group",)
    (model, data), _, _ = loans(0.0, refused_known=0.95)
    equal = one(run(CHECK, model, data), "true_positive_rate_difference_bounds")
    assert equal.interval.low == 0 and equal.interval.high < 0.2
    (model, data), _, _ = loans(0.1)
    unknown = one(run(CHECK, model, data), "true_positive_rate_difference_bounds")
    assert unknown.value == 0 and unknown.interval.low == 0 and unknown.interval.high > 0.4


def test_the_interval_holds_the_rate_of_everybody():
    held = 0
    for seed in range(40):
        (model, data), _, _ = loans(0.2, seed, refused_known=0.3, rows=400)
        interval = one(run(CHECK, model, data), "true_positive_rate_bounds", slice={}).interval
        held += interval.low <= 0.8 <= interval.high  # 0.9 for one half and 0.7 for the other
    assert held >= 36


def test_weights_and_units_count():
    (model, data), _, _ = loans(0.2, unit=np.arange(4000) // 5, weights=np.linspace(1, 2, 4000))
    rate = one(run(CHECK, model, data), "accuracy_bounds", slice={})
    right = (data.recorded.decisions == data.labels) & data.known
    assert "by units" in rate.interval.method
    assert rate.interval.low < np.average(right, weights=data.weights) < rate.interval.high


def test_groups_too_small_are_left_out_and_say_so():
    (model, data), _, _ = loans(0.0)
    few = np.where(np.arange(4000) < 16, "c", data.groups["group"])
    few[:4] = "d"
    model, data = recorded(data.recorded.decisions, data.labels, {"group": few}, known=data.known)
    result = run(CHECK, model, data)
    gap = one(result, "true_positive_rate_difference_bounds")
    assert gap.bound == "at least" and {"c"} <= {left.slice.get("group") for left in gap.left_out}


def test_the_control_notices_bounds_that_do_not_hold():
    (_, data), _, accepted = loans(0.0)
    answers, rng = Answers(accepted, data.labels == 1, data.known), np.random.default_rng(0)
    wrong = {"accuracy": lambda some: bounds.accuracy(some)._replace(high=bounds.accuracy(some).low)}
    assert hidden_labels(answers, OF, 20, rng).holds and hidden_labels(answers, wrong, 20, rng).holds is False


def test_all_labels_known_is_refused_in_words():
    model, data = recorded(np.arange(40) % 2, np.arange(40) % 3 % 2)
    assert "every label is" in missing_needs(SelectiveLabels, model, data)
