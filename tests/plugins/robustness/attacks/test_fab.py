"""FAB: its projection against linear programming, linear models in closed form, a network that it breaks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog, minimize

from auditkit.plugins.robustness.attacks import PGD, Problem, fab_targeted, standard
from auditkit.plugins.robustness.attacks.fab import onto_plane


def drawn(seed: int, features: int = 6) -> tuple[torch.Tensor, torch.Tensor, float]:
    rng = np.random.default_rng(seed)
    x, w = torch.tensor(rng.random(features)), torch.tensor(rng.normal(size=features))
    most = float(torch.where(w > 0, w * (1 - x), -w * x).sum())
    return x, w, float(rng.uniform(0.05, 0.95)) * most


def move(x: torch.Tensor, w: torch.Tensor, expected: float, norm: str) -> torch.Tensor:
    low, high = torch.tensor(0.0, dtype=x.dtype), torch.tensor(1.0, dtype=x.dtype)
    return onto_plane(x[None], w[None], torch.tensor([expected], dtype=x.dtype), low, high, norm)[0]  # type: ignore[arg-type]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_in_linf_the_move_is_as_short_as_linear_programming_finds(seed: int) -> None:
    x, w, expected = drawn(seed)
    n = len(x)
    sides = np.block([[np.eye(n), -np.ones((n, 1))], [-np.eye(n), -np.ones((n, 1))]])
    best = linprog(
        np.r_[np.zeros(n), 1], A_ub=sides, b_ub=np.zeros(2 * n), A_eq=np.r_[w.numpy(), 0][None], b_eq=[expected],
        bounds=[*zip(-x.numpy(), 1 - x.numpy(), strict=True), (0, None)],
    )  # fmt: skip
    step = move(x, w, expected, "Linf")
    assert float(step.abs().max()) == pytest.approx(best.fun, abs=1e-9)
    assert float(step @ w) == pytest.approx(expected, abs=1e-9)
    assert bool(((x + step >= -1e-12) & (x + step <= 1 + 1e-12)).all())


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_in_l2_no_solver_finds_a_shorter_move(seed: int) -> None:
    x, w, expected = drawn(seed, 4)
    step = move(x, w, expected, "L2").numpy()
    assert step @ w.numpy() == pytest.approx(expected, abs=1e-9)
    best = minimize(
        lambda d: d @ d, np.zeros(4), jac=lambda d: 2 * d, method="SLSQP",
        bounds=list(zip(-x.numpy(), 1 - x.numpy(), strict=True)),
        constraints={"type": "eq", "fun": lambda d: d @ w.numpy() - expected, "jac": lambda d: w.numpy()},
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    assert step @ step <= best.fun + 1e-6


def test_a_move_by_hand() -> None:
    x, w = torch.tensor([0.9, 0.5], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64)
    assert move(x, w, 0.4, "Linf").tolist() == pytest.approx([0.1, 0.3])  # the first meets the box at 0.1
    assert move(x, w, -0.4, "Linf").tolist() == pytest.approx([-0.2, -0.2])
    assert move(x, w, 9.0, "Linf").tolist() == pytest.approx([0.1, 0.5])  # as far as the box goes


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_a_linear_model_is_broken_exactly_where_it_can_be(norm: str) -> None:
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(8, generator=generator)
    x = 0.3 + 0.4 * torch.rand(60, 8, generator=generator)

    def f(rows: torch.Tensor) -> torch.Tensor:
        score = rows @ weights - 0.5 * weights.sum()
        return torch.stack([torch.zeros_like(score), score], dim=1)

    y = f(x).argmax(dim=1)
    dual = weights.abs().sum() if norm == "Linf" else weights.norm()
    distance = f(x)[:, 1].abs() / dual
    for share, expected in ((1.02, True), (0.98, False)):
        attacked = fab_targeted(Problem(f, norm), x, y, distance * share)  # type: ignore[arg-type]
        inside = distance * share < 0.25  # beyond, the box may stop a move
        assert bool((attacked.broken[inside] == expected).all())


def test_a_network_is_broken_where_descent_breaks_it() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(10, 40), torch.nn.ReLU(), torch.nn.Linear(40, 5))
    x = torch.rand(80, 10)
    y = net(x).argmax(dim=1)
    problem = Problem(net)
    pgd, fab = PGD(steps=100)(problem, x, y, 0.08), fab_targeted(problem, x, y, 0.08)
    assert 0.2 < float(pgd.broken.float().mean()) < 0.95
    assert int((pgd.broken & ~fab.broken).sum()) <= 2
    confirmed = problem.confirm(fab.points, x, y, 0.08)
    assert bool((confirmed | ~fab.broken).all())


def test_what_may_not_move_stays_and_gradients_of_zero_break_nothing() -> None:
    torch.manual_seed(1)
    net = torch.nn.Linear(6, 3)
    x = torch.rand(20, 6)
    y = net(x).argmax(dim=1)
    free = torch.tensor([True, True, False, True, False, True])
    attacked = fab_targeted(Problem(net, free=free), x, y, 0.5)
    assert attacked.broken.any() and bool((attacked.points[:, ~free] == x[:, ~free]).all())
    flat = Problem(lambda rows: net(rows.round()) * 1.0)
    assert torch.isfinite(fab_targeted(flat, x, y, 0.1, steps=3).points).all()


def test_l1_is_refused_with_what_to_take_and_the_standard_composition_has_fab() -> None:
    net = torch.nn.Linear(6, 3)
    x, y = torch.rand(2, 6), torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="fmn_within"):
        fab_targeted(Problem(net, "L1"), x, y, 1.0)
    assert list(standard(Problem(net), 3)) == ["APGD-CE", "APGD-T", "FAB-T", "Square"]
    assert list(standard(Problem(net, "L1"), 3)) == ["APGD-CE", "APGD-T", "FMN"]
