"""GradCAM: where a convolution's channels speak for the output."""

import numpy as np
import torch

from auditkit.errors import require
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress, to_array

CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)


def grad_cam(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """The layer's channels weighted by their mean gradient, what is below zero left out, enlarged to the input.

    captum's LayerGradCam. The map is the same for every channel of the input, each of which gets an equal part of it.

    Source: Selvaraju et al. 2017, Grad-CAM, arXiv:1610.02391.
    """
    captum = require("captum.attr", "captum")
    layer = points.network.module.get_submodule(points.layer)
    method, parts, rows = captum.LayerGradCam(points.network, layer), [], len(points.encoded)
    for some in torch.arange(rows, device=points.encoded.device).split(points.at_once):  # type: ignore[no-untyped-call]
        small = method.attribute(
            points.encoded[some].clone(), additional_forward_args=(points.positions[some],)
        ).detach()  # fmt: skip
        shape = points.encoded.shape[2:]
        large = torch.nn.functional.interpolate(
            small, shape, mode="bilinear" if small.ndim == 4 else "linear", align_corners=False
        )
        parts.append(to_array(large.expand_as(points.encoded[some]) / points.encoded.shape[1]))
        progress(sum(map(len, parts)), rows, "rows explained")
    signed = np.concatenate(parts)
    return Explanation(np.maximum(signed, 0.0), signed)


def last_convolution(module: torch.nn.Module, encoded: torch.Tensor) -> str | None:
    """The name of the convolution that is called last and keeps a plane or a line of several places; None without one.

    Args:
        module: in eval mode; hooked while it is asked about two rows.
        encoded: (n, ...) rows.
    """
    called = [
        name for name, shape, is_convolution in _shapes(module, encoded) if is_convolution and _spatial(shape, encoded)
    ]
    return called[-1] if called else None


def not_spatial(module: torch.nn.Module, encoded: torch.Tensor, layer: str) -> str | None:
    """Why a layer has no map of places, in a sentence; None where it has one."""
    shapes = {name: shape for name, shape, _ in _shapes(module, encoded)}
    if layer not in dict(module.named_modules()):
        return f"the network has no layer {layer!r}"
    if layer not in shapes:
        return f"the layer {layer!r} is not called, or gives no tensor"
    if _spatial(shapes[layer], encoded):
        return None
    return f"the layer {layer!r} gives {shapes[layer]} a row, which is no map of places"


def _spatial(shape: tuple[int, ...], encoded: torch.Tensor) -> bool:
    """Whether (K, h, w), or (K, l), is as many-sided as a row and has several places."""
    return len(shape) == encoded.ndim - 1 >= 2 and int(np.prod(shape[1:])) > 1


def _shapes(module: torch.nn.Module, encoded: torch.Tensor) -> list[tuple[str, tuple[int, ...], bool]]:
    """(name, shape of a row of its output, whether it is a convolution) of each layer, in the order of their calls."""
    calls: list[tuple[str, tuple[int, ...], bool]] = []

    def note(layer: torch.nn.Module, output: object, name: str) -> None:
        if isinstance(output, torch.Tensor) and name:
            calls.append((name, tuple(output.shape[1:]), isinstance(layer, CONVOLUTIONS)))

    handles = [
        layer.register_forward_hook(lambda layer, args, output, name=name: note(layer, output, name))
        for name, layer in module.named_modules()
    ]
    try:
        with torch.no_grad():
            module(encoded[:2])
    finally:
        for handle in handles:
            handle.remove()
    return calls
