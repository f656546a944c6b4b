"""Pictures as segments that can be left out."""

import numpy as np

from auditkit.errors import MissingExtra, require

SEGMENTS = 40
"""About how many segments a picture is cut into; fewer where they would have fewer than `SMALLEST` pixels."""
SMALLEST = 4


def segment(picture: np.ndarray) -> tuple[np.ndarray, str]:
    """(H, W) the number of each pixel's segment, from 0, and how they were cut.

    Superpixels (SLIC: Achanta et al. 2012, doi:10.1109/TPAMI.2012.120) where scikit-image is installed, else the fields
    of a grid. Lime's own default, quickshift, sees few segments in small pictures and none in grey ones.

    Args:
        picture: (C, H, W).
    """
    try:
        segmentation = require("skimage.segmentation", "lime")
    except MissingExtra:
        return grid(picture.shape[1], picture.shape[2]), "the fields of a grid, for scikit-image is not installed"
    spread = float(np.ptp(picture)) or 1.0
    channels = np.moveaxis((picture - picture.min()) / spread, 0, -1).astype(np.float64)
    numbers = segmentation.slic(
        channels, n_segments=_count(*picture.shape[1:]), compactness=1.0, start_label=0, channel_axis=-1,
        convert2lab=False,
    )  # fmt: skip
    # numbers without gaps
    return np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape), "superpixels (SLIC)"


def grid(height: int, width: int) -> np.ndarray:
    """(H, W) the number of each pixel's field, of about as many fields as segments, as high as wide."""
    side = np.sqrt(height * width / _count(height, width))
    rows, columns = (np.arange(length) * max(1, round(length / side)) // length for length in (height, width))
    return np.asarray(rows[:, None] * (columns.max() + 1) + columns[None, :])


def hidden(picture: np.ndarray) -> np.ndarray:
    """(C, 1, 1) the mean colour of the picture, which stands in for what is left out.

    Lime's own default is the mean colour of the segment, which takes nothing out of a segment of one colour.
    """
    return np.asarray(picture.mean(axis=(1, 2), keepdims=True, dtype=np.float64).astype(picture.dtype))


def masked(picture: np.ndarray, segments: np.ndarray, fill: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """(m, C, H, W) pictures of which only some segments are kept.

    Args:
        picture: (C, H, W).
        segments: (H, W).
        fill: (C, 1, 1) what stands in.
        kept: (m, P) bool.
    """
    return np.where(kept[:, segments][:, None], picture, fill)


def average_map(values: np.ndarray, segments: list[np.ndarray], side: int = 14) -> np.ndarray:
    """(h, w) mean |value| of the pixels over pictures, as shares of their sum, at most `side` high and wide.

    Args:
        values: (n, P) of segments.
        segments: n of (H, W), all of one size.
        side: fields at most; a rest that fills none is left out.
    """
    mean = np.mean([np.abs(row)[numbers] for row, numbers in zip(values, segments, strict=True)], axis=0)
    step = max(1, -(-max(mean.shape) // side))
    high, wide = (length // step for length in mean.shape)
    blocks = mean[: high * step, : wide * step].reshape(high, step, wide, step).sum(axis=(1, 3))
    return np.asarray(blocks / blocks.sum() if blocks.sum() > 0 else blocks)


def _count(height: int, width: int) -> int:
    return max(2, min(SEGMENTS, height * width // SMALLEST))
