"""Inputs of every kind that a model eats: tables, arrays, tensors, lists of texts."""

import contextlib
from typing import Any

import numpy as np

from auditkit.errors import present


def as_array(inputs: Any) -> np.ndarray | None:
    """An array or a tensor as a numpy array; None for tables and texts."""
    if isinstance(inputs, np.ndarray):
        return inputs
    if hasattr(inputs, "detach"):
        tensor = inputs.detach().cpu()
        if str(tensor.dtype) == "torch.bfloat16":  # a type that numpy lacks; every value fits in float32
            tensor = tensor.float()
        return np.asarray(tensor.numpy())
    return None


def as_column(values: Any) -> np.ndarray:
    """Values beside the inputs as an array; a list keeps its objects, as numpy would make the text nan of NaN."""
    if hasattr(values, "detach"):
        return present(as_array(values), "a tensor is an array")
    return np.asarray(without_mask(values), dtype=object if isinstance(values, list | tuple) else None)


def without_mask(values: Any) -> Any:
    """A masked array with what means missing, NaN or None, where it is masked; anything else as it is."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if not values.mask.any():
        return values.data
    plain = values.data.astype(np.float64 if values.dtype.kind in "iuf" else object)
    plain[values.mask] = None  # among numbers that is NaN
    return plain


def read_only(array: np.ndarray) -> np.ndarray:
    """The same values, which nobody can change through what is given back; the array itself stays as it is."""
    view = array.view()
    view.setflags(write=False)
    return view


def plain_inputs(inputs: Any, modality: str) -> dict[str, Any]:
    """What stands for a table or an array in plain Python: texts are of modality text, rows of numbers an array.

    Returns:
        `inputs`, and `modality` where the inputs alone show it: a list, tuple, array or Series of str, gaps among them.
    """
    inputs, listed = without_mask(inputs), isinstance(inputs, list | tuple)
    flat = getattr(getattr(inputs, "dtype", None), "kind", "O") in "OUT" and len(getattr(inputs, "shape", ())) == 1
    if modality == "table" and (listed or flat):
        texts = list(inputs)
        gaps = [text is None or (isinstance(text, float) and text != text) for text in texts]
        if not all(gaps) and all(gap or isinstance(text, str) for gap, text in zip(gaps, texts, strict=True)):
            return {"inputs": texts, "modality": "text"}
    if modality != "text" and listed:
        with contextlib.suppress(ValueError):  # rows of unequal length; what they should be is said where it matters
            rows = np.asarray(inputs)
            if rows.dtype.kind in "fiub":
                return {"inputs": rows}
    return {"inputs": inputs}


def is_tokens(inputs: Any) -> bool:
    """Whether inputs are an array or a tensor (N, T) of whole numbers."""
    shape, dtype = getattr(inputs, "shape", ()), getattr(inputs, "dtype", None)
    kind = getattr(dtype, "kind", None)
    whole = kind in ("i", "u") if kind is not None else str(dtype).removeprefix("torch.").startswith(("int", "uint"))
    return len(shape) == 2 and whole and not hasattr(inputs, "columns")


def take_rows(inputs: Any, indices: np.ndarray) -> Any:
    """Rows of a table, an array, a tensor or a list, as the same kind of thing."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[indices].reset_index(drop=True)
    return [inputs[position] for position in indices] if isinstance(inputs, list) else inputs[indices]


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
