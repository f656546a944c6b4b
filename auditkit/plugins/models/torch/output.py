"""What a torch module's output means, told by real rows and by the last layer: logits, probabilities or numbers."""

import math
from collections.abc import Callable

import numpy as np
import torch

from auditkit.adapters import PROBE
from auditkit.errors import Mend, ModelError
from auditkit.models import ModelOptions
from auditkit.plugins.models.torch.output_ranges import Origin

_TOLERANCE = 1e-3
"""Probabilities sum to one within this."""
_TOLERANCE_HALF = 5e-3
"""A softmax in half precision sums to one within this."""
TOLERANCE_LATER = 4 * _TOLERANCE_HALF
"""Over many classes a sum in half precision may be farther off on later rows."""
_STRETCHES = (10.0, -10.0, 1000.0)
"""Factors on the real rows: a softmax or sigmoid stays within its range, a layer of logits leaves it."""


def tell(
    output: torch.Tensor, encoded: torch.Tensor, origin: Origin, ask: Callable[[torch.Tensor], torch.Tensor],
    options: ModelOptions, name: str,
) -> tuple[str, str]:  # fmt: skip
    """`logits`, `one logit`, `probabilities`, `one probability` or `number`, and by what this was told.

    Args:
        output: (n, C), (n, 1) or (n,): what the module gives for the first rows.
        encoded: those rows.
        origin: how the output was made.
        ask: the module, for further rows.
        options: `task`, `classes`, and `output`, which decides where it is given.
        name: of the model, for messages.

    Raises:
        ModelError: the shape fits no task, one output per row without a task, outputs of several labels at once, or one
            output that nothing shows to be a logit or a probability.
    """
    columns = 1 if output.ndim == 1 else int(output.shape[1])
    classes = None if options.classes is None else len(options.classes)
    if options.task == "regression":
        if columns != 1:
            raise ModelError(f"{name}: a regressor must give one number per row; its output has {columns} columns")
        return "number", "as told"
    if columns == 1:
        if options.task is None and classes is None:
            raise ModelError(
                f"{name}: the module gives one number per row; say {_BINARY.line} or {_REGRESSION.line} in wrap(…) or "
                "under [model], or name the two classes with classes=…",
                mend=[_BINARY, _REGRESSION],
            )
        if options.task == "multiclass" or (classes is not None and classes != 2):
            raise ModelError(
                f"{name}: the module's one output per row stands for two classes, and "
                f"{'the task is multiclass' if classes is None else f'{classes} classes were given'}. Give one output "
                "for each class, or wrap a function of the module's decisions in place of it"
            )
    elif classes is not None and classes != columns:
        raise ModelError(f"{name}: classes must name the {columns} columns of the output; {classes} were given")
    if options.output is not None:
        logits, evidence = options.output.endswith(("logit", "logits")), "as told"
    else:
        kind = _several if columns > 1 else _single
        logits, evidence = kind(output, origin, lambda: _stretched(encoded[:PROBE], ask), name)
        evidence = f"by a probe of {min(PROBE, len(output))} rows" if evidence == _BY_PROBE else evidence
    if columns == 1:
        return "one logit" if logits else "one probability", evidence
    return "logits" if logits else "probabilities", evidence


def check_probabilities(output: np.ndarray, kind: str, name: str) -> None:
    """Refuse what cannot be probabilities, though the first rows or the user said that they are.

    Raises:
        ModelError: a value outside [0, 1], or a row of several that does not sum to 1.
    """
    if not kind.endswith(("probability", "probabilities")) or not np.isfinite(output).all():
        return  # what is not finite is said by Model.answers, with the count
    off = np.abs(output.sum(axis=1) - 1).max() if kind == "probabilities" else 0.0
    if output.min() < -_TOLERANCE_HALF or output.max() > 1 + _TOLERANCE_HALF or off > TOLERANCE_LATER:
        raise ModelError(
            f"{name}: the output is read as {kind}, so it must lie in [0, 1] and sum to 1 over the classes; it lies "
            f"between {output.min():g} and {output.max():g}, and a sum is up to {off:g} away from 1. If it is logits, "
            f"say {_LOGITS}",
            mend=_LOGITS,
        )


_LOGITS, _PROBABILITIES = Mend("model.output", "logits"), Mend("model.output", "probabilities")
_BINARY, _REGRESSION = Mend("model.task", "binary"), Mend("model.task", "regression")
_BY_PROBE = "by a probe"
_BY_LAYER = "by the last operations of the module"


