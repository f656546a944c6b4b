"""Small graphs of ONNX with known answers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import auditkit

FLOAT, DOUBLE, INT64, STRING, BOOL = (
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING, TensorProto.BOOL,
)  # fmt: skip
Value = tuple[str, int, Sequence[Any]]
"""(name, type, shape) of an input or an output."""


def graph(
    nodes: Sequence[Any], inputs: Sequence[Value], outputs: Sequence[Value], tensors: dict[str, Any] | None = None,
    **model: Any,
) -> onnx.ModelProto:  # fmt: skip
    """A model of these operators."""
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in (tensors or {}).items()]
    parts = [[helper.make_tensor_value_info(*value) for value in values] for values in (inputs, outputs)]
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3), *model.pop("sets", ())]
    made = helper.make_graph(list(nodes), "graph", *parts, constants)
    return helper.make_model(made, opset_imports=sets, **{"ir_version": 10, **model})


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """One operator; its inputs and outputs stand between blanks."""
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def linear(weights: Any, last: str = "", kind: int = FLOAT, rows: Any = "n") -> onnx.ModelProto:
    """x @ weights, and an activation behind it."""
    matrix = np.asarray(weights, dtype={FLOAT: np.float32, DOUBLE: np.float64}[kind])
    nodes = [node("MatMul", "x w", "z" if last else "y")]
    if last:
        nodes.append(node(last, "z", "y"))
    return graph(nodes, [("x", kind, [rows, len(matrix)])], [("y", kind, [rows, matrix.shape[1]])], {"w": matrix})


def of_torch(module: torch.nn.Module, sample: torch.Tensor, fixed: bool = False) -> bytes:
    """A module as torch writes it."""
    buffer, axes = io.BytesIO(), {} if fixed else {"x": {0: "n"}, "y": {0: "n"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (sample,), buffer, dynamo=False, input_names=["x"], output_names=["y"], dynamic_axes=axes
        )
    return buffer.getvalue()


def asked(made: onnx.ModelProto, **options: Any) -> Callable[..., Any]:
    """A graph is asked about numbers from 0 to 3."""

    def ask(**mends: Any) -> Any:
        numbers = np.tile(np.arange(4, dtype=np.float32), (3, 1))
        return auditkit.wrap(made, **{**options, **mends}).answers(numbers)

    return ask


TWO = graph(
    [node("MatMul", "x w", "y"), node("Neg", "y", "z")], [("x", FLOAT, ["n", 4])],
    [("y", FLOAT, ["n", 1]), ("z", FLOAT, ["n", 1])], {"w": np.ones((4, 1), dtype=np.float32)},
)  # fmt: skip
MENDS: dict[str, Callable[..., Any]] = {
    "one number per row of a graph": asked(linear(np.full((4, 1), 0.1))),
    "a logit or a probability of a graph": asked(linear([[0], [0.5], [0], [0]], "Abs"), task="binary"),
    "a logit of a graph called a probability": asked(
        linear(np.full((4, 1), 2.0)), task="binary", output="probabilities"
    ),
    "several outputs of a graph": asked(TWO, task="regression"),
}
"""{what is wrong: a call that says so, and that gets further with what it proposes}"""
