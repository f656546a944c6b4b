"""The Gaussian pair: what it bounds, how seldom it is above the truth, and where it says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.privacy.dp_audit.gaussian_pair import gaussian_pair
from auditkit.plugins.privacy.dp_audit.two_normals import CERTAIN
from tests.plugins.privacy.accounting.test_accountants import gaussian_epsilon


def draws(rng: np.random.Generator, sigma: float, count: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Scores of one full batch: canaries that are in move by 1."""
    present = rng.random(count) < 0.5
    return present + rng.normal(0, sigma, count), present


def test_half_the_noise_is_refuted_and_all_of_it_is_not() -> None:
    claim, rng = gaussian_epsilon(1.0, 1e-5), np.random.default_rng(0)
    lows = {sigma: [gaussian_pair(*draws(rng, sigma), 1e-5).low or 0.0 for _ in range(20)] for sigma in (1.0, 0.5)}
    assert max(lows[1.0]) < claim < min(lows[0.5])


def test_at_a_lower_level_it_bounds_as_often_as_it_says() -> None:
    """At 80 % the bound may lie above the truth in a fifth of trials; the box is wider than needed, so in fewer."""
    claim, rng = gaussian_epsilon(1.0, 1e-5), np.random.default_rng(1)
    above = [(gaussian_pair(*draws(rng, 1.0, 300), 1e-5, level=0.8).low or 0.0) > claim for _ in range(100)]
    assert np.mean(above) < 0.2


def test_more_canaries_say_more() -> None:
    lows = [gaussian_pair(*draws(np.random.default_rng(2), 0.7, count), 1e-5).low for count in (100, 1000, 10_000)]
    assert lows == sorted(lows) and lows[0] < lows[2] < gaussian_epsilon(1 / 0.7, 1e-5)  # type: ignore[type-var, operator]


def test_scores_alike_show_nothing() -> None:
    rng = np.random.default_rng(3)
    assert gaussian_pair(rng.normal(size=1000), rng.random(1000) < 0.5, 1e-5).low == 0


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (lambda rng, present: rng.standard_cauchy(len(present)), "not normal"),
        (
            lambda rng, present: present * rng.integers(0, 2, len(present)) + rng.normal(0, 0.1, len(present)),
            "not normal",
        ),
        (lambda rng, present: np.zeros(len(present)), "do not vary"),
    ],
)
def test_what_is_no_pair_of_normals_is_told(scores: object, reason: str) -> None:
    rng = np.random.default_rng(4)
    present = rng.random(1000) < 0.5
    pair = gaussian_pair(scores(rng, present), present, 1e-5)  # type: ignore[operator]
    assert pair.low is None and pair.estimate is None and reason in pair.reason


def test_no_noise_at_all_is_without_bound_and_few_canaries_say_nothing() -> None:
    present = np.arange(100) % 2 == 0
    assert gaussian_pair(present.astype(float), present, 1e-5).low == CERTAIN
    assert "fewer than 30" in gaussian_pair(np.arange(40.0), np.arange(40) < 20, 1e-5).reason
