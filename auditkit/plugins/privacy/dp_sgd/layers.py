"""Layers that mix rows or keep averages of them, and layers that another of the same answers serves faster."""

from __future__ import annotations

import copy
import warnings

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from auditkit.errors import ModelError, require
from auditkit.network_output import main_output

ASKED = 16
"""Rows on which outputs before and after are compared."""
SAME = 1e-4
"""How far outputs may differ, at most, for layers to count as the same."""


def refuse_layers(module: nn.Module, inputs: torch.Tensor, name: str) -> None:
    """Say which trainable layers cannot be trained privately, and what stands in for them.

    Args:
        module: in the mode of training.
        inputs: (N, ...) encoded rows.
        name: of the model.

    Raises:
        ModelError: a layer normalises over the batch, or keeps averages of the rows.
    """
    places = [place for place, layer in module.named_modules() if layer.training and _mixes(layer)]
    if not places:
        return
    change = changed_outputs(module, inputs, dict.fromkeys(places, _group_norm))
    differ = "its outputs are not those of the parent" if change is None else f"outputs change by up to {change:.2g}"
    shown = ", ".join(f"{place or 'the module'} ({type(module.get_submodule(place)).__name__})" for place in places[:4])
    raise ModelError(
        f"{name}: cannot be trained privately as it is: {shown} mixes rows or keeps averages of them. Put GroupNorm in "
        f"its place; tried here, {differ}, so train the parent anew. Or say that the layer is public, which keeps it"
    )


def slow_layers(module: nn.Module, inputs: torch.Tensor) -> list[str]:
    """Sentences about layers for which opacus has a faster one, and whether that gives the same outputs here."""
    layers = require("opacus.layers", "opacus")
    kinds = {nn.LSTM: layers.DPLSTM, nn.GRU: layers.DPGRU, nn.RNN: layers.DPRNN,
             nn.MultiheadAttention: layers.DPMultiheadAttention}  # fmt: skip
    sentences = []
    for place, layer in module.named_modules():
        faster = kinds.get(type(layer))
        if faster is None or not any(parameter.requires_grad for parameter in layer.parameters()):
            continue
        change = changed_outputs(module, inputs, {place: lambda old, kind=faster: _same_layer(old, kind)})
        verdict = (
            "which could not be tried here" if change is None
            else "which gives the same outputs" if change <= SAME
            else f"whose outputs differ here by up to {change:.2g}, so that the parent must be trained anew"
        )  # fmt: skip
        sentences.append(f"{place or 'the module'}: opacus.layers.{faster.__name__} trains faster, {verdict}.")
    return sentences


def changed_outputs(module: nn.Module, inputs: torch.Tensor, changes: dict[str, object]) -> float | None:
    """By how much at most outputs change with other layers in these places; None where that cannot be tried.

    Args:
        module: left as it is.
        inputs: (N, ...) encoded rows, of which a few are asked.
        changes: {place: function from the old layer to the new one}.
    """
    before, after = copy.deepcopy(module).eval(), copy.deepcopy(module)
    try:
        with torch.no_grad(), warnings.catch_warnings(action="ignore"):
            for place, change in changes.items():
                new = change(after.get_submodule(place))  # type: ignore[operator]
                if not place:
                    after = new
                    continue
                parent, _, attribute = place.rpartition(".")
                setattr(after.get_submodule(parent), attribute, new)
            rows = inputs[:ASKED]
            difference = main_output(after.eval()(rows)) - main_output(before(rows))
        return float(difference.abs().max())
    except Exception:  # a layer of the user's own may refuse its neighbour in any way
        return None


def _mixes(layer: nn.Module) -> bool:
    return isinstance(layer, _BatchNorm) or (isinstance(layer, _InstanceNorm) and layer.track_running_stats)


def _group_norm(layer: nn.Module) -> nn.Module:
    channels: int = layer.num_features  # type: ignore[assignment]
    groups = next(count for count in (32, 16, 8, 4, 2, 1) if channels % count == 0 and count < max(2, channels))
    return nn.GroupNorm(groups, channels)


def _same_layer(layer: nn.Module, kind: type[nn.Module]) -> nn.Module:
    if isinstance(layer, nn.MultiheadAttention):
        new = kind(
            layer.embed_dim, layer.num_heads, dropout=layer.dropout, bias=layer.in_proj_bias is not None,
            batch_first=layer.batch_first,
        )  # fmt: skip
    elif isinstance(layer, nn.RNNBase):
        new = kind(
            layer.input_size, layer.hidden_size, num_layers=layer.num_layers, bias=layer.bias,
            batch_first=layer.batch_first, dropout=layer.dropout, bidirectional=layer.bidirectional,
        )  # fmt: skip
    new.load_state_dict(layer.state_dict())
    return new
