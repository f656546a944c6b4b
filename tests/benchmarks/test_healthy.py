"""Controls are quiet on healthy models of known robustness; the oracles are held against slow, obvious ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize
from torch import nn

from benchmarks.healthy import look
from benchmarks.healthy_networks import exact
from benchmarks.healthy_networks.making import _layers, healthy

SMALL = {"steps": 20, "square_queries": 100, "noise_draws": 50, "trial_rows": 16, "max_queries": 1000}


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_no_control_cries_wolf_and_no_more_is_broken_than_there_is(seed: int) -> None:
    line = look(seed, rows=24, **SMALL)
    assert line.alarms == ()
    assert line.excess <= 1e-9
    assert (
        max(abs(known - reported) for known, reported in zip(line.known, line.reported, strict=True)) <= 2 / 24 + 1e-9
    )


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
def test_distances_of_linear_models_are_those_of_a_solver(norm: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        x, slope = rng.uniform(size=4), rng.normal(size=4)
        weight, bias = np.stack([slope, np.zeros(4)]), np.array([0.1 - slope @ x, 0.0])
        distance = exact.linear(weight, bias, x, 0, norm)
        if norm == "L2":
            solved = optimize.minimize(
                lambda z, x=x: ((z - x) ** 2).sum(), x, bounds=[(0, 1)] * 4, method="SLSQP", options={"ftol": 1e-14},
                constraints={"type": "ineq", "fun": lambda z, w=weight, b=bias: -(w[0] @ z + b[0])},
            )  # fmt: skip
            assert distance == pytest.approx(np.sqrt(solved.fun), rel=1e-4)
            continue
        # variables: the point, and its distance in each feature (L1) or at all (Linf)
        spread = np.eye(4) if norm == "L1" else np.ones((4, 1))
        solved = optimize.linprog(
            np.concatenate([np.zeros(4), np.ones(spread.shape[1])]),
            A_ub=np.vstack([
                np.hstack([np.eye(4), -spread]), np.hstack([-np.eye(4), -spread]),
                np.concatenate([slope, np.zeros(spread.shape[1])])[None],
            ]),
            b_ub=np.concatenate([x, -x, [-bias[0]]]), bounds=[(0, 1)] * 4 + [(0, None)] * spread.shape[1],
        )  # fmt: skip
        assert distance == pytest.approx(solved.fun, rel=1e-6) if solved.status == 0 else np.isinf(distance)


def test_the_programme_agrees_with_the_closed_form_and_a_convolution_is_a_matrix() -> None:
    torch.manual_seed(0)
    # both units stay on within the box, so that the network is linear
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2)).double()
    first, second = net[1], net[3]
    first.weight.data.abs_(), first.bias.data.abs_()
    layers = [tuple(parameter.detach().numpy() for parameter in part.parameters()) for part in (first, second)]
    weight, bias = second.weight @ first.weight, second.weight @ first.bias + second.bias
    x = np.full(3, 0.5)
    own = int(net(torch.tensor(x)[None]).argmax())
    known = exact.linear(weight.detach().numpy(), bias.detach().numpy(), x, own, "Linf")
    distance = exact.relu(layers, x, own, 0.5)
    assert distance == pytest.approx(known, abs=1e-6)
    net = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    picture = torch.rand(1, 1, 3, 3)
    (w1, b1), (w2, b2) = _layers(net, (1, 3, 3))
    by_hand = w2 @ np.maximum(w1 @ picture.numpy().reshape(-1) + b1, 0) + b2
    assert by_hand == pytest.approx(net(picture).detach().numpy()[0], abs=1e-5)


def test_the_truth_is_nowhere_below_a_grid_of_points() -> None:
    network = healthy(2, rows=4)
    rng = np.random.default_rng(0)
    for row, needed in zip(np.asarray(network.data.inputs), network.needed, strict=True):
        if 0 < needed < 1:
            moved = np.clip(row + 0.98 * needed * rng.choice((-1, 1), (500, *row.shape)), 0, 1).astype(np.float32)
            assert len(set(network.model.predict(moved).tolist())) == 1
