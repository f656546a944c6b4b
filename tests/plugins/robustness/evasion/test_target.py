"""The target, the tally and the trials, on a linear model whose nearest wrong decisions have a closed form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from auditkit.plugins.robustness.attacks import PGD, Attacked, Problem, rays, registry, sweep
from auditkit.plugins.robustness.evasion import attack_checklist, controls, gradient_free, model_surface
from auditkit.plugins.robustness.evasion.target import Tally, Target
from auditkit.plugins.robustness.space import Space
from auditkit.plugins.robustness.surface import Surface

WEIGHTS = torch.tensor([2.0, -1.0, 0.5, 0.0])
GRID = (0.02, 0.05, 0.1, 0.2)


class Plane(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ WEIGHTS - 0.6


def make(rows: int = 60, norm: Any = "Linf", module: Any = None, **changes: Any) -> tuple[Target, np.ndarray]:
    """A linear model on the unit cube, and the smallest step that changes each decision (infinite: none does)."""
    inputs = np.random.default_rng(0).uniform(0.3, 0.7, (rows, 4)).astype(np.float32).astype(np.float64)
    ones = np.ones(4)
    facts = {"low": 0 * ones, "high": ones, "scale": ones, "whole": ones < 0, "free": ones > 0} | changes
    space, module = Space(**facts), (module or Plane()).eval()
    low, scale = (torch.as_tensor(bounds, dtype=torch.float32) for bounds in (space.low, space.scale))
    surface = Surface(module, "one logit", low, scale, torch.zeros(1, 4)).eval()
    dual = {"Linf": 1, "L2": 2, "L1": np.inf}[norm]

    def ask(points: np.ndarray) -> np.ndarray:
        return (module(torch.as_tensor(points, dtype=torch.float32)) > 0).numpy().astype(int)

    target = Target(surface, inputs, ask(inputs), (4,), space, norm, ask)
    slope = np.linalg.norm(np.abs(WEIGHTS.numpy()) * space.free * space.scale, dual)
    return target, np.abs(inputs @ WEIGHTS.numpy() - 0.6) / slope


def swept(target: Target, grid: tuple[float, ...] = GRID) -> Tally:
    tally = Tally(target, grid)
    attack = registry.ATTACKS["ensemble"].make(target.problem, 2, 20, 1, 0)
    tally.take(sweep(target.problem, target.x, target.y, grid, attack), np.arange(len(target.x)))
    return tally


def bench(target: Target, tally: Tally, epsilon: float = 0.1) -> attack_checklist.Bench:
    def make_attack(steps: int, restarts: int, seed: int) -> Any:
        return registry.ATTACKS["ensemble"].make(target.problem, 2, steps, restarts, seed)

    return attack_checklist.Bench(target, tally, np.arange(len(target.x)), epsilon, make_attack, 20, 1, 0)


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
def test_a_linear_model_breaks_exactly_where_geometry_says(norm: str) -> None:
    target, needed = make(norm=norm)
    tally = swept(target)
    expected = np.array([min((epsilon for epsilon in GRID if epsilon > need), default=np.inf) for need in needed])
    clear = np.abs(needed[:, None] - np.array(GRID)).min(axis=1) > 1e-3
    np.testing.assert_array_equal(tally.broken_at[clear], expected[clear])
    assert tally.unfit == 0 and len(np.unique(tally.broken_at)) > 2
    assert (tally.nearest >= needed - 1e-5).all(), "nothing is nearer than geometry allows"


def test_held_features_do_not_move() -> None:
    target, needed = make(free=np.array([False, True, True, True]))
    tally = swept(target, (0.1,))
    clear = np.abs(needed - 0.1) > 1e-3
    np.testing.assert_array_equal(np.isfinite(tally.broken_at)[clear], (needed < 0.1)[clear])
    assert (tally.points[:, 0] == target.x[:, 0].numpy()).all()


def test_whole_numbers_stay_whole_and_within_epsilon() -> None:
    target, _ = make(whole=np.ones(4) > 0, scale=np.full(4, 10.0), high=np.full(4, 10.0))
    target.origins = np.full((60, 4), 5.0)
    unit = np.random.default_rng(1).uniform(0.25, 0.75, (60, 4)).astype(np.float32)
    for epsilon in (0.05, 0.15, 0.25):
        reach = np.minimum(np.abs(unit * 10 - 5), 10 * epsilon).max(axis=1) / 10
        points = target.inputs(0.5 + np.clip(unit - 0.5, -epsilon, epsilon), np.arange(60), reach)
        assert (points == np.round(points)).all()
        assert (np.abs(points - 5) <= 10 * epsilon + 1e-5).all()


def test_points_that_break_the_rules_are_refused() -> None:
    target, _ = make(rows=4)
    unit = target.x.numpy().copy()
    unit[1] += 0.2
    unit[2, 0] = np.nan
    unit[3] = np.inf
    is_fit, _, _ = target.verify(unit, np.arange(4), np.full(4, 0.1))
    assert list(is_fit) == [True, False, False, False]
    tally = Tally(target, (0.1,))
    assert not tally.add(unit, np.arange(4), 0.1).any()
    assert (tally.returned, tally.unfit) == (4, 3) and np.isinf(tally.broken_at).all()


def test_trials_of_a_sound_attack_find_nothing() -> None:
    target, _ = make()
    tried = bench(target, swept(target))
    assert target.agreement() == 1
    assert (
        attack_checklist.longer(tried) == attack_checklist.again(tried) == attack_checklist.noise(tried, GRID, 50) == 0
    )
    assert attack_checklist.scale_gap(tried) == 0 and attack_checklist.falls(tried, GRID) == 0
    assert attack_checklist.one_step(tried) <= 0
    assert attack_checklist.slope_correlation(tried) == pytest.approx(1)
    assert attack_checklist.unbounded(tried, 1.0) == {"unbounded": 0, "high-distortion": 0}
    assert attack_checklist.undefended(tried, registry.ATTACKS["pgd"]) == 1
    assert attack_checklist.trace(tried)["silent-success"] == 0 and attack_checklist.trace(tried)["incomplete"] < 0.05
    target.y = 1 - target.y
    assert target.agreement() == 0


def still(problem: Any, x: Any, y: Any, radius: Any, start: Any = None) -> Attacked:
    """An attack that stands still."""
    return Attacked(torch.zeros(len(x), dtype=torch.bool), x.clone())


def test_an_attack_that_stands_still_fails_its_trials() -> None:
    target, needed = make()
    share = float((needed < 0.1 - 1e-3).mean())

    def lame(epsilon: float = 0.1) -> attack_checklist.Bench:
        tried = bench(target, Tally(target, GRID), epsilon)
        tried.attack = still
        return tried

    assert attack_checklist.noise(lame(), GRID, 50) > 0.3
    assert attack_checklist.unbounded(lame(), 0.9) == {"unbounded": 1, "high-distortion": 0.9}
    assert attack_checklist.longer(lame()) >= share > 0 and attack_checklist.again(lame()) >= share
    assert attack_checklist.trace(lame())["silent-success"] >= share
    whole = lame()
    gradient_free.by_squares(target, whole.tally, whole.rows, 0.1, 200, 0)
    assert np.mean(np.isfinite(whole.tally.broken_at)) > 0.9 * share


def test_an_attack_that_loses_its_way_falls_as_epsilon_grows() -> None:
    target, _ = make()
    tried = bench(target, Tally(target, GRID))

    def lost(problem: Any, x: Any, y: Any, radius: Any, start: Any = None) -> Attacked:
        return still(problem, x, y, radius) if float(radius) > 0.1 else PGD(steps=20)(problem, x, y, radius)

    tried.attack = lost
    assert attack_checklist.falls(tried, GRID) > 0.1


class Turned(torch.autograd.Function):
    """A plane whose slope is given the wrong way round."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x @ WEIGHTS - 0.6

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return -slope[:, None] * WEIGHTS


