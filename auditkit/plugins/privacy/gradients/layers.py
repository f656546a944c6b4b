"""Layers whose rows' gradients follow from what they were given and the gradient at their output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.contributions import Contribution, Lookups, Products, Rows
from auditkit.plugins.privacy.gradients.convolutions import Convolved, bordered, windows
from auditkit.plugins.privacy.gradients.other_layers import is_whole, other

Parts = Iterator[tuple[str, Contribution]]
"""Names of a layer's own parameters, with what a call adds to the gradients of its rows."""


def linear(layer: nn.Linear, entered: torch.Tensor, gradient: torch.Tensor, rows: int) -> Parts:
    """`entered` (rows, ..., d) or (rows · T, d), `gradient` likewise with p."""
    left = gradient.reshape(rows, -1, gradient.shape[-1])
    if layer.weight.requires_grad:
        yield "weight", Products(left, entered.reshape(rows, -1, entered.shape[-1]))
    if layer.bias is not None and layer.bias.requires_grad:
        yield "bias", Rows(_over_places(left))


def embedding(layer: nn.Embedding, entered: torch.Tensor, gradient: torch.Tensor, rows: int) -> Parts:
    """`entered` (rows, ...) places in the table."""
    places = entered.reshape(rows, -1)
    at_places = gradient.reshape(rows, -1, gradient.shape[-1])
    if layer.padding_idx is not None:
        at_places = at_places.masked_fill((places == layer.padding_idx)[:, :, None], 0)
    yield "weight", Lookups(places, at_places, layer.num_embeddings)


def convolution(layer: Any, entered: torch.Tensor, gradient: torch.Tensor, rows: int) -> Parts:
    """`entered` (rows, channels, ...)."""
    if len(entered) != rows or entered.dim() != 2 + len(layer.kernel_size):
        raise ModelError("a convolution is not given one picture a row")
    if layer.weight.requires_grad:
        weights = layer.weight.numel()
        if layer.groups == 1 and 2 * gradient[0, 0].numel() ** 2 < weights:
            seen = windows(layer, bordered(layer, entered))
            yield "weight", Products(gradient.flatten(2).transpose(1, 2), seen.transpose(1, 2))
        else:
            yield "weight", Convolved(layer, entered, gradient)
    if layer.bias is not None and layer.bias.requires_grad:
        yield "bias", Rows(gradient.flatten(2).sum(2))


def layer_norm(layer: Any, entered: torch.Tensor, gradient: torch.Tensor, rows: int) -> Parts:
    """Layer and root-mean-square normalisation over the last dimensions."""
    shape = list(layer.normalized_shape)
    if layer.weight is not None and layer.weight.requires_grad:
        if isinstance(layer, nn.LayerNorm):
            normal = functional.layer_norm(entered, shape, eps=layer.eps)
        else:
            normal = functional.rms_norm(entered, shape, eps=layer.eps)
        yield "weight", Rows(_over_places((gradient * normal).reshape(rows, -1, layer.weight.numel())))
    if getattr(layer, "bias", None) is not None and layer.bias.requires_grad:
        yield "bias", Rows(_over_places(gradient.reshape(rows, -1, layer.bias.numel())))


def channel_norm(layer: Any, entered: torch.Tensor, gradient: torch.Tensor, rows: int) -> Parts:
    """Group and instance normalisation of (rows, channels, ...)."""
    if len(entered) != rows or entered.dim() < 2:
        raise ModelError("a normalisation is not given one entry a row")
    if layer.weight is not None and layer.weight.requires_grad:
        if isinstance(layer, nn.GroupNorm):
            normal = functional.group_norm(entered, layer.num_groups, eps=layer.eps)
        else:
            normal = functional.instance_norm(entered, eps=layer.eps)
        yield "weight", Rows((gradient * normal).reshape(rows, len(layer.weight), -1).sum(2))
    if layer.bias is not None and layer.bias.requires_grad:
        yield "bias", Rows(gradient.reshape(rows, len(layer.bias), -1).sum(2))


KINDS: dict[type[nn.Module], Callable[..., Parts]] = {
    nn.Linear: linear,
    nn.Embedding: embedding,
    nn.Conv1d: convolution,
    nn.Conv2d: convolution,
    nn.Conv3d: convolution,
    nn.LayerNorm: layer_norm,
    nn.RMSNorm: layer_norm,
    nn.GroupNorm: channel_norm,
    nn.InstanceNorm1d: channel_norm,
    nn.InstanceNorm2d: channel_norm,
    nn.InstanceNorm3d: channel_norm,
}


def kind_of(layer: nn.Module) -> Callable[..., Parts] | None:
    """The formula for a layer, by its forward() and not its name, for a subclass may compute something else.

    None: there is none, not even for `other` layers, or a setting of the layer makes rows depend on each other.
    """
    if isinstance(layer, nn.Embedding) and (layer.max_norm is not None or layer.scale_grad_by_freq or layer.sparse):
        return None
    if getattr(layer, "track_running_stats", False):
        return None
    own = dict(layer.named_parameters(recurse=False))
    kinds = [kind for kind in KINDS if isinstance(layer, kind) and _computes_as(layer, kind)]
    if kinds and own.keys() <= {"weight", "bias"}:
        return KINDS[kinds[0]]
    return other if is_whole(layer) else None


def _computes_as(layer: nn.Module, kind: type[nn.Module]) -> bool:
    return type(layer).forward is kind.forward and "forward" not in vars(layer)


def _over_places(values: torch.Tensor) -> torch.Tensor:
    """(n, T, p) added up over T."""
    return values[:, 0] if values.shape[1] == 1 else values.sum(1)
