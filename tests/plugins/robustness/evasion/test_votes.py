"""A mean of saturated probabilities, which is a vote, against the exact distance at which a majority turns."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions
from auditkit.run.controls import apply_controls

FEATURES, ROWS, MEMBERS = 12, 40, 5
RNG = np.random.default_rng(3)
COMMON = RNG.normal(0, 1, FEATURES)
WEIGHTS = COMMON + 1.5 * RNG.normal(0, 1, (MEMBERS, FEATURES))
INPUTS = RNG.uniform(0.2, 0.8, (ROWS, FEATURES)).astype(np.float32)


class Vote(torch.nn.Module):
    """The mean of the members' probabilities, each of them about 0 or 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.as_tensor(WEIGHTS, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = []
        for weights in self.weights:
            margin = 300 * (x - 0.5) @ weights
            parts.append(torch.stack([-margin, margin], dim=1).softmax(dim=1))
        return torch.stack(parts).mean(dim=0)


def nearest(slopes: np.ndarray, needed: np.ndarray) -> float:
    """The least Euclidean length of z with slopes @ z >= needed, over all sets of conditions that hold exactly."""
    best = np.inf
    for count in range(1, len(needed) + 1):
        for tight in map(list, combinations(range(len(needed)), count)):
            z = np.linalg.pinv(slopes[tight]) @ needed[tight]
            if (slopes @ z >= needed - 1e-9).all():
                best = min(best, float(np.linalg.norm(z)))
    return best


def truth() -> np.ndarray:
    """(N,) the length of the shortest change that turns the majority."""
    margins = (INPUTS.astype(np.float64) - 0.5) @ WEIGHTS.T
    own = np.where((margins > 0).sum(axis=1) * 2 > MEMBERS, 1.0, -1.0)
    needed = []
    for signed, side in zip(margins * own[:, None], own, strict=True):
        sets = map(list, combinations(range(MEMBERS), MEMBERS // 2 + 1))
        needed.append(min(nearest(-side * WEIGHTS[turned], signed[turned]) for turned in sets))
    return np.array(needed)


def test_the_oracle_by_hand() -> None:
    slopes = np.eye(2)
    assert np.isclose(nearest(slopes, np.array([3.0, 4.0])), 5) and np.isclose(nearest(slopes, np.array([3.0, -1])), 3)


def test_a_mean_of_saturated_probabilities_does_not_flatter() -> None:
    module, needed = Vote().eval(), truth()
    with torch.no_grad():
        own = module(torch.as_tensor(INPUTS)).argmax(dim=1).numpy()
    data = AuditData(INPUTS, labels=own, task="binary", positive=1, range=(0.0, 1.0))
    model: Any = auditkit.wrap(module, classes=(0, 1), task="binary", output="probabilities")
    grid = tuple(np.quantile(needed, (0.2, 0.4, 0.6, 0.8)).round(4).tolist())
    check = Evasion(norm="L2", epsilons=grid, rows=ROWS, steps=20, square_queries=30, noise_draws=20, trial_rows=10)
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    result = apply_controls(check(model, data, context))
    for measurement in result.measurements:
        if measurement.name == "robust_accuracy":
            known = float(np.mean(needed > float(measurement.conditions["epsilon"] or 0)))
            assert measurement.validity == "valid"
            assert known - 1e-9 <= float(measurement.value or 0) <= known + 0.05
