"""What the plan says that a model will be asked about is what a real run keeps to."""

from typing import Any

import numpy as np
import pandas
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.attacks import Problem, registry
from auditkit.plugins.robustness.evasion import cost
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions

SMALL = {"rows": 24, "steps": 8, "max_queries": 120, "square_queries": 30, "trial_rows": 8, "noise_draws": 10}
FEATURES = 6
RNG = np.random.default_rng(0)
INPUTS = RNG.uniform(0.2, 0.8, (24, FEATURES)).astype(np.float32)
WEIGHTS = torch.tensor(RNG.normal(0, 1, (3, FEATURES, 3)), dtype=torch.float32)


class Counted(torch.nn.Module):
    """Three linear members behind one output; counts the rows that it and its copies are asked about."""

    asked = 0

    def __init__(self, way: Any) -> None:
        super().__init__()
        self.weights, self.way = torch.nn.Parameter(WEIGHTS), way

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        Counted.asked += len(x)
        return self.way([(x - 0.5) @ weights for weights in self.weights])  # type: ignore[no-any-return]


WAYS = {
    "plain": lambda members: members[0],
    "withstands": lambda members: members[0] * 0 + torch.tensor([1.0, 0.0, 0.0]) + 1e-6 * members[1],
    "a mean of networks": lambda members: sum((50 * member).softmax(1) for member in members) / 3,
    "a vote": lambda members: sum(torch.nn.functional.one_hot(member.argmax(1), 3).float() for member in members) / 3,
    "rounded": lambda members: (members[0] * 4).round(),
    "no slope": lambda members: torch.nn.functional.one_hot((members[0] * 1e9).long().argmax(1), 3).float(),
}


def spent(check: Evasion, module: Counted) -> tuple[int, int]:
    """The rows that a run asks about, and the plan's number."""
    with torch.no_grad():
        own = module(torch.tensor(INPUTS)).argmax(dim=1).numpy()
    data = AuditData(INPUTS, labels=own, task="multiclass", range=(0.0, 1.0))
    model: Any = auditkit.wrap(module.eval(), classes=(0, 1, 2), task="multiclass", output="logits")
    planned = check.calls(model, data, len(data))
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    assert len(context.predictions.codes) == len(data)  # the shared pass is not the check's
    Counted.asked = 0
    check(model, data, context)
    return Counted.asked, planned


@pytest.mark.parametrize("way", WAYS)
def test_a_run_along_gradients_asks_at_most_what_was_planned(way: str) -> None:
    queries, planned = spent(Evasion(**SMALL), Counted(WAYS[way]))
    assert planned / 8 < queries <= planned


def test_so_do_other_attacks_and_norms() -> None:
    check = Evasion(**SMALL, attack="standard", mode="fast", norm="L2")
    queries, planned = spent(check, Counted(WAYS["a vote"]))
    assert queries <= planned


def test_a_vote_is_swept_three_times_and_a_network_once() -> None:
    data = AuditData(INPUTS, labels=np.arange(24) % 3, task="multiclass", range=(0.0, 1.0))
    wrapped: Any = {
        way: auditkit.wrap(Counted(WAYS[way]).eval(), classes=(0, 1, 2), task="multiclass") for way in WAYS
    }  # fmt: skip
    assert [cost._ways(wrapped[way], data) for way in ("plain", "a mean of networks", "a vote")] == [1, 3, 3]


def test_a_search_by_decisions_asks_at_most_what_was_planned() -> None:
    queries = 0

    def answer(frame: Any) -> np.ndarray:
        nonlocal queries
        queries += len(frame)
        score = frame.to_numpy() @ np.arange(1, FEATURES + 1) - 10
        return np.stack([score < 0, score >= 0], axis=1).astype(float)

    frame = pandas.DataFrame(INPUTS.astype(float), columns=list("abcdef"))
    labels = np.where(answer(frame)[:, 1] > 0, "yes", "no")
    data = AuditData(frame, labels=labels, task="binary", positive="yes")
    model = auditkit.wrap(answer, classes=("no", "yes"), task="binary")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    check = Evasion(**SMALL)
    assert len(context.predictions.codes) == len(data)
    queries = 0
    check(model, data, context)
    planned = check.calls(model, data, len(data))
    assert planned / 2 < queries <= planned


@pytest.mark.parametrize("steps", [1, 7])
@pytest.mark.parametrize("name", registry.ATTACKS)
def test_the_passes_of_an_attack_on_a_row_that_withstands(name: str, steps: int) -> None:
    # the slope turns with the point, so no step comes back to where it was
    problem = Problem(lambda x: torch.stack([5 + 0 * x.sum(1), (9 * x).sin().sum(1), x.cos().sum(1), x[:, 0]], dim=1))
    x, y = torch.rand((3, 2), generator=torch.Generator().manual_seed(0)), torch.zeros(3, dtype=torch.long)
    row = registry.ATTACKS[name]
    assert not row.make(problem, 4, steps, 2, 0)(problem, x, y, 0.1, x).broken.any()
    assert problem.forward <= 3 * registry.passes(row, steps, 2)
