"""Shuffled and redrawn tables: margins, laws, and tests and intervals that hold where groups are unequal."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as distributions

from auditkit import stats
from auditkit.plugins.fairness.scores import auc_gaps, calibration, resampling, score_table
from tests.plugins.fairness.scores.test_auc_gaps_curves import table_of


def test_shuffles_keep_every_margin_and_follow_the_hypergeometric_law():
    counts = np.array([[5.0, 0, 9, 2], [3, 4, 1, 0], [1, 1, 1, 5]])
    drawn = resampling.shuffled(counts, 4000, np.random.default_rng(0))
    assert (drawn.sum(axis=1) == counts.sum(axis=0)).all() and (drawn.sum(axis=2) == counts.sum(axis=1)).all()
    assert (drawn >= 0).all()
    for group in range(3):
        for at in range(4):
            law = distributions.hypergeom(32, int(counts[:, at].sum()), int(counts[group].sum()))
            assert drawn[:, group, at].mean() == pytest.approx(law.mean(), abs=5 * law.std() / np.sqrt(4000) + 1e-9)
            assert drawn[:, group, at].std() == pytest.approx(law.std(), rel=0.06)


def test_redrawn_tables_follow_the_multinomial_law():
    counts = np.array([[10.0, 30, 60], [5, 5, 0]])
    drawn = resampling.redrawn(counts, 4000, np.random.default_rng(1))
    assert (drawn.sum(axis=2) == [100, 10]).all() and (drawn[:, 1, 2] == 0).all()
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.5)
    assert drawn[:, 0, 1].var() == pytest.approx(21, rel=0.1)


def test_whole_numbers_keep_the_total():
    assert resampling.rounded_to(np.array([0.4, 0.4, 0.2]), 1).tolist() in ([1, 0, 0], [0, 1, 0])
    even = resampling.rounded_to(np.full(90, 0.1) + 0.01 * (np.arange(90) < 30), 9)
    assert np.abs(np.cumsum(even) - np.cumsum(np.full(90, 0.1))).max() <= 1  # and not all where they are larger
    assert resampling.rounded_to(np.array([2.0, 3, 5]), 10).tolist() == [2, 3, 5]
    assert resampling.rounded_to(np.array([1.5, 1.4, 7.1]), 10).sum() == 10


def test_areas_of_tables_equal_those_of_rows():
    rng = np.random.default_rng(2)
    table = table_of(rng.integers(0, 60, 90), rng.random(90) < 0.5)
    value, variance = resampling.areas(table.weight[:1][None], table.weight[1:][None])
    exact = score_table.area(table)
    assert value[0, 0] == pytest.approx(exact.value) and variance[0, 0] == pytest.approx(exact.error**2)


def binormal(rng, sizes, rates, shifts, distances, spreads=(1, 1)):
    """Groups whose ROC curves depend on distance and spread, and not on shift or rate."""
    groups = []
    for size, rate, shift, distance, spread in zip(sizes, rates, shifts, distances, spreads, strict=True):
        outcomes = np.arange(size) < size * rate
        noise = rng.standard_normal(size)
        groups.append(table_of(shift + np.where(outcomes, distance + spread * noise, noise), outcomes))
    return groups


def compared(ladders, rng, draws=199):
    scale = resampling.common_scale(ladders)
    p = auc_gaps.p_values(auc_gaps.observed(scale), auc_gaps.shuffled(scale, draws, rng))
    areas, pairs = [score_table.area(ladder) for ladder in ladders], stats.pairs_of(len(ladders))
    auc = auc_gaps.auc_gap(areas, pairs)
    values = np.array([area.value for area in areas])
    errors = auc_gaps.resampled(scale, draws, rng)
    curves = auc_gaps.abroca(auc_gaps.pair_gaps(ladders), errors, values, pairs, auc)
    return p, curves.interval, auc.interval


def test_equal_curves_of_unequal_groups_are_rarely_called_different():
    """Sizes, rates and scores all differ; only the curves are equal."""
    rng = np.random.default_rng(3)
    comparisons = [compared(binormal(rng, [60, 500], [0.25, 0.6], [0, 3], [1, 1]), rng) for _ in range(200)]
    assert np.mean([auc <= 0.05 for (auc, _), *_ in comparisons]) <= 0.1
    assert np.mean([abroca <= 0.05 for (_, abroca), *_ in comparisons]) <= 0.1
    assert np.mean([interval.low == 0 for _, interval, _ in comparisons]) >= 0.9
    assert np.mean([interval.low == 0 for *_, interval in comparisons]) >= 0.9


def test_curves_that_cross_are_found_by_the_area_between_them_alone():
    """Equal areas under the curve, 0.76 each; 0.08 lies between the curves."""
    rng = np.random.default_rng(4)
    spread = 2.0
    distances = [1, np.sqrt((1 + spread**2) / 2)]
    comparisons = [
        compared(binormal(rng, [600, 600], [0.4, 0.4], [0, 0], distances, [1, spread]), rng) for _ in range(40)
    ]  # fmt: skip
    assert np.mean([abroca <= 0.05 for (_, abroca), *_ in comparisons]) >= 0.8
    assert np.mean([auc <= 0.05 for (auc, _), *_ in comparisons]) <= 0.2
    assert np.mean([interval.low <= 0.0796 <= interval.high for _, interval, _ in comparisons]) >= 0.9


def test_a_true_difference_is_covered_and_found():
    rng = np.random.default_rng(5)
    comparisons = [compared(binormal(rng, [400, 400], [0.4, 0.4], [0, 0], [1.2, 0.4]), rng) for _ in range(40)]
    truth = float(np.ptp(distributions.norm.cdf(np.array([1.2, 0.4]) / np.sqrt(2))))
    assert np.mean([auc <= 0.05 for (auc, _), *_ in comparisons]) >= 0.9
    assert np.mean([interval.low <= truth <= interval.high for *_, interval in comparisons]) >= 0.85
    assert np.mean([interval.low <= truth <= interval.high for _, interval, _ in comparisons]) >= 0.85


def test_the_common_scale_forgets_each_groups_own_units():
    rng = np.random.default_rng(6)
    groups = binormal(rng, [300, 300], [0.4, 0.4], [0, 0], [1, 1])
    moved = [groups[0], replace(groups[1], scores=np.exp(groups[1].scores))]
    for before, after in zip(resampling.common_scale(groups), resampling.common_scale(moved), strict=True):
        assert before == pytest.approx(after)
    assert resampling.common_scale(groups).positive.sum(axis=1) == pytest.approx([120, 120])


def test_detectable_gaps_by_hand():
    # two groups, one test: (1.96 + 0.84) times the standard error of the difference
    assert auc_gaps.detectable_gap(np.array([0.03, 0.04]), 1) == pytest.approx(2.8016 * 0.05, rel=1e-3)
    assert auc_gaps.detectable_gap(np.array([0.03, 0.04]), 20) > auc_gaps.detectable_gap(np.array([0.03, 0.04]), 1)
    assert auc_gaps.detectable_gap(np.array([0.5, 0.5]), 1) is None


def test_the_widest_gap_of_two_groups_is_the_interval_of_newcombe():
    # Newcombe (1998), Statistics in Medicine 17, table II, method 10: 56/70 and 48/80 give 0.0524 to 0.3339
    low, high = stats.wilson_bounds(np.array([56, 48]), np.array([70, 80]))
    values = np.array([0.8, 0.6])
    for turn in (slice(None), slice(None, None, -1)):
        apart = stats.square_and_add(values[turn], low[turn], high[turn], stats.pairs_of(2))
        interval = stats.largest_apart(apart, values[turn], "Newcombe").interval
        assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_score_minus_label_keeps_its_mean():
    rng = np.random.default_rng(7)
    scores = rng.random(500)
    groups = [
        table_of(scores[:300], rng.random(300) < scores[:300]),
        table_of(scores[300:], rng.random(200) < scores[300:]),
    ]
    counts, values = calibration.surplus(groups)
    means = counts @ values / counts.sum(axis=1)
    assert counts.sum(axis=1) == pytest.approx([300, 200])
    assert means == pytest.approx([calibration.in_the_large(group) for group in groups], abs=0.01)
