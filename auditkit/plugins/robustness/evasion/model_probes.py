"""What goes on inside the model while it answers: gradients taken, an optimiser at work, a probability given."""

import contextlib
from collections.abc import Iterator
from unittest import mock

import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from auditkit.plugins.robustness.surface import Surface

SUMS = 1e-5


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
    stack = contextlib.ExitStack()
    name = "_engine_run_backward" if hasattr(torch.autograd, "_engine_run_backward") else "grad"
    inner = getattr(torch.autograd, name)

    def spy(*args: object, **kwargs: object) -> object:
        events.append("gradient")
        return inner(*args, **kwargs)

    stack.enter_context(mock.patch.object(torch.autograd, name, spy))
    # an optimiser may step without a gradient that autograd takes
    hook = register_optimizer_step_pre_hook(lambda *_: events.append("step"))
    with stack:
        try:
            yield
        finally:
            hook.remove()
