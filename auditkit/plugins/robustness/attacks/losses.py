"""What an attack climbs: numbers that grow as the right class loses, the same for f, 100 f and f / 100.

Cross-entropy and the margin are taken of logits divided by the row's own margin at the input that was given. The
division is a constant of the row, so that losses of one row compare over steps; without it the cross-entropy of a
model with large logits saturates, its gradient is zero and the attack fails though nothing is defended.
"""

from __future__ import annotations

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


def usual(loss: Loss, classes: int, targeted: bool) -> Loss:
    """The loss itself, or the margin where too few classes are there for the difference of logits ratio (DLR).

    DLR divides by the distance to the third largest logit, its targeted form also by the fourth.
    """
    return "margin" if loss == "dlr" and classes <= (3 if targeted else 2) else loss


def climbed(loss: Loss, logits: Tensor, y: Tensor, scale: Tensor, target: Tensor | None = None) -> Tensor:
    """(n,) the loss of each row.

    Args:
        loss: `cross-entropy`; `margin`, the largest other logit minus that of the class; or `dlr`, the margin divided
            by the distance from the first to the third logit (Croce and Hein 2020, arXiv:2003.01690, equations 6, 7).
        logits: (n, C).
        y: (n,) the right classes.
        scale: (n,) see `spread`.
        target: (n,) classes to go towards; None: whichever is nearest. Cross-entropy has no target here.
    """
    if loss == "cross-entropy":
        return torch.nn.functional.cross_entropy(logits / scale[:, None], y, reduction="none")
    own = logits.gather(1, y[:, None])[:, 0]
    if target is None:
        other = logits.scatter(1, y[:, None], -torch.inf).amax(dim=1)
    else:
        other = logits.gather(1, target[:, None])[:, 0]
    if loss == "margin":
        return (other - own) / scale
    top = logits.topk(3 if target is None else 4, dim=1).values
    third = top[:, 2] if target is None else (top[:, 2] + top[:, 3]) / 2
    # relative to the row's own scale, lest a fixed number count for much when all logits are small
    return (other - own) / (top[:, 0] - third + 1e-9 * scale)
