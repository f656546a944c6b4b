"""Three accountants: published values, closed forms, direct integrals, and what must grow with what."""

from __future__ import annotations

import json
import math
import pathlib
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats

from auditkit.plugins.privacy.accounting import accountants
from auditkit.plugins.privacy.accounting.accountants import epsilon_curve, pld_epsilon, prv_epsilon, rdp_epsilon
from auditkit.plugins.privacy.accounting.history import History, Neighbours, first_steps, history_of
from auditkit.plugins.privacy.accounting.spent import spent


@pytest.fixture(scope="module")
def published(shared_data: pathlib.Path) -> dict[str, dict[str, Any]]:
    cases = json.loads((shared_data / "reference" / "dp_epsilon.json").read_text())
    return {case["id"]: case for case in cases}


def alike(noise: float, rate: float, steps: int) -> History:
    return history_of(((noise, rate, steps),), 1e-5)


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Of one Gaussian release: Balle and Wang 2018, arXiv:1805.06530, theorem 8."""

    def excess(epsilon: float) -> float:
        return float(
            special.ndtr(mu / 2 - epsilon / mu) - math.exp(epsilon) * special.ndtr(-mu / 2 - epsilon / mu) - delta
        )

    return float(optimize.brentq(excess, 0, 200, xtol=1e-12)) if excess(0) > 0 else 0.0


def integrated_epsilon(upper: np.ndarray, lower: np.ndarray, delta: float) -> float:
    """From two densities on a grid of spacing 1: where the integral of (upper - e^epsilon lower)+ is delta."""

    def excess(epsilon: float) -> float:
        return float(np.maximum(upper - math.exp(epsilon) * lower, 0).sum()) - delta

    return float(optimize.brentq(excess, 0, 60, xtol=1e-10)) if excess(0) > 0 else 0.0


def one_step(noise: float, rate: float, delta: float, neighbours: Neighbours) -> float:
    """The larger of both directions, by a direct integral."""
    points = np.linspace(-12 * noise - 1, 12 * noise + 1, 400_001)
    width = points[1] - points[0]
    out, inside, apart = (stats.norm.pdf(points, centre, noise) * width for centre in (0, 1, -1))
    there = (1 - rate) * out + rate * inside
    other = (1 - rate) * out + rate * apart if neighbours == "replace" else out
    return max(integrated_epsilon(there, other, delta), integrated_epsilon(other, there, delta))


def test_the_golden_value_of_opacus(published: dict[str, dict[str, Any]]) -> None:
    case = published["opacus_rdp_1"]
    history = alike(case["noise_multiplier"], case["sample_rate"], case["steps"])
    assert abs(rdp_epsilon(history, case["delta"]) - case["epsilon"]) <= case["tol"]
    prv = prv_epsilon(history, case["delta"])
    assert prv is not None and math.isclose(prv.high, 6.7774, abs_tol=0.01), "published for the PRV accountant"
    assert prv.low <= pld_epsilon(history, case["delta"]) <= prv.high


def test_the_published_value_of_tensorflow_privacy(published: dict[str, dict[str, Any]]) -> None:
    """Its orders are finer and its conversion is another; ours is above it, by no more than 2 %."""
    case = published["tfp_0"]
    steps = math.ceil(case["epochs"] * case["n"] / case["batch_size"])
    history = alike(case["noise_multiplier"], case["batch_size"] / case["n"], steps)
    epsilon = rdp_epsilon(history, case["delta"])
    assert case["epsilon"] - case["tol"] <= epsilon <= case["epsilon"] * 1.02
    assert pld_epsilon(history, case["delta"]) < epsilon


def test_three_gaussian_releases_are_one(published: dict[str, dict[str, Any]]) -> None:
    case = published["google_gaussian_basic"]
    assert abs(pld_epsilon(alike(math.sqrt(3), 1.0, 3), case["delta"]) - case["epsilon"]) <= case["tol"]


@pytest.mark.parametrize(
    ("noise", "steps", "delta"), [(1.0, 1, 1e-5), (5.0, 40, 1e-6), (30.0, 100, 1e-8), (0.4, 1, 1e-3)]
)
def test_where_every_row_takes_part_it_is_the_closed_form(noise: float, steps: int, delta: float) -> None:
    for neighbours, mu in (("add_or_remove", math.sqrt(steps) / noise), ("replace", 2 * math.sqrt(steps) / noise)):
        exact = gaussian_epsilon(mu, delta)
        history = alike(noise, 1.0, steps)
        assert exact <= pld_epsilon(history, delta, neighbours) <= exact * 1.002  # type: ignore[arg-type]
        prv = prv_epsilon(history, delta, neighbours)  # type: ignore[arg-type]
        assert prv is not None and prv.low <= exact <= prv.high
        assert exact <= rdp_epsilon(history, delta, neighbours)  # type: ignore[arg-type]


@pytest.mark.parametrize("neighbours", ["add_or_remove", "replace"])
@pytest.mark.parametrize(
    ("noise", "rate", "delta"), [(0.8, 0.01, 1e-5), (2.0, 0.3, 1e-4), (0.5, 0.002, 1e-6), (1.0, 0.05, 0.03)]
)
def test_one_step_is_the_direct_integral(noise: float, rate: float, delta: float, neighbours: Neighbours) -> None:
    exact = one_step(noise, rate, delta, neighbours)
    history = alike(noise, rate, 1)
    assert exact - 1e-6 <= pld_epsilon(history, delta, neighbours) <= exact * 1.003 + 1e-6
    prv = prv_epsilon(history, delta, neighbours)
    assert prv is not None and prv.low <= exact <= prv.high


def random_case(rng: np.random.Generator, longest: float = 4.5) -> tuple[float, float, int, float]:
    """Noise, rate, steps, delta; the benchmark draws 200 of them, these tests 20 with fewer steps."""
    return (
        float(np.exp(rng.uniform(np.log(0.3), np.log(20)))), float(10 ** rng.uniform(-4, 0)),
        int(10 ** rng.uniform(0, longest)), float(10 ** rng.uniform(-9, -3)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_epsilon_lies_where_an_independent_accountant_certifies(seed: int) -> None:
    noise, rate, steps, delta = random_case(np.random.default_rng(seed), 3)
    cost = spent(((noise, rate, steps),), delta)
    if cost.pld is None:
        assert cost.rdp > 300 and not cost.agrees
    else:
        assert cost.prv is not None and cost.prv.low <= cost.pld <= cost.prv.high + 0.02
        assert cost.agrees and cost.reported == cost.pld <= cost.rdp + 0.01


def test_more_steps_cost_more_and_more_noise_costs_less() -> None:
    for account in (rdp_epsilon, pld_epsilon):
        by_steps = [account(alike(1.5, 0.05, steps), 1e-5) for steps in (1, 10, 100)]
        by_noise = [account(alike(noise, 0.05, 100), 1e-5) for noise in (3.0, 1.5, 0.8)]
        by_rate = [account(alike(1.5, rate, 100), 1e-5) for rate in (0.01, 0.05, 0.2)]
        by_neighbours = [account(alike(1.5, 0.05, 100), 1e-5, kind) for kind in ("add_or_remove", "replace")]
        for costs in (by_steps, by_noise, by_rate, by_neighbours):
            assert costs == sorted(costs) and costs[0] < costs[-1]


def test_no_step_costs_nothing() -> None:
    assert rdp_epsilon((), 1e-5) == pld_epsilon((), 1e-5) == 0
    assert prv_epsilon((), 1e-5) == (0, 0, 0)


def test_phases_cost_together_what_they_cost_in_any_order() -> None:
    """A history in two halves is the whole one; another noise in between is counted as it is."""
    halves = history_of(((1.0, 0.05, 50), (1.0, 0.05, 50)), 1e-5)
    mixed = history_of(((1.0, 0.05, 50), (2.0, 0.02, 300)), 1e-5)
    turned = mixed[::-1]
    for account in (rdp_epsilon, pld_epsilon):
        assert math.isclose(account(halves, 1e-5), account(alike(1.0, 0.05, 100), 1e-5), rel_tol=1e-3)
        assert math.isclose(account(mixed, 1e-5), account(turned, 1e-5), rel_tol=1e-6)
        assert account(mixed, 1e-5) > account(mixed[:1], 1e-5)
    prv = prv_epsilon(mixed, 1e-5)
    assert prv is not None and prv.low <= pld_epsilon(mixed, 1e-5) <= prv.high


def test_the_curve_is_what_each_stop_costs() -> None:
    history = history_of(((1.0, 0.05, 50), (2.0, 0.02, 100)), 1e-5)
    stops = [first_steps(history, steps) for steps in (10, 50, 120, 150)]
    assert [sum(phase.steps for phase in stop) for stop in stops] == [10, 50, 120, 150]
    curve = epsilon_curve(stops, 1e-5)
    assert curve[-1] == pld_epsilon(history, 1e-5) and curve == sorted(curve)
    for cost, stop in zip(curve, stops, strict=True):
        assert math.isclose(cost, pld_epsilon(stop, 1e-5), rel_tol=3e-3)


def test_much_memory_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the mesh would be too fine it is coarser: the interval is wider and still certified."""
    history = alike(1.0, 0.01, 1000)
    narrow = prv_epsilon(history, 1e-5)
    monkeypatch.setattr(accountants, "MESH", 20_000)
    wide = prv_epsilon(history, 1e-5)
    assert narrow is not None and wide is not None and wide.low < narrow.low < narrow.high < wide.high
    monkeypatch.setattr(accountants, "MESH", 2_000)
    assert prv_epsilon(history, 1e-5) is None
    monkeypatch.undo()
    assert prv_epsilon(alike(0.06, 0.5, 10), 1e-5) is None, "the losses overflow"
