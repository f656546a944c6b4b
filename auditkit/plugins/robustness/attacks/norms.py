"""Balls and boxes: sizes, nearest points, steepest directions and random starts, for one radius a row.

Everywhere `x` is (n, *shape), a radius is (n,) and norms are Linf, L2 or L1 over all features of a row.
"""

from typing import Literal

import torch
from torch import Tensor

Norm = Literal["Linf", "L2", "L1"]
SHRINK = 1 - 1e-6
"""A sum of many squares is rounded: what is scaled onto the ball is scaled by this as well."""
HALVINGS = 50
SPARSE = 0.05
"""The share of features that one L1 step moves."""


def wide(values: Tensor, like: Tensor) -> Tensor:
    """(n, 1, ..., 1): one number a row, to be multiplied with (n, *shape)."""
    return values.reshape(-1, *(1,) * (like.dim() - 1))


def size(change: Tensor, norm: Norm) -> Tensor:
    """(n,) how far each row moved."""
    flat = change.flatten(1)
    if norm == "Linf":
        return flat.abs().amax(dim=1)
    return flat.abs().sum(dim=1) if norm == "L1" else flat.square().sum(dim=1).sqrt()


def unit_length(vectors: Tensor) -> Tensor:
    """(n, *shape) the same directions, of Euclidean length 1; 0 stays 0."""
    return vectors / wide(size(vectors, "L2").clamp_min(1e-12), vectors)


def dual(slope: Tensor, norm: Norm) -> Tensor:
    """(n,) by how much a linear function of this slope changes at most when the row moves by 1."""
    return size(slope, {"Linf": "L1", "L2": "L2", "L1": "Linf"}[norm])  # type: ignore[arg-type]


def project(points: Tensor, x: Tensor, radius: Tensor, norm: Norm, low: Tensor, high: Tensor) -> Tensor:
    """(n, *shape) points in the box and no farther than the radius from x, which lies in the box itself.

    For Linf and L1 they are the nearest such points. For L2 they are scaled onto the ball and then clipped, which only
    ever brings a point closer to x. L1: Duchi et al. (2008), Efficient Projections onto the l1-Ball, with the box of
    Croce and Hein (2021), Mind the Box, arXiv:2103.01208; the threshold is found by halving.
    """
    if norm == "Linf":
        reach = wide(radius, x)
        return torch.minimum(torch.maximum(points, (x - reach).clamp(low, high)), (x + reach).clamp(low, high))
    if norm == "L2":
        change = points - x
        length = size(change, norm)
        scale = torch.where(length > radius, radius * SHRINK / length.clamp_min(1e-30), torch.ones_like(length))
        return (x + change * wide(scale, x)).clamp(low, high)
    return _project_l1(points, x, radius, low, high)


def _project_l1(points: Tensor, x: Tensor, radius: Tensor, low: Tensor, high: Tensor) -> Tensor:
    change = points - x
    room = torch.where(change > 0, high - x, x - low).clamp_min(0)
    length = change.abs()
    under, over = torch.zeros_like(radius), length.flatten(1).amax(dim=1)
    fits = torch.minimum(length, room).flatten(1).sum(dim=1) <= radius
    # no sort as in Duchi et al.: with the box the sum falls in pieces that differ from row to row
    for _ in range(HALVINGS):
        middle = (under + over) / 2
        cut_length = torch.minimum((length - wide(middle, x)).clamp_min(0), room)
        too_far = cut_length.flatten(1).sum(dim=1) > radius * SHRINK
        under, over = torch.where(too_far, middle, under), torch.where(too_far, over, middle)
    cut = torch.where(fits, torch.zeros_like(over), over)
    cut_length = torch.minimum((length - wide(cut, x)).clamp_min(0), room)
    return (x + change.sign() * cut_length).clamp(low, high)


def direction(slope: Tensor, points: Tensor, norm: Norm, low: Tensor, high: Tensor) -> Tensor:
    """(n, *shape) the step of size 1 (in the norm) along which a function of this slope grows most.

    L1: the step is spread evenly over the few features of largest slope that the box still lets move (Croce and Hein
    2021); a single feature would need as many steps as there are features.
    """
    if norm == "Linf":
        return slope.sign()
    if norm == "L2":
        # by its largest entry first, because the squares of a tiny slope are zero in float32
        return unit_length(slope / wide(size(slope, "Linf").clamp_min(1e-38), slope))
    is_stuck = ((slope > 0) & (points >= high)) | ((slope < 0) & (points <= low))
    flat = slope.masked_fill(is_stuck, 0).flatten(1)
    largest = flat.abs().topk(max(1, round(SPARSE * flat.shape[1])), dim=1).indices
    step = torch.zeros_like(flat).scatter(1, largest, flat.gather(1, largest).sign())
    count = step.abs().sum(dim=1, keepdim=True).clamp_min(1)
    return (step / count).reshape(slope.shape)


def scatter(x: Tensor, radius: Tensor, norm: Norm, generator: torch.Generator) -> Tensor:
    """(n, *shape) random points in the balls; drawn on the CPU, so that every device gives the same ones."""
    flat = x.flatten(1)
    draws = torch.rand(flat.shape, generator=generator, dtype=torch.float64).to(x) * 2 - 1
    if norm != "Linf":
        # a radius that is uniform would crowd the middle: the volume of a ball grows with its D-th power
        share = torch.rand(len(x), generator=generator, dtype=torch.float64).to(x) ** (1 / flat.shape[1])
        if norm == "L2":
            draws = torch.randn(flat.shape, generator=generator, dtype=torch.float64).to(x)
        else:
            # Laplace draws are spread evenly in direction over the L1 sphere, as normal ones are over the L2 sphere
            draws = draws.sign() * -draws.abs().clamp_min(1e-12).log()
        draws = draws / wide(size(draws, norm), draws) * share[:, None]
    return x + (draws * radius[:, None]).reshape(x.shape)