class Masked(torch.nn.Module):
    """A plane; what its slope says of it."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ahead = Plane()(x)
        if self.how == "ripples":
            return ahead + 0.001 * torch.sin(8000 * ahead)
        if self.how == "partly":
            return torch.from_numpy(x[:, :1].detach().numpy())[:, 0] * WEIGHTS[0] + x[:, 1:] @ WEIGHTS[1:] - 0.6
        return Turned.apply(x) if self.how == "turned" else ahead.exp()  # type: ignore[no-untyped-call, no-any-return]


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
@pytest.mark.parametrize(("how", "holds"), [("ripples", False), ("partly", False), ("turned", False), ("plain", True)])
def test_a_slope_of_something_else_than_the_decision_is_seen(norm: str, how: str, holds: bool) -> None:
    target, _ = make(norm=norm, module=Masked(how))
    assert (attack_checklist.slope_correlation(bench(target, Tally(target, GRID))) >= controls.KEPT) is holds


def median_filtered(x: torch.Tensor) -> torch.Tensor:
    """Each pixel is the median of nine; where several are alike, as on paper, the slope is that of one of them."""
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="reflect")
    return padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4).median(dim=-1).values


class HalfCut(torch.autograd.Function):
    """Nothing is done, and every other pixel has no slope."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return slope * (torch.arange(slope.shape[-1]) % 2)


