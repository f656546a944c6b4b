"""Torch models in the forms that people keep: traced, scripted, frozen, exported, of a fixed batch, without slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.data import AuditData
from auditkit.models import Capability

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(50, 4)).astype(np.float32)
DATA = AuditData(ROWS, labels=(ROWS[:, 0] > 0).astype(int), positive=1)
CHECKS = ["performance", "robustness", "explanations.gradients"]
SMALL = {
    "robustness.evasion": {"rows": 10, "steps": 5, "trial_rows": 5, "square_queries": 10, "noise_draws": 5},
    "robustness.certificates": {"rows": 10, "samples": 100, "selection": 20},
    "robustness.changes": {"rows": 10},
}


class Fixed(nn.Module):
    """Takes three rows and no other number."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x.reshape(3, 4))


class Hidden(nn.Module):
    def __init__(self, way: Any) -> None:
        super().__init__()
        self.last, self.way = nn.Linear(4, 2), way

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with self.way():
            return self.last(x)


class Auxiliary(nn.Module):
    """Gives (logits, others) while it is trained, logits when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> Any:
        logits = self.last(x)
        return (logits, logits * 0) if self.training else logits


def network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).eval()


EXAMPLE = torch.tensor(ROWS[:3])
FORMS: dict[str, Callable[[nn.Module], Any]] = {
    "scripted": torch.jit.script,
    "traced": lambda module: torch.jit.trace(module, EXAMPLE),
    "frozen": lambda module: torch.jit.freeze(torch.jit.script(module)),
    "exported, of a fixed batch": lambda module: torch.export.export(module, (EXAMPLE,)).module(),
    "exported, of any batch": lambda module: torch.export.export(
        module, (EXAMPLE,), dynamic_shapes=({0: torch.export.Dim("batch")},)
    ).module(),
    "an exported program": lambda module: torch.export.export(module, (EXAMPLE,)),
}


def errors(result: Any) -> list[str]:
    return [f"{check.check}: {check.reason}" for check in result.results if check.status == "error"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_answers_as_the_module_and_is_audited(form: str) -> None:
    plain, model = network(), auditkit.wrap(FORMS[form](network()), classes=(0, 1))
    with torch.no_grad():
        expected = plain(torch.tensor(ROWS)).softmax(dim=1).numpy()
    assert np.allclose(model.answers(ROWS).probabilities, expected, atol=1e-6)
    assert np.allclose(model.answers(ROWS[:1]).probabilities, expected[:1], atol=1e-6)
    assert errors(auditkit.audit(model, DATA, checks=CHECKS, parameters=SMALL, budget="quick")) == []


@pytest.mark.filterwarnings("ignore")
def test_a_traced_module_of_a_fixed_batch_takes_any_number_and_says_so() -> None:
    fixed = Fixed()
    model = auditkit.wrap(torch.jit.trace(fixed, EXAMPLE), classes=(0, 1))
    answers = model.answers(ROWS).probabilities
    with torch.no_grad():
        expected = fixed.last(torch.tensor(ROWS)).softmax(dim=1).numpy()
    assert np.allclose(answers, expected, atol=1e-6)
    assert any("takes 3 rows at a time" in note for note in model.notes)


@pytest.mark.parametrize("way", [torch.no_grad, torch.inference_mode])
def test_a_module_that_hides_its_slopes_says_so_and_no_check_fails(way: Any) -> None:
    model = auditkit.wrap(Hidden(way), classes=(0, 1))
    result = auditkit.audit(model, DATA, checks=CHECKS, parameters=SMALL, budget="quick")
    assert errors(result) == []
    assert Capability.GRADIENTS not in model.capabilities and "gives no gradients" in " ".join(model.notes)
    skipped = {check.check: check.reason for check in result.results if check.status == "skipped"}
    assert "gradients" in str(skipped["explanations.gradients"])


def test_a_healthy_module_keeps_its_slopes() -> None:
    model = auditkit.wrap(network(), classes=(0, 1))
    model.answers(ROWS)
    assert Capability.GRADIENTS in model.capabilities


@pytest.mark.parametrize("trainer", ["dp-sgd", "adversarial", "smoothing-noise"])
def test_auxiliary_outputs_of_training_are_left_out(trainer: str) -> None:
    data = AuditData(ROWS, labels=DATA.labels, positive=1, train=DATA)
    model = auditkit.wrap(Auxiliary(), name="network", classes=(0, 1))
    train = [{"trainer": trainer, "epochs": 1, "batch_size": 10}]
    both = auditkit.compare([model], data, train=train, checks=["performance"], budget="quick")
    assert [errors(result) for result in both.results] == [[], []]
