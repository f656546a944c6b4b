"""Corruptions that are sums over neighbours: blurs, coarser pixels, rotation and elastic deformation.

Blurs and coarser pixels are products with small matrices; what is moved is read between pixels, linearly.
"""

import math

import torch

OVERSAMPLING = 9
"""Points along each side of a pixel at which it is asked whether a disc covers it."""
SMOOTH = 0.1
"""An elastic deformation is smooth over this share of the image's side."""


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


def _pixel_positions(images: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The row and the column of each pixel, (H, W)."""
    sides = (torch.arange(side, device=images.device, dtype=images.dtype) for side in images.shape[-2:])
    return torch.meshgrid(*sides, indexing="ij")
