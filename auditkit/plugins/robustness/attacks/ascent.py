"""Projected gradient ascent inside a box: the attack that training defends against, and that certificates are tried by.

Madry et al. (2018), Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch.nn import functional

from auditkit.plugins.robustness.attacks.losses import margin
from auditkit.plugins.robustness.attacks.problem import slope_of

Loss: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""Inputs (N, ...) to a number for each row (N,): what the attack makes large."""


def reachable(
    unit: torch.Tensor, top: torch.Tensor, free: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The ends of what a change of every free feature by at most epsilon, within the range, can reach.

    Args:
        unit: (N, *shape) rows; 0 is the smallest value of a feature.
        top: (*shape) the largest; a row outside of the range widens it to itself.
        free: (*shape) which features may be changed.
        epsilon: in units.
    """
    reach = epsilon * free
    low = torch.maximum(unit - reach, torch.zeros_like(top).minimum(unit))
    return low, torch.minimum(unit + reach, torch.maximum(top, unit))


def climb(
    loss: Loss,
    start: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    steps: int,
    generator: torch.Generator | None,
) -> torch.Tensor:
    """(N, ...) inputs within the box at which the loss is larger, after steps by the sign of the gradient.

    A step is 2.5 half widths of the box over the number of steps, so that every corner can be reached from anywhere.

    Args:
        loss: differentiable, one number a row; rows must not depend on each other.
        start: (N, ...) where the box allows.
        low: (N, ...) the smallest inputs allowed.
        high: (N, ...) the largest.
        steps: how many.
        generator: of a random start within the box; None: from `start` itself.
    """
    step = 2.5 * (high - low) / 2 / steps
    points = start.detach()
    if generator is not None:
        draws = torch.rand(points.shape, generator=generator, dtype=points.dtype, device=points.device)
        points = low + draws * (high - low)
    for _ in range(steps):
        points = points.detach().requires_grad_(True)
        with torch.enable_grad():
            slope = slope_of(loss(points).sum(), points)
        points = points.detach()
        # where a network hides its gradients there is nowhere to go
        points = points if slope is None else torch.minimum(torch.maximum(points + step * slope.sign(), low), high)
    return points.detach()


def broken(
    logits: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    classes: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    steps: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """(N,) bool: an input of the box was found that is not decided as the class, the row itself included.

    Two climbs: by the margin from the row itself, and by cross-entropy from a random start.
    """

    def wrong(points: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return margin(logits(points), classes) > 0

    def entropy(points: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits(points), classes, reduction="none")

    by_margin = climb(lambda points: margin(logits(points), classes), inputs, low, high, steps, None)
    by_entropy = climb(entropy, inputs, low, high, steps, generator)
    return wrong(inputs) | wrong(by_margin) | wrong(by_entropy)
