"""Shadow networks: copies of one network, each trained on rows of its own, all at once.

`fit` trains them and `answers` asks them about all rows. Networks of linear layers and ReLU are trained by products of
stacked matrices (`stacked_mlp.py`), others by torch.func.vmap, and those with batch normalisation one after another:
the same steps on the same batches in each case, up to rounding and the masks of dropout.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.network_output import main_output
from auditkit.plugins.privacy.shared.stacked_mlp import StackedMlp

Optimizer: TypeAlias = Callable[[list[torch.Tensor]], torch.optim.Optimizer]
"""Makes an optimizer that treats each number by itself, as SGD and Adam do: it is given stacked parameters."""
RowLoss: TypeAlias = Callable[[Any, torch.Tensor], torch.Tensor]
"""(n, ...) outputs and (n, ...) targets in, (n,) losses out."""

AT_ONCE = 16
"""Networks that are trained together; more would not stay in a processor's cache."""
ASKED = 2048
"""Rows that trained networks are asked about at once."""


class Recipe(NamedTuple):
    """How each network is trained."""

    epochs: int
    batch_size: int
    """About: the rows of a network are cut into batches of equal size, as many as for the others."""
    optimizer: Optimizer
    tick: Callable[[], None] = lambda: None
    """Called before each epoch; whatever it raises ends the training."""


class Batches(NamedTuple):
    """The rows of each step of an epoch."""

    rows: torch.Tensor
    """(K, steps, most) positions, filled up with 0."""
    weights: torch.Tensor
    """(K, steps, most) one over the batch's size, 0 where it was filled up."""


