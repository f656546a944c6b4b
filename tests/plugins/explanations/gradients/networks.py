"""Small trained networks of each kind, and data for them."""

import functools

import numpy as np
import torch
from sklearn.datasets import load_digits

VOCABULARY, LENGTH = 30, 12


def train(net, inputs, labels, steps=60, rate=0.02):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for layer in net.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        optimiser = torch.optim.Adam(net.parameters(), rate)
        net.train()
        for _ in range(steps):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(inputs), labels).backward()
            optimiser.step()
    optimiser.zero_grad()
    return net.eval()


@functools.cache
def pictures():
    """Digits (N, 1, 8, 8) and labels."""
    images, labels = load_digits(return_X_y=True)
    return torch.as_tensor(images.reshape(-1, 1, 8, 8) / 16, dtype=torch.float32), torch.as_tensor(labels)


@functools.cache
def cnn():
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(),
        torch.nn.Conv2d(8, 12, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
        torch.nn.Dropout(0.2), torch.nn.Linear(192, 10),
    )  # fmt: skip
    x, y = pictures()
    return train(net, x[:600], y[:600], 60, 0.01)


@functools.cache
def table():
    """Rows (400, 6) and whether they are positive: three columns matter, one of them twice as much."""
    rows = np.random.default_rng(0).normal(size=(400, 6))
    score = 2 * rows[:, 0] - rows[:, 1] + rows[:, 2] * (rows[:, 0] > 0)
    return torch.as_tensor(rows, dtype=torch.float32), torch.as_tensor((score > 0).astype(int))


@functools.cache
def mlp():
    net = torch.nn.Sequential(torch.nn.Linear(6, 24), torch.nn.ReLU(), torch.nn.Linear(24, 12), torch.nn.ReLU(),
                              torch.nn.Linear(12, 2))  # fmt: skip
    return train(net, *table(), 120)


@functools.cache
def sentences():
    """Numbers of words (400, 12), 0 for none: words under 8 speak for the class, those from 8 to 15 against it."""
    rng = np.random.default_rng(0)
    words = rng.integers(1, VOCABULARY, (400, LENGTH))
    words[np.arange(LENGTH) >= rng.integers(6, LENGTH + 1, 400)[:, None]] = 0
    weights = np.zeros(VOCABULARY)
    weights[1:8], weights[8:16] = 1.0, -1.0
    return torch.as_tensor(words), torch.as_tensor((weights[words].sum(axis=1) > 0).astype(int))


class Recurrent(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.words = torch.nn.Embedding(VOCABULARY, 8, padding_idx=0)
        self.cells = kind(8, 12, batch_first=True)
        self.head = torch.nn.Linear(12, 2)

    def forward(self, numbers):
        return self.head(self.cells(self.words(numbers.long()))[0].mean(dim=1))


class Attending(torch.nn.Module):
    """A small Transformer that masks padding and knows where a word stands."""

    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(VOCABULARY, 8, padding_idx=0)
        self.places = torch.nn.Embedding(LENGTH, 8)
        layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = torch.nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = torch.nn.Linear(8, 2)

    def forward(self, numbers):
        absent = numbers == 0
        inside = self.words(numbers) + self.places(torch.arange(numbers.shape[1], device=numbers.device))
        inside = self.encoder(inside, src_key_padding_mask=absent)
        kept = (~absent).unsqueeze(-1).to(inside.dtype)
        return self.head((inside * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1))


@functools.cache
def lstm():
    return train(Recurrent(torch.nn.LSTM), *sentences(), 60)


@functools.cache
def gru():
    return train(Recurrent(torch.nn.GRU), *sentences(), 60)


@functools.cache
def transformer():
    return train(Attending(), *sentences(), 60, 0.01)
