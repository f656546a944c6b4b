"""Does the output move as an explanation says, where parts of a row are taken away or rows are moved a little?"""

from typing import NamedTuple

import numpy as np
import torch

from auditkit.plugins.explanations.gradients.points import Explanation, Points, to_array
from auditkit.plugins.explanations.quality.infidelity import followed, infidelity

CHANGES = 40
"""Changes of each row."""
PARTS = 5
"""Of fewer units, the sizes of changes alone tell which they are."""
RADIUS = 0.02
"""Of small changes, as a share of the inputs' range."""


class Faithfulness(NamedTuple):
    """How far the output follows an explanation, for each row; NaN where the output never moves."""

    correlations: np.ndarray
    """(n,) -1 to 1; see `quality.infidelity.followed`."""
    infidelities: np.ndarray
    """(n,) 0 to 1; see `quality.infidelity.infidelity`."""


def faithfulness(
    points: Points, explanation: Explanation, local: bool, generator: torch.Generator, donors: int = 0
) -> Faithfulness:
    """How far outputs follow attributions under 40 changes of each row.

    Args:
        points: the rows.
        explanation: of these rows.
        local: False: up to half of a row's units become those of the baseline, and the values of what is taken away
            promise the move. True: all coordinates of up to half of the units move by up to 2 % of the inputs' range,
            and slopes times moves promise it.
        generator: draws the changes.
        donors: so many rows of the background stand in for what is taken away, one after another, and the mean of
            their moves counts; 0: the baseline does.
    """
    rows, shape = len(points.encoded), (CHANGES, len(points.encoded))
    promised, moved, sizes = np.empty(shape), np.zeros(shape), np.zeros((*shape, 3))
    outputs = points.outputs(points.encoded, points.positions)
    for change in range(CHANGES):
        touched = _touched(rows, points.unit_count, generator)
        inside = touched[:, points.units.reshape(-1)].reshape(points.encoded.shape)
        versions = _versions(points, inside.to(points.encoded.device), local, donors, generator)
        for changed in versions:
            taken = to_array(points.encoded - changed)
            moved[change] += (outputs - points.outputs(changed, points.positions)) / len(versions)
            parts = (inside.double().numpy(), np.abs(taken), taken)
            sizes[change] += np.stack([part.reshape(rows, -1).sum(axis=1) for part in parts], axis=1) / len(versions)
        says = explanation.slopes * taken if local else explanation.values * inside.numpy()
        promised[change] = says.reshape(rows, -1).sum(axis=1)
    # networks answer in float32, whose roundings are no move
    moved[np.abs(moved) <= 4 * np.finfo(np.float32).eps * np.abs(outputs).max()] = 0.0
    return Faithfulness(followed(promised.T, moved.T, sizes.swapaxes(0, 1)), infidelity(promised.T, moved.T))


def _versions(
    points: Points, inside: torch.Tensor, local: bool, donors: int, generator: torch.Generator
) -> list[torch.Tensor]:
    """The rows with something else where `inside` is True: once, or once for each donor."""
    if local:
        noise = (2 * torch.rand(points.encoded.shape, generator=generator) - 1).to(points.encoded)
        return [points.encoded + RADIUS * points.ranges * noise * inside.to(points.encoded)]
    if not donors:
        everyone = torch.arange(len(points.encoded), device=points.encoded.device)
        return [torch.where(inside, points.starts(everyone), points.encoded)]
    drawn = torch.randperm(len(points.background), generator=generator)[:donors]
    return [torch.where(inside, points.background[one], points.encoded) for one in drawn.tolist()]


def _touched(rows: int, units: int, generator: torch.Generator) -> torch.Tensor:
    """(rows, units) True for those that a change touches: for each row at least one of its units, at most half."""
    order = torch.rand((rows, units), generator=generator).argsort(dim=1).argsort(dim=1)
    most = torch.randint(1, max(2, units // 2 + 1), (rows, 1), generator=generator)
    return order < most
