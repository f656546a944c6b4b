"""The formulas against scikit-learn, by hand, and as laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats as distributions
from sklearn import metrics
from sklearn.calibration import calibration_curve

from auditkit import stats
from auditkit.plugins.performance import decisions, numbers, probabilities
from auditkit.plugins.performance.estimates import Answers


def random_answers(rng, n, classes=2, weighted=False):
    """Every class occurs; probabilities are near the truth."""
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    chances = rng.dirichlet(np.ones(classes), n) + 0.8 * np.eye(classes)[truth] * rng.random((n, 1))
    chances /= chances.sum(axis=1, keepdims=True)
    return Answers(
        truth,
        chances.argmax(axis=1),
        tuple("abcdef"[:classes]),
        1,
        chances[:, 1] if classes == 2 else None,
        chances,
        rng.uniform(0.3, 3, n) if weighted else None,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 150), st.integers(0, 10**6), st.sampled_from([2, 3, 5]), st.booleans())
def test_classification_equals_scikit_learn(n, seed, classes, weighted):
    some = random_answers(np.random.default_rng(seed), n, classes, weighted)
    y, d, w = some.truth, some.answers, some.weights
    rng = np.random.default_rng(0)
    pairs = {
        decisions.accuracy: metrics.accuracy_score(y, d, sample_weight=w),
        decisions.balanced_accuracy: metrics.balanced_accuracy_score(y, d, sample_weight=w),
        probabilities.log_loss: metrics.log_loss(y, some.probabilities, sample_weight=w, labels=np.arange(classes)),
        lambda answers: decisions.macro_f1(answers, 100, rng): metrics.f1_score(
            y, d, sample_weight=w, average="macro", labels=np.arange(classes)
        ),
    }
    if classes == 2:
        pairs |= {
            decisions.recall: metrics.recall_score(y, d, sample_weight=w),
            probabilities.auc: metrics.roc_auc_score(y, some.scores, sample_weight=w),
            probabilities.brier: metrics.brier_score_loss(y, some.scores, sample_weight=w),
        }
        if d.any():
            pairs[decisions.precision] = metrics.precision_score(y, d, sample_weight=w)
    for measure, expected in pairs.items():
        number = measure(some)
        assert number.value == pytest.approx(expected, abs=1e-12)
        assert number.interval.low - 1e-12 <= number.value <= number.interval.high + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 150), st.integers(0, 10**6), st.booleans())
def test_numbers_equal_scikit_learn(n, seed, weighted):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    w = rng.uniform(0.3, 3, n) if weighted else None
    some = Answers(truth, truth + rng.normal(size=n), weights=w)
    for measure, reference in {
        numbers.mean_absolute_error: metrics.mean_absolute_error,
        numbers.root_mean_squared_error: metrics.root_mean_squared_error,
        numbers.r_squared: metrics.r2_score,
    }.items():
        number = measure(some)
        assert number.value == pytest.approx(reference(some.truth, some.answers, sample_weight=w))
        assert number.interval.low <= number.value <= number.interval.high


def test_a_confusion_matrix_by_hand():
    # 8 true positives, 2 false negatives, 3 false positives, 7 true negatives
    truth, decided = np.repeat([1, 1, 0, 0], [8, 2, 3, 7]), np.repeat([1, 0, 1, 0], [8, 2, 3, 7])
    some = Answers(truth, decided, ("no", "yes"))
    assert decisions.confusion(some).tolist() == [[7, 3], [2, 8]]
    assert decisions.accuracy(some).value == 15 / 20
    assert decisions.balanced_accuracy(some).value == (0.8 + 0.7) / 2
    assert decisions.precision(some)[:4] == (8 / 11, stats.wilson(8, 11), 11, None)
    assert decisions.recall(some)[:4] == (0.8, stats.wilson(8, 10), 10, None)
    assert decisions.majority_accuracy(some).value == 0.5


def test_an_empty_or_small_denominator_is_no_number():
    some = Answers(np.zeros(20, int), np.zeros(20, int), ("no", "yes"), scores=np.zeros(20), minimum=10)
    assert decisions.recall(some).reason == "no people with a positive label"
    assert decisions.precision(some).reason == "no people decided positive"
    assert decisions.balanced_accuracy(some).reason == "no people with label yes"
    assert probabilities.auc(some).reason == "no people with a positive label"
    mixed = Answers(np.repeat([0, 1], [30, 9]), np.ones(39, int), ("no", "yes"), scores=np.zeros(39), minimum=10)
    assert decisions.recall(mixed)[:4] == (None, None, None, "fewer than 10 people with a positive label")
    assert decisions.macro_f1(mixed, 100, np.random.default_rng(0)).value is None
    assert probabilities.auc(mixed).n is None
    assert numbers.mean_absolute_error(Answers(np.ones(3), np.ones(3), minimum=10)).value is None
    assert numbers.root_mean_squared_error(Answers(np.ones(3), np.ones(3), minimum=10)).value is None
    assert numbers.r_squared(Answers(np.ones(1), np.ones(1))).value is None
    assert "same in every row" in numbers.r_squared(Answers(np.ones(40), np.zeros(40))).reason


def test_no_error_at_all_still_has_an_interval():
    some = Answers(np.tile([0, 1, 2], 20), np.tile([0, 1, 2], 20), ("a", "b", "c"))
    f1 = decisions.macro_f1(some, 200, np.random.default_rng(0))
    share = stats.wilson(20, 20).low
    assert f1.value == 1 and f1.interval.low == pytest.approx(2 * share / (1 + share))
    assert decisions.balanced_accuracy(some).interval.low < 1
    assert numbers.r_squared(Answers(np.arange(20.0), np.arange(20.0))).interval is None
    assert numbers.mean_absolute_error(Answers(np.arange(20.0), np.arange(20.0))).interval is None


@pytest.mark.parametrize("classes", [2, 3])
def test_intervals_of_decisions_cover_as_often_as_they_say(classes):
    rng, hits = np.random.default_rng(1), np.zeros(2)
    right = np.array([0.9, 0.7, 0.8])[:classes]
    law = np.zeros((classes, classes))
    for at in range(classes):
        law[at] = (1 - right[at]) / (classes - 1)
        law[at, at] = right[at]
    exact = np.mean([2 * law[at, at] / (1 + law[:, at].sum()) for at in range(classes)])  # classes are as common
    for _ in range(500):
        truth = np.repeat(np.arange(classes), 60)
        decided = np.array([rng.choice(classes, p=law[label]) for label in truth])
        some = Answers(truth, decided, tuple("abc"[:classes]))
        balanced = decisions.balanced_accuracy(some).interval
        f1 = decisions.macro_f1(some, 200, rng).interval
        hits += balanced.low <= right.mean() <= balanced.high, f1.low <= exact <= f1.high
    assert (hits / 500 > 0.92).all()


def test_r_squared_covers_as_often_as_it_says():
    rng, hits = np.random.default_rng(2), 0
    for _ in range(1500):
        guess = rng.normal(size=80)
        interval = numbers.r_squared(Answers(guess + rng.normal(size=80), guess)).interval
        hits += interval.low <= 0.5 <= interval.high
    assert 0.915 < hits / 1500 < 0.97


def test_bins_equal_scikit_learn_and_hold_equal_rows():
    rng = np.random.default_rng(3)
    predicted = rng.random(1000)
    happened = rng.random(1000) < predicted
    binned = probabilities.bins(predicted, happened, 10)
    observed, mean = calibration_curve(happened, predicted, n_bins=10, strategy="quantile")
    assert [bin_.observed for bin_ in binned] == pytest.approx(list(observed), abs=0.011)
    assert [bin_.predicted for bin_ in binned] == pytest.approx(list(mean), abs=0.002)
    assert {bin_.rows for bin_ in binned} == {100}


def test_bins_keep_ties_together_and_are_few_in_small_groups():
    same = probabilities.bins(np.full(100, 0.3), np.arange(100) < 40, 10)
    assert len(same) == 1 and same[0].observed == pytest.approx(0.4)
    assert len(probabilities.bins(np.random.default_rng(0).random(60), np.ones(60, bool), 10)) == 2
    assert len(probabilities.bins(np.array([0.5]), np.array([True]), 10)) == 1


def test_the_calibration_error_by_hand():
    # 50 people at 0.2 of whom 20 come true, 50 at 0.8 of whom 40 do: (0.2 + 0) / 2
    predicted = np.repeat([0.2, 0.8], 50)
    happened = np.concatenate([np.arange(50) < 20, np.arange(50) < 40]).astype(int)
    some = Answers(happened, happened, ("no", "yes"), 1, predicted, np.column_stack([1 - predicted, predicted]))
    assert probabilities.calibration_error(some, 2).value == pytest.approx(0.1)
    double = Answers(happened, happened, ("no", "yes"), 1, predicted, some.probabilities, np.full(100, 7.0))
    assert probabilities.calibration_error(double, 2).value == pytest.approx(0.1)


def test_more_classes_are_calibrated_for_the_likeliest():
    chances = np.array([[0.6, 0.3, 0.1], [0.2, 0.1, 0.7]])
    some = Answers(np.array([0, 1]), np.array([0, 2]), ("a", "b", "c"), probabilities=chances)
    predicted, happened = probabilities.confidence(some)
    assert predicted.tolist() == [0.6, 0.7] and happened.tolist() == [True, False]


def test_the_calibration_interval_is_the_range_over_the_ellipsoid():
    rng = np.random.default_rng(4)
    predicted = rng.random(400)
    binned = probabilities.bins(predicted, rng.random(400) < predicted**2, 4)
    interval = probabilities.calibration_interval(binned)
    gaps = np.array([bin_.observed - bin_.predicted for bin_ in binned])
    share = np.array([bin_.share for bin_ in binned])
    smoothed = np.array([(bin_.observed * bin_.size + 2) / (bin_.size + 4) for bin_ in binned])
    plain = np.array([bin_.predicted * (1 - bin_.predicted) for bin_ in binned])
    variance = np.maximum(smoothed * (1 - smoothed), plain) / [bin_.size for bin_ in binned]
    radius = distributions.chi2.ppf(0.95, len(binned))
    inside = {"type": "ineq", "fun": lambda d: radius - np.sum((d - gaps) ** 2 / variance)}
    ends = []
    for sign in (1, -1):
        best = min(
            (
                optimize.minimize(
                    lambda d, s=sign: s * np.dot(share, np.abs(d)), gaps + rng.normal(size=4) * 0.01, constraints=inside
                )
                for _ in range(5)
            ),
            key=lambda solved: solved.fun if solved.success else np.inf,
        )
        ends.append(sign * best.fun)
    assert (interval.low, interval.high) == pytest.approx(tuple(ends), abs=2e-3)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_the_calibration_interval_covers_also_a_calibrated_model(shift):
    rng, hits = np.random.default_rng(5), 0
    for _ in range(300):
        predicted = rng.beta(2, 3, 800)
        true = np.clip(predicted + shift * (0.5 - predicted), 0, 1)
        interval = probabilities.calibration_interval(probabilities.bins(predicted, rng.random(800) < true, 10))
        real = sum(bin_.share * abs(bin_.observed - bin_.predicted) for bin_ in probabilities.bins(predicted, true, 10))
        hits += interval.low <= real + 1e-12 and real <= interval.high
    assert hits / 300 >= 0.93


def test_classes_may_be_in_any_order():
    rng = np.random.default_rng(6)
    some = random_answers(rng, 90, 3)
    for order in itertools.permutations(range(3)):
        place = np.argsort(order)
        chances = some.probabilities[:, order]
        other = Answers(place[some.truth], place[some.answers], ("x", "y", "z"), probabilities=chances)
        for metric in (decisions.balanced_accuracy, probabilities.log_loss):
            assert metric(other).value == pytest.approx(metric(some).value)
