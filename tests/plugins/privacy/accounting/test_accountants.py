"""Epsilon by three accountants: published values, one Gaussian release, and what makes an accountant lie."""

from __future__ import annotations

import json
import math
import pathlib
from typing import Any

import pytest

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting.accountants import noise_for, pld_epsilon, rdp_epsilon, spent


@pytest.fixture(scope="module")
def published(shared_data: pathlib.Path) -> dict[str, dict[str, Any]]:
    cases = json.loads((shared_data / "reference" / "dp_epsilon.json").read_text())
    return {case["id"]: case for case in cases}


def test_the_golden_value_of_opacus(published: dict[str, dict[str, Any]]) -> None:
    case = published["opacus_rdp_1"]
    epsilon = spent(case["noise_multiplier"], case["sample_rate"], case["steps"], case["delta"])
    assert math.isclose(epsilon.rdp, case["epsilon"], rel_tol=1e-6)
    assert epsilon.pld is not None and epsilon.prv is not None
    assert epsilon.pld - 0.01 <= epsilon.prv <= epsilon.rdp == epsilon.reported
    assert math.isclose(epsilon.prv, 6.7774, abs_tol=0.01), "published for the PRV accountant"


def test_the_published_value_of_tensorflow_privacy(published: dict[str, dict[str, Any]]) -> None:
    """Its orders are finer and its conversion is another; ours is above it, by no more than 2 %."""
    case = published["tfp_0"]
    steps = math.ceil(case["epochs"] * case["n"] / case["batch_size"])
    rate = case["batch_size"] / case["n"]
    epsilon = rdp_epsilon(case["noise_multiplier"], rate, steps, case["delta"])
    assert case["epsilon"] - 1e-6 <= epsilon <= case["epsilon"] * 1.02
    assert pld_epsilon(case["noise_multiplier"], rate, steps, case["delta"]) < epsilon


def test_three_gaussian_releases_are_one(published: dict[str, dict[str, Any]]) -> None:
    """Without sampling the answer is in closed form: three releases at sigma sqrt(3) are one at sigma 1."""
    case = published["google_gaussian_basic"]
    assert abs(pld_epsilon(math.sqrt(3), 1.0, 3, case["delta"]) - case["epsilon"]) <= case["tol"] + 1e-3
    assert spent(math.sqrt(3), 1.0, 3, case["delta"]).reported >= case["epsilon"] - 0.01


def test_more_steps_cost_more_and_more_noise_costs_less() -> None:
    by_steps = [rdp_epsilon(1.5, 0.05, steps, 1e-5) for steps in (1, 10, 100)]
    by_noise = [rdp_epsilon(noise, 0.05, 100, 1e-5) for noise in (3.0, 1.5, 0.8)]
    by_rate = [rdp_epsilon(1.5, rate, 100, 1e-5) for rate in (0.01, 0.05, 0.2)]
    for costs in (by_steps, by_noise, by_rate):
        assert costs == sorted(costs) and costs[0] < costs[-1]
    assert spent(1.5, 0.05, 0, 1e-5).reported == 0


@pytest.mark.parametrize("target", [0.5, 3.0, 20.0])
def test_the_noise_for_a_target_keeps_to_it(target: float) -> None:
    noise = noise_for(target, 0.1, 200, 1e-5)
    reached = spent(noise, 0.1, 200, 1e-5).reported
    assert 0.97 * target <= reached <= target
    assert spent(noise / 2, 0.1, 200, 1e-5).reported > target, "half the noise would not do"


def test_an_epsilon_that_promises_nothing_is_not_refined() -> None:
    assert spent(0.3, 0.1, 500, 1e-5).prv is None


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
        ((0.01, 0.1, 200, 1e-5), "cannot be reached"),
    ],
)
def test_what_makes_an_accountant_hang_or_lie_is_refused(
    arguments: tuple[float, float, int, float], message: str
) -> None:  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        noise_for(*arguments)


@pytest.mark.parametrize("noise", [0.0, -1.0, math.nan, math.inf])
def test_no_noise_is_no_privacy(noise: float) -> None:
    with pytest.raises(ConfigError, match="noise_multiplier must be above 0"):
        spent(noise, 0.1, 10, 1e-5)
