"""Inputs of every kind that a model eats: tables, arrays, tensors, lists of texts."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_array(inputs: Any) -> np.ndarray | None:
    """An array or a tensor as a numpy array; None for tables and texts."""
    if isinstance(inputs, np.ndarray):
        return inputs
    if hasattr(inputs, "detach"):
        tensor = inputs.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":  # a type that numpy lacks; every value fits in float32
            tensor = tensor.float()
        array: np.ndarray = tensor.numpy()
        return array
    return None


def as_column(values: Any) -> np.ndarray:
    """Values beside the inputs as an array; a list keeps its objects, as numpy would make the text nan of NaN."""
    if hasattr(values, "detach"):
        array = as_array(values)
        assert array is not None  # a tensor
        return array
    return np.asarray(values, dtype=object if isinstance(values, list | tuple) else None)


def take_rows(inputs: Any, at: np.ndarray) -> Any:
    """Rows of a table, an array, a tensor or a list, as the same kind of thing."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[at].reset_index(drop=True)
    if isinstance(inputs, list):
        return [inputs[position] for position in at]
    return inputs[at]


def all_finite(inputs: Any) -> bool:
    """True where an array or a tensor holds neither NaN nor infinity."""
    if hasattr(inputs, "isfinite"):
        return bool(inputs.isfinite().all())
    return inputs.dtype.kind not in "fc" or bool(np.isfinite(inputs).all())


def any_infinite(inputs: Any) -> bool:
    """True where an array or a tensor holds infinity; NaN may stand for a missing value."""
    if hasattr(inputs, "isinf"):
        return bool(inputs.isinf().any())
    return inputs.dtype.kind in "fc" and bool(np.isinf(inputs).any())
