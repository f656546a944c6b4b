"""Which outputs of an ONNX graph are read: that of labels and that of numbers, or the one that its owner named."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.errors import ModelError
from auditkit.plugins.models.one_output import TARGET, place_of
from auditkit.text import one_line

_LABELS = {f"tensor({kind})" for kind in ("string", "int64", "int32", "bool")}
_NUMBERS = {f"tensor({kind})" for kind in ("float", "double", "float16")}


def outputs_of(outputs: Sequence[Any], target: str | int | None, name: str) -> tuple[str | None, str | None, Any]:
    """The names of the output of labels and of that of numbers, and which column of the numbers is read.

    Args:
        outputs: as ONNX Runtime lists them, with `name` and `type`.
        target: the output that is audited: its name, or a column of the one output of numbers; None: no one is named.
        name: of the model, for messages.

    Returns:
        None for an output that there is not, and for the column where all are read.

    Raises:
        ModelError: nobody can tell which output is meant, or there is no such output.
    """
    label = [output.name for output in outputs if output.type in _LABELS]
    values = [output.name for output in outputs if output.type in _NUMBERS or output.type.startswith("seq(map(")]
    if target is not None and str(target) in label:
        return str(target), None, None
    if target is not None and str(target) in values:
        return None, str(target), None
    if target is not None and len(values) == 1:
        return None, values[0], target
    if target is not None:
        place = place_of(target, [*label, *values], name)
        return outputs_of(outputs, [*label, *values][place], name)
    if len(label) > 1 or len(values) > 1 or not label + values:
        listed = ", ".join(f"{one_line(output.name, 60)!r} ({output.type})" for output in outputs[:10])
        way_out = "Save it with the outputs that are meant, as with onnx.utils.extract_model"
        if len(label) == 1 and len(values) > 1:
            way_out = f"If skl2onnx wrote one for each class, save it with options={{'zipmap': False}}; {_named()}"
        elif len(label) + len(values) > 1:
            way_out = _named()
        raise ModelError(
            f"{name}: the graph must have one output of labels, one of numbers, or both; it has {listed}. {way_out}",
            mend=[TARGET] if len(label) + len(values) > 1 else (),
        )
    return label[0] if label else None, values[0] if values else None, None


def of_column(values: np.ndarray, target: str | int, name: str) -> np.ndarray:
    """(n, 1) the column that is audited.

    Args:
        values: (n, K) one column for each output.
        target: a position from 0.
        name: of the model, for messages.

    Raises:
        ModelError: there is no such column.
    """
    place = place_of(target, [str(column) for column in range(values.shape[1])], name)
    return values[:, place : place + 1]


def _named() -> str:
    return f"name the one to audit by its name or its position from 0, as in {TARGET}"
