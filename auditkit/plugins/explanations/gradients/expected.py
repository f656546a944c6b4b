"""Gradient SHAP: integrated gradients from rows of the background, in expectation."""

import numpy as np
import torch

from auditkit.plugins.explanations.gradients.local_slopes import DRAWS_PER_STEP, standard_error
from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress, sum_by_unit, to_array


def gradient_shap(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """The mean, over background rows and places on the way from them, of distance times gradient.

    Each background row is drawn equally often and each stretch of the way once, in random pairs, which lessens the
    noise. Standard errors are those of independent draws, which are not smaller. Values add up to f(x) less the mean of
    f over the background in expectation.

    Source: Lundberg, Lee 2017, A Unified Approach to Interpreting Model Predictions, arXiv:1705.07874, as
    GradientExplainer; Erion et al. 2021, Improving Performance of Deep Learning Models with Axiomatic Attribution
    Priors and Expected Gradients, arXiv:1906.10670.
    """
    rows, donors = len(points.encoded), len(points.background)
    draws = donors * max(1, round(DRAWS_PER_STEP * points.steps / donors))
    values, slopes, errors, sum_errors, changes = [], [], [], [], np.empty(rows)
    for row, (point, position) in enumerate(zip(points.encoded, points.positions, strict=True)):
        away, left = _draw(points, point, position, draws)
        gradients = points.all_gradients(point - left * away, position.repeat(draws)).double()
        parts = gradients * away.double()
        values.append(to_array(parts.mean(dim=0)))
        slopes.append(to_array(gradients.mean(dim=0)))
        errors.append(standard_error(sum_by_unit(parts, points.units)))
        sum_errors.append(float(standard_error(parts.reshape(draws, -1).sum(dim=1, keepdim=True))[0]))
        outputs = points.outputs(torch.cat([point[None], points.background]), position.repeat(donors + 1))
        changes[row] = outputs[0] - outputs[1:].mean()
        progress(row + 1, rows, f"rows explained with {draws} draws each")
    misses = np.stack(values).reshape(rows, -1).sum(axis=1) - changes
    return Explanation(
        np.stack(values), np.stack(slopes), misses, changes, np.stack(errors), np.array(sum_errors)
    )  # fmt: skip


def _draw(points: Points, point: torch.Tensor, position: torch.Tensor, draws: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(S, ...) distances of a row from background rows, and (S, 1, ...) how much of the way is left."""
    generator = points.generator(position)
    whose = torch.randperm(draws, generator=generator) % len(points.background)
    left = (torch.randperm(draws, generator=generator) + torch.rand(draws, generator=generator)) / draws
    away = point - points.background[whose.to(point.device)]
    return away, left.to(point).reshape(-1, *[1] * point.ndim)
