"""One-run auditing: the authors' sum term by term, a mechanism at its own limit, and how fast it is."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy import stats

from auditkit.plugins.privacy.dp_audit.one_run import SHARES, least_epsilon, p_value


def by_hand(canaries: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """Term by term, as appendix D of arXiv:2305.08846 sums it."""
    chance = 1 / (1 + math.exp(-epsilon))
    beta = sum(stats.binom.pmf(value, guesses, chance) for value in range(right, guesses + 1))
    total, alpha = 0.0, 0.0
    for step in range(1, right + 1):
        total += stats.binom.pmf(right - step, guesses, chance)
        alpha = max(alpha, total / step)
    return float(min(1.0, beta + 2 * canaries * delta * alpha))


@pytest.mark.parametrize(
    ("canaries", "guesses", "right", "epsilon", "delta"),
    [
        (1000, 200, 198, 2.0, 1e-5),
        (100, 40, 30, 1.0, 1e-3),
        (50, 10, 10, 0.0, 0.0),
        (50, 10, 0, 1.0, 1e-5),
        (300, 300, 200, 0.5, 1e-4),
    ],
)
def test_the_p_value_is_summed_as_published(
    canaries: int, guesses: int, right: int, epsilon: float, delta: float
) -> None:
    expected = by_hand(canaries, guesses, right, epsilon, delta)
    assert math.isclose(p_value(canaries, guesses, right, epsilon, delta), expected, rel_tol=1e-8)


def test_ten_right_guesses_of_ten_by_hand() -> None:
    """Without delta, at epsilon 0: 2^-10."""
    assert math.isclose(p_value(10, 10, 10, 0.0, 0.0), 2**-10)


def test_it_grows_with_epsilon_and_delta_and_falls_with_right_guesses() -> None:
    for more in ([p_value(100, 50, 40, epsilon, 1e-5) for epsilon in (0.0, 0.5, 2.0)],
                 [p_value(100, 50, 45, 0.5, delta) for delta in (0.0, 1e-4, 1e-2)],
                 [p_value(100, 50, right, 1.0, 1e-5) for right in (49, 40, 30)]):  # fmt: skip
        assert more == sorted(more)


def responses(rng: np.random.Generator, epsilon: float, count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Randomised response, which is as far as epsilon allows."""
    present = rng.random(count) < 0.5
    truthful = rng.random(count) < 1 / (1 + math.exp(-epsilon))
    return np.where(truthful, present, ~present) + rng.normal(0, 1e-3, count), present


def test_a_mechanism_at_its_limit_is_not_refuted_and_a_worse_one_is() -> None:
    rng = np.random.default_rng(0)
    assert max(least_epsilon(*responses(rng, 1.0), 0.0).low for _ in range(30)) < 1.0
    assert min(least_epsilon(*responses(rng, 3.0), 0.0).low for _ in range(10)) > 1.0


def test_at_a_lower_level_it_bounds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    above = [least_epsilon(*responses(rng, 1.0, 200), 0.0, level=0.8).low > 1.0 for _ in range(100)]
    assert np.mean(above) < 0.2


def test_every_number_of_guesses_tried_is_paid_for() -> None:
    """The bound is that of the best number at a level that all of them share."""
    scores, present = responses(np.random.default_rng(2), 3.0)
    best = least_epsilon(scores, present, 1e-6)
    assert best.canaries == 500 and best.guesses in {2 * round(share * 250) for share in SHARES}
    error = 0.001 / len(SHARES)
    assert p_value(500, best.guesses, best.right, best.low * 0.999, 1e-6) <= error
    assert p_value(500, best.guesses, best.right, best.low * 1.001, 1e-6) >= error


def test_nothing_known_says_nothing_and_no_canaries_neither() -> None:
    rng = np.random.default_rng(3)
    assert least_epsilon(rng.normal(size=1000), rng.random(1000) < 0.5, 1e-5).low == 0
    assert least_epsilon(np.zeros(0), np.zeros(0, bool), 1e-5).low == 0


def test_a_thousand_canaries_are_scored_within_a_second() -> None:
    scores, present = responses(np.random.default_rng(4), 2.0, 1000)
    before = time.process_time()
    least_epsilon(scores, present, 1e-5)
    assert time.process_time() - before < 1