def _several(
    output: torch.Tensor, origin: Origin, stretch: Callable[[], list[torch.Tensor]], name: str
) -> tuple[bool, str]:
    """Whether several columns are logits, and by what that is told."""
    if not _inside(output):
        return True, _BY_PROBE
    share = origin.low >= 0 and origin.high <= 1
    if bool(((output.double().sum(dim=1) - 1).abs() < (_TOLERANCE_HALF if share else _TOLERANCE)).all()):
        return False, _BY_LAYER if share else _BY_PROBE
    if origin.linear or origin.low < 0 < origin.high < math.inf:
        return True, _BY_LAYER
    if not share and not all(_inside(tensor) for tensor in stretch()):
        return True, _BY_PROBE
    raise ModelError(
        f"{name}: the outputs lie in [0, 1] but do not sum to 1 in a row, as of a module with several labels at "
        f"once, which is not supported. If they are logits, say {_LOGITS}",
        mend=_LOGITS,
    )


def _single(
    output: torch.Tensor, origin: Origin, stretch: Callable[[], list[torch.Tensor]], name: str
) -> tuple[bool, str]:
    """Whether one column is a logit, and by what that is told."""
    if origin.low >= 0 and origin.high <= 1:
        return False, _BY_LAYER
    one_sided = origin.low >= 0 or origin.high <= 0
    # After a relu no number is below 0: read as a logit, it would never decide against the positive class.
    if one_sided and not _inside(output):
        side = "below" if origin.low >= 0 else "above"
        raise ModelError(
            f"{name}: one output per row must be a logit or a probability; whatever the inputs, this one is never "
            f"{side} 0, as no logit is, and it lies outside [0, 1], as no probability does. Wrap it in a module that "
            f"gives either, or say {_LOGITS} if it is one all the same",
            mend=_LOGITS,
        )
    if not _inside(output):
        return True, _BY_PROBE
    if origin.linear or (not one_sided and math.isfinite(origin.low + origin.high)):
        return True, _BY_LAYER
    if not one_sided and not all(_inside(tensor) for tensor in stretch()):
        return True, _BY_PROBE
    raise ModelError(
        f"{name}: the one output per row lies in [0, 1] on these rows, and nothing shows whether it is a probability, "
        f"decided at 0.5, or a logit, decided at 0. Say {_PROBABILITIES.line} or {_LOGITS.line}, in wrap(…) or under "
        "[model]",
        mend=[_PROBABILITIES, _LOGITS],
    )


def _inside(output: torch.Tensor) -> bool:
    return bool(((output >= -1e-6) & (output <= 1 + 1e-6)).all())


def _stretched(encoded: torch.Tensor, ask: Callable[[torch.Tensor], torch.Tensor]) -> list[torch.Tensor]:
    """Answers to the same rows far out; none where the rows are whole numbers or the module refuses them."""
    if not encoded.dtype.is_floating_point:
        return []
    answers = []
    for factor in _STRETCHES:
        try:
            answer = ask(encoded * factor)
        except Exception:  # a module may refuse rows outside its domain; the real ones have been seen
            continue
        if bool(torch.isfinite(answer).all()):
            answers.append(answer)
    return answers


def to_probabilities(output: np.ndarray, kind: str) -> np.ndarray:
    """(n, C) float64 probabilities from an output of this kind."""
    wide = output.astype(np.float64)
    if kind.startswith("one "):
        single = wide.reshape(len(wide))
        if kind == "one logit":
            return np.column_stack([_sigmoid(-single), _sigmoid(single)])
        return np.column_stack([1 - single, single])
    if kind == "logits":
        # The largest logit is taken off first, as exp overflows from 710 on.
        powers = np.exp(wide - wide.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    return wide


def _sigmoid(values: np.ndarray) -> np.ndarray:
    # exp of a negative number alone, which cannot overflow.
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))


def of_class(output: torch.Tensor, kind: str, targets: torch.Tensor) -> torch.Tensor:
    """(n,) the output of each row's class; a single output counts for the second class and against the first."""
    if kind == "number":
        return output.reshape(len(output))
    if kind.startswith("one "):
        single = output.reshape(len(output))
        opposite = -single if kind == "one logit" else 1 - single
        return torch.where(targets == 1, single, opposite)
    return output.gather(1, targets[:, None])[:, 0]
