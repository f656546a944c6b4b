"""What JPEG takes away: the cosine transform of blocks of 8 by 8, rounded by the standard's tables."""

import math

import torch

LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99), (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99), *((99,) * 8,) * 4,
)  # fmt: skip
"""ITU-T T.81 (1992), annex K.1."""
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
FROM_YCC = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))
"""ITU-T T.871 (2011), 7."""


def jpeg(images: torch.Tensor, quality: float) -> torch.Tensor:
    """(N, C, H, W) images in [0, 1] after JPEG at `quality`, 1 to 100, without thinning out the colours.

    Three channels are taken as red, green and blue; any other number as so many grey images. Entropy coding, which
    loses nothing, is left out. Quality is that of the Independent JPEG Group's library.
    """
    levels = (images.clamp(0, 1) * 255).round()
    has_colours = levels.shape[1] == 3
    if has_colours:
        levels = _mixed(levels, TO_YCC)
        levels[:, 1:] += 128
        levels = levels.round().clamp(0, 255)
    tables = [_table(LUMINANCE, quality), _table(CHROMINANCE if has_colours else LUMINANCE, quality)]
    # the first channel is luminance; the standard has one table for it and one for both colour channels
    step = torch.stack([tables[min(channel, 1)] for channel in range(levels.shape[1])]).to(levels)
    coded = _blocks(levels - 128)
    basis = _basis().to(levels)
    coded = (coded @ basis.T / step[None, :, None]).round() * step[None, :, None]
    decoded = (_image_of(coded @ basis, levels) + 128).round().clamp(0, 255)
    if has_colours:
        decoded[:, 1:] -= 128
        decoded = _mixed(decoded, FROM_YCC)
    return decoded.round().clamp(0, 255) / 255


def _basis() -> torch.Tensor:
    """(64, 64) the cosine transform of a flattened block; its transpose is its inverse."""
    index = torch.arange(8, dtype=torch.float64)
    line = torch.cos(math.pi * (2 * index[None, :] + 1) * index[:, None] / 16) / 2
    # so scaled, the transform is orthonormal and its transpose takes it back
    line[0] /= math.sqrt(2)
    return torch.kron(line, line)


def _table(table: tuple[tuple[int, ...], ...], quality: float) -> torch.Tensor:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = torch.div(torch.tensor(table) * int(scale) + 50, 100, rounding_mode="floor")
    return steps.clamp(1, 255).reshape(64)


def _blocks(levels: torch.Tensor) -> torch.Tensor:
    """(N, C, B, 64) blocks of (N, C, H, W) levels; the border pixel is repeated to fill the last ones."""
    height, width = levels.shape[-2:]
    padded = torch.nn.functional.pad(levels, (0, -width % 8, 0, -height % 8), mode="replicate")
    tiles = torch.nn.functional.pixel_unshuffle(padded, 8).reshape(*levels.shape[:2], 64, -1)
    return tiles.transpose(2, 3).contiguous()


def _image_of(blocks: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The image of its blocks, cut to the size of `like`."""
    n, channels, height, width = like.shape
    tiles = blocks.transpose(2, 3).reshape(n, 64 * channels, -(-height // 8), -(-width // 8))
    return torch.nn.functional.pixel_shuffle(tiles, 8)[:, :, :height, :width]


def _mixed(images: torch.Tensor, weights: tuple[tuple[float, ...], ...]) -> torch.Tensor:
    return torch.einsum("ij,njhw->nihw", images.new_tensor(weights), images)
