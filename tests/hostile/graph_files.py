"""Graphs of ONNX that are malformed or malicious, made of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import onnx
from onnx import TensorProto, helper

HUGE = 2**40


def _tensor(graph: Any) -> Any:
    """The first tensor of numbers, an own one where the graph has none."""
    graph.initializer.append(helper.make_tensor("own", TensorProto.FLOAT, [2], [1.0, 2.0]))
    return graph.initializer[-1]


def _dims(*shape: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        tensor = _tensor(model.graph)
        del tensor.dims[:]
        tensor.dims.extend(shape)

    return change


def _kind(number: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        _tensor(model.graph).data_type = number

    return change


def _external(model: Any) -> None:
    tensor = _tensor(model.graph)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="../../etc/passwd"))


def _raw(model: Any) -> None:
    tensor = _tensor(model.graph)
    del tensor.float_data[:]
    tensor.raw_data = bytes(3)


def _nothing_listed(model: Any) -> None:
    del _tensor(model.graph).float_data[:]


def _texts(model: Any) -> None:
    tensor = _tensor(model.graph)
    tensor.data_type = TensorProto.STRING


def _node(**fields: str) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.graph.node[0], name, value)

    return change


def _recursion(model: Any) -> None:
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("own", 1)]
    for name, calls in (("one", "two"), ("two", "one")):
        inner = helper.make_node(calls, ["a"], ["b"], domain="own")
        model.functions.append(helper.make_function("own", name, ["a"], ["b"], [inner], sets))
    model.opset_import.append(helper.make_opsetid("own", 1))


def _cycle(model: Any) -> None:
    model.graph.node[0].input[0] = model.graph.node[-1].output[0]


def _deep(model: Any) -> None:
    inner = helper.make_graph([helper.make_node("Abs", ["c"], ["o"])], "inner", [], [])
    for _ in range(31):
        inner = helper.make_graph([helper.make_node("Loop", ["c"], ["o"], body=inner)], "inner", [], [])
    model.graph.node.extend(inner.node)


def _two_graphs(content: bytes) -> bytes:
    return content + onnx.load_model_from_string(content).SerializeToString()


def _attribute(name: str, change: Callable[[Any], None]) -> Callable[[Any], None]:
    def altered(model: Any) -> None:
        attributes = (attribute for node in model.graph.node for attribute in node.attribute)
        change(next(attribute for attribute in attributes if attribute.name == name))

    return altered


def _at(place: int, value: int) -> Callable[[Any], None]:
    def change(attribute: Any) -> None:
        attribute.ints[place] = value

    return change


def _cut(attribute: Any) -> None:
    del attribute.ints[-1:]
    del attribute.floats[-1:]
    del attribute.strings[-1:]


GRAPHS: dict[str, Callable[[Any], None]] = {
    "shape-huge": _dims(HUGE, HUGE),
    "shape-large": _dims(HUGE),
    "shape-negative": _dims(-1),
    "shape-three": _dims(3),
    "type-unknown": _kind(99),
    "type-zero": _kind(0),
    "type-double": _kind(TensorProto.DOUBLE),
    "external": _external,
    "raw-short": _raw,
    "not-listed": _nothing_listed,
    "texts": _texts,
    "operator": _node(op_type="NoSuch"),
    "domain": _node(domain="acme"),
    "code": _node(op_type="PyOp"),
    "recursion": _recursion,
    "cycle": _cycle,
    "no-graph": lambda model: model.ClearField("graph"),
    "no-nodes": lambda model: model.graph.ClearField("node"),
    "no-inputs": lambda model: model.graph.ClearField("input"),
    "no-outputs": lambda model: model.graph.ClearField("output"),
    "no-sets": lambda model: model.ClearField("opset_import"),
    "version": lambda model: setattr(model, "ir_version", 10**6),
    "set": lambda model: setattr(model.opset_import[0], "version", 10**6),
    "deep": _deep,
}
FORESTS: dict[str, Callable[[Any], None]] = {
    "own-child": _attribute("nodes_truenodeids", _at(0, 0)),
    "far-child": _attribute("nodes_truenodeids", _at(0, 10**9)),
    "negative-child": _attribute("nodes_falsenodeids", _at(0, -5)),
    "one-parent-too-many": _attribute("nodes_falsenodeids", _at(0, 1)),
    "twice": _attribute("nodes_nodeids", _at(1, 0)),
    "tree": _attribute("nodes_treeids", _at(0, 7)),
    "short-values": _attribute("nodes_values", _cut),
    "short-features": _attribute("nodes_featureids", _cut),
    "short-modes": _attribute("nodes_modes", _cut),
    "short-links": _attribute("nodes_truenodeids", _cut),
    "short-weights": _attribute("class_weights", _cut),
    "weight-of-nobody": _attribute("class_nodeids", _at(0, 99)),
}


def changed_graphs(linear: bytes, forest: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of files made of a linear model and of trees."""
    for content, changes in ((linear, GRAPHS), (forest, FORESTS)):
        for name, change in changes.items():
            model = onnx.load_model_from_string(content)
            change(model)
            yield name, model.SerializeToString()
    yield "two-graphs", _two_graphs(linear)
    yield "length", linear[:1] + b"\x0a\x3a\xff\xff\xff\xff\x0f" + linear[2:]
    yield "endless-number", b"\x08" + b"\xff" * 40
    yield "zeros", b"\x08" + bytes(100)
    yield "empty", b""
    yield "text", b"not a graph"
