"""Networks of linear layers and ReLU side by side: batched products of matrices, and a backward pass by hand."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class StackedMlp:
    """K networks, Linear and ReLU in turn, under cross-entropy: see `shadow_networks.Stack`.

    All numbers lie in one tensor, so that the optimizer has one step to make. Work space is kept from step to step: to
    ask for memory anew would take longer than the products of small networks.

    Args:
        modules: of one kind that is served.
    """

    def __init__(self, modules: list[nn.Module]) -> None:
        self._layers = [_linear(module) for module in modules]
        first = self._layers[0]
        self._widths = [first[0].in_features, *(layer.out_features for layer in first)]
        count = len(modules) * sum(p.numel() for layer in first for p in (layer.weight, layer.bias))
        everything = torch.empty(count, dtype=first[0].weight.dtype, device=first[0].weight.device)
        self.parameters = [everything]
        everything.grad = torch.zeros_like(everything)
        self._weights, self._biases = self._parts(everything)
        self._weight_gradients, self._bias_gradients = self._parts(everything.grad)
        for place, layers in enumerate(self._layers):
            for layer, weight, bias in zip(layers, self._weights, self._biases, strict=True):
                weight[place], bias[place, 0] = layer.weight.detach(), layer.bias.detach()
        self._seen: list[torch.Tensor] = []
        self._sent: list[torch.Tensor] = []

    @staticmethod
    def serves(module: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> bool:
        """Whether a network is Linear, ReLU, ..., Linear, all trained, on rows of numbers with a class each."""
        if type(module) is not nn.Sequential or inputs.dim() != 2 or targets.dim() != 1:
            return False
        kinds = [type(layer) for layer in module]
        wanted = [nn.Linear if place % 2 == 0 else nn.ReLU for place in range(len(kinds))]
        return (
            bool(kinds)
            and kinds == wanted
            and kinds[-1] is nn.Linear
            and all(layer.bias is not None for layer in _linear(module))
            and len({id(p) for p in module.parameters() if p.requires_grad}) == 2 * len(_linear(module))
            and not any(layer._forward_hooks or layer._forward_pre_hooks for layer in module.modules())
        )

    def gradients(self, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> None:
        """See `shadow_networks.Stack`."""
        self._make_room(inputs)
        seen, last = [inputs, *self._seen], len(self._weights) - 1
        for place, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            hidden = torch.bmm(seen[place], weight.transpose(1, 2), out=seen[place + 1]).add_(bias)
            if place < last:
                hidden.relu_()
        # cross-entropy sends back the probabilities, less 1 at the class
        sent = torch.log_softmax(seen[-1], dim=2).exp_()
        sent.sub_(functional.one_hot(targets, sent.shape[2])).mul_(weights[:, :, None])
        for place in range(last, -1, -1):
            torch.bmm(sent.transpose(1, 2), seen[place], out=self._weight_gradients[place])
            torch.sum(sent, 1, keepdim=True, out=self._bias_gradients[place])
            if place:
                sent = torch.bmm(sent, self._weights[place], out=self._sent[place - 1])
                torch.ops.aten.threshold_backward.grad_input(sent, seen[place], 0, grad_input=sent)

    def write(self) -> None:
        """See `shadow_networks.Stack`."""
        with torch.no_grad():
            for place, layers in enumerate(self._layers):
                for layer, weight, bias in zip(layers, self._weights, self._biases, strict=True):
                    layer.weight.copy_(weight[place])
                    layer.bias.copy_(bias[place, 0])

    def _parts(self, everything: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        count, shapes = len(self._layers), list(zip(self._widths[1:], self._widths, strict=False))
        sizes = [count * out * given for out, given in shapes] + [count * out for out, _ in shapes]
        parts = torch.split(everything, sizes)
        weights = [part.view(count, *shape) for part, shape in zip(parts, shapes, strict=False)]
        return weights, [part.view(count, 1, -1) for part in parts[len(shapes) :]]

    def _make_room(self, inputs: torch.Tensor) -> None:
        if not self._seen or self._seen[0].shape[1] != inputs.shape[1]:
            self._seen = [inputs.new_empty((*inputs.shape[:2], width)) for width in self._widths[1:]]
            self._sent = [torch.empty_like(hidden) for hidden in self._seen[:-1]]


def _linear(module: nn.Module) -> list[nn.Linear]:
    return [layer for layer in module.children() if isinstance(layer, nn.Linear)]
