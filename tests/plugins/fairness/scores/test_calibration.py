"""Calibration and threshold sweeps against scikit-learn, fairlearn and slow counts."""

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings, strategies as st
from sklearn.calibration import calibration_curve

from auditkit import stats
from auditkit.plugins.fairness.scores import calibration, sweep
from tests.plugins.fairness.scores.test_auc_gaps_curves import table_of


def test_bins_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.random(1000)
    outcomes = rng.random(1000) < scores
    bins_of_scores = calibration.binned(calibration.profile(table_of(scores, outcomes), 10, 10))
    rates, means = calibration_curve(outcomes, scores, n_bins=10, strategy="quantile")
    assert bins_of_scores.rates == pytest.approx(rates) and bins_of_scores.scores == pytest.approx(means)
    assert calibration.error(bins_of_scores) == pytest.approx(np.mean(np.abs(rates - means)))
    assert bins_of_scores.people.tolist() == [100] * 10


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400), st.sampled_from([1, 3, 50, 10**6]), st.booleans())
def test_no_bin_is_small_and_nobody_is_lost(seed, size, levels, weighted):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, size) / levels
    weights = rng.uniform(0.2, 5, size) if weighted else None
    table = table_of(scores, rng.random(size) < scores, weights)
    levels_of = calibration.profile(table, 10, 10)
    bins_of_scores = calibration.binned(levels_of)
    assert bins_of_scores.people.sum() == size and (bins_of_scores.people >= min(size, 25)).all()
    assert bins_of_scores.sizes.sum() == pytest.approx(table.size)
    assert bins_of_scores.sizes @ bins_of_scores.scores / bins_of_scores.sizes.sum() == pytest.approx(table.mean)
    assert bins_of_scores.sizes @ bins_of_scores.rates / bins_of_scores.sizes.sum() == pytest.approx(table.rate)


def test_the_null_band_is_that_of_labels_drawn_row_by_row():
    rng = np.random.default_rng(1)
    scores = rng.beta(1, 3, 300)
    levels = calibration.profile(table_of(scores, rng.random(300) < scores), 8, 10)
    fast = calibration.errors_by_chance(levels, 4000, rng)
    slow = []
    for _ in range(600):
        again = calibration.profile(table_of(scores, rng.random(300) < scores), 8, 10)
        slow.append(calibration.error(calibration.binned(again)))
    assert fast.mean() == pytest.approx(np.mean(slow), rel=0.05)
    assert np.quantile(fast, 0.95) == pytest.approx(np.quantile(slow, 0.95), rel=0.08)


def test_intervals_of_the_calibration_error_reach_zero_and_cover():
    rng = np.random.default_rng(2)
    calibrated, lifted = [], []
    for _ in range(200):
        scores = rng.beta(2, 3, 400)
        for intervals, lift in ((calibrated, 0.0), (lifted, 0.12)):
            bins = calibration.binned(calibration.profile(table_of(scores, rng.random(400) < scores + lift), 10, 10))
            intervals.append(calibration.error_interval(bins, 400, rng))
    assert np.mean([interval.low == 0 for interval in calibrated]) >= 0.92
    assert np.mean([interval.low <= 0.12 <= interval.high for interval in lifted]) >= 0.92
    assert np.mean([interval.low > 0 for interval in lifted]) >= 0.8


def test_calibration_in_the_large_by_hand():
    # 40 people scored 0.6 of whom 30 come true: 15 points too low; Wilson for 30 of 40 is 0.598 to 0.858
    table = table_of(np.full(40, 0.6), np.arange(40) < 30)
    assert calibration.in_the_large(table) == pytest.approx(-0.15)
    interval, wilson = calibration.large_interval(table), stats.wilson(30, 40)
    assert (interval.low, interval.high) == pytest.approx((0.6 - wilson.high, 0.6 - wilson.low))
    never = calibration.large_interval(table_of(np.full(40, 0.02), np.zeros(40)))
    assert never.low < 0 < never.high  # nobody in 40 is no evidence against 2 %


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_gaps_at_every_threshold_equal_fairlearn(seed, weighted):
    rng = np.random.default_rng(seed)
    scores, outcomes = np.round(rng.random(120), 1), rng.random(120) < 0.5
    names = rng.integers(0, 3, 120)
    outcomes[:6], names[:6] = [0, 1] * 3, [0, 0, 1, 1, 2, 2]
    weights = rng.uniform(0.5, 3, 120) if weighted else None
    groups = [
        table_of(scores[names == at], outcomes[names == at], None if weights is None else weights[names == at])
        for at in range(3)
    ]
    thresholds = np.array([0.0, 0.3, 0.5, 1.2])
    parity, odds = (sweep.gaps(parts_of(groups, both), thresholds) for both in (False, True))
    for at, threshold in enumerate(thresholds):
        given_ = {"sensitive_features": names, "sample_weight": weights}
        decided = scores >= threshold
        expected = fairlearn.demographic_parity_difference(outcomes, decided, **given_)
        assert parity[at] == pytest.approx(expected, abs=1e-12)
        expected = fairlearn.equalized_odds_difference(outcomes, decided, **given_)
        assert odds[at] == pytest.approx(expected, abs=1e-12)


