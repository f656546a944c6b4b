"""The parts of a row that explanations take away together: columns, blocks of a picture, steps of a sequence."""

import numpy as np
import torch

SIDE = 7
"""Blocks on each side of a picture, where it is large enough."""


def make_units(shape: tuple[int, ...], image: bool, owners: np.ndarray | None) -> torch.Tensor:
    """(...) the number of the unit that each coordinate of a row belongs to, from 0.

    Args:
        shape: of a row.
        image: True where the last two axes are a picture's: units are blocks of it, over all channels.
        owners: (K,) the original column of each encoded column of a table, -1 for those that belong to none; None for
            anything else: units are then places along the first axis, such as words or steps.
    """
    if owners is not None:
        lone = owners < 0
        numbered = np.where(lone, owners.max(initial=-1) + 1 + np.cumsum(lone), owners)
        return torch.as_tensor(np.unique(numbered, return_inverse=True)[1].reshape(shape))
    if image and len(shape) >= 2:
        height, width = shape[-2:]
        rows, columns = (torch.arange(side) * min(SIDE, side) // side for side in (height, width))
        return (rows[:, None] * (int(columns.max()) + 1) + columns).expand(shape).contiguous()
    return torch.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1)).expand(shape).contiguous()
