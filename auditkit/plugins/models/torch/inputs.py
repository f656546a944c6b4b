"""From the audit's inputs to the tensor that a torch module eats: numbers, or places in a table that it looks up."""

from typing import Any

import numpy as np
import torch

from auditkit.errors import Mend, ModelError

_HINT = "pass preprocess=, a callable or a fitted transformer that makes an array or a tensor of the inputs"


def to_tensor(inputs: Any, name: str, keep_whole: bool, kind: torch.dtype, device: torch.device) -> torch.Tensor:
    """The inputs as a tensor on the device.

    Args:
        inputs: an array, a tensor, a sparse matrix or a table of numbers.
        name: of the model, for messages.
        keep_whole: True where whole numbers stay whole (as positions in an embedding); otherwise they become `kind`.
        kind: the floating type of the module's parameters.
        device: where the module is.

    Raises:
        ModelError: text or anything else that is no tensor yet.
    """
    tensor = inputs if isinstance(inputs, torch.Tensor) else torch.from_numpy(_to_array(inputs, name))
    if tensor.dtype.is_floating_point or not keep_whole:
        tensor = tensor.to(kind)
    elif tensor.dtype is not torch.bool:
        tensor = tensor.to(torch.int64)
    return tensor.to(device)


def _to_array(inputs: Any, name: str) -> np.ndarray:
    if hasattr(inputs, "columns"):
        kinds = {column: getattr(inputs[column].dtype, "kind", "O") for column in inputs.columns}
        wrong = [str(column) for column, kind in kinds.items() if kind not in "fiub"]
        if wrong:
            mend = Mend("data.drop", wrong)
            raise ModelError(
                f"{name}: a torch model needs numbers; these columns hold none: {', '.join(map(repr, wrong[:10]))}. "
                f"To mend it, {_HINT}; or take out what the model never sees, as in {mend}",
                mend=mend,
            )
        are_whole = all(dtype.kind in "iub" for dtype in inputs.dtypes) and not inputs.isna().any(axis=None)
        kind = np.int64 if are_whole else np.float64
        # a copy, for a module may write into what it is given, and a table lends its memory
        return np.array(inputs.to_numpy(dtype=kind, **({} if are_whole else {"na_value": np.nan})), order="C")
    if hasattr(inputs, "toarray"):
        inputs = inputs.toarray()
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "fiub":
        # torch knows neither negative strides nor read-only memory nor foreign byte orders
        return np.array(inputs, dtype=inputs.dtype.newbyteorder("="), order="C", copy=True)
    description = f"an array of {inputs.dtype}" if isinstance(inputs, np.ndarray) else f"a {type(inputs).__name__}"
    raise ModelError(
        f"{name}: a torch model needs an array or a tensor of numbers; {description} was given. To mend it, {_HINT}"
    )


_WANTS = ("one of the following scalar types: Long", "applicable to index tensor", "used as indices must be")
_OUTSIDE = (
    "index out of range in self", "out of bounds for dimension", "Class values must be",
    "out of range: tried to access",
)  # fmt: skip
_EMBEDDINGS = ("Embedding", "EmbeddingBag")
NOTE = "the module looks its inputs up, so they are handed over as whole numbers"


def has_embedding(module: torch.nn.Module) -> bool:
    """Whether a layer of the module, scripted or traced ones included, is an embedding."""
    return any(getattr(layer, "original_name", type(layer).__name__) in _EMBEDDINGS for layer in module.modules())


def wants_words(error: Exception) -> bool:
    """Whether a module failed because it looks its inputs up and was given floats."""
    return any(words in str(error) for words in _WANTS)


def as_words(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """Floats that are whole numbers, as whole numbers.

    Raises:
        ModelError: one is not.
    """
    # A table of numbers comes as floats; only whole ones can be positions.
    strange = tensor[tensor != tensor.round()] if tensor.is_floating_point() else tensor[:0]
    if len(strange):
        raise ModelError(
            f"{name}: the module looks its inputs up, as in an embedding, which takes whole numbers; they hold "
            f"{float(strange.flatten()[0]):g}. Take out what the module never sees, or pass preprocess=, a callable "
            "that makes the numbers of words of the inputs"
        )
    return tensor.to(torch.int64)


def refuse_unknown(error: Exception, encoded: torch.Tensor | None, module: torch.nn.Module, name: str) -> None:
    """Say in a sentence that a number among the inputs is no place in the module's table.

    Args:
        error: that the module failed with.
        encoded: what it was given; None: what a check made of the inputs.
        module: for the sizes of its tables.
        name: of the model.

    Raises:
        ModelError: that is why it failed.
    """
    if not any(words in str(error) for words in _OUTSIDE):
        return
    sizes = sorted({len(layer.weight) for layer in module.modules() if isinstance(layer, torch.nn.Embedding)})
    known = f" (its embeddings have {', '.join(map(str, sizes))} places)" if sizes else ""
    start = f"{name}: the module has no place for a number that it looks up{known}; "
    if encoded is None:
        raise ModelError(
            f"{start}this check moves numbers, codes too where it does not know them. Give the inputs as a table, and "
            'say kind = "category" under [data.features.NAME] for each column of codes'
        ) from error
    least, most, shape = float(encoded.min()), float(encoded.max()), tuple(encoded.shape[1:])
    raise ModelError(
        f"{start}the inputs go from {least:g} to {most:g} and have the shape {shape} a row. Number the words and codes "
        'as the module was trained, say kind = "category" under [data.features.NAME] for a column of codes, cut rows '
        "that are longer than it knows, or pass preprocess=, a callable that does so"
    ) from error
