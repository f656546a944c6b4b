"""Differences of two shares of the same rows, and how far disparities moved: by hand, slow ways and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize, stats as laws

from auditkit.stats import (
    disparity_shift,
    mcnemar,
    paired_difference_interval,
    paired_score,
    predictive_shift,
    resampled_counts,
)


def slow_score(lost, gained, n, gap):
    """Tango's statistic with the constrained estimate looked for by a minimiser."""

    def against(gains):
        with np.errstate(divide="ignore", invalid="ignore"):
            cells = ((lost, gains + gap), (gained, gains), (n - lost - gained, 1 - 2 * gains - gap))
            return -sum(count * np.log(p) if count else 0.0 for count, p in cells)

    low, high = max(0.0, -gap), (1 - gap) / 2
    best = optimize.minimize_scalar(
        against, bounds=(low + 1e-12, high - 1e-12), method="bounded", options={"xatol": 1e-12}
    )
    variance = n * (2 * best.x + gap - gap * gap)
    return (lost - gained - n * gap) / np.sqrt(variance)


@pytest.mark.parametrize(("lost", "gained", "n"), [(12, 3, 100), (1, 9, 44), (5, 5, 30), (40, 2, 60)])
@pytest.mark.parametrize("gap", [-0.2, 0.0, 0.05, 0.3])
def test_the_score_is_that_of_the_constrained_likelihood(lost, gained, n, gap):
    assert paired_score(lost, gained, n, gap) == pytest.approx(slow_score(lost, gained, n, gap), rel=1e-4, abs=1e-4)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 100))
def test_the_interval_leaves_zero_out_where_mcnemar_rejects(lost, gained, same):
    n = lost + gained + same
    if not n:
        return
    ends = paired_difference_interval(lost, gained, n)
    assert -1 <= ends.low <= (lost - gained) / n <= ends.high <= 1
    z = abs(lost - gained) / np.sqrt(lost + gained) if lost + gained else 0.0
    if abs(z - 1.959964) > 1e-3:
        assert (ends.low > 0 or ends.high < 0) == (z > 1.959964)


def test_the_interval_covers_in_simulations():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(600):
        lost, gained, _ = rng.multinomial(50, [0.15, 0.05, 0.8])
        ends = paired_difference_interval(int(lost), int(gained), 50)
        hits += ends.low <= 0.1 <= ends.high
    assert hits / 600 > 0.92


def test_mcnemar_by_hand():
    assert mcnemar(8, 2) == pytest.approx(2 * laws.binom.cdf(2, 10, 0.5))
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("lost", "gained", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(lost, gained, n):
    with pytest.raises(ValueError, match="first and second"):
        paired_difference_interval(lost, gained, n)


def joint(new, old, alike):
    """(groups, 2, 2) chances of both decisions; `alike` of the rows have one coin for both."""
    new, old = np.asarray(new, dtype=float), np.asarray(old, dtype=float)
    both = alike * np.minimum(new, old) + (1 - alike) * new * old
    first = np.stack([1 - new - old + both, old - both], -1)
    return np.stack([first, np.stack([new - both, both], -1)], -2)


def gap(counts, axis, ratio):
    selected = counts[:, 1, :].sum(axis=1) if axis == "new" else counts[:, :, 1].sum(axis=1)
    rates = selected / counts.sum(axis=(1, 2))
    return rates.min() / rates.max() if ratio else rates.max() - rates.min()


def truth(counts, ratio):
    return gap(counts, "new", ratio) - gap(counts, "old", ratio)


COUNTS = np.array([[[40, 10], [5, 45]], [[60, 0], [10, 30]], [[20, 20], [20, 20]]])


@pytest.mark.parametrize("ratio", [False, True])
def test_the_change_by_hand(ratio):
    shift = disparity_shift(COUNTS, np.random.default_rng(0), ratio=ratio)
    by_hand = 0.4 / 0.5 - 0.3 / 0.55 if ratio else (0.5 - 0.4) - (0.55 - 0.3)
    assert shift.value == pytest.approx(by_hand)
    assert shift.interval.low < shift.value < shift.interval.high


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize(
    ("new", "old", "size", "alike"),
    [
        ((0.4, 0.4), (0.5, 0.3), 200, 0.7),
        ((0.5, 0.3), (0.4, 0.4), 200, 0.7),
        ((0.4,) * 5, (0.6, 0.5, 0.4, 0.35, 0.2), 80, 0.7),
        ((0.4,) * 5, (0.42, 0.4, 0.4, 0.4, 0.4), 80, 0.98),
    ],
    ids=["removed", "made", "removed over five", "hardly moved"],
)
def test_the_interval_covers_where_a_disparity_was_removed_or_made(new, old, size, alike, ratio):
    chances = joint(new, old, alike) / len(new)
    rng, hits, rounds = np.random.default_rng(3), 0, 150
    for _ in range(rounds):
        counts = rng.multinomial(size * len(new), chances.ravel()).reshape(chances.shape)
        ends = disparity_shift(counts, rng, ratio=ratio).interval
        hits += ends.low <= truth(chances, ratio) <= ends.high
    assert hits / rounds > 0.9  # 0.95 asked for; three standard errors of chance are 0.053


def test_a_percentile_bootstrap_does_not():
    chances = joint((0.4,) * 5, (0.6, 0.5, 0.4, 0.35, 0.2), 0.7) / 5
    rng, hits = np.random.default_rng(3), 0
    for _ in range(60):
        counts = rng.multinomial(400, chances.ravel()).reshape(chances.shape)
        low, high = np.quantile(
            [truth(resample, True) for resample in resampled_counts(counts, 400, rng)], [0.025, 0.975]
        )
        hits += low <= truth(chances, True) <= high
    assert hits / 60 < 0.5


def test_the_interval_is_narrower_for_the_same_rows_than_for_others():
    apart, together = joint((0.5, 0.3), (0.45, 0.35), 0.0), joint((0.5, 0.3), (0.45, 0.35), 0.95)
    rng = np.random.default_rng(0)
    wide, narrow = (disparity_shift(np.round(value * 400), rng, ratio=False).interval for value in (apart, together))
    assert narrow.high - narrow.low < 0.7 * (wide.high - wide.low)


def test_a_ratio_of_nobody_is_undefined_and_a_gap_is_not():
    nobody = np.array([[[10, 10], [0, 0]], [[15, 5], [0, 0]]])
    assert disparity_shift(nobody, np.random.default_rng(0), ratio=True) is None
    assert disparity_shift(nobody, np.random.default_rng(0), ratio=False).value == pytest.approx(-0.25)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=12, max_size=12), st.booleans())
