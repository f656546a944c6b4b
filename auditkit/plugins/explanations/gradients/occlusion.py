"""Occlusion: how the output moves where a part of a row becomes what it is in the baseline."""

import numpy as np
import torch

from auditkit.plugins.explanations.gradients.integrated import change_from_baseline
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress


def occlusion(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """f(x) less f of x with one unit taken from the baseline, spread evenly over the coordinates of the unit.

    Source: Zeiler, Fergus 2013, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901.
    """
    everyone = torch.arange(len(points.encoded), device=points.encoded.device)
    start, outputs = points.starts(everyone), points.outputs(points.encoded, points.positions)
    values, units = np.zeros(tuple(points.encoded.shape)), points.units.to(points.encoded.device)
    for unit in range(points.unit_count):
        inside = units == unit
        occluded = torch.where(inside, start, points.encoded)
        moved = outputs - points.outputs(occluded, points.positions)
        values += (
            moved.reshape(-1, *[1] * (values.ndim - 1)) * (inside.double() / inside.sum().clamp(min=1)).cpu().numpy()
        )
        progress(unit + 1, points.unit_count, "parts taken away")
    return Explanation(values, values, changes=change_from_baseline(points))
