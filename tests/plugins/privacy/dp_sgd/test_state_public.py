"""Parts that are named public where torch keeps them otherwise: tied weights, sparse buffers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.trainers import Trained
from tests.plugins.privacy.dp_sgd.training_data import Base, run, seeded, split_of, without_accounting, wrapped


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)


@pytest.fixture(scope="module")
def split() -> AuditData:
    return split_of(200)


def train(module: nn.Module, data: AuditData, public: tuple[str, ...] = ()) -> Trained:
    return run(wrapped(module), data, epochs=2, batch_size=40, noise_multiplier=1.0, public=public)


class Tied(Base):
    """A decoder that has the weight of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.back = nn.Linear(8, 4, bias=False)
        self.again = nn.Linear(4, 8, bias=False)
        self.again.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(self.back(torch.tanh(self.again(x))))


@pytest.mark.parametrize("name", ["first.weight", "again.*"])
def test_a_tied_weight_is_public_by_either_of_its_names(name: str, split: AuditData) -> None:
    parent = seeded(Tied)
    private = train(parent, split, (name,))
    made = private.model.estimator()
    assert torch.equal(made.first.weight, parent.first.weight) and made.again.weight is made.first.weight
    assert not torch.equal(made.back.weight, parent.back.weight)
    assert [row[0] for table in private.tables if "public" in table.name for row in table.rows] == ["first.weight"]


class Neighbours(Base):
    """A graph as a sparse matrix, named public, and one of which no data is a part."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("graph", torch.triu(torch.rand(8, 8)).to_sparse())
        self.register_buffer("alone", torch.eye(8).to_sparse())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.tanh(self.first(x)).T
        return self.second((torch.sparse.mm(self.graph, hidden) + torch.sparse.mm(self.alone, hidden)).T)


def test_sparse_buffers_are_kept_where_they_are_public(split: AuditData) -> None:
    with pytest.raises(ModelError, match=r'in graph: .* say public = \["graph"\]'):
        train(seeded(Neighbours), split)
    private = train(seeded(Neighbours), split, ("graph",))
    assert all(control.holds for control in private.controls)