def test_turning_the_two_round_turns_the_change_round(cells, ratio):
    counts = np.array(cells).reshape(3, 2, 2)
    if (counts.sum(axis=(1, 2)) == 0).any():
        return
    onward = disparity_shift(counts, np.random.default_rng(0), ratio=ratio)
    backward = disparity_shift(counts.transpose(0, 2, 1), np.random.default_rng(1), ratio=ratio)
    assert (onward is None) == (backward is None)
    if onward is not None:
        assert onward.value == pytest.approx(-backward.value)
        assert -1 <= onward.interval.low <= onward.value + 1e-9 and onward.value - 1e-9 <= onward.interval.high <= 1
        assert onward.interval.low == pytest.approx(-backward.interval.high, abs=0.1)


def test_the_predictive_value_by_hand_and_against_rows_drawn_anew():
    counts = np.array([[[200, 30], [20, 25]], [[40, 30], [45, 210]]])
    shift = predictive_shift(counts, np.random.default_rng(0))
    assert shift.value == pytest.approx(255 / 300 - 240 / 295)
    label, new, old = np.array([at for at in np.ndindex(2, 2, 2) for _ in range(counts[at])]).T
    rng, draws = np.random.default_rng(1), []
    for _ in range(2000):
        at = rng.integers(len(label), size=len(label))
        draws.append(label[at][new[at] == 1].mean() - label[at][old[at] == 1].mean())
    assert (shift.interval.low, shift.interval.high) == pytest.approx(
        tuple(np.quantile(draws, [0.025, 0.975])), abs=0.006
    )


def test_the_interval_of_the_predictive_value_covers():
    chances = np.array([[[0.4, 0.06], [0.04, 0.05]], [[0.05, 0.05], [0.05, 0.3]]])
    true = 0.35 / 0.44 - 0.35 / 0.46
    rng, hits = np.random.default_rng(5), 0
    for _ in range(200):
        counts = rng.multinomial(150, chances.ravel()).reshape(2, 2, 2)
        ends = predictive_shift(counts, rng).interval
        hits += ends.low <= true <= ends.high
    assert hits / 200 > 0.91


def test_right_for_everybody_in_both_still_has_an_interval_and_nobody_has_none():
    sure = np.array([[[10, 0], [0, 0]], [[5, 0], [0, 20]]])
    shift = predictive_shift(sure, np.random.default_rng(0))
    assert shift.value == 0 and shift.interval.low < 0 < shift.interval.high
    assert predictive_shift(np.array([[[10, 5], [0, 0]], [[5, 5], [0, 0]]]), np.random.default_rng(0)) is None
