"""Shares corrected for a classifier's errors: by hand, by the published formula, and tried on drawn samples."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.fairness.generated.shares import confusion, corrected, gap, told_apart


def test_the_confusion_is_counted():
    known, named = np.array(["a", "a", "a", "b", "b"]), np.array(["a", "a", "b", "b", "a"])
    assert confusion(known, named, ["a", "b"]).tolist() == [[2, 1], [1, 1]]
    # 2/3 of a and 1/2 of b are called a
    assert told_apart(np.array([[2, 1], [1, 1]])) == pytest.approx(2 / 3 - 1 / 2)
    assert told_apart(np.array([[9, 1, 0], [0, 10, 0], [4, 0, 6]])) == pytest.approx(0.9 - 0.4)


def test_two_groups_are_those_of_rogan_and_gladen():
    # sensitivity 0.9, specificity 0.8, 41 of 100 called so: (0.41 - 0.2) / 0.7 = 0.3
    shares = corrected(np.array([41, 59]), np.array([[90, 10], [40, 160]]))
    assert shares.values == pytest.approx([0.3, 0.7])
    # fewer than the errors alone would make: cut off at 0
    assert corrected(np.array([10, 90]), np.array([[90, 10], [40, 160]])).values.tolist() == [0, 1]


def test_without_errors_nothing_is_corrected_and_the_interval_is_not_empty():
    shares = corrected(np.array([30, 70, 0]), np.diag([200, 200, 200]))
    assert shares.values == pytest.approx([0.3, 0.7, 0])
    for group in range(3):
        interval = shares.interval(group, 0)
        assert interval.low <= shares.values[group] <= interval.high and interval.high > interval.low


def test_errors_are_those_of_many_confusions_and_samples():
    rng, truth = np.random.default_rng(0), np.array([0.5, 0.3, 0.2])
    rates, rows = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.05, 0.2, 0.75]]), [200, 300, 250]
    middles, errors = [], []
    for _ in range(2000):
        counts = np.array([rng.multinomial(size, rate) for size, rate in zip(rows, rates, strict=True)])
        shares = corrected(rng.multinomial(400, rates.T @ truth), counts)
        middles.append(shares.middle)
        errors.append(shares.errors)
    assert np.mean(errors, axis=0) == pytest.approx(np.std(middles, axis=0), rel=0.08)


@pytest.mark.parametrize(("share", "sensitivity", "specificity"), [(0.3, 0.9, 0.8), (0.05, 0.95, 0.95), (0, 0.9, 0.97)])
def test_intervals_cover_the_share_that_samples_were_drawn_with(share, sensitivity, specificity):
    rng, hits = np.random.default_rng(0), 0
    for _ in range(1000):
        counts = np.array([rng.multinomial(100, row) for row in (
            [sensitivity, 1 - sensitivity], [1 - specificity, specificity]
        )])  # fmt: skip
        called = rng.binomial(200, share * sensitivity + (1 - share) * (1 - specificity))
        interval = corrected(np.array([called, 200 - called]), counts).interval(0, 0)
        hits += interval.low <= share <= interval.high
    assert hits / 1000 > 0.93


def test_the_gap_is_to_the_share_of_real_rows():
    shares = corrected(np.array([41, 59]), np.array([[90, 10], [40, 160]]))
    apart = gap(shares, np.array([100, 200]))
    assert apart.values == pytest.approx([0.3 - 1 / 3, 0.7 - 2 / 3]) and (apart.errors > shares.errors).all()
