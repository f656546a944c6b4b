"""Several labels: averages against scikit-learn and by hand, intervals that hold, and controls that can fail."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics

from auditkit.plugins.performance import label_sets, several_labels
from auditkit.plugins.performance.check import Quality
from auditkit.plugins.performance.label_sets import LabelSets
from tests.plugins.labelled import drawn, labelled
from tests.plugins.recorded import control, one, recorded, run

FAST = Quality(shuffles=20)
NAMES = ("a", "b", "c")


def sets(truth, decided, **more):
    truth = np.asarray(truth, dtype=bool)
    return LabelSets(truth, np.asarray(decided, dtype=bool), NAMES[: truth.shape[1]], **more)


def test_averages_of_four_people_by_hand():
    # label a: TP 1, FP 1, FN 1; label b: TP 2, FP 0, FN 1
    some = sets([[1, 1], [1, 1], [0, 1], [0, 0]], [[1, 1], [0, 1], [1, 0], [0, 0]])
    expected = {
        "subset_accuracy": 2 / 4, "hamming_loss": 3 / 8, "micro_precision": 3 / 4, "micro_recall": 3 / 5,
        "micro_f1": 6 / 9, "macro_precision": (1 / 2 + 1) / 2, "macro_recall": (1 / 2 + 2 / 3) / 2,
        "macro_f1": (2 / 4 + 4 / 5) / 2,
    }  # fmt: skip
    assert set(expected) == set(label_sets.NUMBERS)
    for name, value in expected.items():
        estimate = label_sets.NUMBERS[name](some)
        assert estimate.value == pytest.approx(value), name
        assert estimate.interval.low <= value <= estimate.interval.high


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_averages_are_those_of_scikit_learn(seed, weighted):
    rng = np.random.default_rng(seed)
    truth, decided = drawn(rng, 80)
    truth[0], decided[0] = 1, 1  # so that no label lacks what its number needs
    weights = rng.uniform(0.2, 3, 80) if weighted else None
    some = sets(truth, decided, weights=weights)
    for average in ("micro", "macro"):
        for name, function in (("precision", "precision_score"), ("recall", "recall_score"), ("f1", "f1_score")):
            expected = getattr(metrics, function)(truth, decided, average=average, sample_weight=weights)
            assert label_sets.NUMBERS[f"{average}_{name}"](some).value == pytest.approx(expected)
    loss = metrics.hamming_loss(truth, decided, sample_weight=weights)
    assert label_sets.hamming_loss(some).value == pytest.approx(loss)
    assert label_sets.subset_accuracy(some).value == pytest.approx(
        metrics.accuracy_score(truth, decided, sample_weight=weights)
    )


def test_intervals_hold_where_labels_come_together():
    rng = np.random.default_rng(3)
    truth, decided = drawn(rng, 200_000)
    # everybody's labels are decided right or wrong together, half of the time
    together = rng.random(len(truth)) < 0.5
    decided[together] = np.where(rng.random(int(together.sum()))[:, None] < 0.8, truth[together], 1 - truth[together])
    whole = sets(truth, decided)
    trials, size = 300, 150
    for name in ("micro_precision", "micro_recall", "micro_f1", "macro_recall", "macro_f1", "hamming_loss"):
        number, hits = label_sets.NUMBERS[name](whole).value, 0
        for _ in range(trials):
            interval = label_sets.NUMBERS[name](whole.take(rng.integers(0, len(truth), size))).interval
            hits += interval.low <= number <= interval.high
        assert hits / trials > 0.91, name  # 95 % less three standard errors of 300 trials


def test_labels_without_an_error_are_not_perfect_for_certain():
    truth = np.tile([[1, 0], [0, 1]], (20, 1))
    for name in ("macro_f1", "micro_f1", "subset_accuracy"):
        estimate = label_sets.NUMBERS[name](sets(truth, truth))
        assert estimate.value == 1 and estimate.interval.low < 0.97


def test_copies_of_one_label_are_no_further_people():
    truth, decided = drawn(np.random.default_rng(0), 400, 1)
    alone = label_sets.macro("f1", sets(truth, decided))
    thrice = label_sets.macro("f1", sets(np.repeat(truth, 3, axis=1), np.repeat(decided, 3, axis=1)))
    assert thrice.value == pytest.approx(alone.value)
    assert thrice.interval.low == pytest.approx(alone.interval.low)
    micro = label_sets.micro("f1", sets(np.repeat(truth, 3, axis=1), np.repeat(decided, 3, axis=1)))
    assert micro.interval.high - micro.interval.low > 0.95 * (alone.interval.high - alone.interval.low)


def test_too_few_people_with_one_label_leave_no_macro_average():
    truth = np.zeros((50, 2), dtype=int)
    truth[:, 0], truth[:3, 1] = np.arange(50) % 2, 1
    estimate = label_sets.macro("recall", sets(truth, truth, minimum=10))
    assert estimate.value is None and "people with the label b" in estimate.reason
    assert label_sets.micro("recall", sets(truth, truth, minimum=10)).value == 1


def test_each_label_has_the_numbers_of_a_question_of_its_own():
    rng = np.random.default_rng(5)
    truth, decided = drawn(rng, 600)
    group = np.where(rng.random(600) < 0.5, "x", "y")
    result = run(FAST, *labelled(decided, truth, {"g": group}))
    for place, name in enumerate(NAMES):
        single = run(FAST, *recorded(decided[:, place], truth[:, place], {"g": group}))
        for measurement in single.measurements:
            if measurement.name == "majority_accuracy":
                continue
            same = one(result, measurement.name, measurement.slice, conditions={"class": name})
            assert (same.value, same.interval) == (measurement.value, measurement.interval)
    assert all(entry.holds for entry in result.controls) and len(result.controls) == 2
    assert one(result, "micro_f1", {"g": "x"}).value == pytest.approx(
        metrics.f1_score(truth[group == "x"], decided[group == "x"], average="micro")
    )
    (table,) = result.tables
    both = int((truth & decided)[:, 0].sum())
    assert table.rows[0] == ("a", int(truth[:, 0].sum()), int(decided[:, 0].sum()), both)


def test_controls_fail_where_numbers_are_wrong(monkeypatch):
    truth, decided = drawn(np.random.default_rng(1), 300)
    model, data = labelled(decided, truth)
    loss = label_sets.hamming_loss
    monkeypatch.setattr(several_labels.label_sets, "hamming_loss", lambda some: loss(some)._replace(value=0.01))
    result = run(FAST, model, data)
    assert not control(result, "recount").holds
    assert one(result, "micro_f1").validity == "invalid"


def test_small_groups_have_no_numbers_and_no_counts():
    truth, decided = drawn(np.random.default_rng(2), 60)
    group = np.array(["small"] * 4 + ["large"] * 56)
    result = run(FAST, *labelled(decided, truth, {"g": group}))
    assert not [entry for entry in result.measurements if entry.slice == {"g": "small"} and entry.value is not None]


def test_rows_of_one_person_count_once():
    truth, decided = drawn(np.random.default_rng(4), 300)
    plain = run(FAST, *labelled(decided, truth))
    rows = [np.repeat(part, 5, axis=0) for part in (decided, truth)]
    fivefold = run(FAST, *labelled(*rows, unit=np.repeat(np.arange(300), 5)))
    for name in ("micro_recall", "macro_f1", "subset_accuracy", "hamming_loss"):
        first, second = one(plain, name), one(fivefold, name)
        assert second.value == pytest.approx(first.value) and second.units == first.n
        width = second.interval.high - second.interval.low
        assert width > 0.9 * (first.interval.high - first.interval.low)  # as rows it would be 0.45
