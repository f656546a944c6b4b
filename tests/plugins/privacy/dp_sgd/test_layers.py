"""Layers that cannot be trained privately, and layers of the same answers that can be trained faster."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.layers import changed_outputs, refuse_layers, slow_layers


class Reads(nn.Module):
    """Words in a row, read by a layer that stands for a kind."""

    def __init__(self, reader: nn.Module) -> None:
        super().__init__()
        self.reader, self.out = reader, nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        read = self.reader(x, x, x)[0] if hasattr(self.reader, "num_heads") else self.reader(x)[0]
        return self.out(read.mean(1))


ROWS = torch.randn(20, 5, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("reader", [nn.LSTM(8, 8, batch_first=True), nn.GRU(8, 8, batch_first=True)])
def test_a_faster_layer_is_offered_with_the_same_outputs(reader: nn.Module) -> None:
    (sentence,) = slow_layers(Reads(reader).train(), ROWS)
    assert sentence.startswith("reader: opacus.layers.DP") and "which gives the same outputs" in sentence


def test_a_layer_that_answers_otherwise_is_not_called_the_same() -> None:
    """The attention of opacus 1.6 answers otherwise where rows come first."""
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    (sentence,) = slow_layers(Reads(attention).train(), ROWS)
    assert "DPMultiheadAttention trains faster, whose outputs differ here by up to" in sentence
    assert changed_outputs(Reads(attention), ROWS, {"reader": lambda old: old}) == 0


def test_a_batch_normalisation_is_refused_with_what_stands_in_for_it() -> None:
    network = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)).train()
    with pytest.raises(ModelError, match=r"1 \(BatchNorm1d\) mixes rows.*GroupNorm.*outputs change by up to .*anew"):
        refuse_layers(network, ROWS[:, 0], "net")
    network[1].eval()
    refuse_layers(network, ROWS[:, 0], "net")
    refuse_layers(nn.Sequential(nn.Linear(8, 8), nn.GroupNorm(2, 8)).train(), ROWS[:, 0], "net")
