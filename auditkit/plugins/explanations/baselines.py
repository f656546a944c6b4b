"""Where the path of integrated gradients begins."""

from typing import Literal, NamedTuple, TypeAlias

import torch

Kind: TypeAlias = Literal["auto", "mean", "zeros", "blurred"]


class Baseline(NamedTuple):
    """The start of each row's path."""

    values: torch.Tensor
    """(1, ...) or (n, ...), encoded."""
    what: str


def make_baseline(kind: Kind, encoded: torch.Tensor, background: torch.Tensor, image: bool) -> Baseline:
    """The mean of the background, zeros, or each row blurred; `auto` is zeros for images and the mean otherwise.

    Args:
        kind: which.
        encoded: (n, ...) the rows to explain.
        background: (B, ...) rows for the mean.
        image: True where the last two axes are a picture's.

    Raises:
        ValueError: `blurred` was asked of something else than images.
    """
    if kind == "blurred":
        if not image:
            raise ValueError("baseline 'blurred' is for images; take 'mean' or 'zeros'")
        return Baseline(blur(encoded), "each picture, blurred")
    if kind == "zeros" or (kind == "auto" and image):
        return Baseline(torch.zeros_like(encoded[:1]), "zeros, after preprocessing")
    return Baseline(background.mean(dim=0, keepdim=True), f"the mean of {len(background)} background rows")


def blur(pictures: torch.Tensor) -> torch.Tensor:
    """(n, ..., H, W) averaged twice over squares of about a quarter of the picture."""
    height, width = pictures.shape[-2:]
    reach = max(1, min(height, width) // 8)
    # odd, so that the picture keeps its size
    size = 2 * reach + 1
    soft = pictures.reshape(len(pictures), -1, height, width)
    # twice over a square weighs like a pyramid, without the edges that one square leaves
    for _ in range(2):
        soft = torch.nn.functional.avg_pool2d(soft, size, stride=1, padding=reach, count_include_pad=False)
    return soft.reshape(pictures.shape)
