"""The explained output as a function of what explanations move: the inputs, or what a layer makes of them."""

import contextlib
import copy
from collections.abc import Iterator

import numpy as np
import torch


class Network(torch.nn.Module):
    """The module under audit with one output for each row, of points that stand for its inputs.

    Args:
        module: in eval mode, maps (m, ...) to (m, C), (m, 1) or (m,).
        targets: (n,) the output's column for each row; ignored where it has one.
        entry: the name of the layer whose output the points are, such as an embedding; empty: they are the inputs.
        inputs: (n, ...) or (1, ...) what the module itself is given, where the points enter further in.
    """

    def __init__(
        self, module: torch.nn.Module, targets: np.ndarray, entry: str = "", inputs: torch.Tensor | None = None
    ) -> None:
        super().__init__()
        self.module, self.targets, self.entry, self.inputs = module, targets, entry, inputs
        # a fresh module of torch begins in train mode, and children keep their own
        self.training = False

    def forward(self, points: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """(m,) the explained output of points (m, ...) that belong to the rows at these positions (m,)."""
        output = self.ask(points, positions)
        wide = output.reshape(len(points), -1)
        if wide.shape[1] == 1:
            return wide[:, 0]
        columns = torch.tensor(self.targets, dtype=torch.int64, device=wide.device)[positions]
        return wide.gather(1, columns[:, None])[:, 0]

    def ask(self, points: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """What the module itself gives for points (m, ...)."""
        if not self.entry or self.inputs is None:
            output = self.module(points)
        else:
            alike = len(self.inputs) == 1
            given = self.inputs.expand(len(points), *self.inputs.shape[1:]) if alike else self.inputs[positions]
            with fed(self.module.get_submodule(self.entry), points):
                output = self.module(given)
        # models of transformers return a record
        return getattr(output, "logits", output)

    def points(self) -> torch.Tensor:
        """(n, ...) the points of the rows themselves, where they enter further in."""
        if self.inputs is None:
            raise ValueError("a network without an entry takes its inputs as points")
        return entered(self.module, self.entry, self.inputs)

    def randomised(self, generator: torch.Generator) -> "Network":
        """The same with a copy of the module whose parameters are random, but for those of the entry.

        What the entry makes of the inputs is the space that is explained, and stays the same for every copy.
        """
        return Network(randomised_copy(self.module, generator, self.entry), self.targets, self.entry, self.inputs)


@contextlib.contextmanager
def fed(layer: torch.nn.Module, output: torch.Tensor) -> Iterator[None]:
    """While it lasts, the layer gives this output, whatever it is given, and computes nothing."""
    own = layer.__dict__.get("forward")
    layer.forward = lambda *args, **kwargs: output
    try:
        yield
    finally:
        if own is None:
            del layer.forward
        else:
            layer.forward = own


def entered(module: torch.nn.Module, entry: str, inputs: torch.Tensor) -> torch.Tensor:
    """(n, ...) what the layer of this name gives when the module is asked about inputs (n, ...)."""
    outputs: list[torch.Tensor] = []
    handle = module.get_submodule(entry).register_forward_hook(lambda layer, args, output: outputs.append(output))
    try:
        with torch.no_grad():
            module(inputs)
    finally:
        handle.remove()
    return outputs[0].detach()


def randomised_copy(module: torch.nn.Module, generator: torch.Generator, kept: str = "") -> torch.nn.Module:
    """A copy whose parameters are normal draws with the mean and spread of the trained ones; the module is untouched.

    Args:
        module: any.
        generator: draws.
        kept: the name of a layer whose parameters stay; empty: none do.

    Source: Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292.
    """
    random_copy = copy.deepcopy(module)
    stay = {id(parameter) for parameter in random_copy.get_submodule(kept).parameters()} if kept else set()
    with torch.no_grad():
        for parameter in random_copy.parameters():
            # one number has no spread to draw from
            if parameter.is_floating_point() and parameter.numel() > 1 and id(parameter) not in stay:
                noise = torch.randn(parameter.shape, generator=generator).to(parameter)
                parameter.copy_(parameter.mean() + noise * parameter.std())
    return random_copy
