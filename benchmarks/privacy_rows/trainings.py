"""Private trainings that are sick, each in one way, and trainings that are healthy: what the controls are judged by."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import nn

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import AuditkitError
from auditkit.plugins.privacy.dp_sgd.trainer import DpSgd
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.gradients.engine import ClippedSum, Engine
from auditkit.predictions import Predictions
from auditkit.trainers import Trained

ROWS = 240
RECIPE: dict[str, Any] = {"epochs": 3, "batch_size": 40, "noise_multiplier": 1.0, "canary_steps": 100, "twin_steps": 30}
"""As small as the sickness still shows."""


def verdict(model: Any, data: AuditData, **parameters: Any) -> str:
    """What is wrong with a private training, by auditkit: why it is refused, or the controls that fail; else empty."""
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), seed=5)
    try:
        private = DpSgd(**RECIPE | parameters).train(model, data, context)
    except AuditkitError as error:
        return str(error)
    return ", ".join(failed(private))


def failed(private: Trained) -> list[str]:
    """The controls that make epsilon invalid."""
    return [one.name for one in private.controls if not one.holds and one.on_failure == "invalid"]


def numbers(seed: int = 0, classes: tuple[str, ...] = ("no", "yes")) -> AuditData:
    """A split of four features, of which two tell the label."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(0, 1, (ROWS, 4)).astype(np.float32)
    labels = np.where(inputs[:, 0] + inputs[:, 1] > 0, classes[1], classes[0])
    return AuditData(inputs, labels=labels, positive=classes[1], name="training")


def network(module: nn.Module, **options: Any) -> Any:
    """A model of a classifier of these classes."""
    options = {"classes": ("no", "yes"), "task": "binary", "output": "logits"} | options
    return auditkit.wrap(module.eval(), name="net", **options)


def mlp() -> nn.Module:
    """A network without anything that could go wrong."""
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))


