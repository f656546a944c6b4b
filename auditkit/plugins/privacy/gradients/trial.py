"""Whether an engine's gradients of rows are those that the rows have alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from auditkit.network_output import main_output
from auditkit.plugins.privacy.gradients.alone import gradients_of
from auditkit.plugins.privacy.gradients.engine import Engine

TRIED = 6
"""Rows of a batch whose gradients are compared."""
LITTLE = 1e-4
"""A row's gradient is compared relative to its norm, but at least to this share of the largest norm tried."""


def disagreement(engine: Engine, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """By how much, relatively, a row's gradient in this batch differs from that of the row alone; the worst of a few.

    It sees an engine that is wrong about this module, and a module that mixes rows: also one that does so only while it
    is trained, or only in batches as large as this one. Two comparisons, in the mode that the module is in:

    - each row's gradient and norm against a backward pass of the row by itself, with neither dropout nor noise on both
      sides, for a row has another draw alone than in company;
    - with the random state set alike and dropout as it is, the row's gradient among these rows against its gradient
      among as many others.

    Random state, buffers and gradients are afterwards as before.

    Args:
        engine: on trial.
        inputs: (n, ...) a batch as it is used.
        targets: of them.
    """
    count = len(inputs)
    tried = sorted({round(place) for place in torch.linspace(0, count - 1, min(TRIED, (count + 1) // 2)).tolist()})
    others = torch.ones(count, dtype=torch.bool)
    others[tried] = False
    with _left_as_it_was(engine.module) as random_state_alike:
        with _NoChance():
            alone = [
                gradients_of(
                    engine.loss(engine.module(inputs[row : row + 1]), targets[row : row + 1]), engine.parameters
                )
                for row in tried
            ]
            expected = torch.stack([_flat(gradients) for gradients in alone])
            pairs = [(_rows_of(engine, inputs, targets, tried), expected)]
            if not engine.together:
                pairs.append((_in_company(engine, inputs, targets, tried), expected))
        if others.any():
            rows_of = _rows_of if engine.together else _in_company
            among = []
            for replaced in (False, True):
                company = (
                    _replaced(inputs, targets, others.to(inputs.device), tried[0]) if replaced else (inputs, targets)
                )
                random_state_alike()
                among.append(rows_of(engine, *company, tried))
            pairs.append((among[1], among[0]))
    return max(_apart(*pair) for pair in pairs)


def mixture(engine: Engine, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """By how much, relatively, what the module gives a few rows changes with the rows beside them; 0 for a row alone.

    Two forward passes and nothing backward, so that it can be asked for every batch size that occurs: a module may mix
    rows in batches of some sizes alone, such as those that a normalisation in parts divides.

    Args:
        engine: of the training; one through which each row goes alone mixes nothing.
        inputs: (n, ...) a batch as it is used.
        targets: of them.
    """
    count = len(inputs)
    if count < 2 or not engine.together:
        return 0.0
    tried = sorted(torch.randperm(count)[: min(TRIED, (count + 1) // 2)].tolist())
    others = torch.ones(count, dtype=torch.bool, device=inputs.device)
    others[tried] = False
    with _left_as_it_was(engine.module) as random_state_alike, torch.no_grad():
        given = []
        for batch in (inputs, _replaced(inputs, targets, others, tried[0])[0]):
            random_state_alike()
            given.append(main_output(engine.module(batch))[tried].flatten(1).double())
    least = float(given[0].norm(dim=1).max().clamp_min(1e-12)) * LITTLE
    apart = (given[1] - given[0]).norm(dim=1) / given[0].norm(dim=1).clamp_min(least)
    return float(apart.max().nan_to_num(nan=float("inf")))


def _rows_of(engine: Engine, inputs: torch.Tensor, targets: torch.Tensor, tried: Sequence[int]) -> torch.Tensor:
    """(tried, size + 1) gradients and norms of rows, as the engine has them."""
    collected: dict[int, torch.Tensor] = {}
    for rows, taken in engine.passes(inputs, targets):
        for place, row in enumerate(rows.tolist()):
            if row in tried:
                factors = torch.zeros_like(taken.norms)
                factors[place] = 1
                gradient = torch.cat([part.flatten() for part in taken.weighted(factors)])
                collected[row] = torch.cat([gradient, taken.norms[place].to(gradient).reshape(1)])
    return torch.stack([collected[row] for row in tried])


def _in_company(engine: Engine, inputs: torch.Tensor, targets: torch.Tensor, tried: Sequence[int]) -> torch.Tensor:
    """(tried, size + 1) the same of plain autograd: all rows forward, back from the loss of each row."""
    outputs = main_output(engine.module(inputs))
    losses = [engine.loss(outputs[row : row + 1], targets[row : row + 1]) for row in tried]
    return torch.stack([_flat(gradients_of(loss, engine.parameters)) for loss in losses])


def _flat(gradients: Sequence[torch.Tensor]) -> torch.Tensor:
    gradient = torch.cat([part.flatten() for part in gradients])
    return torch.cat([gradient, gradient.norm().reshape(1)])


def _apart(gradients: torch.Tensor, expected: torch.Tensor) -> float:
    norms = expected[:, :-1].norm(dim=1)
    least = max(LITTLE * float(norms.max()), 1e-12)
    errors = torch.maximum((gradients - expected)[:, :-1].norm(dim=1), (gradients[:, -1] - norms).abs())
    worst = (errors / norms.clamp_min(least)).max()
    return float(worst.nan_to_num(nan=float("inf")))


def _replaced(
    inputs: torch.Tensor, targets: torch.Tensor, others: torch.Tensor, by: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The batch with all other rows replaced by one of those tried: another mean, another spread, the same size."""
    changed = inputs.clone(), targets.clone()
    for tensor in changed:
        tensor[others] = tensor[by].clone()
    return changed


@contextlib.contextmanager
def _left_as_it_was(module: nn.Module) -> Iterator[Any]:
    """Nothing that happens to random state and buffers lasts; gives what sets the random state as at first."""
    buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    devices = sorted({p.device.index or 0 for p in module.parameters() if p.device.type == "cuda"})
    # three digits of a convolution are too few to compare
    precise = torch.backends.cudnn.flags(enabled=True, allow_tf32=False) if devices else contextlib.nullcontext()
    with torch.random.fork_rng(devices=devices), precise:
        states = torch.get_rng_state(), [torch.cuda.get_rng_state(device) for device in devices]

        def alike() -> None:
            torch.set_rng_state(states[0])
            for device, state in zip(devices, states[1], strict=True):
                torch.cuda.set_rng_state(state, device)

        try:
            yield alike
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)


_DROPOUTS = {
    functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d, functional.alpha_dropout,
    functional.feature_alpha_dropout, torch.dropout, torch.dropout_, torch.alpha_dropout, torch.feature_dropout,
}  # fmt: skip
_ITS_CHANCE = {"scaled_dot_product_attention": 4, "multi_head_attention_forward": 10, "lstm": 5, "gru": 5}
"""Where functions that drop out inside take the chance of it; recurrent ones one place later for packed sequences."""


_DRAWS = {
    "rand": 0.5, "rand_like": 0.5, "uniform_": 0.5, "randn": 0.5, "randn_like": 0.5, "normal": 0.5, "normal_": 0.5,
    "bernoulli": 1.0, "bernoulli_": 1.0, "exponential_": 0.5,
}  # fmt: skip
"""What is drawn where nothing may be left to chance, so that it is the same for a row alone and in company."""


class _NoChance(TorchFunctionMode):
    """Dropout does nothing and noise is a constant: whatever else depends on training mode still does."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = dict(kwargs or {})
        if func in _DROPOUTS:
            return args[0] if args else named["input"]
        at = _ITS_CHANCE.get(getattr(func, "__name__", ""))
        if at is not None:
            at += func.__name__ in ("lstm", "gru") and not isinstance(args[3], bool)
            args = (*args[:at], 0.0, *args[at + 1 :]) if len(args) > at else args
            named |= {"dropout_p": 0.0} if "dropout_p" in named else {}
        drawn = _DRAWS.get(getattr(func, "__name__", ""))
        result = func(*args, **named)
        return result if drawn is None else result.fill_(drawn)
