"""Corruptions that are sums over neighbours: blurs and coarser pixels, as products with small matrices."""

import math

import torch

OVERSAMPLING = 9
"""Points along each side of a pixel at which it is asked whether a disc covers it."""


def gaussian_matrix(size: int, sigma: float) -> torch.Tensor:
    """(size, size) float64: row i holds the weights with which a Gaussian blur sums a line of pixels for pixel i.

    The kernel is cut at four sigma and the border pixel is repeated, as `scipy.ndimage.gaussian_filter` does with
    mode "nearest".
    """
    if sigma <= 0:
        return torch.eye(size, dtype=torch.float64)
    reach = int(4 * sigma + 0.5)
    offsets = torch.arange(-reach, reach + 1)
    kernel = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    neighbours = (torch.arange(size)[:, None] + offsets[None, :]).clamp(0, size - 1)
    matrix = torch.zeros(size, size, dtype=torch.float64)
    return matrix.scatter_add_(1, neighbours, (kernel / kernel.sum()).expand(size, -1).contiguous())


def pixel_matrix(size: int, pieces: int) -> torch.Tensor:
    """(size, size) float64: a line of pixels averaged into equal `pieces`; each pixel takes its piece's mean.

    A pixel that lies in two pieces counts in each by its share.
    """
    edges = torch.linspace(0, size, pieces + 1, dtype=torch.float64)
    starts = torch.arange(size, dtype=torch.float64)
    overlap = torch.minimum(starts[None, :] + 1, edges[1:, None]) - torch.maximum(starts[None, :], edges[:-1, None])
    means = overlap.clamp_min(0)
    means = means / means.sum(dim=1, keepdim=True)
    # by the pixel's middle, for a pixel may lie across the edge of two pieces
    return means[((starts + 0.5) * pieces / size).long().clamp(0, pieces - 1)]


def along_both(images: torch.Tensor, down: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) images after `down` (H, H) on every column and `across` (W, W) on every row."""
    down, across = (tensor.to(images) for tensor in (down, across))
    return torch.matmul(down, torch.matmul(images, across.T))


def gaussian_blur(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """(N, C, H, W) images blurred by a Gaussian of `sigma` pixels; 0 leaves them."""
    height, width = images.shape[-2:]
    return along_both(images, gaussian_matrix(height, sigma), gaussian_matrix(width, sigma))


def pixelate(images: torch.Tensor, share: float) -> torch.Tensor:
    """(N, C, H, W) images as if taken with this share of the pixels along each side; 1 leaves them."""
    height, width = images.shape[-2:]
    sides = [max(1, round(length * share)) for length in (height, width)]
    return along_both(images, pixel_matrix(height, sides[0]), pixel_matrix(width, sides[1]))


def disc(radius: float) -> torch.Tensor:
    """(K, K) float64: how much of each pixel a disc around the middle pixel covers, summing to 1."""
    reach = max(0, math.ceil(radius - 0.5))
    offsets = (torch.arange(OVERSAMPLING, dtype=torch.float64) + 0.5) / OVERSAMPLING - 0.5
    line = (torch.arange(-reach, reach + 1, dtype=torch.float64)[:, None] + offsets[None, :]).reshape(-1)
    is_covered = (line[:, None] ** 2 + line[None, :] ** 2 <= radius**2).double()
    size = 2 * reach + 1
    kernel = is_covered.reshape(size, OVERSAMPLING, size, OVERSAMPLING).mean(dim=(1, 3))
    return kernel / kernel.sum() if reach else torch.ones(1, 1, dtype=torch.float64)


def defocus(images: torch.Tensor, radius: float) -> torch.Tensor:
    """(N, C, H, W) images out of focus: every point becomes a disc of `radius` pixels; the border pixel is repeated."""
    kernel = disc(radius).to(images)
    reach = len(kernel) // 2
    channels = images.shape[1]
    padded = torch.nn.functional.pad(images, (reach,) * 4, mode="replicate")
    kernels = kernel.expand(channels, 1, *kernel.shape).contiguous()
    return torch.nn.functional.conv2d(padded, kernels, groups=channels)
