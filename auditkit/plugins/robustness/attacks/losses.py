"""What an attack climbs: numbers that grow as the right class loses, the same for f, 100 f and f / 100.

The margin is divided by the row's own at the input that was given, so that rows compare. Cross-entropy is taken of the
logits as they are where their margins are of the usual size, and else of logits brought to it by one factor for all
rows: of larger ones it saturates, its gradient is zero and the attack fails though nothing is defended; of smaller ones
it climbs away from every class at once, which finds far less than going for the nearest.
"""

import math
from typing import Literal

import torch
from torch import Tensor

Loss = Literal["cross-entropy", "margin", "dlr"]


def spread(logits: Tensor) -> Tensor:
    """(n,) the margin between the two largest logits, or their range where that is 0; 1 where all are equal."""
    top = logits.topk(2, dim=1).values
    margin = top[:, 0] - top[:, 1]
    full = logits.amax(dim=1) - logits.amin(dim=1)
    margin = torch.where(torch.isfinite(margin) & (margin > 0), margin, full)
    return torch.where(torch.isfinite(margin) & (margin > 0), margin, torch.ones_like(margin))


LEAST, MOST, USUAL = 2.0, 50.0, 10.0
"""Median margins between which cross-entropy takes logits as they are, and to which others are brought."""


def temperature(logits: Tensor) -> float:
    """What logits (n, C) are divided by before cross-entropy is taken of them: 1 where their margins are usual."""
    top = logits.topk(2, dim=1).values
    margin = float((top[:, 0] - top[:, 1]).median()) if len(logits) else 0.0
    if not (math.isfinite(margin) and margin > 0) or LEAST <= margin <= MOST:
        return 1.0
    return margin / USUAL


def fitting_loss(loss: Loss, classes: int, targeted: bool) -> Loss:
    """The loss itself, or the margin where too few classes are there for the difference of logits ratio (DLR).

    DLR divides by the distance to the third largest logit, its targeted form also by the fourth.
    """
    return "margin" if loss == "dlr" and classes <= (3 if targeted else 2) else loss


def loss_of(loss: Loss, logits: Tensor, y: Tensor, scale: Tensor | None = None, target: Tensor | None = None) -> Tensor:
    """(n,) the loss of each row.

    Args:
        loss: `cross-entropy`; `margin`, the largest other logit minus that of the class; or `dlr`, the margin divided
            by the distance from the first to the third logit (Croce and Hein 2020, arXiv:2003.01690, equations 6, 7).
        logits: (n, C).
        y: (n,) the right classes.
        scale: (n,) see `Problem.scale`; None: 1 for all.
        target: (n,) classes to go towards; None: whichever is nearest. Cross-entropy has no target here.
    """
    scale = torch.ones_like(logits[:, 0]) if scale is None else scale
    if loss == "cross-entropy":
        return torch.nn.functional.cross_entropy(logits / scale[:, None], y, reduction="none")
    lead = margin(logits, y, target)
    if loss == "margin":
        return lead / scale
    top = logits.topk(3 if target is None else 4, dim=1).values
    third = top[:, 2] if target is None else (top[:, 2] + top[:, 3]) / 2
    # relative to the row's own scale, lest a fixed number count for much when all logits are small
    return lead / (top[:, 0] - third + 1e-9 * scale)


def margin(logits: Tensor, y: Tensor, target: Tensor | None = None) -> Tensor:
    """(n,) the largest other logit, or that of the target, less that of the class: above 0 the decision is another."""
    own_logit = logits.gather(1, y[:, None])[:, 0]
    if target is None:
        return logits.scatter(1, y[:, None], -torch.inf).amax(dim=1) - own_logit
    return logits.gather(1, target[:, None])[:, 0] - own_logit
