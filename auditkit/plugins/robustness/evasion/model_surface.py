"""A wrapped torch model as the surface that is attacked: disguises seen through, and what goes on inside seen."""

import contextlib
from collections.abc import Iterator
from unittest import mock

import numpy as np
import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from auditkit.plugins.robustness.surface import Surface, as_logits

MIXED = 128
"""Rows, and as many mixtures of two rows, at which a module is watched."""
SUMS = 1e-5


def mixtures(origins: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(M, D) different rows of `origins` (N, D), and mixtures of two of them in what is `free` (D,) to move."""
    # mixtures lie between classes: on rows alone few decisions are near to another
    first, second = (origins[rng.integers(0, len(origins), MIXED)] for _ in range(2))
    mixed = first + rng.random((MIXED, 1)) * (second - first) * free
    return np.unique(np.vstack([origins[:MIXED], mixed]), axis=0)


def is_disguised(surface: Surface, origins: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether what is said to be logits is probabilities, in which case the surface reads it as such from now on."""
    if surface.kind != "logits":
        return False
    sample = torch.as_tensor(origins[:64].reshape(-1, *shape)).to(surface.low)
    with torch.no_grad():
        output = surface.inner(sample)
    if not is_probability(as_logits(getattr(output, "logits", output), "logits")):
        return False
    surface.kind = "probabilities"
    return True


def read(surface: Surface, disguised: bool) -> str:
    """How the output was read, in words."""
    lens = surface.lens
    stepped = ", through what is rounded inside" if lens is not None and lens.steps else ""
    if lens is not None and lens.ends:
        start = "the output was said to be logits and looks like probabilities; " if disguised else ""
        return f"{start}what lies beneath the output, which hides how near a decision is, was attacked{stepped}"
    if disguised:
        return f"the output was said to be logits, looks like probabilities, and its logarithm was attacked{stepped}"
    logarithm = ", and their logarithm was attacked" if "probabilit" in surface.kind else ""
    return f"outputs were read as {surface.kind}{logarithm}{stepped}"


def takes_gradients(surface: Surface, unit: Tensor) -> bool:
    """Whether answering about these inputs (n, *shape) takes a gradient or steps an optimiser."""
    events: list[str] = []
    # frozen parameters may stop such a model short: that is seen all the same
    with _watched(events), torch.enable_grad(), contextlib.suppress(RuntimeError):
        surface(unit.detach().clone().requires_grad_(True))
    return bool(events)


def is_probability(output: Tensor) -> bool:
    """Whether every row of (n, C) lies between 0 and 1 and sums to 1, within 1e-5 (Croce and Hein 2020, checks)."""
    if output.ndim != 2 or output.shape[1] < 2 or not len(output):
        return False
    least, most = float(output.min()), float(output.max())
    sums = output.double().sum(dim=1)
    return least > -SUMS and most < 1 + SUMS and bool(((sums - 1).abs() < SUMS).all())


@contextlib.contextmanager
def _watched(events: list[str]) -> Iterator[None]:
    """Note every gradient taken, by whatever name, and every step of an optimiser."""
    name = "_engine_run_backward" if hasattr(torch.autograd, "_engine_run_backward") else "grad"
    inner = getattr(torch.autograd, name)

    def spy(*args: object, **kwargs: object) -> object:
        events.append("gradient")
        return inner(*args, **kwargs)

    # an optimiser may step without a gradient that autograd takes
    hook = register_optimizer_step_pre_hook(lambda *_: events.append("step"))
    try:
        with mock.patch.object(torch.autograd, name, spy):
            yield
    finally:
        hook.remove()
