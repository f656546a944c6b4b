"""What adversarial training makes small: the loss at the worst change found, or the disagreement with it."""

from typing import NamedTuple

import torch
from torch.nn import functional

from auditkit.plugins.robustness.attacks import ascent
from auditkit.plugins.robustness.surface import Surface
from auditkit.plugins.robustness.training.fit import evaluating


class Attacked(NamedTuple):
    """A batch under attack."""

    loss: torch.Tensor
    """() the mean, differentiable in the parameters."""
    changed: torch.Tensor
    """(n, *shape) the rows as the attack left them."""


class Climb(NamedTuple):
    """How the worst change of each row is looked for."""

    low: torch.Tensor
    """(n, *shape) the smallest that the attack may make of a row."""
    high: torch.Tensor
    """(n, *shape) the largest."""
    steps: int
    generator: torch.Generator
    """Of the random start."""


def madry(surface: Surface, unit: torch.Tensor, classes: torch.Tensor, climb: Climb) -> Attacked:
    """The cross-entropy at the worst change of each row that a climb from a random start finds.

    Madry et al. (2018), Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083, (2.1).

    Args:
        surface: the network over units; it is attacked in eval mode and learns in the mode that it is in.
        unit: (n, *shape) rows.
        classes: (n,) the right ones.
        climb: what the attack may do.
    """

    def row_loss(points: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(surface(points), classes, reduction="none")

    with evaluating(surface):
        changed = ascent.climb(row_loss, unit, *climb)
    return Attacked(functional.cross_entropy(surface(changed), classes), changed)


def trades(surface: Surface, unit: torch.Tensor, classes: torch.Tensor, climb: Climb, beta: float) -> Attacked:
    """The cross-entropy of the rows as they are, and beta times how far the answers about changed rows are from theirs.

    That is the Kullback-Leibler divergence of the probabilities about the changed row from those about the row, at the
    change at which a climb finds it largest. Arguments as for `madry`.

    Zhang et al. (2019), Theoretically Principled Trade-off between Robustness and Accuracy, arXiv:1901.08573, (5).
    """
    with evaluating(surface):
        with torch.no_grad():
            plain = surface(unit).log_softmax(dim=1)

        def disagreement_at(points: torch.Tensor) -> torch.Tensor:
            return divergence(plain, surface(points).log_softmax(dim=1))

        changed = ascent.climb(disagreement_at, unit, *climb)
    # in training mode again: what is learned goes through dropout and batch norm as they train
    logits = surface(unit)
    disagreement = divergence(logits.log_softmax(dim=1), surface(changed).log_softmax(dim=1)).mean()
    return Attacked(functional.cross_entropy(logits, classes) + beta * disagreement, changed)


def divergence(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """(n,) Kullback-Leibler divergence of the second from the first, both (n, C) log probabilities."""
    return (first.exp() * (first - second)).sum(dim=1)
