"""Layers without a formula: the layer alone is computed once more, row by row, with torch.func."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch
from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.contributions import Contribution, Rows


def is_whole(layer: nn.Module) -> bool:
    """Whether the parameters that are trained in a layer are its own, so that it can be computed by itself."""
    own = {id(parameter) for parameter in layer.parameters(recurse=False)}
    inside = [parameter for parameter in layer.parameters() if parameter.requires_grad and id(parameter) not in own]
    odd = (nn.modules.batchnorm._BatchNorm, nn.RNNBase, nn.Embedding, nn.EmbeddingBag)
    return not inside and not isinstance(layer, odd)


def other(
    layer: nn.Module, entered: torch.Tensor, gradient: torch.Tensor, rows: int
) -> Iterator[tuple[str, Contribution]]:
    """Any layer that maps (rows, ...) to (rows, ...).

    Raises:
        ModelError: it is given something else, or draws random numbers, which would be others now.
    """
    from torch.func import functional_call, grad, vmap

    if len(entered) != rows or len(gradient) != rows:
        raise ModelError(f"a {type(layer).__name__} is not given one entry a row")
    own = {name: p.detach() for name, p in layer.named_parameters(recurse=False) if p.requires_grad}

    def product(weights: dict[str, torch.Tensor], row: torch.Tensor, of_row: torch.Tensor) -> torch.Tensor:
        return (functional_call(layer, weights, (row[None],))[0] * of_row).sum()

    by_row = vmap(grad(product), in_dims=(None, 0, 0), randomness="different")
    before = _random_state(entered.device)
    with warnings.catch_warnings(action="ignore"):  # of functions without a rule of their own, slow and right
        gradients = by_row(own, entered, gradient)
    if not torch.equal(before, _random_state(entered.device)):
        raise ModelError(f"a {type(layer).__name__} with parameters of its own draws random numbers")
    for name, of_rows in gradients.items():
        yield name, Rows(of_rows.reshape(rows, -1))


def _random_state(device: torch.device) -> torch.Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()