class Stack(Protocol):
    """Networks side by side."""

    parameters: list[torch.Tensor]
    """What the optimizer moves."""

    def gradients(self, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> None:
        """Set the gradients of the weighted sum of losses, each network of its own batch.

        Args:
            inputs: (K, b, ...).
            targets: (K, b, ...).
            weights: (K, b).
        """

    def write(self) -> None:
        """Give the networks what they have learnt."""


def cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """(n,) losses of (n, C) logits and (n,) classes."""
    return functional.cross_entropy(outputs, targets, reduction="none")


def fit(
    modules: Sequence[nn.Module],
    inputs: torch.Tensor,
    targets: torch.Tensor,
    members: torch.Tensor,
    recipe: Recipe,
    seed: int,
    loss: RowLoss = cross_entropy,
) -> None:
    """Train each network on its own rows, in place.

    Args:
        modules: K networks of one kind with weights of their own; in eval mode afterwards.
        inputs: (N, ...) encoded.
        targets: (N,) or (N, ...).
        members: (K, N) bool, the rows of each network; at least one each.
        recipe: of all.
        seed: of the order of rows.
        loss: of rows.

    Raises:
        ModelError: a network has no rows.
    """
    if not bool(members.any(dim=1).all()):
        raise ModelError("each shadow network needs rows to be trained on; one of them has none")
    inputs = inputs.contiguous()  # tables come column by column, and rows are fetched in every step
    generator = torch.Generator().manual_seed(seed)
    orders = [_epochs(mine, recipe, generator) for mine in torch.split(members.cpu(), AT_ONCE)]
    for start, epochs in zip(range(0, len(modules), AT_ONCE), orders, strict=True):
        group = list(modules[start : start + AT_ONCE])
        for module in group:
            module.train()
        stack = _stack(group, inputs, targets, loss)
        _train(stack, inputs, targets, epochs, recipe.optimizer(stack.parameters))
        stack.write()
        for module in group:
            module.eval()


def answers(modules: Sequence[nn.Module], inputs: torch.Tensor) -> torch.Tensor:
    """(K, N, ...) what each network answers about all rows."""
    with torch.no_grad():
        parts = torch.split(inputs, ASKED)
        return torch.stack([torch.cat([main_output(module(rows)) for rows in parts]) for module in modules])


def batches(members: torch.Tensor, batch_size: int, generator: torch.Generator) -> Batches:
    """Each network's rows in an order of its own, cut into the same number of batches, whose sizes differ by at most 1.

    Args:
        members: (K, N) bool.
        batch_size: of the batches, about.
        generator: of the orders.
    """
    counts = members.sum(dim=1)
    steps = max(1, round(float(counts.double().mean()) / batch_size))
    ends = torch.div(counts[:, None] * torch.arange(steps + 1)[None], steps, rounding_mode="floor")
    sizes = ends.diff(dim=1)
    places = torch.arange(int(sizes.max()))
    held = places < sizes[:, :, None]
    rows = torch.zeros(held.shape, dtype=torch.int64)
    for network, mine in enumerate(members):
        own = torch.nonzero(mine).flatten()
        rows[network][held[network]] = own[torch.randperm(len(own), generator=generator)]
    return Batches(rows, held.double() / sizes[:, :, None].clamp_min(1))


def _epochs(members: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> Iterator[Batches]:
    seeds = torch.randint(2**62, (recipe.epochs,), generator=generator)
    for own in seeds.tolist():
        recipe.tick()
        yield batches(members, recipe.batch_size, torch.Generator().manual_seed(own))


def _train(
    stack: Stack, inputs: torch.Tensor, targets: torch.Tensor, epochs: Iterator[Batches], optimizer: Any
) -> None:
    kind = stack.parameters[0].dtype
    for epoch in epochs:
        # a step's rows lie side by side, and are copied into the same memory in every step
        rows_of_steps = epoch.rows.transpose(0, 1).contiguous().to(inputs.device)
        weights_of_steps = epoch.weights.transpose(0, 1).to(inputs.device, kind).contiguous()
        shape = rows_of_steps.shape[1:]
        taken = [values.new_empty((shape.numel(), *values.shape[1:])) for values in (inputs, targets)]
        for rows, weights in zip(rows_of_steps, weights_of_steps, strict=True):
            for values, memory in zip((inputs, targets), taken, strict=True):
                torch.index_select(values, 0, rows.flatten(), out=memory)
            stack.gradients(
                taken[0].view(*shape, *inputs.shape[1:]), taken[1].view(*shape, *targets.shape[1:]), weights
            )
            optimizer.step()


def _stack(modules: list[nn.Module], inputs: torch.Tensor, targets: torch.Tensor, loss: RowLoss) -> Stack:
    """The fastest that serves."""
    if loss is cross_entropy and StackedMlp.serves(modules[0], inputs, targets):
        return StackedMlp(modules)
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in modules[0].modules()):
        return OneAfterAnother(modules, loss)
    return Vectorised(modules, loss)


class Vectorised:
    """Any network whose forward pass changes no buffer, by torch.func.vmap: see `Stack`."""

    def __init__(self, modules: list[nn.Module], loss: RowLoss) -> None:
        from torch.func import functional_call, stack_module_state, vmap

        self._modules, self._loss = modules, loss
        stacked, buffers = stack_module_state(modules)
        trained = {name for name, parameter in modules[0].named_parameters() if parameter.requires_grad}
        self._named = {name: values.detach().requires_grad_(name in trained) for name, values in stacked.items()}
        self.parameters = [values for values in self._named.values() if values.requires_grad]

        def outputs(weights: Any, own: Any, rows: torch.Tensor) -> Any:
            return main_output(functional_call(modules[0], (weights, own), (rows,)))

        self._forward = vmap(outputs, randomness="different")
        self._buffers = buffers

    def gradients(self, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> None:
        """See `Stack`."""
        with warnings.catch_warnings(action="ignore"):  # of functions without a rule of their own, slow and right
            outputs = self._forward(self._named, self._buffers, inputs)
        losses = self._loss(outputs.flatten(0, 1), targets.flatten(0, 1))
        total = (losses * weights.flatten().to(losses)).sum()
        for values, gradient in zip(self.parameters, torch.autograd.grad(total, self.parameters), strict=True):
            values.grad = gradient

    def write(self) -> None:
        """See `Stack`."""
        with torch.no_grad():
            for place, module in enumerate(self._modules):
                for name, parameter in module.named_parameters():
                    parameter.copy_(self._named[name][place])


class OneAfterAnother:
    """Any network at all, and what the others must agree with: see `Stack`."""

    def __init__(self, modules: list[nn.Module], loss: RowLoss) -> None:
        self._modules, self._loss = modules, loss
        self.parameters: list[torch.Tensor] = [p for net in modules for p in net.parameters() if p.requires_grad]

    def gradients(self, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> None:
        """See `Stack`."""
        for parameter in self.parameters:
            parameter.grad = None
        for place, module in enumerate(self._modules):
            held = weights[place] > 0
            losses = self._loss(main_output(module(inputs[place][held])), targets[place][held])
            (losses * weights[place][held].to(losses)).sum().backward()  # type: ignore[no-untyped-call]

    def write(self) -> None:
        """The networks were trained themselves."""
