"""DeepLift by its rescale rule, and where the rule does not hold."""

import functools
import warnings
from collections import Counter
from typing import Any

import numpy as np
import torch

from auditkit.errors import require
from auditkit.plugins.explanations.gradients.integrated import change_from_baseline
from auditkit.plugins.explanations.gradients.network import Network
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress, to_array

RULED = (
    torch.nn.ReLU, torch.nn.ELU, torch.nn.LeakyReLU, torch.nn.Sigmoid, torch.nn.Tanh, torch.nn.Softplus,
    torch.nn.Softmax, torch.nn.MaxPool1d, torch.nn.MaxPool2d, torch.nn.MaxPool3d,
)  # fmt: skip
"""Layers that captum has a rule for, exactly of these types."""
SAFE = (
    "AccumulateGrad", "Add", "Sub", "Neg", "Addmm", "Mm", "Bmm", "Mul", "Div", "T", "View", "UnsafeView", "Reshape",
    "ReshapeAlias", "Permute", "Transpose", "Squeeze", "Unsqueeze", "Expand", "Clone", "Slice", "Select", "Cat",
    "Stack", "Split", "SplitWithSizes", "Unbind", "Sum", "Mean", "Convolution", "MkldnnConvolution",
    "ConvolutionOverrideable", "AvgPool1D", "AvgPool2D", "AvgPool3D", "AdaptiveAvgPool2D", "AdaptiveAvgPool3D",
    "MkldnnAdaptiveAvgPool2D",
    "ConstantPadNd", "NativeBatchNorm", "CudnnBatchNorm", "BatchNorm", "Gather", "IndexSelect", "Index", "ToCopy",
    "Alias", "AsStrided", "Flip", "Linear", "MkldnnLinear", "Dot", "Mv", "Matmul", "Copyslices", "Repeat", "Detach",
    "UpsampleNearest2D", "UpsampleBilinear2D", "ReflectionPad2D", "ReplicationPad2D",
)  # fmt: skip
"""Operations of torch's graph that are linear where one side of them is constant."""
PRODUCTS = ("Mul", "Mm", "Bmm", "Addmm", "Div", "Dot", "Mv", "Matmul", "Linear")


def deep_lift(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """Differences from the baseline, passed back through each layer by the ratio of its output's to its input's.

    captum's, with the rescale rule; values add up to f(x) - f(baseline) where every layer has a rule.

    Source: Shrikumar, Greenside, Kundaje 2017, Learning Important Features, arXiv:1704.02685.
    """
    method = require("captum.attr", "captum").DeepLift(points.network)
    parts, rows = [], len(points.encoded)
    for some in torch.arange(rows, device=points.encoded.device).split(points.at_once):  # type: ignore[no-untyped-call]
        # captum warns that it hooks layers, and takes the hooks off again
        with warnings.catch_warnings(action="ignore"):
            values = method.attribute(
                points.encoded[some].clone().requires_grad_(True), baselines=points.starts(some).clone(),
                additional_forward_args=(points.positions[some],),
            )  # fmt: skip
        parts.append(to_array(values))
        progress(sum(map(len, parts)), rows, "rows explained")
    values, changes = np.concatenate(parts), change_from_baseline(points)
    misses = values.reshape(rows, -1).sum(axis=1) - changes
    return Explanation(values, path_slopes(values, points.distance), misses, changes)


def path_slopes(values: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """(n, ...) values over the distance from the baseline: a position that stands there has no slope, NaN."""
    sizes = np.abs(distance)
    largest = sizes.reshape(len(sizes), -1).max(axis=1).reshape(-1, *[1] * (sizes.ndim - 1))
    return np.divide(
        values, distance, out=np.full(values.shape, np.nan), where=sizes > 1e-6 * np.maximum(largest, 1e-12)
    )


def without_rule(network: Network, points: torch.Tensor, positions: torch.Tensor) -> str | None:
    """What in a network DeepLift has no rule for, in a sentence; None where it can be applied.

    Rules belong to layers: an activation that is called as a function is seen by nobody, one that is called twice
    mixes two places up, and layers such as LayerNorm or SiLU have no rule. Found by torch's graph of one row.

    Args:
        network: in eval mode with frozen parameters; hooked while it is asked.
        points: (n, ...) rows; two are asked about.
        positions: (n,) which of the network's rows they are.
    """
    calls: Counter[str] = Counter()
    ruled: Counter[str] = Counter()

    def note(layer: torch.nn.Module, args: tuple[torch.Tensor, ...], output: torch.Tensor, name: str) -> None:
        calls.update([name])
        # a layer that writes in place has made its own input, and is the last operation
        ruled.update((_nonlinear(output) - _nonlinear(args[0])) or _named(output.grad_fn))

    handles = [
        layer.register_forward_hook(functools.partial(note, name=name))
        for name, layer in network.module.named_modules()
        if type(layer) in RULED
    ]
    leaf = points[:2].detach().clone().requires_grad_(True)
    try:
        with torch.enable_grad():
            output = network(leaf.clone(), positions[:2])
    finally:
        for handle in handles:
            handle.remove()
    again = sorted(name for name, times in calls.items() if times > 1)
    if again:
        return f"the layer {again[0]!r} is called more than once for a row, and its rule holds for one place only"
    unruled = _nonlinear(output)
    if not unruled.total() > sum(calls.values()):
        return None
    kinds = sorted({type(layer).__name__ for layer in network.module.modules() if _has_no_rule(layer)})
    if kinds:
        return f"there is no rule for layers such as {', '.join(kinds)}"
    names = ", ".join(sorted(unruled - ruled or unruled))
    return f"it computes with functions that are no layers ({names}), which no rule can be hooked to"


def _nonlinear(output: torch.Tensor) -> Counter[str]:
    """How often each operation that is not linear in the points stands in the graph of an output."""
    nodes: Counter[str] = Counter()
    seen, waiting = set(), [output.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        before = [earlier for earlier, _ in node.next_functions if earlier is not None]
        waiting += before
        nodes.update(_named(node))
    return nodes


def _named(node: Any) -> list[str]:
    """The name of an operation of torch's graph that is not linear; none of one that is."""
    if node is None:
        return []
    name = node.name().rpartition("::")[2].rstrip("0123456789").removesuffix("Backward")
    is_product = name in PRODUCTS and sum(earlier is not None for earlier, _ in node.next_functions) > 1
    return [name] if name not in SAFE or is_product else []


def _has_no_rule(layer: torch.nn.Module) -> bool:
    norms = (torch.nn.LayerNorm, torch.nn.GroupNorm, torch.nn.MultiheadAttention, torch.nn.RNNBase)
    activations = layer.__class__.__module__ == "torch.nn.modules.activation" and type(layer) not in RULED
    return isinstance(layer, norms) or activations
