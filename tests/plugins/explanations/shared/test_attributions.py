"""Numbers made of attributions, by hand: gaps, shares, ranks and their errors."""

import numpy as np
import pytest
from scipy import stats

from auditkit.plugins.explanations.shared.attributions import (
    Attributions,
    additivity_gap,
    mean_absolute,
    ranks,
    sampling_error,
    share,
)


def attributions(values, base, outputs, errors=None):
    return Attributions(
        np.asarray(values, float), np.asarray(base, float), np.asarray(outputs, float), "u", "m", errors
    )


def test_the_additivity_gap_by_hand():
    by_hand = attributions([[1, 2], [0, -1]], [1, 1], [4, 0.5])
    assert additivity_gap(by_hand) == pytest.approx(0.5 / 3.5)
    assert additivity_gap(attributions([[0.0]], [2], [2])) == 0.0
    assert additivity_gap(attributions([[1.0]], [2], [2])) is None


def test_mean_absolute_by_hand():
    first, second = mean_absolute(np.array([[1.0, 0], [-3.0, 0], [2.0, 0]]))
    assert first.value == 2
    assert first.high - 2 == pytest.approx(stats.t.ppf(0.975, 2) / np.sqrt(3))
    assert second == (0, 0, 0)
    assert mean_absolute(np.ones((1, 1)))[0] == (1, None, None)


def test_the_share_is_a_ratio_of_sums_whose_interval_covers():
    assert share(np.array([[1.0, -3.0], [2.0, 2.0]]), [0]).value == 3 / 8
    assert share(np.zeros((3, 2)), [0]) is None
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        values = rng.normal(size=(80, 4)) * [1, 2, 3, 4]
        interval = share(values, [1])
        held += interval.low <= 0.2 <= interval.high
    assert 270 <= held <= 297


def test_ranks_and_ties():
    assert ranks(np.array([[1.0, -3, 0, 1]])).tolist() == [2, 1, 4, 2]


def test_the_sampling_error_is_what_the_spread_of_repeats_is():
    rng = np.random.default_rng(0)
    errors = rng.uniform(0.1, 0.3, size=(50, 2))
    values = np.full((50, 2), 5.0)
    repeats = [np.abs(values + rng.normal(size=(50, 2)) * errors).mean(axis=0) for _ in range(2000)]
    error = sampling_error(attributions(values, np.zeros(50), np.zeros(50), errors))
    assert error.value == pytest.approx(np.std(repeats, axis=0).max() / 5, rel=0.1)
    assert error.low < error.value < error.high
    assert sampling_error(attributions(values, [0], [0])) is None
