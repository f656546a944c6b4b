"""What adversarial training makes small: the loss at the worst change found, or the disagreement with it.

And how it goes on batch by batch, and what both models are tried with at its end.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from auditkit.models import Model
from auditkit.plugins.robustness.attacks import APGD, Problem, ascent, chain, zero_slopes
from auditkit.plugins.robustness.surface import Surface
from auditkit.plugins.robustness.training.evaluation import Pair
from auditkit.plugins.robustness.training.fit import evaluating
from auditkit.plugins.robustness.training.split import Split

RAMP = 0.3
"""The share of the training over which epsilon grows from 0: with all of it at once, some networks learn nothing."""
STEPS = 40
"""Of each of the two attacks at the end."""


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


AttackedLoss = Callable[[Surface, torch.Tensor, torch.Tensor, Climb], Attacked]
"""(surface, rows in units, classes, climb) to the batch under attack."""


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


class Lesson:
    """An adversarial training under way.

    Args:
        split: what is learned.
        surface: the network over units that learns it.
        loss: `madry`, or `trades` with its beta.
        epsilon: in units, at its full size.
        steps: of the attack on each batch.
        seed: of the attacks' starts.
    """

    def __init__(
        self, split: Split, surface: Surface, loss: AttackedLoss, epsilon: float, steps: int, seed: int
    ) -> None:
        self.split, self.surface, self.loss = split, surface, loss
        self.epsilon, self.steps, self.seed = epsilon, steps, seed
        self.generator = torch.Generator(device=split.unit.device).manual_seed(seed)
        self.reached: list[float] = []
        """For each batch at the full epsilon, the largest change that was trained on, over epsilon."""

    def of_batch(self, indices: torch.Tensor, share: float) -> torch.Tensor:
        """The mean loss of some rows under the attack, when this share of the training is done."""
        # grown from 0 to the full size: see RAMP
        epsilon = self.epsilon * min(1.0, share / RAMP)
        rows = self.split.take(indices.numpy())
        batch = self._attacked(rows, epsilon, self.generator)
        if share >= RAMP:
            self.reached.append(float((batch.changed - rows.unit).abs().max()) / epsilon)
        return batch.loss

    def loss_on(self, rows: np.ndarray) -> float:
        """The same loss of some rows at the full epsilon, in eval mode, from the same starts whenever it is asked."""
        generator = torch.Generator(device=self.split.unit.device).manual_seed(self.seed)
        with evaluating(self.surface):
            return float(self._attacked(self.split.take(rows), self.epsilon, generator).loss)

    def _attacked(self, rows: Split, epsilon: float, generator: torch.Generator) -> Attacked:
        climb = Climb(*ascent.reachable(rows.unit, rows.top, rows.free, epsilon), self.steps, generator)
        return self.loss(self.surface, rows.unit, rows.classes, climb)


def attacked(models: tuple[Model, Model], split: Split, epsilon: float, seed: int) -> tuple[Pair, float]:
    """Which rows the new model and its parent decide rightly under every change found; both meet the same attack.

    Args:
        models: new and parent.
        split: the rows.
        epsilon: in units.
        seed: of the attack's starts.

    Returns:
        The rows, and the share of them on which the new model gives the attack no slope to follow.
    """
    # cross-entropy and the margin fail on different defences, and neither was trained against here
    attack = chain(APGD(steps=STEPS, seed=seed), APGD(steps=STEPS, loss="margin", seed=seed + 1))
    right, flat_share = [], 1.0
    for model in models:
        with model.module() as module:
            surface = split.surface(module, model, decides=True).eval()
            surface.standardise(split.unit)
            # the network on the box of what may change
            problem = Problem(surface, "Linf", 0.0, split.top, split.free)
            if model is models[0]:
                flat_share = float(zero_slopes(problem, split.unit, split.classes, epsilon, seed).float().mean())
            withstood = ~problem.wrong(split.unit, split.classes)
            remaining = withstood.nonzero()[:, 0]
            if len(remaining):
                withstood[remaining] = ~attack(problem, split.unit[remaining], split.classes[remaining], epsilon).broken
            right.append(withstood.cpu().numpy())
    return Pair(*right), flat_share
