"""What a torch module's output means: logits, probabilities or numbers, told apart by a probe on real rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from auditkit.errors import ModelError
from auditkit.models import ModelOptions

_TOLERANCE = 5e-3
"""Half-precision softmax sums to one within this."""
_STRETCHES = (10.0, -10.0, 1000.0)
"""Factors on the real rows: a softmax or sigmoid stays within its range, a layer of logits leaves it."""


def tell(
    output: torch.Tensor, encoded: torch.Tensor, ask: Callable[[torch.Tensor], torch.Tensor], options: ModelOptions,
    name: str,
) -> str:  # fmt: skip
    """`logits`, `one logit`, `probabilities`, `one probability` or `number`.

    Args:
        output: (n, C), (n, 1) or (n,): what the module gives for the probe.
        encoded: the probe.
        ask: the module, for further rows.
        options: `task`, `classes`, and `output`, which decides where it is given.
        name: of the model, for messages.

    Raises:
        ModelError: the shape fits no task, one output per row without a task, or outputs of several labels at once.
    """
    columns = 1 if output.ndim == 1 else int(output.shape[1])
    classes = None if options.classes is None else len(options.classes)
    if options.task == "regression":
        if columns != 1:
            raise ModelError(f"{name}: a regressor must give one number per row; its output has {columns} columns")
        return "number"
    if columns == 1:
        if options.task is None and classes is None:
            raise ModelError(
                f"{name}: the module gives one number per row; say task='binary' or task='regression', "
                "or name the two classes with classes=…"
            )
        if options.task == "multiclass" or (classes is not None and classes != 2):
            raise ModelError(
                f"{name}: one output per row needs exactly two classes; "
                f"{'a task of several' if classes is None else classes} classes were given"
            )
    elif classes is not None and classes != columns:
        raise ModelError(f"{name}: classes must name the {columns} columns of the output; {classes} were given")
    logits = (options.output or _kind(output, encoded, ask, name)).endswith(("logit", "logits"))
    if columns == 1:
        return "one logit" if logits else "one probability"
    return "logits" if logits else "probabilities"


def _kind(output: torch.Tensor, encoded: torch.Tensor, ask: Callable[[torch.Tensor], torch.Tensor], name: str) -> str:
    looks = _probabilities if output.ndim == 2 and output.shape[1] > 1 else _inside
    if not _inside(output):
        return "logits"
    stretched = _stretched(encoded, ask)
    if not all(_inside(each) for each in stretched):
        return "logits"
    if not looks(output):
        raise ModelError(
            f"{name}: the outputs lie in [0, 1] but do not sum to 1 in a row, as of a module with several labels at "
            "once, which is not supported. If they are logits, say output='logits'"
        )
    return "probabilities"


def _inside(output: torch.Tensor) -> bool:
    return bool(((output >= -1e-6) & (output <= 1 + 1e-6)).all())


def _probabilities(output: torch.Tensor) -> bool:
    return bool(((output.double().sum(dim=1) - 1).abs() < _TOLERANCE).all())


def _stretched(encoded: torch.Tensor, ask: Callable[[torch.Tensor], torch.Tensor]) -> list[torch.Tensor]:
    """Answers to the same rows far out; none where the rows are whole numbers or the module refuses them."""
    if not encoded.dtype.is_floating_point:
        return []
    found = []
    for factor in _STRETCHES:
        try:
            answer = ask(encoded * factor)
        except Exception:  # a module may refuse rows outside its domain; the real ones have been seen
            continue
        if bool(torch.isfinite(answer).all()):
            found.append(answer)
    return found


def to_probabilities(output: np.ndarray, kind: str) -> np.ndarray:
    """(n, C) float64 probabilities from an output of this kind."""
    wide = output.astype(np.float64)
    if kind.startswith("one "):
        single = wide.reshape(len(wide))
        if kind == "one logit":
            return np.column_stack([_sigmoid(-single), _sigmoid(single)])
        return np.column_stack([1 - single, single])
    if kind == "logits":
        powers = np.exp(wide - wide.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    return wide


def _sigmoid(values: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))


def of_class(output: torch.Tensor, kind: str, targets: torch.Tensor) -> torch.Tensor:
    """(n,) the output of each row's class; a single output counts for the second class and against the first."""
    if kind == "number":
        return output.reshape(len(output))
    if kind.startswith("one "):
        single = output.reshape(len(output))
        other = -single if kind == "one logit" else 1 - single
        return torch.where(targets == 1, single, other)
    return output.gather(1, targets[:, None])[:, 0]
