"""Twenty healthy models, one for each seed, and what each withstands in truth."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier
from torch import nn
from torch.nn import functional

import auditkit
from auditkit.data import AuditData
from benchmarks.healthy_networks import exact

KINDS = ("linear", "tree", "ReLU network", "adversarial MLP", "adversarial CNN")
MOST = 0.2
"""How far the truth is computed."""


class Healthy(NamedTuple):
    """A model, the rows that it is audited on, and the truth about them."""

    kind: str
    model: Any
    data: AuditData
    needed: np.ndarray
    """(N,) the least change of each row that makes the model wrong; 0 where it is wrong already."""
    norm: str | None
    epsilons: tuple[float, ...]


def healthy(seed: int, rows: int = 40) -> Healthy:
    """The model of this seed: the kinds take turns; every other network takes its inputs flattened."""
    kind = KINDS[seed % len(KINDS)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "linear":
            return _linear(seed, rows)
        if kind == "tree":
            return _tree(seed, rows)
        return _network(kind, seed, rows)


def _digits(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (1797, 8, 8) in [0, 1] in an order that hangs on the seed, and their digits."""
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    return (pictures[order] / 16).reshape(-1, 8, 8).astype(np.float32), labels[order]


def _audited(inputs: np.ndarray, labels: np.ndarray, classes: int, flat: bool) -> AuditData:
    """The rows as data whose training split spans the whole range of every pixel."""
    shape = (-1,) if flat else (1, *inputs.shape[-2:])
    more: dict[str, Any] = {"task": "binary", "positive": 1} if classes == 2 else {"task": "multiclass"}
    more |= {} if flat else {"modality": "image"}
    ends = np.stack([np.full(inputs[0].shape, value) for value in range(2)] * classes).astype(np.float32)
    train = AuditData(ends.reshape(len(ends), *shape), labels=np.repeat(np.arange(classes), 2), **more)
    return AuditData(inputs.reshape(len(inputs), *shape), labels=labels, train=train, **more)


def _fit(net: nn.Module, x: np.ndarray, y: np.ndarray, epsilon: float, epochs: int = 30) -> nn.Module:
    """Adam; with an epsilon above 0 on the worst changes that seven steps find (Madry et al. 2018)."""
    adam = torch.optim.Adam(net.parameters(), 1e-2)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    for epoch in range(epochs):
        reach = epsilon * min(1, (epoch + 1) / 10)
        for at in torch.randperm(len(inputs)).split(128):
            tried = _worst(net, inputs[at], labels[at], reach) if reach else inputs[at]
            adam.zero_grad()
            functional.cross_entropy(net(tried), labels[at]).backward()
            adam.step()
    net.zero_grad(set_to_none=True)
    return net.eval()


def _worst(net: nn.Module, x: torch.Tensor, y: torch.Tensor, reach: float) -> torch.Tensor:
    moved = (torch.rand_like(x) * 2 - 1) * reach
    for _ in range(7):
        moved.requires_grad_(True)
        (slope,) = torch.autograd.grad(functional.cross_entropy(net((x + moved).clamp(0, 1)), y), moved)
        moved = (moved.detach() + reach / 4 * slope.sign()).clamp(-reach, reach)
    return (x + moved).clamp(0, 1)


def _grid(needed: np.ndarray) -> tuple[float, ...]:
    """Four sizes of change that some rows withstand and some do not."""
    known = needed[(needed > 1e-4) & np.isfinite(needed)]
    return tuple(sorted(set(np.quantile(known, (0.2, 0.4, 0.6, 0.8)).round(4).tolist())))


def _linear(seed: int, rows: int) -> Healthy:
    """Ten classes, in Linf, L2 and L1, and once more in Linf with shaped inputs."""
    x, y = _digits(seed)
    norm, flat = (("Linf", True), ("L2", True), ("L1", True), ("Linf", False))[seed // len(KINDS)]
    net = _fit(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), x[:1200].reshape(-1, 64), y[:1200], 0.0)
    weight, bias = (parameter.detach().numpy().astype(np.float64) for parameter in net[1].parameters())  # type: ignore[index]
    audited, labels = x[1200 : 1200 + rows], y[1200 : 1200 + rows]
    flattened = audited.reshape(rows, -1).astype(np.float64)
    right = (flattened @ weight.T + bias).argmax(axis=1) == labels
    needed = np.array([exact.linear(weight, bias, *pair, norm) for pair in zip(flattened, labels, strict=True)])
    needed = np.where(right, needed, 0.0)
    model = auditkit.wrap(net, classes=tuple(range(10)), task="multiclass", output="logits")
    return Healthy("linear", model, _audited(audited, labels, 10, flat), needed, norm, _grid(needed))


