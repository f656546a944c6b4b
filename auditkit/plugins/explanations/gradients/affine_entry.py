"""The linear layer through which alone inputs enter a network: paths are straight behind it too."""

import torch

from auditkit.plugins.explanations.gradients.network import Network, fed

NARROWER = 2
"""So many times narrower than its input is a layer behind which following a path pays."""


def affine_entry(network: Network, encoded: torch.Tensor, positions: torch.Tensor) -> str | None:
    """The name of the layer of torch's class `Linear` that takes the whole input and through which alone it acts.

    None where there is none, where it is hardly narrower than its input, or where the output also hangs on the input by
    another way: by gradients, or by values (a comparison has no gradient).

    Args:
        network: in eval mode; hooked while it is asked about two rows.
        encoded: (n, ...) rows.
        positions: (n,) which of the network's rows they are.
    """
    width = encoded[0].numel()
    layers = {
        name: layer
        for name, layer in network.module.named_modules()
        if name
        and type(layer) is torch.nn.Linear
        and layer.in_features == width >= NARROWER * layer.out_features
        and encoded.ndim <= 4
    }
    if network.entry or not layers or len(encoded) < 2:
        return None
    points, whose = encoded[:2].detach(), positions[:2]
    given: dict[str, list[torch.Tensor]] = {name: [] for name in layers}
    handles = [
        layer.register_forward_pre_hook(lambda _, args, name=name: given[name].append(args[0].detach()))
        for name, layer in layers.items()
    ]
    try:
        with torch.no_grad():
            output = network(points, whose)
    finally:
        for handle in handles:
            handle.remove()
    whole = points.reshape(2, -1)
    for name, calls in given.items():
        if len(calls) == 1 and calls[0].shape == whole.shape and torch.equal(calls[0], whole):
            return name if _alone(network, layers[name], points, whose, output) else None
    return None


def _alone(
    network: Network, layer: torch.nn.Linear, points: torch.Tensor, positions: torch.Tensor, output: torch.Tensor
) -> bool:
    """Whether the output stays as it is where the layer gives what it gave, and all else is given other inputs."""
    with torch.no_grad():
        inside = layer(points.reshape(len(points), -1))
    leaf = points.flip(0).clone().requires_grad_(True)
    with torch.enable_grad(), fed(layer, inside.clone()):
        other = network(leaf, positions)
        if not torch.allclose(other.detach(), output, rtol=1e-5, atol=1e-6):
            return False
        if not other.requires_grad:
            return True
        (gradient,) = torch.autograd.grad(other.sum(), leaf, allow_unused=True)
    return gradient is None
