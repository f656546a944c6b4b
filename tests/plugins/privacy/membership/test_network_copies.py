"""Copies of a network: trained on their own rows, from other weights, and refused where that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.demos.networks import fit, make_mlp, seeded
from auditkit.plugins.privacy.membership.check import Membership
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.network_copies import LOSSES
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.membership.pool import NoCopy, Pool
from auditkit.predictions import Predictions

ROWS = 300
INPUTS = np.random.default_rng(0).normal(0, 1, (2 * ROWS, 6)).astype(np.float32)
LABELS = (INPUTS[:, 0] + np.random.default_rng(1).normal(0, 1, 2 * ROWS) > 0).astype(np.int64)
RECIPE: dict[str, Any] = {"epochs": 40, "learning_rate": 1e-2, "batch_size": 32}


@pytest.fixture(scope="module")
def network() -> Any:
    module = seeded(make_mlp, 6)
    fit(module, INPUTS[:ROWS], LABELS[:ROWS], epochs=60, lr=1e-2)
    return module


def wrapped(module: Any, **options: Any) -> Any:
    model = auditkit.wrap(module, classes=(0, 1), **options)
    model.answers(INPUTS[:8])
    return model


def test_copies_know_their_own_rows_and_the_model_is_left_as_it_was(network: Any) -> None:
    model = wrapped(network)
    before, state = model.fingerprint, torch.random.get_rng_state()
    by_lot = np.random.default_rng(2).integers(0, 2, ROWS)
    half = np.arange(ROWS) < ROWS // 2
    pool = Pool(INPUTS[:ROWS], by_lot, np.array([half, ~half]), np.array([3, 4]))
    asks = copier(model, Parameters(**{**RECIPE, "epochs": 150}))(pool, lambda done, of: True)
    for ask, own in zip(asks, pool.fitted, strict=True):
        right = ask(INPUTS[:ROWS]).argmax(axis=1) == by_lot
        assert right[own].mean() > 0.9 > 0.65 > right[~own].mean()
    assert model.fingerprint == before and torch.equal(state, torch.random.get_rng_state())
    again = copier(model, Parameters(**{**RECIPE, "epochs": 150}))(pool, lambda done, of: True)
    np.testing.assert_array_equal(asks[0](INPUTS), again[0](INPUTS))


def run(model: Any, **parameters: Any) -> Any:
    train = AuditData(INPUTS[:ROWS], labels=LABELS[:ROWS], positive=1)
    data = AuditData(INPUTS[ROWS:], labels=LABELS[ROWS:], positive=1, train=train)
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), seed=0)
    return Membership(**parameters)(model, data, context)


def area(result: Any) -> Any:
    return next(measurement for measurement in result.measurements if measurement.name == "auc")


def test_with_its_recipe_a_network_is_attacked_by_copies_and_without_it_is_said_what_is_lacking(network: Any) -> None:
    without, with_recipe = run(wrapped(network)), run(wrapped(network), **RECIPE)
    assert area(without).conditions == {"attack": "loss"}
    assert "say how with epochs, and learning_rate" in without.notes[-1]
    assert area(with_recipe).conditions == {"attack": "rmia"}
    assert area(with_recipe).interval.low > 0.6


def test_a_network_that_never_saw_them_gives_no_members_away(network: Any) -> None:
    other = np.random.default_rng(9).normal(0, 1, (ROWS, 6)).astype(np.float32)
    module = seeded(make_mlp, 6, seed=5)
    fit(module, other, (other[:, 0] + np.random.default_rng(8).normal(0, 1, ROWS) > 0).astype(np.int64), epochs=40)
    measured = area(run(wrapped(module), **RECIPE))
    assert measured.interval.low < 0.5 < measured.interval.high


@pytest.mark.parametrize("output", list(LOSSES))
def test_every_kind_of_output_is_trained_by_its_loss(output: str) -> None:
    torch.manual_seed(11)
    width = 1 if output.startswith("one ") else 2
    last = {"probabilities": [torch.nn.Softmax(1)], "one probability": [torch.nn.Sigmoid()]}.get(output, [])
    module = torch.nn.Sequential(torch.nn.Linear(6, width), *last)
    model = wrapped(module, task="binary")
    assert model.output == output
    pool = Pool(INPUTS, LABELS, np.ones((1, 2 * ROWS), dtype=bool), np.array([0]))
    (ask,) = copier(model, Parameters(**{**RECIPE, "optimizer": "sgd"}))(pool, lambda done, of: True)
    assert np.mean(ask(INPUTS).argmax(axis=1) == LABELS) > 0.7


def test_a_frozen_body_is_trained_where_it_was_drawn_anew_and_kept_where_it_is_given(network: Any) -> None:
    body, head = torch.nn.Linear(6, 8), torch.nn.Linear(8, 2)
    body.requires_grad_(False)
    module = torch.nn.Sequential(body, torch.nn.ReLU(), head)
    pool = Pool(INPUTS, LABELS, np.ones((1, 2 * ROWS), dtype=bool), np.array([0]))
    kept = wrapped(module, fresh=lambda: torch.nn.Sequential(body, torch.nn.ReLU(), torch.nn.Linear(8, 2)))
    before = body.weight.clone()
    for model, least in ((wrapped(module), 0.7), (kept, 0.6)):
        (ask,) = copier(model, Parameters(**RECIPE))(pool, lambda done, of: True)
        assert np.mean(ask(INPUTS).argmax(axis=1) == LABELS) > least
    assert torch.equal(body.weight, before) and not body.weight.requires_grad


def test_what_cannot_be_copied_says_why(network: Any) -> None:
    with pytest.raises(NoCopy, match="makes one with the weights of the model"):
        copier(wrapped(network, fresh=lambda: network), Parameters(**RECIPE))

    class Odd(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(6, 2))

        def forward(self, rows: Any) -> Any:
            return rows @ self.weight

    with pytest.raises(NoCopy, match="no untrained copy can be made"):
        copier(wrapped(Odd()), Parameters(**RECIPE))
