"""Where paths begin, and what deleted parts of a row become."""

from typing import Literal, TypeAlias

import torch

Kind: TypeAlias = Literal["auto", "mean", "zeros", "blurred"]


def make_baseline(kind: Kind, encoded: torch.Tensor, background: torch.Tensor, image: bool) -> tuple[torch.Tensor, str]:
    """The mean of the background, zeros, or each row blurred; `auto` is zeros for images and the mean otherwise.

    Args:
        kind: which.
        encoded: (n, ...) the rows to explain.
        background: (B, ...) rows for the mean.
        image: True where the last two axes are a picture's.

    Returns:
        (1, ...) or (n, ...), encoded, the start of each row's path, and what that is.

    Raises:
        ValueError: `blurred` was asked of something else than images.
    """
    if kind == "blurred":
        if not image:
            raise ValueError("baseline 'blurred' is for images; take 'mean' or 'zeros'")
        return blur(encoded), "each picture, blurred"
    if kind == "zeros" or (kind == "auto" and image):
        return torch.zeros_like(encoded[:1]), "zeros, after preprocessing"
    return background.mean(dim=0, keepdim=True), f"the mean of {len(background)} background rows"


def token_baseline(
    kind: Kind, embedded: torch.Tensor, background: torch.Tensor, padding: torch.Tensor | None
) -> tuple[torch.Tensor, str]:
    """One vector for every place of every row: the embedding of padding (`auto`, where there is one), mean or zeros.

    Args:
        kind: which.
        embedded: (n, L, d) the rows to explain.
        background: (B, L, d) rows for the mean, which is over their places too.
        padding: (d,) the embedding of padding; None where there is none.

    Returns:
        (1, L, d), and what that is.
    """
    if kind == "zeros":
        return torch.zeros_like(embedded[:1]), "zeros in the space of the embedding"
    if kind == "auto" and padding is not None:
        return padding.expand_as(embedded[:1]).clone(), "the embedding of padding in every place"
    mean = background.mean(dim=(0, 1)).expand_as(embedded[:1]).clone()
    return mean, f"the mean embedding of the tokens of {len(background)} background rows in every place"


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
