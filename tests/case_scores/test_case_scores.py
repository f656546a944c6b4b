"""Scores of cases from predictions and references: numbers by hand, slow oracles, and what is not defined."""

from __future__ import annotations

import math

import numpy as np
import pytest

import auditkit
from auditkit.case_scores import (
    average_precision,
    dice,
    discounted_return,
    exact_match,
    intersection_over_union,
    mean_absolute_error,
    mean_absolute_scaled_error,
    ndcg,
    peak_signal_to_noise,
    precision,
    recall,
    recall_at,
    symmetric_percentage_error,
    token_f1,
)
from auditkit.errors import DataError

RNG = np.random.default_rng(0)


def same(first, second):
    assert first == pytest.approx(second, nan_ok=True)


def test_masks_by_hand():
    predicted = np.array([[[1, 1], [0, 0]], [[1, 1], [1, 1]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]])
    reference = np.array([[[1, 0], [0, 0]], [[1, 1], [1, 1]], [[1, 1], [0, 0]], [[0, 0], [0, 0]]])
    same(dice(predicted, reference), [2 / 3, 1, 0, np.nan])
    same(intersection_over_union(predicted, reference), [1 / 2, 1, 0, np.nan])
    same(dice(predicted, reference, empty=1), [2 / 3, 1, 0, 1])


def test_masks_against_sets_of_pixels():
    predicted, reference = RNG.random((2, 30, 5, 6)) < 0.3
    for number, (one, other) in enumerate(zip(predicted, reference, strict=True)):
        first, second = ({tuple(place) for place in np.argwhere(mask)} for mask in (one, other))
        assert dice(predicted, reference)[number] == 2 * len(first & second) / (len(first) + len(second))
        jaccard = intersection_over_union(predicted, reference)[number]
        assert jaccard == len(first & second) / len(first | second)
    # D = 2 J / (1 + J), whatever the masks
    jaccard = intersection_over_union(predicted, reference)
    same(dice(predicted, reference), 2 * jaccard / (1 + jaccard))
    same(dice(predicted, reference), dice(reference, predicted))


def test_signal_to_noise_by_hand():
    # a mean squared error of 6.5025 of 255² is 1e-4, which is 40 decibels
    picture = np.full((1, 4, 4), 100.0)
    same(peak_signal_to_noise(picture + 2.55, picture, 255), [40])
    same(peak_signal_to_noise(picture, picture, 255), [np.nan])


