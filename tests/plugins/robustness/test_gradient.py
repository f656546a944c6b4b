from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from auditkit.plugins.robustness.gradient import Target, scale_gap, share_robust, sweep, unbounded
from auditkit.plugins.robustness.library import seeded
from auditkit.plugins.robustness.logits import Surface
from auditkit.plugins.robustness.space import Space

WEIGHTS = torch.tensor([2.0, -1.0, 0.5, 0.0])


class Plane(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ WEIGHTS - 0.6


def make(rows: int = 60, **changes: Any) -> tuple[Target, np.ndarray]:
    """A linear model on the unit cube, and the smallest Linf step that changes each decision (infinite: none does)."""
    inputs = np.random.default_rng(0).uniform(0.3, 0.7, (rows, 4)).astype(np.float32).astype(np.float64)
    ones = np.ones(4)
    facts = {"low": 0 * ones, "high": ones, "scale": ones, "whole": ones < 0, "free": ones > 0} | changes
    space = Space(**facts)
    module = Plane().eval()
    surface = Surface(module, "one logit", torch.zeros(4), torch.ones(4), torch.zeros(1, 4)).eval()

    def ask(points: np.ndarray) -> np.ndarray:
        return (module(torch.as_tensor(points, dtype=torch.float32)) > 0).numpy().astype(int)

    target = Target(surface, inputs, ask(inputs), (4,), space, ask)
    target.standardise()
    slope = np.abs(WEIGHTS.numpy()) * space.free
    return target, np.abs(inputs @ WEIGHTS.numpy() - 0.6) / slope.sum()


def test_a_linear_model_breaks_exactly_where_geometry_says() -> None:
    target, needed = make()
    grid = (0.02, 0.05, 0.1, 0.2)
    swept = sweep(target, grid, 20, 3, np.random.default_rng(0))
    expected = np.array([min((each for each in grid if each > need), default=np.inf) for need in needed])
    clear = np.abs(needed[:, None] - np.array(grid)).min(axis=1) > 1e-4
    np.testing.assert_array_equal(swept.broken_at[clear], expected[clear])
    assert swept.refused == 0 and not swept.by_noise.any()
    assert len(np.unique(swept.broken_at)) > 2


def test_held_features_do_not_move() -> None:
    target, needed = make(free=np.array([False, True, True, True]))
    swept = sweep(target, (0.1,), 20, 3, np.random.default_rng(0))
    clear = np.abs(needed - 0.1) > 1e-3
    np.testing.assert_array_equal(np.isfinite(swept.broken_at)[clear], (needed < 0.1)[clear])


def test_whole_numbers_are_cut_towards_the_row_and_stay_within_epsilon() -> None:
    target, _ = make(whole=np.ones(4) > 0, scale=np.full(4, 10.0), high=np.full(4, 10.0))
    target.origins = np.full((60, 4), 5.0)
    rows = np.arange(60)
    unit = np.random.default_rng(1).uniform(0.25, 0.75, (60, 4)).astype(np.float32)
    points = target.inputs(unit, rows)
    assert (points == np.round(points)).all()
    assert (np.abs(points - 5) <= np.abs(unit * 10 - 5) + 1e-5).all()


def test_points_that_break_the_rules_are_refused() -> None:
    target, _ = make(rows=4)
    unit = target.units(target.origins)
    unit[1] += 0.2
    unit[2, 0] = np.nan
    unit[3] = np.inf
    assert list(target.lies_within(unit, np.arange(4), 0.1)) == [True, False, False, False]


def test_an_attack_that_returns_nonsense_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    target, _ = make()
    monkeypatch.setattr(Target, "climb", lambda self, rows, *rest: np.full((len(rows), 4), np.nan, np.float32))
    swept = sweep(target, (0.1,), 20, 1, np.random.default_rng(0))
    assert swept.refused == swept.returned == 120
    assert np.isinf(swept.broken_at[~swept.by_noise]).all()


def test_noise_beats_an_attack_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    target, needed = make()
    monkeypatch.setattr(Target, "climb", lambda self, rows, *rest: self.units(self.origins[rows]))
    swept = sweep(target, (0.2,), 20, 30, np.random.default_rng(0))
    assert swept.by_noise.mean() > 0.3
    assert (needed[swept.by_noise] <= 0.2 + 1e-6).all()


def test_trials_of_the_attack_itself() -> None:
    target, _ = make()
    assert target.agreement() == 1
    assert target.zero_share(0.1, np.random.default_rng(0)) == 0
    assert scale_gap(target, 0.05, 20) == 0
    assert unbounded(target, 20) == 0
    assert share_robust(target, np.arange(60), 1e-6, 5) == 1
    target.classes = 1 - target.classes
    assert target.agreement() == 0


def test_the_same_seed_climbs_to_the_same_points_and_the_generators_stay_as_they_were() -> None:
    target, _ = make()
    before = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    points = []
    for _ in range(2):
        with seeded(5):
            points.append(target.climb(np.arange(60), 0.1, 5, "margin"))
    np.testing.assert_array_equal(points[0], points[1])
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.random.get_rng_state(), before[1])
