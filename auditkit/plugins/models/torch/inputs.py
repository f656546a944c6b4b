"""From the audit's inputs to the tensor that a torch module eats."""

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
        return np.ascontiguousarray(inputs.to_numpy(dtype=kind, **({} if are_whole else {"na_value": np.nan})))
    if hasattr(inputs, "toarray"):
        inputs = inputs.toarray()
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "fiub":
        # torch knows neither negative strides nor read-only memory nor foreign byte orders
        return np.array(inputs, dtype=inputs.dtype.newbyteorder("="), order="C", copy=True)
    description = f"an array of {inputs.dtype}" if isinstance(inputs, np.ndarray) else f"a {type(inputs).__name__}"
    raise ModelError(
        f"{name}: a torch model needs an array or a tensor of numbers; {description} was given. To mend it, {_HINT}"
    )