BOXES = [[[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], [], [[0, 0, 4, 4]], []]
SURE = [[0.9, 0.8, 0.7], [], [0.5], []]
OBJECTS = [[[0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 60]], [[0, 0, 1, 1]], [], []]


def test_detections_by_hand():
    # the second box lies on an object that the first has found; of three objects two are found
    same(recall(BOXES, SURE, OBJECTS), [2 / 3, 0, np.nan, np.nan])
    same(precision(BOXES, SURE, OBJECTS), [2 / 3, np.nan, 0, np.nan])
    # precisions 1, 1/2, 2/3 at recalls 1/3, 1/3, 2/3: 1/3 · 1 + 1/3 · 2/3
    same(average_precision(BOXES, SURE, OBJECTS), [1 / 3 + 2 / 9, 0, np.nan, np.nan])


def slow_precision_over_recall(hits, objects):
    """The area under the largest precision at any recall or above, step by step."""
    area = 0.0
    for step in range(1, objects + 1):
        reached = [
            sum(hits[: n + 1]) / (n + 1) for n in range(len(hits)) if sum(hits[: n + 1]) / objects >= step / objects
        ]
        area += max(reached, default=0) / objects
    return area


def test_average_precision_is_the_area_step_by_step():
    for _ in range(30):
        count, objects = RNG.integers(1, 8), RNG.integers(1, 6)
        places = RNG.permutation(12)[:objects] * 20
        truth = [[place, 0, place + 10, 10] for place in places]
        taken = RNG.permutation(12)[:count] * 20
        boxes = [[place, 0, place + 10, 10] for place in taken]
        sure = RNG.random(count)
        hits = [taken[place] in places for place in np.argsort(-sure)]
        same(average_precision([boxes], [sure], [truth]), [slow_precision_over_recall(hits, objects)])
        same(recall([boxes], [sure], [truth]), [sum(hits) / objects])


def test_a_surer_box_takes_the_object_and_the_order_of_boxes_does_not_count():
    order = [2, 0, 1]
    mixed = [[BOXES[0][place] for place in order]], [[SURE[0][place] for place in order]], OBJECTS[:1]
    same(average_precision(*mixed), average_precision(BOXES[:1], SURE[:1], OBJECTS[:1]))


def test_rankings_by_hand():
    ranked = [["a", "b", "c"], ["a"], ["x"]]
    wanted = [{"a": 1, "c": 3}, ["b", "a"], []]
    # gains 1 and 3 / log2(4); the best order gives 3 and 1 / log2(3)
    same(ndcg(ranked, wanted)[0], (1 + 3 / 2) / (3 + 1 / math.log2(3)))
    same(ndcg(ranked, wanted, k=1)[0], 1 / 3)
    same(recall_at(ranked, wanted, k=2), [1 / 2, 1 / 2, np.nan])
    same(ndcg(ranked, wanted)[2], np.nan)


def test_no_order_is_better_than_that_of_the_relevance():
    wanted = {item: float(value) for item, value in enumerate(RNG.integers(0, 4, 12))}
    best = sorted(wanted, key=wanted.get, reverse=True)
    assert ndcg([best], [wanted], k=5)[0] == pytest.approx(1)
    others = [RNG.permutation(12).tolist() for _ in range(50)]
    assert (ndcg(others, [wanted] * 50, k=5) <= 1 + 1e-12).all()


def test_forecasts_by_hand():
    predicted, reference = [[2.0, 4.0], [0.0, 0.0]], [[1.0, 8.0], [0.0, 0.0]]
    same(mean_absolute_error(predicted, reference), [2.5, 0])
    same(symmetric_percentage_error(predicted, reference), [(2 / 3 + 8 / 12) / 2, 0])
    # the naive forecast of 1, 3, 2 is off by 2 and 1; a series that stands still has no naive error
    same(mean_absolute_scaled_error(predicted, reference, [[1, 3, 2], [5, 5, 5]]), [2.5 / 1.5, np.nan])


def test_the_naive_forecast_has_a_scaled_error_of_1():
    history = RNG.normal(size=(5, 40)).cumsum(axis=1)
    same(mean_absolute_scaled_error(history[:, :-4], history[:, 4:], history, season=4), np.ones(5))
    assert (symmetric_percentage_error(history, RNG.normal(size=(5, 40))) <= 2).all()


def test_texts_by_hand():
    predicted, reference = ["The cat sat.", "Paris", "", "a a b"], ["the CAT  sat", "It is Paris", "", "a b b"]
    same(exact_match(predicted, reference), [1, 0, 1, 0])
    same(token_f1(predicted, reference), [1, 0.5, np.nan, 4 / 6])


def test_returns_by_hand():
    same(discounted_return([[1, 1, 1], [2], []]), [3, 2, 0])
    same(discounted_return([[1, 1, 1]], discount=0.5), [1.75])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dice(np.zeros((2, 3)), np.zeros((2, 4))), r"must have one shape.*\(2, 3\) and \(2, 4\)"),
        (lambda: mean_absolute_error([1.0], [1.0]), "a row per case"),
        (lambda: mean_absolute_error([[np.nan]], [[1.0]]), "predictions must be finite; 1 values"),
        (lambda: mean_absolute_scaled_error([[1.0]], [[1.0]], [[1.0]]), "more than season = 1 steps"),
        (lambda: recall([[]], [[]], []), "as many cases; they are 1 and 0"),
        (lambda: recall([[[0, 0, -1, 1]]], [[1]], [[]]), "x1 below x2"),
        (lambda: recall([[[0, 0, 1, 1]]], [[]], [[]]), "1 boxes have 0"),
        (lambda: recall([[]], [[]], [[]], overlap=0), "overlap must be above 0"),
        (lambda: ndcg([["a", "a"]], [["a"]]), "one is shown twice"),
        (lambda: ndcg([["a"]], [{"a": -1}]), "relevance must be 0 or more"),
        (lambda: ndcg([["a"]], [["a"]], k=0), "k must be 1 or more"),
        (lambda: discounted_return([[1]], discount=2), "discount must be from 0 to 1"),
        (lambda: discounted_return([[np.inf]]), "rewards must be finite"),
        (lambda: token_f1(["a"], []), "as many cases"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_a_score_that_is_not_defined_is_a_case_without_one():
    data = auditkit.AuditData(
        np.zeros((4, 1)), task="case_scores", case_scores={"recall": {"better": "higher", "range": [0, 1]}},
        scored={"": auditkit.case_scores.recall(BOXES, SURE, OBJECTS)[:, None]},
    )  # fmt: skip
    assert np.isnan(data.scored[""]).sum() == 2
