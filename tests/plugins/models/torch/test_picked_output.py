"""Modules of several outputs: one is audited, by its place or its name, as if the module gave it alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import auditkit
from auditkit.errors import ModelError
from auditkit.models import Capability

ROWS = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)


class Heads(NamedTuple):
    cat: torch.Tensor
    weight: torch.Tensor


class TwoHeads(nn.Module):
    """Two logits of a class, and one number, in the form that `form` makes of them."""

    def __init__(self, form: Any = Heads) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.form, self.cat, self.weight = form, nn.Linear(4, 2), nn.Linear(4, 1)

    def forward(self, rows: torch.Tensor) -> Any:
        return self.form(self.cat(rows), self.weight(rows))


def as_mapping(cat: torch.Tensor, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"cat": cat, "weight": weight}


def as_tuple(cat: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return (cat, weight)


FORMS = {"a record": (Heads, "cat"), "a mapping": (as_mapping, "cat"), "a tuple": (as_tuple, 0)}


@pytest.mark.parametrize("kind", FORMS)
def test_one_output_is_audited_as_if_it_were_alone(kind: str) -> None:
    form, target = FORMS[kind]
    module = TwoHeads(form)
    alone = auditkit.wrap(module.cat)
    model = auditkit.wrap(module, target=target)
    np.testing.assert_allclose(model.probabilities(ROWS), alone.probabilities(ROWS), atol=1e-7)
    targets = np.zeros(len(ROWS), dtype=int)
    np.testing.assert_allclose(model.gradients(ROWS, targets), alone.gradients(ROWS, targets), atol=1e-7)
    with model.module() as inside:
        torch.testing.assert_close(inside(torch.as_tensor(ROWS)), module.cat(torch.as_tensor(ROWS)))
    number = auditkit.wrap(module, target=1, task="regression")
    np.testing.assert_allclose(number.predict(ROWS), module.weight(torch.as_tensor(ROWS)).detach()[:, 0], atol=1e-6)
    assert model.fingerprint != number.fingerprint


def test_a_column_of_one_tensor_is_an_output_too() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())
    model = auditkit.wrap(module, target=2, task="binary")
    with torch.no_grad():
        expected = module(torch.as_tensor(ROWS))[:, 2]
    np.testing.assert_allclose(model.scores(ROWS), expected, atol=1e-7)


@pytest.mark.parametrize("kind", FORMS)
def test_where_none_is_named_the_outputs_are_listed(kind: str) -> None:
    with pytest.raises(ModelError, match=r"it has 2 \((cat, weight|0, 1)\)\. Name the one to audit"):
        auditkit.wrap(TwoHeads(FORMS[kind][0])).predict(ROWS)
    with pytest.raises(ModelError, match="target must name one of the 2 outputs"):
        auditkit.wrap(TwoHeads(FORMS[kind][0]), target="dog").predict(ROWS)


def test_the_only_output_in_a_mapping_needs_no_name_and_a_lone_number_has_none() -> None:
    module = TwoHeads(lambda cat, weight: {"cat": cat})
    model = auditkit.wrap(module)
    before = model.fingerprint
    np.testing.assert_allclose(model.probabilities(ROWS), auditkit.wrap(module.cat).probabilities(ROWS), atol=1e-7)
    assert model.fingerprint == before
    with model.module() as inside:
        assert isinstance(inside(torch.as_tensor(ROWS)), torch.Tensor)
    with pytest.raises(ModelError, match="target is for a module of several outputs"):
        auditkit.wrap(nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)), target=0, task="binary").predict(ROWS)


@pytest.mark.parametrize("kind", FORMS)
def test_untrained_and_reloaded_copies_give_the_same_output(kind: str) -> None:
    form, target = FORMS[kind]
    for options in ({}, {"fresh": lambda: TwoHeads(form)}):
        model = auditkit.wrap(TwoHeads(form), target=target, **options)
        expected = model.probabilities(ROWS)
        fresh = model.fresh()
        assert fresh.probabilities(ROWS).shape == (40, 2) and Capability.TORCH_MODULE in fresh.capabilities
        np.testing.assert_array_equal(model.with_weights(model.weights()).probabilities(ROWS), expected)


def test_several_inputs_and_several_outputs_at_once() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(4)
            self.heads, self.last = TwoHeads(as_mapping), nn.Linear(2, 2)

        def forward(self, left: torch.Tensor, right: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"cat": self.last(self.heads(left)["cat"] * right), "other": left}

    def pieces(rows: Any) -> dict[str, torch.Tensor]:
        tensor = torch.as_tensor(np.asarray(rows, dtype=np.float32))
        return {"left": tensor, "right": tensor[:, :2]}

    module = Both()
    model = auditkit.wrap(module, preprocess=pieces, target="cat", fresh=Both)
    with torch.no_grad():
        expected = torch.softmax(module(**pieces(ROWS))["cat"], dim=1)
    np.testing.assert_allclose(model.probabilities(ROWS), expected, atol=1e-6)
    np.testing.assert_allclose(model.with_weights(model.weights()).probabilities(ROWS), expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace:DeprecationWarning")
def test_traced_graphs_of_several_outputs() -> None:
    module = TwoHeads(as_tuple)
    traced = torch.jit.trace(module, torch.as_tensor(ROWS))
    expected = auditkit.wrap(module.cat).probabilities(ROWS)
    np.testing.assert_allclose(auditkit.wrap(traced, target=0).probabilities(ROWS), expected, atol=1e-6)
    program = torch.export.export(module.eval(), (torch.as_tensor(ROWS[:7]),))  # takes 7 rows alone
    np.testing.assert_allclose(auditkit.wrap(program, target=0).probabilities(ROWS), expected, atol=1e-6)