def parts_of(groups, both):
    return [sweep.Part(label, groups) for label in (((1,), (0,)) if both else ((),))]


def worst(groups, both, low, high, threshold):
    parts = parts_of(groups, both)
    pairs = [stats.pairs_of(len(groups))] * len(parts)
    peaks = sweep.peaks(parts, sweep.candidates(parts, low, high, threshold), pairs)
    return sweep.worst(peaks, sweep.radius_of(parts, pairs))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_the_worst_threshold_is_the_worst_of_a_fine_grid(seed, both):
    rng = np.random.default_rng(seed)
    groups = [table_of(np.round(rng.random(60), 2), np.arange(60) % 2) for _ in range(3)]
    largest = worst(groups, both, 0.4, 0.6, 0.5)
    gaps = sweep.gaps(parts_of(groups, both), np.linspace(0.4, 0.6, 2001))
    assert largest.value == pytest.approx(gaps.max()) and largest.least == pytest.approx(gaps.min())
    assert 0.4 <= largest.threshold <= 0.6
    assert largest.interval.low <= largest.value <= largest.interval.high


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.integers(30, 3000))
def test_the_groups_named_at_the_worst_threshold_make_the_gap_and_the_ends(seed, both, rows):
    rng = np.random.default_rng(seed)
    groups = [table_of(np.round(rng.random(rows) ** (1 + at), 2), np.arange(rows) % 2) for at in range(3)]
    largest = worst(groups, both, 0.4, 0.6, 0.5)
    sizes = np.array([group.sizes[::-1] for group in groups]) if both else np.array([[group.size] for group in groups])
    radius = np.sqrt(np.log(2 / (1 - stats.sidak_level(0.95, sizes.size))) / (2 * sizes))
    ends = {None: (largest.value, 0), "low": (largest.interval.low, -1), "high": (largest.interval.high, 1)}
    for place, threshold, end in largest.behind:
        rates = parts_of(groups, both)[place.part].rates(np.array([threshold]))[:, 0]
        value, sign = ends[end]
        width = sign * (radius[place.low, place.part] + radius[place.high, place.part])
        assert abs(rates[place.high] - rates[place.low]) + width == pytest.approx(value)
    assert largest.behind[0].end is None


def test_the_interval_of_the_worst_threshold_covers_and_reaches_zero():
    rng = np.random.default_rng(3)
    equal, apart = [], []
    for _ in range(150):
        for intervals, lift in ((equal, 0.0), (apart, 0.4)):
            groups = [table_of(rng.random(200) + at * lift, np.arange(200) % 2) for at in (0, 1)]
            intervals.append(worst(groups, False, 0.6, 0.8, 0.7).interval)
    assert np.mean([interval.low == 0 for interval in equal]) >= 0.95
    assert np.mean([interval.low <= 0.4 <= interval.high for interval in apart]) >= 0.95
    assert np.mean([interval.low > 0 for interval in apart]) >= 0.9


def test_whether_a_verdict_hangs_on_the_threshold():
    # the second group's scores lie apart from the first's below 0.5 only
    first, second = np.linspace(0, 1, 400), np.where(np.linspace(0, 1, 400) < 0.5, 0.0, np.linspace(0, 1, 400))
    groups = [table_of(scores, np.arange(400) % 2) for scores in (first, second)]
    assert sweep.changes(parts_of(groups, False), np.array([0.2, 0.4, 0.6]))
    assert not sweep.changes(parts_of(groups, False), np.array([0.6, 0.7]))
    assert not sweep.changes(parts_of(groups, False), np.array([0.1, 0.2]))


@pytest.mark.parametrize(
    ("named", "probable", "same", "value"),
    [(0.3, True, True, 0.3), (0.3, True, False, 0.7), (-1.0, False, False, 1.0), (None, True, True, 0.5)],
)
def test_the_models_own_threshold(named, probable, same, value):
    assert sweep.own_threshold(named, probable, same, np.zeros(2), np.zeros(2, bool)).value == pytest.approx(value)


def test_a_threshold_is_read_from_decisions_where_they_follow_the_scores():
    scores = np.array([-2.0, -1, 3, 4])
    assert sweep.own_threshold(None, False, True, scores, scores > 0).value == 3
    mixed = sweep.own_threshold(None, False, True, scores, np.array([True, False, True, False]))
    assert mixed.value is None and "do not follow" in mixed.source
    assert sweep.own_threshold(None, False, True, scores, np.zeros(4, bool)).value is None


def test_near_is_in_probability_or_in_people():
    assert sweep.around(0.5, 0.05, True, np.arange(10.0)) == pytest.approx((0.45, 0.55))
    low, high = sweep.around(500.0, 0.05, False, np.arange(1000.0))
    assert (low, high) == pytest.approx((450, 550), abs=1)
