"""The fastest engine that is right is chosen, and modules in which rows mix are seen."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.plugins.privacy.gradients.alone import OneByOne, Vectorised
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.choice import ENGINES, ROW_ERROR, choose, sizes
from auditkit.plugins.privacy.gradients.hooks import Hooks
from auditkit.plugins.privacy.gradients.trial import disagreement
from tests.plugins.privacy.gradients.networks import (
    Mixing,
    Mixture,
    Outside,
    Scaled,
    Tied,
    Words,
    made,
    mlp,
    pictures,
    problem,
    words,
)

pytest.importorskip("opacus")


def attention() -> nn.Sequential:
    block = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    return nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (2, 4)), block, nn.Flatten(), nn.Linear(8, 3))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.LSTM(4, 3, num_layers=2, dropout=0.5, batch_first=True), nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x)[0][:, -1])


SERVED = {
    "mlp": (mlp, problem(4), Bookkeeper),
    "pictures": (pictures, problem(2, 9, 9), Bookkeeper),
    "words": (Words, words(), Bookkeeper),
    "tied": (Tied, words(), Bookkeeper),
    "weights outside their layers": (Outside, problem(4), Hooks),
    "attention": (attention, problem(4), Vectorised),
    "recurrent": (Recurrent, problem(5, 4), OneByOne),
}


@pytest.mark.parametrize(("network", "rows", "kind"), SERVED.values(), ids=SERVED)
def test_a_healthy_network_is_served_by_the_fastest_that_is_right(network, rows, kind) -> None:
    choice = choose(made(network()), functional.cross_entropy, 1.0, *rows, chunk=16)
    assert type(choice.engine) is kind, choice
    assert choice.error < 1e-9
    assert [name for name, _ in choice.refused] == [engine.name for engine in ENGINES[: ENGINES.index(kind)]]


def mixture() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), Mixture(), nn.Linear(8, 3))


def by_the_batch(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A loss that is no mean of rows: classes are weighted by how many of them the batch has."""
    shares = functional.one_hot(targets, 3).sum(0).to(outputs)
    return functional.cross_entropy(outputs, targets, weight=shares)


SICK = {
    "normalised by hand": Mixing,
    "normalised by hand in large training batches": lambda: Mixing(15),
    "scaled by the size of the batch": Scaled,
    "mixed by what calls itself a dropout": mixture,
}


@pytest.mark.parametrize("network", SICK.values(), ids=SICK)
def test_rows_that_mix_are_seen_whatever_the_engine(network) -> None:
    inputs, targets = problem(4, rows=40)
    module = made(network())
    assert choose(module, functional.cross_entropy, 1.0, inputs, targets, chunk=16).error > 10 * ROW_ERROR
    for kind in ENGINES:
        engine = kind(module, functional.cross_entropy, 1.0)
        assert disagreement(engine, inputs[:16], targets[:16]) > 10 * ROW_ERROR, kind.name


def test_a_loss_that_mixes_rows_is_computed_for_each_row_alone() -> None:
    inputs, targets = problem(4, rows=40)
    choice = choose(made(mlp()), by_the_batch, 1.0, inputs, targets**2 % 3, chunk=16)
    assert not choice.engine.together and choice.error < 1e-9
    assert "from those of rows alone" in choice.refused[0][1] and "from those of rows alone" in choice.refused[1][1]


def test_what_shows_in_large_batches_alone_needs_one() -> None:
    engine = Bookkeeper(made(Mixing(15)), functional.cross_entropy, 1.0)
    inputs, targets = problem(4, rows=40)
    assert disagreement(engine, inputs[:15], targets[:15]) < 1e-9
    assert disagreement(engine, inputs[:16], targets[:16]) > 0.01
    engine.module.eval()
    assert disagreement(engine, inputs[:16], targets[:16]) < 1e-9


class Blind(Bookkeeper):
    """Wrong about one parameter: as an engine that does not see a use of it."""

    def take(self, *arguments):
        taken = super().take(*arguments)
        whole = taken.weighted
        taken.weighted = lambda factors: [part * (0.9 if at else 1) for at, part in enumerate(whole(factors))]
        return taken


class TooSmall(Bookkeeper):
    """Right gradients, and norms that are too small: clipping would let too much pass."""

    def take(self, *arguments):
        taken = super().take(*arguments)
        taken.norms = 0.9 * taken.norms
        return taken


@pytest.mark.parametrize("kind", [Blind, TooSmall])
def test_an_engine_that_is_wrong_is_not_taken(kind, monkeypatch) -> None:
    module = made(mlp())
    inputs, targets = problem(4)
    assert disagreement(kind(module, functional.cross_entropy, 1.0), inputs, targets) > 0.01
    monkeypatch.setattr("auditkit.plugins.privacy.gradients.choice.ENGINES", (kind, OneByOne))
    choice = choose(module, functional.cross_entropy, 1.0, inputs, targets, chunk=16)
    assert type(choice.engine) is OneByOne and "% from those of rows alone" in choice.refused[0][1]


def test_the_trial_leaves_module_and_random_state_as_they_were() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = mlp()
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return self.layer(x)

    module = made(Counts())
    before, state = {n: v.clone() for n, v in module.state_dict().items()}, torch.get_rng_state()
    disagreement(Bookkeeper(module, functional.cross_entropy, 1.0), *problem(4))
    assert torch.equal(torch.get_rng_state(), state) and module.training
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_no_more_rows_are_tried_together_than_go_through_together(monkeypatch) -> None:
    largest: list[int] = []

    class Watched(Bookkeeper):
        def take(self, inputs, targets, units=None):
            largest.append(len(inputs))
            return super().take(inputs, targets, units)

    monkeypatch.setattr("auditkit.plugins.privacy.gradients.engine.AT_ONCE", 20)
    monkeypatch.setattr("auditkit.plugins.privacy.gradients.choice.ENGINES", (Watched, OneByOne))
    choice = choose(made(mlp()), functional.cross_entropy, 1.0, *problem(4, rows=60), chunk=50)
    choice.engine.clipped_sum(*problem(4, rows=60))
    assert type(choice.engine) is Watched and max(largest) == 20 and {1, 9} <= set(largest)


def test_batches_are_tried_in_the_sizes_that_are_used() -> None:
    assert sizes(1000, 256) == [256, 127, 1] and sizes(5, 256) == [5, 1] and sizes(1, 4) == [1]
