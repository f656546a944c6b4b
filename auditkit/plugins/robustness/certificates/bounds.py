"""Interval bounds of a network's outputs over a box of inputs.

Gowal et al. (2018), On the Effectiveness of Interval Bound Propagation, arXiv:1810.12715: the box goes through the
layers one by one, and the last linear layer is merged with the difference of two classes. All in float64.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import present

PARTS = 64
"""Rows at once."""
MONOTONE = (
    nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Flatten, nn.Identity, nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d,
    nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d,
)  # fmt: skip
"""Layers in which no output falls where an input rises: the ends of the box give the ends of the outputs."""
SKIPPED = (nn.Dropout, nn.Dropout1d, nn.Dropout2d)
"""They do nothing in eval mode."""
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
ENDS = {"one probability": nn.Sigmoid, "probabilities": nn.Softmax}
"""The layer in which a network must end that gives these."""
LAST = (nn.Softmax, nn.LogSoftmax, nn.Sigmoid)


class Unsupported(Exception):
    """Why no bounds can be computed for a network; a sentence."""


class Network(NamedTuple):
    """A network as a chain of layers that ends in logits."""

    layers: tuple[nn.Module, ...]
    single: bool
    """One logit, about the second of two classes."""


def read(module: nn.Module, kind: str, threshold: float | None = None) -> Network:
    """The chain of layers of a network in eval mode.

    Args:
        module: any composition of supported layers, one after the other.
        kind: of its output: `logits`, `one logit`, `probabilities` or `one probability`.
        threshold: of the decision (binary); None: the largest output.

    Raises:
        Unsupported: a layer or a way of putting them together that is not known, named.
    """
    layers = list(_chain(module))
    for layer in layers:
        _known(layer)
    last = type(layers[-1]) if layers else nn.Identity
    if kind in ENDS:
        if last is not ENDS[kind]:
            raise Unsupported(f"a network that gives {kind} must end in a {ENDS[kind].__name__} layer")
        layers.pop()
    elif kind == "logits" and (last is nn.LogSoftmax or (last is nn.Softmax and threshold is None)):
        layers.pop()  # the order of the classes is the same without it
    elif kind not in ("logits", "one logit"):
        raise Unsupported(f"outputs that are {kind!r} are not bounded")
    if any(type(layer) in (nn.Softmax, nn.LogSoftmax) for layer in layers):
        raise Unsupported("Softmax is supported as the last layer only")
    return Network(tuple(layers), kind.startswith("one "))


def margins(network: Network, low: torch.Tensor, high: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """(N, C) float64 lower bounds of the logit of a row's class less each other's over its box; infinite at its own.

    Args:
        network: see `read`.
        low: (N, *shape) the smallest inputs.
        high: (N, *shape) the largest.
        classes: (N,) int64.
    """
    parts = zip(low.split(PARTS), high.split(PARTS), classes.split(PARTS), strict=True)  # type: ignore[no-untyped-call]
    return torch.cat([_margins(network, least.double(), most.double(), own) for least, most, own in parts])


def certified(
    network: Network,
    low: torch.Tensor,
    high: torch.Tensor,
    classes: torch.Tensor,
    *,
    positive: int = 1,
    threshold: float | None = None,
) -> torch.Tensor:
    """(N,) bool: proven that every input of the box is decided as the row's class.

    Args:
        network: see `read`.
        low: (N, *shape) the smallest inputs.
        high: (N, *shape) the largest.
        classes: (N,) int64.
        positive: the class that `threshold` is about.
        threshold: the probability from which it is decided (binary); None: the largest logit.
    """
    needed = torch.zeros(len(classes), dtype=torch.float64, device=low.device)
    if threshold is not None:
        shift = math.log(threshold) - math.log1p(-threshold)
        # at a threshold the positive logit must lead by its log odds, the other may trail by them
        needed = torch.where(classes == positive, shift, -shift).to(needed)
    return (margins(network, low, high, classes) > needed[:, None]).all(dim=1)


def linear_error() -> float:
    """By how much, relatively, certified epsilons of a known linear model miss the closed form at most.

    A two-class linear model keeps its decision up to epsilon = margin / (sum of absolute weights).
    """
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 1.5]]))
        layer.bias.copy_(torch.tensor([0.25, -0.5]))
    inputs = torch.tensor([[0.0, 0.0, 0.0], [0.5, -1.0, 0.25], [-1.0, 2.0, 0.5]], dtype=torch.float64)
    truth = torch.tensor([0.75 / 5, 4.0 / 5, 6.75 / 5], dtype=torch.float64)
    # the rows lie off the boundary by known distances: margin over the sum of absolute weights
    classes = layer.double()(inputs).argmax(dim=1)
    network = read(layer, "logits")
    low, high = torch.zeros(3, dtype=torch.float64), torch.full((3,), 4.0, dtype=torch.float64)
    for _ in range(50):
        middle = (low + high) / 2
        proven = certified(network, inputs - middle[:, None], inputs + middle[:, None], classes)
        low, high = torch.where(proven, middle, low), torch.where(proven, high, middle)
    return float(((low - truth).abs() / truth).max())


def _margins(network: Network, low: torch.Tensor, high: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    # bounds of two logits apart forget that both come from the same inputs; the merged row of weights does not
    *before, last = network.layers or (nn.Identity(),)
    merged = last if type(last) is nn.Linear else None
    for layer in before if merged is not None else (*before, last):
        low, high = through(layer, low, high)
    if merged is not None:
        weight = merged.weight.detach().double()
        bias = weight.new_zeros(len(weight)) if merged.bias is None else merged.bias.detach().double()
    else:
        weight = torch.eye(low.shape[1] if low.ndim > 1 else 1, dtype=torch.float64, device=low.device)
        low, high = low.reshape(len(low), -1), high.reshape(len(high), -1)
        bias = weight.new_zeros(len(weight))
    if network.single:
        weight = torch.cat([torch.zeros_like(weight), weight])
        bias = torch.cat([torch.zeros_like(bias), bias])
    differences = weight[classes][:, None, :] - weight[None]
    middle, half = (low + high) / 2, (high - low) / 2
    least = torch.einsum("nkd,nd->nk", differences, middle) - torch.einsum("nkd,nd->nk", differences.abs(), half)
    least = least + bias[classes][:, None] - bias[None]
    return least.scatter(1, classes[:, None], torch.inf)


def through(layer: nn.Module, low: torch.Tensor, high: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The ends of a layer's outputs, from those of its inputs."""
    if type(layer) in SKIPPED:
        return low, high
    if type(layer) in MONOTONE:
        return layer(low), layer(high)
    # an affine layer moves the middle of the box and stretches its half width by the absolute weights (Gowal 2018, 3)
    middle, half = (low + high) / 2, (high - low) / 2
    centre, radius = _affine(layer, middle, half)
    return centre - radius, centre + radius


