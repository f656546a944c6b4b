"""Arrays that no data went into: zeros and ones, counts, masks, waves of positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

PLAIN = (0.0, 1.0, -1.0, float("inf"), float("-inf"))
SLOPE = 0.25
"""At which PReLU begins in every copy (He et al., 2015, arXiv:1502.01852)."""


def data_free(value: Any) -> bool:
    """Whether an array, a tensor or a tuple of plain values is one that is written down without any data.

    That is: nothing; one of 0, 1, -1, infinity or PReLU's first slope throughout; whole numbers counted up or
    down by one from 0 or 1 along the last axis; a triangle or a diagonal of two of these; the sine waves of
    Vaswani et al., 2017, arXiv:1706.03762, and the frequencies of Su et al., 2021, arXiv:2104.09864.
    """
    array = _array(value)
    if array is None:
        return False
    if array.size == 0:
        return True
    if np.isnan(array).any():
        return False
    uniform = bool((array == array.flat[0]).all()) and float(array.flat[0]) in (*PLAIN, SLOPE)
    return uniform or _counted(array) or _mask(array) or _waves(array)


def _array(value: Any) -> np.ndarray | None:
    try:
        if isinstance(value, torch.Tensor):
            value = value.detach().to_dense().to(torch.float64).cpu().numpy()
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None


def _counted(array: np.ndarray) -> bool:
    length = array.shape[-1] if array.ndim else 1
    up = np.arange(length, dtype=np.float64)
    return any(bool((array == row).all()) for row in (up, up + 1, up[::-1], up[::-1] + 1))


def _mask(array: np.ndarray) -> bool:
    if array.ndim < 2 or min(array.shape[-2:]) < 2 or not set(np.unique(array)[:4]) <= {*PLAIN, *_LOW}:
        return False
    first = array.reshape(-1, *array.shape[-2:])[0]
    below, above, on = first[-1, 0], first[0, -1], first[0, 0]
    rows, columns = np.indices(first.shape)
    drawn = np.where(rows > columns, below, np.where(rows < columns, above, on))
    return bool((array == drawn).all())


_LOW = {float(np.finfo(kind).min) for kind in (np.float16, np.float32, np.float64)} | {-1e4, -1e9}
"""What stands for minus infinity in masks."""


def _waves(array: np.ndarray) -> bool:
    width = array.shape[-1] if array.ndim else 0
    if width >= 2 and array.ndim == 1:
        return bool(np.allclose(array, 10000.0 ** (-np.arange(width) / width), rtol=1e-5, atol=0))
    table = array.squeeze()
    if table.ndim != 2 or width < 2 or len(table) < 2:
        return False
    pairs = (width + 1) // 2
    angles = np.arange(len(table))[:, None] * 10000.0 ** (-2 * np.arange(pairs) / width)
    mixed = np.empty_like(table)
    mixed[:, 0::2], mixed[:, 1::2] = np.sin(angles), np.cos(angles)[:, : width // 2]
    halves = np.concatenate((np.sin(angles), np.cos(angles)[:, : width // 2]), axis=1)
    return any(bool(np.allclose(table, waves, rtol=0, atol=1e-4)) for waves in (mixed, halves))
