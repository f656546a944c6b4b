"""Targets of a regression between public bounds: learned between -1 and 1, answered in their own units."""

from __future__ import annotations

import copy

import torch
from torch import nn

from auditkit.errors import ConfigError, ModelError
from auditkit.network_output import main_output
from auditkit.plugins.privacy.dp_sgd.problem import Problem

FAR = 100.0
"""Targets beyond this are not learned in their own units: a step moves an output by about the step size."""
ASKED = 16
"""Rows on which outputs before and after are compared."""
SAME = 1e-3
"""How far outputs may be from what they should be, in half ranges."""

Range = tuple[float, float]


def between(problem: Problem, bounds: Range | None) -> Problem:
    """The problem with targets between -1 and 1; those outside the bounds are moved to them.

    Args:
        problem: a regression.
        bounds: lowest and highest target, in units of the target; None: targets stay as they are.

    Raises:
        ConfigError: no bounds are given, and targets are far from 0.
    """
    if bounds is None:
        if len(problem.targets) and float(problem.targets.abs().max()) > FAR:
            raise ConfigError(
                f"target_range must be given where targets lie beyond {FAR:g}, else the steps of private training are "
                "too small to reach them: the lowest and the highest target that can be, in the target's own units, "
                "such as target_range = [0, 500000] for prices of houses. Take them from common knowledge, never from "
                "these rows: epsilon does not cover that"
            )
        return problem
    middle, half = _middle_and_half(bounds)
    return problem._replace(targets=(problem.targets.clamp(*bounds) - middle) / half)


def answer_in_units(module: nn.Module, inputs: torch.Tensor, bounds: Range, name: str) -> None:
    """Fold the bounds into the last linear layer, so that the module answers in the target's own units.

    Args:
        module: changed in place; its outputs were between -1 and 1 for targets within the bounds.
        inputs: (N, ...) encoded rows, of which a few are asked.
        bounds: lowest and highest target.
        name: of the model.

    Raises:
        ModelError: no linear layer with a bias, which is trained, gives the outputs.
    """
    middle, half = _middle_and_half(bounds)
    place = layer_of_outputs(module, inputs, name)
    layer = module.get_submodule(place)
    _fold(layer, middle, half)


def layer_of_outputs(module: nn.Module, inputs: torch.Tensor, name: str) -> str:
    """The name of the linear layer that gives the outputs: tried, not guessed.

    Raises:
        ModelError: see `answer_in_units`.
    """
    rows = inputs[:ASKED]
    for place, layer in reversed(list(module.named_modules())):
        if not (isinstance(layer, nn.Linear) and layer.out_features == 1 and _is_trained(layer)):
            continue
        tried = copy.deepcopy(module).eval()
        with torch.no_grad():
            before = main_output(tried(rows)).double()
            _fold(tried.get_submodule(place), 3.0, 2.0)
            after = main_output(tried(rows)).double()
        if bool(((after - (2 * before + 3)).abs() <= SAME * (1 + before.abs())).all()):
            return place
    raise ModelError(
        f"{name}: with target_range the last layer must be a linear layer with one output and a bias, both trained, "
        "whose outputs are the answers, so that these can be given in the target's own units. End the network so, or "
        "scale the targets yourself by public bounds and leave target_range out"
    )


def _is_trained(layer: nn.Linear) -> bool:
    bias: torch.Tensor | None = layer.bias
    return layer.weight.requires_grad and bias is not None and bias.requires_grad


def _fold(layer: nn.Module, middle: float, half: float) -> None:
    with torch.no_grad():
        layer.weight.mul_(half)  # type: ignore[operator]
        layer.bias.mul_(half).add_(middle)  # type: ignore[operator]


def _middle_and_half(bounds: Range) -> tuple[float, float]:
    return (bounds[0] + bounds[1]) / 2, (bounds[1] - bounds[0]) / 2