def _affine(layer: nn.Module, middle: torch.Tensor, half: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if isinstance(layer, nn.Linear | nn.Conv2d):
        weight, bias = layer.weight.detach().double(), None if layer.bias is None else layer.bias.detach().double()
        apply: Callable[..., torch.Tensor] = functional.linear if isinstance(layer, nn.Linear) else partial(
            functional.conv2d, stride=layer.stride, padding=layer.padding, dilation=layer.dilation, groups=layer.groups
        )  # fmt: skip
        return apply(middle, weight, bias), apply(half, weight.abs(), None)
    if not isinstance(layer, NORMS):
        raise TypeError(f"bounds go through layers that `read` takes, and {type(layer).__name__} is none")
    why = "only layers with running statistics are taken"
    variance, mean = present(layer.running_var, why), present(layer.running_mean, why)
    shape = (1, -1, *([1] * (middle.ndim - 2)))
    factor = (variance.double() + layer.eps).rsqrt()
    factor = factor if layer.weight is None else factor * layer.weight.detach().double()
    shift = -mean.double() * factor
    shift = shift if layer.bias is None else shift + layer.bias.detach().double()
    return middle * factor.reshape(shape) + shift.reshape(shape), half * factor.abs().reshape(shape)


def _known(layer: nn.Module) -> None:
    """Raise where bounds through a layer are not known."""
    kind = type(layer)  # not isinstance: a subclass may have another forward
    if kind in NORMS and layer.running_var is None:
        raise Unsupported(f"{kind.__name__} without running statistics mixes rows")
    if kind is nn.Conv2d and layer.padding_mode != "zeros":
        raise Unsupported(f"Conv2d with padding_mode {layer.padding_mode!r} is not supported")
    if kind in (nn.Softmax, nn.LogSoftmax) and layer.dim not in (1, -1):
        raise Unsupported(f"{kind.__name__} over dimension {layer.dim} is not supported")
    if kind not in (nn.Linear, nn.Conv2d, *NORMS, *MONOTONE, *SKIPPED, *LAST):
        raise Unsupported(f"bounds through a layer of kind {kind.__name__} are not known")


def _chain(module: nn.Module) -> Sequence[nn.Module]:
    """The layers in the order in which they are called."""
    if type(module).__module__.startswith("torch.nn.modules") and not isinstance(module, nn.Sequential):
        return [module]
    if type(module) is nn.Sequential:
        return [layer for child in module for layer in _chain(child)]
    return _traced(module)


FUNCTIONS = {torch.relu: nn.ReLU, functional.relu: nn.ReLU, torch.tanh: nn.Tanh, torch.sigmoid: nn.Sigmoid}
METHODS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def _traced(module: nn.Module) -> Sequence[nn.Module]:
    try:
        graph = torch.fx.Tracer().trace(module)
    except Exception as error:  # a forward may do anything, and tracing it may fail in any way
        raise Unsupported(f"the forward of {type(module).__name__} cannot be read as a chain of layers") from error
    layers: list[nn.Module] = []
    previous: Any = None
    for node in graph.nodes:
        if node.op == "placeholder":
            if previous is not None:
                raise Unsupported(f"{type(module).__name__} takes more than one input")
        elif list(node.all_input_nodes) != [previous]:
            raise Unsupported(f"{type(module).__name__} is no chain: {node.name} does not follow on what is before it")
        elif node.op != "output":
            layers += _step(module, node)
        previous = node
    return layers


def _step(module: nn.Module, node: Any) -> Sequence[nn.Module]:
    arguments = (*node.args[1:], *node.kwargs.values())
    if node.op == "call_module":
        return _chain(module.get_submodule(node.target))
    if node.op == "call_function" and node.target in FUNCTIONS:
        return [FUNCTIONS[node.target]()]
    if node.op == "call_method" and node.target in METHODS:
        return [METHODS[node.target]()]
    flattens = node.target is torch.flatten or (node.op == "call_method" and node.target == "flatten")
    if flattens and arguments == (1,):
        return [nn.Flatten()]
    raise Unsupported(f"{type(module).__name__} calls {node.name}, through which bounds are not known")
