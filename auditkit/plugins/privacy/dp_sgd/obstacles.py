"""What stands in the way of a private training, told before it begins: half floats, compiled code, moving state."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd import state
from auditkit.plugins.privacy.dp_sgd.layers import refuse_layers
from auditkit.plugins.privacy.dp_sgd.reachable import reachable

GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
LEAST_PRECISE = 1e-6
"""Spacing of numbers about 1, at most: float32 has 1.2e-7."""


def refuse_obstacles(module: nn.Module, name: str) -> None:
    """Say what must be another way before a module can be trained privately.

    Args:
        module: an untrained copy.
        name: of the model.

    Raises:
        ModelError: it is compiled, has half floats, a generator of its own, or a spectral norm.
    """
    for obstacle, sentence in _OBSTACLES:
        places = list(dict.fromkeys(obstacle(module)))
        if places:
            shown = ", ".join(places[: state.SHOWN])
            raise ModelError(f"{name}: {sentence.format(places=shown)}")


def refuse_moving(module: nn.Module, inputs: torch.Tensor, public: Collection[str], name: str) -> None:
    """Say what a forward pass in training mixes over rows by design, or moves beside its outputs.

    Args:
        module: a copy that is used for nothing else.
        inputs: (n, ...) encoded rows.
        public: names of what is kept.
        name: of the model.

    Raises:
        ModelError: there is such a thing.
    """
    state.train_mode(module, public)
    refuse_layers(module, inputs, name)
    before = state.settings_of(reachable(module))
    # what it cannot be given, and why, is said where its gradients are tried
    with contextlib.suppress(Exception), torch.no_grad():
        module(inputs)
    state.refuse_changed(name, state.changed(before, state.settings_of(reachable(module))))


def _compiled(module: nn.Module) -> Iterator[str]:
    for place, layer in module.named_modules():
        if hasattr(layer, "_orig_mod") or getattr(layer, "_compiled_call_impl", None) is not None:
            yield place or "the module"


def _halves(module: nn.Module) -> Iterator[str]:
    for parameter in module.parameters():
        kind = parameter.dtype
        if parameter.requires_grad and kind.is_floating_point and torch.finfo(kind).eps > LEAST_PRECISE:
            yield str(kind).removeprefix("torch.")


def _spectral(module: nn.Module) -> Iterator[str]:
    for place, layer in module.named_modules():
        parts = [layer, *layer._forward_pre_hooks.values()]
        if layer.training and any(type(part).__name__.lstrip("_") == "SpectralNorm" for part in parts):
            yield place.partition(".parametrizations")[0] or "the module"


def _generators(module: nn.Module) -> Iterator[str]:
    for place, layer in module.named_modules():
        yield from (
            f"{place}.{name}".strip(".") for name, value in vars(layer).items() if isinstance(value, GENERATORS)
        )


_OBSTACLES: tuple[tuple[Callable[[nn.Module], Iterator[Any]], str], ...] = (
    (
        _compiled, "compiled code cannot be trained privately, for nobody can look into it ({places}). Give the module "
        "that was compiled (the attribute _orig_mod of what torch.compile gave; one on which .compile() was called, as "
        "it was before), and compile the new model",
    ),
    (
        _halves, "parameters are {places}, which is too coarse: rounding cannot be told from rows that mix, nor from "
        "noise that is missing. Train in float32, as module.float() makes it; the new model may be made smaller after",
    ),
    (
        _spectral, "the spectral norm of {places} keeps vectors that each forward pass in training moves, without "
        "noise. Take it off, or use torch.nn.utils.parametrizations.weight_norm, which keeps nothing",
    ),
    (
        _generators, "it draws random numbers from a generator of its own ({places}), which rows move without noise "
        "and which cannot be set alike to try gradients. Draw from torch's own: leave generator= out",
    ),
)  # fmt: skip
