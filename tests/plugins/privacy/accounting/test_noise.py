"""The noise for a target: close under it, certified, and found in a bounded time or refused."""

from __future__ import annotations

import math

import pytest

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting.noise import noise_for
from auditkit.plugins.privacy.accounting.spent import spent


@pytest.mark.parametrize(
    ("target", "rate", "steps", "delta"),
    [
        (0.05, 0.01, 100, 1e-6),
        (0.5, 0.1, 200, 1e-5),
        (3.0, 0.1, 200, 1e-5),
        (8.0, 0.01, 1, 1e-5),
        (90.0, 0.5, 20, 1e-5),
    ],
)
def test_the_noise_for_a_target_keeps_to_it(target: float, rate: float, steps: int, delta: float) -> None:
    noise = noise_for(target, rate, steps, delta)
    cost = spent(((noise, rate, steps),), delta)
    assert 0.995 * target <= cost.reported <= target and cost.agrees
    assert spent(((noise / 2, rate, steps),), delta).reported > target, "half the noise would not do"


def test_replaced_rows_and_further_trainings_need_more() -> None:
    once = noise_for(2.0, 0.05, 100, 1e-5)
    for more in ({"neighbours": "replace"}, {"trainings": 4}):
        noise = noise_for(2.0, 0.05, 100, 1e-5, **more)  # type: ignore[arg-type]
        assert noise > 1.3 * once and 1.99 <= spent(((noise, 0.05, 100),), 1e-5, **more).reported <= 2.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 0.1, 10, 1e-5), "target_epsilon must lie above 0"),
        ((math.nan, 0.1, 10, 1e-5), "target_epsilon must lie above 0"),
        ((math.inf, 0.1, 10, 1e-5), "up to 100"),
        ((500.0, 0.1, 10, 1e-5), "up to 100"),
        ((3.0, 0.1, 0, 1e-5), "steps must be at least 1"),
        ((3.0, 0.0, 10, 1e-5), "sampling rate"),
        ((3.0, 1.5, 10, 1e-5), "sampling rate"),
        ((3.0, 0.1, 10, 2.0), "delta must lie between"),
        ((3.0, 0.1, 10, math.nan), "delta must lie between"),
        ((1e-6, 0.1, 200, 1e-9), "cannot be reached.*more than 1000 times"),
    ],
)
def test_what_makes_a_search_hang_or_lie_is_refused(arguments: tuple[float, float, int, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        noise_for(*arguments)
