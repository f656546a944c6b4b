"""Methods that look at slopes where the row is: saliency, input times gradient, SmoothGrad."""

import numpy as np
import torch

from auditkit.plugins.explanations.gradients.points import Explanation, Points, Progress, sum_by_unit, to_array

NOISE = 0.1
"""Of SmoothGrad: the standard deviation as a share of the range of the inputs."""
DRAWS_PER_STEP = 4


def saliency(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """The size of the gradient at each row.

    Source: Simonyan, Vedaldi, Zisserman 2013, Deep Inside Convolutional Networks, arXiv:1312.6034.
    """
    slopes = gradients_at_rows(points, progress)
    return Explanation(np.abs(slopes), slopes)


def input_x_gradient(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """Each coordinate times its gradient at the row.

    Source: Shrikumar et al. 2016, Not Just a Black Box, arXiv:1605.01713.
    """
    slopes = gradients_at_rows(points, progress)
    return Explanation(slopes * to_array(points.encoded), slopes)


def smooth_grad(points: Points, progress: Progress = lambda done, total, what: None) -> Explanation:
    """The mean gradient over normal noise around each row, with the standard errors of its draws.

    The noise has a tenth of the range of each coordinate over the rows (of all coordinates together for anything but
    tables). Four draws for each step.

    Source: Smilkov et al. 2017, SmoothGrad, arXiv:1706.03825.
    """
    scale, draws = NOISE * points.ranges, DRAWS_PER_STEP * points.steps
    means, errors, rows = [], [], len(points.encoded)
    for row, (point, position) in enumerate(zip(points.encoded, points.positions, strict=True)):
        noise = torch.randn((draws, *point.shape), generator=points.generator(position)).to(point)
        slopes = points.all_gradients(point + scale * noise, position.repeat(draws)).double()
        means.append(to_array(slopes.mean(dim=0)))
        errors.append(standard_error(sum_by_unit(slopes, points.units)))
        progress(row + 1, rows, f"rows explained with {draws} draws of noise each")
    mean = np.stack(means)
    return Explanation(mean, mean, errors=np.stack(errors))


def gradients_at_rows(points: Points, progress: Progress = lambda done, total, what: None) -> np.ndarray:
    """(n, ...) float64 gradients of the explained output at the rows themselves."""
    progress(0, len(points.encoded), "rows explained")
    return to_array(points.all_gradients(points.encoded, points.positions))


def standard_error(draws: torch.Tensor) -> np.ndarray:
    """(U,) standard errors of the means of independent draws (S, U)."""
    return np.asarray((draws.std(dim=0) / len(draws) ** 0.5).cpu().numpy())