def _network(kind: str, seed: int, rows: int) -> Healthy:
    """Three digits seen as 4 x 4 pixels, plainly trained; or two halves of the digits, trained against an attack."""
    x, digits = _digits(seed)
    flat = (seed // len(KINDS)) % 2 == 0
    if kind == "ReLU network":
        chosen = np.isin(digits, (3, 8, 9))
        x, y, classes = (
            x[chosen].reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)),
            np.searchsorted((3, 8, 9), digits[chosen]),
            3,
        )
        net: Any = nn.Sequential(nn.Flatten(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    else:
        chosen = np.isin(digits, (1, 3, 5, 7))
        x, y, classes = x[chosen], (digits[chosen] > 4).astype(np.int64), 2
        net = (
            nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2)) if kind.endswith("MLP")
            else nn.Sequential(
                nn.Unflatten(-1, (1, 8, 8)) if flat else nn.Identity(), nn.Conv2d(1, 4, 4, stride=2), nn.ReLU(),
                nn.Flatten(), nn.Linear(36, 2),
            )
        )  # fmt: skip
    split = len(x) - 2 * rows
    shape = (-1,) if flat else (1, *x.shape[-2:])
    _fit(net, x[:split].reshape(split, *shape), y[:split], 0.1 if kind.startswith("adv") else 0.0)
    audited, labels = x[split : split + rows], y[split : split + rows]
    layers = _layers(net, audited[:1].reshape(1, *shape).shape[1:])
    flattened = audited.reshape(rows, -1).astype(np.float64)
    with torch.no_grad():
        right = net(torch.from_numpy(audited.reshape(rows, *shape))).argmax(1).numpy() == labels
    needed = np.array([
        exact.relu(layers, row, int(own), MOST) if fine else 0.0
        for row, own, fine in zip(flattened, labels, right, strict=True)
    ])  # fmt: skip
    model = auditkit.wrap(
        net, classes=tuple(range(classes)), task="binary" if classes == 2 else "multiclass", output="logits"
    )
    return Healthy(kind, model, _audited(audited, labels, classes, flat), needed, "Linf", _grid(needed))


def _layers(net: Any, shape: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The network as linear layers between ReLUs, found by asking each part about every unit vector."""
    parts: list[list[nn.Module]] = [[]]
    for layer in net:
        if isinstance(layer, nn.ReLU):
            parts.append([])
        else:
            parts[-1].append(layer)
    layers = []
    for part in parts:
        count = int(np.prod(shape))
        rows = torch.cat([torch.zeros(1, count), torch.eye(count)]).reshape(count + 1, *shape)
        with torch.no_grad():
            for layer in part:
                rows = layer(rows)
        shape = tuple(rows.shape[1:])
        answers = rows.reshape(count + 1, -1).numpy().astype(np.float64)
        layers.append(((answers[1:] - answers[0]).T, answers[0]))
    return layers


def _tree(seed: int, rows: int) -> Healthy:
    """A table of five numbers, which a tree of depth six decides."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(0, 1, (400 + rows, 5)), columns=list("abcde"))
    wave = np.sin(2 * frame.a) + frame.b * frame.c - 0.5 * frame.d
    labels = np.where(wave > 0, "yes", "no")
    known, some = frame[:400], frame[400:].reset_index(drop=True)
    fitted = DecisionTreeClassifier(max_depth=6, random_state=0).fit(known, labels[:400])
    train = AuditData(known, labels=labels[:400], task="binary", positive="yes")
    data = AuditData(some, labels=labels[400:], task="binary", positive="yes", train=train)
    every = np.vstack([some.to_numpy(), known.to_numpy()])
    scale = np.subtract(*np.percentile(every, (99, 1), axis=0))
    own = (fitted.predict(some) == "yes").astype(int)
    needed = exact.tree(fitted, some.to_numpy(), own, every.min(axis=0), every.max(axis=0), scale)
    needed = np.where(fitted.predict(some) == labels[400:], needed, 0.0)
    return Healthy("tree", auditkit.wrap(fitted), data, needed, None, _grid(needed))