class Normalising(nn.Module):
    """A batch normalisation by hand, in training, from so many rows on.

    Args:
        least: rows.
    """

    def __init__(self, least: int) -> None:
        super().__init__()
        self.first, self.second, self.least = nn.Linear(4, 8), nn.Linear(8, 2), least

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 2) logits."""
        hidden = self.first(x)
        if self.training and len(x) >= self.least:
            hidden = (hidden - hidden.mean(0)) / (hidden.std(0, unbiased=False) + 0.1)
        logits: torch.Tensor = self.second(hidden)
        return logits


class Remembering(nn.Module):
    """Keeps the rows that it sees in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = mlp()
        self.register_buffer("memory", torch.zeros(ROWS, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 2) logits."""
        if self.training:
            self.memory[: len(x)] = x.detach()  # type: ignore[operator, index]
        logits: torch.Tensor = self.inside(x)
        return logits


class Inheriting(nn.Linear):
    """A layer that draws its weights once."""

    def reset_parameters(self) -> None:
        """Draw them, the first time."""
        if not hasattr(self, "drawn"):
            super().reset_parameters()
            self.drawn = True


@contextlib.contextmanager
def noise_times(factor: float) -> Iterator[None]:
    """Less noise than accounted."""
    whole = torch.randn
    with mock.patch.object(torch, "randn", lambda *shape, **more: factor * whole(*shape, **more)):
        yield


@contextlib.contextmanager
def without_clipping() -> Iterator[None]:
    """Sums of gradients as they are."""
    whole = Engine.clipped_sum

    def unclipped(self: Engine, *rows: Any) -> ClippedSum:
        norm, self.max_grad_norm = self.max_grad_norm, 1e9
        try:
            return whole(self, *rows)
        finally:
            self.max_grad_norm = norm

    with mock.patch.object(Engine, "clipped_sum", unclipped):
        yield


@contextlib.contextmanager
def raw_loss() -> Iterator[None]:
    """Ghost clipping whose second pass goes back from another loss than the one that was weighted: the raw sum."""

    def raw(self: Engine, inputs: torch.Tensor, targets: torch.Tensor, units: Any = None) -> ClippedSum:
        loss = self.loss(self.module(inputs), targets)
        sums = torch.autograd.grad(loss * len(inputs), self.parameters)
        return ClippedSum([one * len(inputs) ** 0.5 for one in sums], torch.ones(len(inputs)), loss.detach())

    with mock.patch.object(Engine, "clipped_sum", raw):
        yield


@contextlib.contextmanager
def original_optimizer() -> Iterator[None]:
    """Steps of the optimizer that nobody wrapped: no clipping, no noise, nothing accounted."""

    def step(self: Training) -> None:
        rows = torch.rand(len(self.problem.inputs)) < self.recipe.sample_rate
        self.journal.sizes.append(int(rows.sum()))
        self.optimizer.zero_grad()
        loss = self.problem.loss(self.engine.module(self.problem.inputs[rows]), self.problem.targets[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    with mock.patch.object(Training, "step", step):
        yield


@contextlib.contextmanager
def rate_times(factor: float) -> Iterator[None]:
    """Batches of a loader that draws more rows than were accounted."""
    whole = torch.rand
    with mock.patch.object(torch, "rand", lambda *shape, **more: whole(*shape, **more) / factor):
        yield


@contextlib.contextmanager
def lost_history() -> Iterator[None]:
    """A training taken up again half-way without what the accountant knew."""
    whole = Training.step

    def step(self: Training) -> None:
        if self.done == self.recipe.steps // 2:
            self.accountant.history = []
        whole(self)

    with mock.patch.object(Training, "step", step):
        yield


def of_process(sickness: Callable[[], Any]) -> str:
    """The verdict on a healthy model whose training is sick."""
    with sickness():
        return verdict(network(mlp()), numbers())


SICK: dict[str, Callable[[], str]] = {
    "no noise": lambda: of_process(lambda: noise_times(0.0)),
    "half the noise": lambda: of_process(lambda: noise_times(0.5)),
    "no clipping": lambda: of_process(without_clipping),
    "ghost clipping with the raw loss": lambda: of_process(raw_loss),
    "the original optimizer": lambda: of_process(original_optimizer),
    "four times the rate": lambda: of_process(lambda: rate_times(4.0)),
    "lost history": lambda: of_process(lost_history),
    "batch normalisation by hand": lambda: verdict(network(Normalising(0)), numbers()),
    "the same in large training batches alone": lambda: verdict(network(Normalising(30)), numbers()),
    "rows in a buffer": lambda: verdict(network(Remembering()), numbers()),
    "state of the parent": lambda: verdict(
        network(nn.Sequential(Inheriting(4, 16), nn.Tanh(), nn.Linear(16, 2))), numbers()
    ),
}
"""{sickness: its verdict}."""


def _pictures(seed: int) -> str:
    rng = np.random.default_rng(seed)
    pictures = rng.normal(0, 1, (ROWS, 1, 8, 8)).astype(np.float32)
    labels = np.where(pictures[:, 0, 0].sum(1) > 0, "yes", "no")
    data = AuditData(pictures, labels=labels, positive="yes", modality="image")
    convolutions = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(), nn.Linear(144, 2)
    )
    return verdict(network(convolutions), data)


def _words(seed: int) -> str:
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 20, (ROWS, 6))
    labels = np.where((words < 8).sum(1) > 2, "yes", "no")

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.norm, self.out = nn.Embedding(20, 8), nn.LayerNorm(8), nn.Linear(8, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.out(self.norm(self.words(x)).mean(1))
            return logits

    return verdict(network(Reader()), AuditData(words, labels=labels, positive="yes"), optimizer="adam")


def _persons(seed: int) -> str:
    split = numbers(seed)
    whose = AuditData(split.inputs, labels=split.labels, positive="yes", unit=np.arange(ROWS) // 3)
    return verdict(network(mlp()), whose, batch_size=16)


def _amounts(seed: int) -> str:
    inputs = np.random.default_rng(seed).normal(0, 1, (ROWS, 4)).astype(np.float32)
    data = AuditData(inputs, labels=inputs @ np.array([1.0, -1.0, 0.5, 0.0]), task="regression")
    head = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).eval()
    return verdict(auditkit.wrap(head, name="net", task="regression"), data, schedule="cosine")


HEALTHY: dict[str, Callable[[int], str]] = {
    "network of numbers": lambda seed: verdict(network(mlp()), numbers(seed)),
    "convolutions with dropout": _pictures,
    "words, Adam": _words,
    "persons of three rows": _persons,
    "regression, cosine schedule": _amounts,
}
"""{configuration: its verdict with a seed}."""