@pytest.mark.parametrize(
    ("before", "epsilon", "holds"),
    [
        (torch.clone, 0.05, True), (torch.clone, 0.25, True), (median_filtered, 0.05, True),
        (HalfCut.apply, 0.05, False), (HalfCut.apply, 0.25, False),
    ],
)  # fmt: skip
def test_kinks_on_the_row_and_bends_within_a_large_epsilon_are_no_masked_slope(
    before: Any, epsilon: float, holds: bool, digits: Any
) -> None:
    problem = Problem(lambda x: digits.network(before(x)), "Linf", 0.0, 1.0)
    rows, target = np.arange(30), SimpleNamespace(problem=problem)
    tried: Any = SimpleNamespace(target=target, rows=rows, epsilon=epsilon, seed=0)
    target.at = lambda some: (torch.as_tensor(digits.pictures)[some], torch.as_tensor(digits.labels)[some])
    assert (attack_checklist.slope_correlation(tried) >= controls.KEPT) is holds


@pytest.mark.parametrize(("waves", "epsilon"), [(20, 0.1), (40, 0.1), (80, 0.2), (160, 0.2)])
def test_descent_that_is_caught_in_ripples_does_worse_than_one_step(waves: float, epsilon: float) -> None:
    class Ripples(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            ahead = x @ WEIGHTS - 0.6
            return ahead + 0.1 * torch.sin(waves * ahead)

    target, _ = make(module=Ripples())
    trial = attack_checklist.one_step(bench(target, Tally(target, GRID), epsilon))
    assert trial > 0.01


@pytest.mark.parametrize(("against", "for_many", "fails"), [(1, 0, False), (4, 0, False), (5, 0, True), (6, 3, False)])
def test_a_few_rows_on_which_one_step_does_better_are_chance(against: int, for_many: int, fails: bool) -> None:
    # one half to the power of 4 is 0.06, of 5 is 0.03; 6 or more of 9 is 0.25
    tried = bench(make()[0], Tally(make()[0], GRID))
    broken = {"fgsm": np.arange(20) < against, "many": np.arange(20) >= 20 - for_many}
    tried.broken = lambda attack, epsilon: broken["fgsm" if attack is attack_checklist.fgsm else "many"]  # type: ignore[method-assign, assignment, misc]
    trial = attack_checklist.one_step(tried)
    assert trial == pytest.approx((against - for_many) / 20 if fails else min(0, (against - for_many) / 20))
    assert verdicts(**{"one-step": trial})["one-step"] is not fails


class Nothing(dict[str, float | None]):
    """What trials give that find nothing."""

    def __missing__(self, name: str) -> float | None:
        return {"same-decisions": 1.0, "slopes-hold": 1.0, "undefended-copy": None}.get(name, 0.0)


def verdicts(rows: int = 40, **changes: float) -> dict[str, bool | None]:
    """What each control says of trials that found nothing, but for these."""
    outcomes = controls.gradient_controls(Nothing(changes), rows, classes=3, rounded=False)
    return {control.name: control.holds for control in outcomes}


def test_a_single_row_fails_no_trial_that_runs_the_attack_again_and_two_do() -> None:
    for name, rows, tried_on in (
        ("monotone", 40, controls.ALONE), ("monotone", 8, 8), ("logit-scale", 8, 8), ("converged", 8, 8),
        ("restarts", 8, 8),
    ):  # fmt: skip
        assert all(verdicts(rows, **{name: 1 / tried_on}).values())
        assert [trial for trial, holds in verdicts(rows, **{name: 2 / tried_on}).items() if not holds] == [name]


def test_a_gradient_or_an_optimiser_inside_the_model_is_seen() -> None:
    class Searches(torch.nn.Module):
        def __init__(self, how: str) -> None:
            super().__init__()
            self.how = how

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.enable_grad():
                at = x.detach().clone().requires_grad_(True)
                loss = (at @ WEIGHTS).square().sum()
                if self.how == "grad":
                    at = at - 0.01 * torch.autograd.grad(loss, at)[0]
                elif self.how == "backward":
                    loss.backward()
                elif self.how == "step":
                    at.grad = torch.zeros_like(at)
                    torch.optim.SGD([at], lr=0.1).step()
            return at.detach() @ WEIGHTS - 0.6

    for how, expected in (("grad", True), ("backward", True), ("step", True), ("none", False)):
        target, _ = make(module=Searches(how))
        assert model_surface.takes_gradients(target.surface, target.x[:4]) is expected, how
    target, _ = make()
    assert not model_surface.takes_gradients(target.surface, target.x[:4])


def test_a_probability_is_known_by_its_sums() -> None:
    logits = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    assert model_surface.is_probability(logits.softmax(1))
    assert not model_surface.is_probability(logits) and not model_surface.is_probability(logits.log_softmax(1))
    assert not model_surface.is_probability(logits.softmax(1) * 1.001) and not model_surface.is_probability(
        logits.sigmoid()[:, :1]
    )


def test_rays_find_the_nearest_corner() -> None:
    target, needed = make()
    tally = Tally(target, GRID)
    gradient_free.by_decisions(target, tally, np.arange(60), np.random.default_rng(0), 400)
    assert (tally.nearest >= needed - 1e-5).all()
    assert np.median(needed / tally.nearest) >= 0.97
    rng = np.random.default_rng(0)
    ratio = rays.known_ratio(rng.uniform(0, 1, (10, 30)), np.ones(30), np.ones(30) > 0, rng, 600)
    assert ratio is not None and 1 <= ratio <= 1.02
    starved = rays.known_ratio(rng.uniform(0, 1, (10, 300)), np.ones(300), np.ones(300) > 0, rng, 60)
    assert starved is not None and starved > 1.02
    assert rays.known_ratio(np.zeros((3, 2)), np.ones(2), np.zeros(2) > 0, rng, 60) is None


@pytest.mark.parametrize("norm", ["L2", "L1"])
def test_decisions_in_other_norms_claim_no_more_than_there_is(norm: str) -> None:
    target, needed = make(norm=norm)
    tally = Tally(target, GRID)
    gradient_free.by_decisions(target, tally, np.arange(60), np.random.default_rng(0), 600)
    assert (tally.nearest >= needed - 1e-5).all() and np.isfinite(tally.nearest).all()


@pytest.mark.parametrize("norm", ["L1", "L2", "Linf"])
def test_rounding_of_many_coordinates_puts_no_point_of_a_healthy_attack_out_of_reach(norm: Any) -> None:
    from auditkit.plugins.robustness.attacks import Problem

    rows = torch.rand(4, 3072, generator=torch.Generator().manual_seed(0))
    problem = Problem(lambda x: x[:, :2], norm)
    # all that float32 can do to a sum of so many coordinates, each rounded by half a spacing on both ends
    rounded = {"L1": 3072, "L2": 3072**0.5, "Linf": 1}[norm] * 2.0**-24
    assert rounded < problem.slack(rows) < 20 * rounded + 1e-4
