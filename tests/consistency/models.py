"""Models that do not answer about a row alone, each in a way of its own, and models that do."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


class Mapped(nn.Module):
    """A linear layer on what a function makes of the batch."""

    def __init__(self, before):
        super().__init__()
        self.layer, self.before = nn.Linear(4, 2), before

    def forward(self, rows):
        return self.layer(self.before(rows))


class Hidden(nn.Module):
    """A recurrent network that keeps its state from call to call, for the batch or for each place in it."""

    def __init__(self, per_place=False):
        super().__init__()
        self.cell, self.layer, self.state, self.per_place = nn.GRUCell(4, 8), nn.Linear(8, 2), None, per_place

    def forward(self, rows):
        state = torch.zeros(len(rows) if self.per_place else 1, 8) if self.state is None else self.state
        state = self.cell(rows, state.expand(len(rows), 8))
        self.state = state.detach() if self.per_place else state.detach().mean(0, keepdim=True)
        return self.layer(state)


class Running(nn.Module):
    """Centres by a mean that it keeps moving while it answers."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, rows):
        self.mean = 0.9 * self.mean + 0.1 * rows.mean(0)
        return self.layer(rows - self.mean)


class Sequence(nn.Module):
    """Takes the batch for the steps of one sequence."""

    def __init__(self):
        super().__init__()
        self.cells, self.layer = nn.GRU(4, 8), nn.Linear(8, 2)

    def forward(self, rows):
        return self.layer(self.cells(rows)[0])


class Counter:
    """Answers by how often it was asked."""

    def __init__(self, period=0):
        self.calls, self.period = 0, period

    def __call__(self, rows):
        self.calls += 1
        shift = 0.01 * self.calls if not self.period else self.calls % self.period
        return sigmoid(rows[:, 0] + shift)


class Remembering:
    """Keeps the first answer to as many rows, whichever rows they are."""

    def __init__(self):
        self.kept = {}

    def __call__(self, rows):
        return self.kept.setdefault(len(rows), sigmoid(rows[:, 0]))


class FirstCall:
    """Answers otherwise at the very first call, as where something is made ready then."""

    def __init__(self):
        self.mean = None

    def __call__(self, rows):
        shift = 0.4 if self.mean is None else self.mean
        self.mean = rows[:, 0].mean()
        return sigmoid(rows[:, 0] - shift)


class Warm(FirstCall):
    """Keeps what it saw at the first call."""

    def __call__(self, rows):
        shift = 0.0 if self.mean is None else self.mean
        self.mean = rows[:, 0].mean() + 0.3 if self.mean is None else self.mean
        return sigmoid(rows[:, 0] - shift)


class LastClass:
    """Leans to what it answered last."""

    def __init__(self):
        self.last = 0

    def __call__(self, rows):
        answer = sigmoid(rows[:, 0] + 0.3 * self.last)
        self.last = 1 if answer[-1] > 0.5 else -1
        return answer


class Rare:
    """Labels, of which a few are turned over by chance: each by itself, or all of a call together."""

    def __init__(self, share, seed, together=False):
        self.share, self.rng, self.together = share, np.random.default_rng(seed), together

    def __call__(self, rows):
        turned = self.rng.random(1 if self.together else len(rows)) < self.share
        return ((rows[:, 0] > 0) ^ turned).astype(int)


class Noisy:
    """Adds noise: to each row, one to all rows of a call, or to the weights."""

    def __init__(self, kind="row", seed=3):
        self.kind, self.rng = kind, np.random.default_rng(seed)

    def __call__(self, rows):
        if self.kind == "weights":
            return sigmoid(rows @ (np.array([1, 0, 0, 0]) + 0.3 * self.rng.normal(size=4)))
        return sigmoid(rows[:, 0] + 0.3 * self.rng.normal(size=len(rows) if self.kind == "row" else 1))


class Flipping:
    """Labels, of which a share is turned over by chance."""

    def __init__(self, share, seed=3):
        self.share, self.rng = share, np.random.default_rng(seed)

    def __call__(self, rows):
        return ((rows[:, 0] > 0) ^ (self.rng.random(len(rows)) < self.share)).astype(int)


def network(*layers):
    torch.manual_seed(0)
    return nn.Sequential(*layers)


