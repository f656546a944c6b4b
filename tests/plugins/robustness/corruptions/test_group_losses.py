"""Intervals for what is lost on the same rows, against slow ways and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import stats
from auditkit.plugins.robustness.corruptions.group_losses import (
    losses,
    mean_interval,
    p_value,
    relative_drop_interval,
    widest,
)


def test_the_relative_drop_agrees_with_a_bootstrap():
    rng = np.random.default_rng(0)
    before = rng.random(600) < 0.85
    after = np.where(before, rng.random(600) < 0.8, rng.random(600) < 0.2).astype(float)
    ends = relative_drop_interval(before, after)
    draws = []
    for _ in range(4000):
        at = rng.integers(600, size=600)
        draws.append(1 - after[at].mean() / before[at].mean())
    assert (ends.low, ends.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])), abs=0.006)


def test_no_relative_drop_from_next_to_nothing():
    before = np.zeros(60, dtype=bool)
    before[0] = True
    assert relative_drop_interval(before, before.astype(float)) is None
    assert relative_drop_interval(np.ones(10, dtype=bool), np.ones(10)) is None, "too few rows"


def test_means_of_shares_stay_between_0_and_1_and_are_never_certain():
    for values in (np.ones(40), np.zeros(40), np.array([0.9] * 39 + [1.0])):
        ends = mean_interval(values)
        assert 0 <= ends.low < ends.high <= 1


def test_the_widest_difference_by_hand():
    values, group = np.array([0.0] * 50 + [0.5] * 50 + [1.0] * 50), np.repeat([0, 1, 2], 50)
    difference = widest(losses(values, group), stats.pairs_of(3))
    assert p_value(values, group, 199, np.random.default_rng(0)) == pytest.approx(1 / 200)
    assert difference.value == 1.0 and 0.9 < difference.interval.low < 1 < difference.interval.high
    assert (difference.at.low, difference.at.high) == (0, 2)
    assert widest(losses(values, group), stats.pairs_of(3, reference=1)).value == 0.5


def test_like_groups_are_told_apart_in_one_of_twenty_and_the_interval_reaches_zero():
    rng = np.random.default_rng(1)
    p, low = [], []
    for _ in range(200):
        values, group = rng.choice([0.0, 0.5, 1.0], 120), rng.integers(0, 3, 120)
        p.append(p_value(values, group, 99, rng))
        low.append(widest(losses(values, group), stats.pairs_of(3)).interval.low)
    assert np.mean(np.array(p) <= 0.05) < 0.1 and np.mean(np.array(low) == 0) > 0.92


def in_units(rng, units=80, times=6):
    """Whether rows are decided rightly before and after, of units that are mostly decided alike."""
    unit = np.repeat(np.arange(units), times)
    before = (rng.random(units) < 0.85)[unit]
    after = np.where(before, rng.beta(4, 1, units)[unit], 0.1)
    return before, after, unit


def test_means_and_the_relative_drop_of_copies_are_as_sure_as_their_units():
    before, after, unit = in_units(np.random.default_rng(4))
    alone = before[::6], after[::6]
    for several, single, by_row in (
        (mean_interval(after, clusters=unit), mean_interval(alone[1]), mean_interval(after)),
        (relative_drop_interval(before, after, clusters=unit), relative_drop_interval(*alone),
         relative_drop_interval(before, after)),
    ):  # fmt: skip
        assert (several.low, several.high) == pytest.approx((single.low, single.high), abs=2e-3)
        assert (several.high - several.low) / (by_row.high - by_row.low) == pytest.approx(np.sqrt(6), rel=0.05)
        assert several.method.endswith("by units") or "jackknife by units" in several.method
    few = mean_interval(after[:60], clusters=unit[:60])
    assert few.method == "Wilson, by units" and few.high - few.low > 0.3


def test_intervals_of_units_hold_where_those_of_rows_do_not():
    true_mean, held = 0.85 * 0.8 + 0.15 * 0.1, np.zeros((2, 2))
    for seed in range(200):
        before, after, unit = in_units(np.random.default_rng(seed))
        for way, clusters in enumerate((unit, None)):
            ends = mean_interval(after, clusters=clusters), relative_drop_interval(before, after, clusters=clusters)
            held[way] += [
                end.low <= truth <= end.high for end, truth in zip(ends, (true_mean, 1 - true_mean / 0.85), strict=True)
            ]
    assert (held[0] >= 0.91 * 200).all() and (held[1] <= 0.75 * 200).all()
