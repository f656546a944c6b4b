"""The area under the curve and its interval: the pairs, scikit-learn, DeLong, and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import roc_auc_score

from auditkit import stats


def slow_delong(scores, positive):
    """Value and standard error from every pair, as the paper writes them."""
    x, y = scores[positive], scores[~positive]
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    return wins.mean(), np.sqrt(v10.var(ddof=1) / len(x) + v01.var(ddof=1) / len(y))


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 80), st.integers(0, 10**6), st.integers(2, 12))
def test_it_equals_the_pairs_and_scikit_learn(n, seed, levels):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) < max(2, n // 3)
    scores = rng.integers(0, levels, n) / 3 + 0.4 * positive
    area = stats.auc(scores, positive)
    value, error = slow_delong(scores, positive)
    assert area.value == pytest.approx(value) == pytest.approx(roc_auc_score(positive, scores))
    assert np.sqrt(np.sum(area.influence**2)) / n == pytest.approx(error)
    assert area.interval.low <= value <= area.interval.high
    turned = stats.auc(-scores, positive)
    assert turned.value == pytest.approx(1 - value)
    assert turned.interval.low == pytest.approx(1 - area.interval.high)


def test_weights_count_as_copies():
    rng = np.random.default_rng(0)
    scores, positive, copies = rng.normal(size=40), rng.random(40) < 0.4, rng.integers(1, 4, 40)
    weighted = stats.auc(scores, positive, copies.astype(float))
    assert weighted.value == pytest.approx(roc_auc_score(positive, scores, sample_weight=copies))
    assert weighted.value == pytest.approx(stats.auc(np.repeat(scores, copies), np.repeat(positive, copies)).value)


def test_no_error_at_all_still_has_an_interval():
    area = stats.auc(np.arange(20.0), np.arange(20) >= 15)
    assert area.value == 1 and area.interval.high == 1
    assert area.interval.low == pytest.approx(stats.wilson(5, 5).low)


def test_one_class_has_no_area():
    assert stats.auc(np.arange(4.0), np.ones(4, dtype=bool)) is None


def test_the_interval_covers_as_often_as_it_says():
    rng, hits = np.random.default_rng(1), 0
    for _ in range(1500):
        positive = np.arange(120) < 40
        interval = stats.auc(rng.normal(size=120) + 1.2 * positive, positive).interval
        hits += interval.low <= 0.80193 <= interval.high  # Phi(1.2 / sqrt 2)
    assert 0.93 < hits / 1500 < 0.97


def test_the_mean_of_areas_has_the_spread_of_its_samples():
    rng, values, errors = np.random.default_rng(2), [], []
    for _ in range(400):
        positive, base = np.arange(100) < 40, rng.normal(size=100)
        some = [stats.auc(base + rng.normal(size=100) + shift * positive, positive) for shift in (1, 1.5)]
        values.append(np.mean([measurement.value for measurement in some]))
        errors.append(stats.pooled_error([area.influence for area in some]))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.1)


def test_the_gain_of_one_score_over_another_on_the_same_rows() -> None:
    """Against the spread over new draws of the data, and against the two intervals taken as independent."""
    rng = np.random.default_rng(0)
    gains, intervals, apart = [], [], []
    for _ in range(300):
        positive = np.arange(300) < 120
        base = rng.normal(0, 1, 300) + 0.6 * positive
        first, second = base + rng.normal(0, 0.3, 300), base + rng.normal(0, 0.6, 300)
        areas = [stats.auc(scores, positive) for scores in (first, second)]
        gains.append(areas[0].value - areas[1].value)
        interval = stats.auc_gain(*areas)
        intervals.append((interval.low, interval.high))
        apart.append(np.hypot(*(area.interval.high - area.interval.low for area in areas)) / 2)
    low, high = np.array(intervals).T
    assert np.mean((low <= np.mean(gains)) & (np.mean(gains) <= high)) == pytest.approx(0.95, abs=0.03)
    assert np.mean((high - low) / 2) == pytest.approx(1.96 * np.std(gains), rel=0.1)
    assert np.mean((high - low) / 2) < 0.6 * np.mean(apart), "what both share cancels"


def test_the_gain_by_hand_and_over_itself() -> None:
    """Two positives, two negatives: placements 1, 1/2 against 1/2, 1/2, as DeLong and others write the variance."""
    positive = np.array([True, True, False, False])
    first, second = (stats.auc(np.array(scores), positive) for scores in ([3.0, 1.0, 2.0, 0.0], [3.0, 0.0, 2.0, 1.0]))
    # shares of negatives below: (1, 1/2), (1, 0); of positives above: (1/2, 1), (1/2, 1/2)
    by_positive, by_negative = np.array([0.0, 0.5]), np.array([0.0, 0.5])
    error = np.sqrt(by_positive.var(ddof=1) / 2 + by_negative.var(ddof=1) / 2)
    interval = stats.auc_gain(first, second)
    assert first.value - second.value == pytest.approx(0.25)
    assert (interval.low, interval.high) == pytest.approx((0.25 - 1.959964 * error, 0.25 + 1.959964 * error))
    assert (stats.auc_gain(first, first).low, stats.auc_gain(first, first).high) == (0.0, 0.0)
    with pytest.raises(ValueError, match="both areas must be of the same rows; they are of 4 and 2"):
        stats.auc_gain(first, stats.auc(np.array([1.0, 0.0]), np.array([True, False])))


def slow_obuchowski(scores, positive, clusters):
    """The standard error from every pair, as the paper writes it: sums of a person's placements."""
    x, y = scores[positive], scores[~positive]
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    area, variance = wins.mean(), 0.0
    persons = np.unique(clusters)
    counts = [len(np.unique(clusters[side])) for side in (positive, ~positive)]
    for person in persons:
        of_x, of_y = clusters[positive] == person, clusters[~positive] == person
        first = np.sum(wins.mean(axis=1)[of_x] - area) / len(x) * np.sqrt(counts[0] / (counts[0] - 1))
        second = np.sum(wins.mean(axis=0)[of_y] - area) / len(y) * np.sqrt(counts[1] / (counts[1] - 1))
        variance += (first + second) ** 2
    return np.sqrt(variance)


@pytest.mark.parametrize("seed", range(5))
def test_the_error_of_clusters_is_that_of_their_sums(seed):
    rng = np.random.default_rng(seed)
    positive, clusters = rng.random(60) < 0.4, rng.integers(0, 15, 60)
    scores = rng.normal(size=60)
    area = stats.auc(scores, positive, clusters=clusters)
    assert np.sqrt(np.sum(area.influence**2)) / 60 == pytest.approx(slow_obuchowski(scores, positive, clusters))
    alone = stats.auc(scores, positive, clusters=rng.permutation(60))
    assert alone.interval == stats.auc(scores, positive).interval


def test_the_interval_of_ten_rows_a_person_covers_and_that_of_rows_is_too_narrow():
    rng, hits = np.random.default_rng(2), {"persons": 0, "rows": 0}
    clusters = np.repeat(np.arange(80), 10)
    positive = clusters < 40
    for _ in range(300):
        scores = rng.normal(size=80)[clusters] + rng.normal(0, 0.3, 800)
        for name, unit in (("persons", clusters), ("rows", None)):
            interval = stats.auc(scores, positive, clusters=unit).interval
            hits[name] += interval.low <= 0.5 <= interval.high
    assert 0.91 < hits["persons"] / 300 < 0.98 and hits["rows"] / 300 < 0.6