DEPENDENT = {
    "batch norm without running statistics": lambda: network(
        nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 2)
    ),
    "the same inside": lambda: network(
        nn.Linear(4, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.ReLU(), nn.Linear(8, 2)
    ),
    "centred by the batch": lambda: Mapped(lambda rows: rows - rows.mean(0)),
    "divided by the largest": lambda: Mapped(lambda rows: rows / rows.abs().max()),
    "softmax over the batch": lambda: Mapped(lambda rows: F.softmax(rows, 0)),
    "attention over the batch": lambda: Mapped(lambda rows: F.softmax(rows @ rows.T, 1) @ rows),
    "the row before": lambda: Mapped(lambda rows: rows + 0.1 * rows.roll(1, 0)),
    "the place in the batch": lambda: Mapped(lambda rows: rows + 0.001 * torch.arange(len(rows))[:, None]),
    "seeded dropout": lambda: Mapped(seeded_dropout),
    "a sequence": Sequence,
    "a hidden state": Hidden,
    "a hidden state for each place": lambda: Hidden(per_place=True),
    "a running mean": Running,
    "a rank": lambda: lambda rows: (rows[:, 0].argsort().argsort() + 0.5) / len(rows),
    "the best of the batch": lambda: lambda rows: (rows[:, 0] >= np.quantile(rows[:, 0], 0.7)).astype(int),
    "a count": Counter,
    "every second call": lambda: Counter(2),
    "every third call": lambda: Counter(3),
    "what is remembered by length": Remembering,
    "the call before": FirstCall,
    "what was seen first": Warm,
    "the class of the last answer": LastClass,
    "a small batch": lambda: lambda rows: sigmoid(rows[:, 0] + 0.4 * (len(rows) < 16)),
    "a large batch": lambda: lambda rows: sigmoid(rows[:, 0] + 0.4 * (len(rows) > 400)),
    "an odd number of rows": lambda: lambda rows: sigmoid(rows[:, 0] + 0.4 * (len(rows) % 2)),
}


def seeded_dropout(rows):
    return F.dropout(rows, 0.2) if torch.manual_seed(0) else rows


RANDOM = {
    "dropout": lambda: Mapped(lambda rows: F.dropout(rows, 0.5)),
    "noise": Noisy,
    "noise for each call": lambda: Noisy("call"),
    "random weights": lambda: Noisy("weights"),
    "labels, five in a hundred": lambda: Flipping(0.05),
    "labels, one in a hundred": lambda: Flipping(0.01),
    "the global generator": lambda: lambda rows: sigmoid(rows[:, 0] + 0.1 * np.random.normal(size=len(rows))),
}


def trained(*layers, rows, labels):
    """A network fitted for a moment, so that its statistics and weights are no initial ones; in training mode."""
    module = network(*layers)
    optimiser = torch.optim.Adam(module.parameters(), 1e-2)
    for _ in range(30):
        output = module(rows)
        loss = (
            F.cross_entropy(output, labels)
            if output.shape[1] > 1
            else F.binary_cross_entropy_with_logits(output[:, 0], labels.float())
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return module.train()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(1, 8)
        self.layers = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.last = nn.Linear(8, 2)

    def forward(self, rows):
        return self.last(self.layers(self.embed(rows[:, :, None])).mean(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells, self.last = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, rows):
        return self.last(self.cells(rows[:, :, None])[0][:, -1])


def wide(*middle, outputs=2, width=64):
    return (nn.Linear(4, width), *middle, nn.Linear(width, outputs))


TABLE = {
    "linear": lambda: (nn.Linear(4, 2),),
    "relu": lambda: wide(nn.ReLU()),
    "one output": lambda: wide(nn.Tanh(), outputs=1),
    "batch norm": lambda: wide(nn.BatchNorm1d(64), nn.ReLU()),
    "layer norm": lambda: wide(nn.LayerNorm(64), nn.GELU()),
    "dropout": lambda: wide(nn.Dropout(0.5), nn.ReLU()),
    "deep": lambda: wide(*(nn.ReLU(), nn.Linear(256, 256)) * 3, width=256),
    "attention": lambda: (Attention(),),
    "recurrent": lambda: (Recurrent(),),
}
PICTURES = {
    "convolutions": lambda: (nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2)),
    "batch norm": lambda: (nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2)),
    "group norm": lambda: (
        nn.Conv2d(1, 8, 3), nn.GroupNorm(2, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2),
    ),
    "instance norm": lambda: (
        nn.Conv2d(1, 8, 3), nn.InstanceNorm2d(8), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(32, 2),
    ),
}  # fmt: skip
