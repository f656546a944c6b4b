"""Corruptions that move pixels: rotation and elastic deformation."""

import math

import torch

from auditkit.plugins.robustness.corruptions.linear import along_both, gaussian_matrix

SMOOTH = 0.1
"""An elastic deformation is smooth over this share of the image's side."""


def moved(images: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) images read at other places, linearly between pixels; outside, the nearest border pixel.

    Args:
        images: float.
        rows: (N, H, W) the row, in pixels, from which each pixel is read.
        columns: likewise.
    """
    height, width = images.shape[-2:]
    # grid_sample wants columns first, and -1 to 1 between the middles of the border pixels
    grid = torch.stack([2 * columns / max(width - 1, 1) - 1, 2 * rows / max(height - 1, 1) - 1], dim=-1)
    return torch.nn.functional.grid_sample(
        images, grid.to(images), mode="bilinear", padding_mode="border", align_corners=True
    )  # fmt: skip


def rotated(images: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) images turned about their middle by (N,) degrees, as `scipy.ndimage.rotate` turns them."""
    height, width = images.shape[-2:]
    rows, columns = _pixel_positions(images)
    rows, columns = rows - (height - 1) / 2, columns - (width - 1) / 2
    angle = torch.deg2rad(degrees.to(images)).view(-1, 1, 1)
    sine, cosine = torch.sin(angle), torch.cos(angle)
    return moved(
        images, cosine * rows + sine * columns + (height - 1) / 2, cosine * columns - sine * rows + (width - 1) / 2
    )  # fmt: skip


def rotation(images: torch.Tensor, degrees: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images turned by `degrees`, to the left or to the right by chance."""
    side = torch.rand(len(images), generator=chance, device=images.device)
    return rotated(images, torch.where(side < 0.5, -degrees, degrees))


def elastic(images: torch.Tensor, share: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images pulled about smoothly; pixels move by about `share` of the side along each axis.

    Source: Simard, Steinkraus and Platt (2003), Best practices for convolutional neural networks applied to visual
    document analysis, ICDAR.
    """
    height, width = images.shape[-2:]
    noise = torch.randn((len(images), 2, height, width), generator=chance, device=images.device, dtype=images.dtype)
    fields = []
    for axis, size in ((0, height), (1, width)):
        down, across = (gaussian_matrix(length, max(1.0, SMOOTH * length)) for length in (height, width))
        # what smoothing leaves of the noise's standard deviation, so that `share` is the size of the move
        spread = math.sqrt(float((down**2).sum(1).mean()) * float((across**2).sum(1).mean()))
        fields.append(along_both(noise[:, axis : axis + 1], down, across)[:, 0] * (share * size / spread))
    rows, columns = _pixel_positions(images)
    return moved(images, rows + fields[0], columns + fields[1])


def _pixel_positions(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The row and the column of each pixel, (1, H, W)."""
    height, width = images.shape[-2:]
    down = torch.arange(height, device=images.device, dtype=images.dtype)
    across = torch.arange(width, device=images.device, dtype=images.dtype)
    return down.view(1, -1, 1).expand(1, height, width), across.view(1, 1, -1).expand(1, height, width)
