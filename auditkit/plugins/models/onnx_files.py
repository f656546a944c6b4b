"""ONNX files, checked before a library opens them: what they state must fit what they hold.

ONNX Runtime makes room for every tensor that a file states, follows the links of its trees without looking, and reads
other files where a tensor says that its numbers lie there. So the messages of Protocol Buffers are walked here first
(https://protobuf.dev/programming-guides/encoding; the fields are those of onnx.proto, https://onnx.ai).
"""

import hashlib
import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.errors import ModelFileRejected
from auditkit.plugins.models.archives import check_size
from auditkit.plugins.models.forests import check_links, refuse
from auditkit.text import one_line

OWN_DOMAINS: Final = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft"}
)
"""Sets of operators that ONNX Runtime has itself."""
CODE: Final = frozenset({"EPContext", "PyOp", "TensorRTFallback"})
"""Operators of those sets that run something that is not in the file."""
DEEPEST: Final = 30
_BITS: Final = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8,
}  # fmt: skip
"""{type of a tensor's numbers: bits of one}; 8 are texts."""
_WIDTHS: Final = {4: 4, 5: 1, 7: 1, 10: 8, 11: 1}
"""{field of a tensor that lists its numbers: the least bytes of one where they are packed}."""
_LISTS: Final = {1: 4, 14: 4, 11: 10, 15: 10, 7: 7, 12: 11, 13: 11}
"""{type of a tensor's numbers: the field that lists them}; those of all others stand in the fifth."""
_THROUGH: Final = frozenset(
    {"Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose", "Normalizer", "ZipMap"}
)
"""Operators that leave what a number means as it is."""


class Node(NamedTuple):
    """One operator of a graph."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, list[Any]]
    """{name: its whole numbers, texts or floats}."""


class Graph(NamedTuple):
    """What a checked file says of itself."""

    digest: str
    """SHA-256 over operators, tensors and the order of inputs and outputs, without names and notes of who made it."""
    versions: str
    """The version of its format and of its sets of operators, in words."""
    makers: dict[str, Node]
    """{name of a value: the operator that makes it}."""

    def maker(self, output: str) -> str:
        """The operator that decides what the numbers of an output mean; empty where there is none."""
        for _ in range(len(self.makers)):
            node = self.makers.get(output)
            if node is None or node.operator not in _THROUGH or not node.inputs:
                return "" if node is None else node.operator
            output = node.inputs[0]
        return ""

    def classes(self) -> tuple[Any, ...]:
        """The classes that a classifier or its map of probabilities names; empty where none does."""
        for node in reversed([*self.makers.values()]):
            for name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
                if node.attributes.get(name):
                    return tuple(node.attributes[name])
        return ()


def checked(data: bytes, name: str, most: int) -> Graph:
    """What a file says, once all of it fits together.

    Args:
        data: the file.
        name: what messages call it.
        most: bytes of memory that opening it may take.

    Raises:
        Damaged: lengths, shapes or links do not fit each other.
        ModelFileRejected: it needs other files or libraries, or states more than it may take.
    """
    walk = _Walk(name, most)
    parts: dict[int, list[Any]] = {}
    for field, value in _fields(data):
        parts.setdefault(field, []).append(value)
    if len(parts.get(7, ())) != 1:
        refuse("it must hold one graph")
    own = [_functions_name(function) for function in parts.get(25, ())]
    walk.domains = OWN_DOMAINS | {domain for domain, _ in own}
    for function in parts.get(25, ()):
        walk.function(_message(function))
    _check_calls([_functions_name(function) for function in parts.get(25, ())], walk.calls)
    makers = walk.graph(_message(parts[7][0]), 0)
    check_size(walk.total, name, most, "its tensors would take")
    sets = [_operator_set(part) for part in parts.get(8, ())]
    version = parts.get(1, [0])[0]
    words = ", ".join(f"{domain or 'ai.onnx'} {number}" for domain, number in sets)
    digest = hashlib.sha256()
    for part in (*parts.get(8, ()), *parts.get(25, ()), *_deciding(_message(parts[7][0]))):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return Graph(digest.hexdigest(), one_line(f"IR version {version}, operators {words}", 200), makers)


class _Walk:
    """One pass over all graphs of a file."""

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most, self.total = name, most, 0
        self.domains: frozenset[str] = OWN_DOMAINS
        self.calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._caller: tuple[str, str] | None = None

    def graph(self, fields: list[tuple[int, Any]], depth: int) -> dict[str, Node]:
        """{name of a value: what makes it} of a graph, each part of which fits."""
        if depth > DEEPEST:
            refuse(f"its graphs lie within each other more than {DEEPEST} times")
        makers: dict[str, Node] = {}
        for field, value in fields:
            if field == 1:
                node = self.node(_message(value), depth)
                makers.update(dict.fromkeys(node.outputs, node))
            elif field == 5:
                self.tensor(_message(value))
            elif field == 15:
                for inner, part in _message(value):
                    if inner in (1, 2):
                        self.tensor(_message(part))
        return makers

    def function(self, fields: list[tuple[int, Any]]) -> None:
        """An operator that the file makes of others."""
        self._caller = (_text(fields, 10), _text(fields, 1))
        for field, value in fields:
            if field == 7:
                self.node(_message(value), 0)
        self._caller = None

    def node(self, fields: list[tuple[int, Any]], depth: int) -> Node:
        operator, domain = _text(fields, 4), _text(fields, 7)
        if domain not in self.domains or operator in CODE:
            where = f"the set {one_line(domain, 60)!r}" if domain not in self.domains else "another library"
            raise ModelFileRejected(
                f"{self.name}: the graph needs the operator {one_line(operator, 60)!r} of {where}, which is code that "
                "is not in the file, and none is loaded. Save the model with the operators of ONNX alone, or give "
                "object = "
                '"package.module:factory" with a function that returns a session'
            )
        if self._caller is not None:
            self.calls.setdefault(self._caller, set()).add((domain, operator))
        attributes: dict[str, list[Any]] = {}
        for field, value in fields:
            if field == 5:
                name, values = self.attribute(_message(value), depth)
                attributes[name] = values
        if operator.startswith("TreeEnsemble") and "nodes_treeids" in attributes:
            _check_trees(attributes)
        inputs = tuple(_string(value) for field, value in fields if field == 1)
        return Node(operator, inputs, tuple(_string(value) for field, value in fields if field == 2), attributes)

    def attribute(self, fields: list[tuple[int, Any]], depth: int) -> tuple[str, list[Any]]:
        """Its name, and its whole numbers or texts."""
        values: list[Any] = []
        for field, value in fields:
            if field in (5, 10):
                self.tensor(_message(value))
            elif field in (6, 11):
                self.graph(_message(value), depth + 1)
            elif field in (22, 23):
                for inner, part in _message(value):
                    if inner in (1, 2):
                        self.tensor(_message(part))
            elif field in (4, 9):
                values.append(_string(value))
            elif field in (3, 8):
                values += _numbers(value)
            elif field in (2, 7):
                values += [0.0] * (1 if len(value) == 4 else len(value) // 4)
        return _text(fields, 1), values

    def tensor(self, fields: list[tuple[int, Any]]) -> None:
        """A tensor must hold as many numbers as it states."""
        shape: list[int] = []
        for field, value in fields:
            if field == 1:
                shape += _numbers(value)
        kinds = [value for field, value in fields if field == 2]
        if any(field == 13 or (field == 14 and value) for field, value in fields):
            raise ModelFileRejected(
                f"{self.name}: numbers of the graph lie in another file, which is not opened. Save the model as one "
                "file, as with onnx.save(onnx.load(path), path)"
            )
        if any(length < 0 for length in shape) or len(kinds) != 1 or not isinstance(kinds[0], int):
            refuse("a tensor has no possible shape or type")
        count, raw = math.prod(shape), [value for field, value in fields if field == 9]
        if kinds[0] == 8:
            texts = sum(field == 6 for field, _ in fields)
            if texts != count:
                refuse(f"a tensor states {count:,} texts and holds {texts:,}")
            return
        if kinds[0] not in _BITS:
            refuse(f"a tensor has numbers of the unknown type {kinds[0]}")
        stated = -(-count * _BITS[kinds[0]] // 8)
        self.total += stated
        if raw:
            if len(raw[-1]) != stated:
                refuse(f"a tensor states {stated:,} bytes and holds {len(raw[-1]):,}")
            return
        of_kind = _LISTS.get(kinds[0], 5)
        listed = sum(_listed(field, value) for field, value in fields if field == of_kind)
        if listed < min(count, stated):
            refuse(f"a tensor states {count:,} numbers and holds {listed:,} at most")


def _listed(field: int, value: Any) -> int:
    """How many numbers a part of a list holds at most."""
    if isinstance(value, int):
        return 1
    return len(value) // _WIDTHS[field] if _WIDTHS[field] > 1 else sum(1 for byte in value if byte < 128)


def _check_trees(attributes: dict[str, list[Any]]) -> None:
    """The lists of an ensemble have one length each, and its links make trees."""
    trees, numbers = attributes["nodes_treeids"], attributes.get("nodes_nodeids", [])
    for name, values in attributes.items():
        # members of a set and missing values may be left out as a whole
        if name.startswith("nodes_") and values and len(values) != len(trees):
            refuse(f"{name} must have an entry for each of the {len(trees):,} nodes; it has {len(values):,}")
    place = {pair: index for index, pair in enumerate(zip(trees, numbers, strict=True))}
    if len(place) != len(trees):
        refuse("two nodes of a tree have the same number")
    order = sorted(range(len(trees)), key=lambda index: trees[index])
    rank = {index: position for position, index in enumerate(order)}
    sides = []
    for name in ("nodes_truenodeids", "nodes_falsenodeids"):
        links = attributes.get(name, [])
        if len(links) != len(trees):
            refuse(f"{name} must have an entry for each node")
        rows = np.full(len(trees), -1, dtype=np.int64)
        for index, (tree, link, mode) in enumerate(zip(trees, links, attributes.get("nodes_modes", []), strict=True)):
            if mode == "LEAF":
                continue
            if (tree, link) not in place:
                refuse("a tree has a child that is none of its nodes")
            rows[rank[index]] = rank[place[tree, link]]
        sides.append(rows)
    _, first = np.unique([trees[index] for index in order], return_index=True)
    check_links(sides[0], sides[1], np.array([*first, len(trees)]))
    for prefix in ("class", "target"):
        ids = attributes.get(f"{prefix}_nodeids", [])
        if any(len(attributes.get(f"{prefix}_{part}", ids)) != len(ids) for part in ("ids", "treeids", "weights")):
            refuse(f"the lists of {prefix} weights have several lengths")
        if any(pair not in place for pair in zip(attributes.get(f"{prefix}_treeids", []), ids, strict=True)):
            refuse("a weight belongs to no node")


def _check_calls(names: list[tuple[str, str]], calls: dict[tuple[str, str], set[tuple[str, str]]]) -> None:
    """Functions that call themselves, by whatever way, would be written out for ever."""
    left = {name: calls.get(name, set()) & set(names) for name in names}
    while free := [name for name, callees in left.items() if not callees & left.keys()]:
        for name in free:
            del left[name]
    if left:
        refuse("a function of the graph calls itself")


def _deciding(fields: list[tuple[int, Any]]) -> Iterator[bytes]:
    """The parts of a graph that decide its answers: operators, tensors, inputs and outputs."""
    return (value for field, value in fields if field in (1, 5, 11, 12, 15))


def _functions_name(function: Any) -> tuple[str, str]:
    fields = _message(function)
    return _text(fields, 10), _text(fields, 1)


def _operator_set(part: Any) -> tuple[str, int]:
    fields = _message(part)
    return _text(fields, 1), next((value for field, value in fields if field == 2 and isinstance(value, int)), 0)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of the fields of a message: a whole number, or the bytes of whatever else it is."""
    place, end = 0, len(data)
    while place < end:
        key = data[place]
        place += 1
        if key > 127:
            key, place = _varint(data, place - 1)
        field, kind = key >> 3, key & 7
        if kind == 0:
            # a forest lists its links one by one, most of them in a byte
            if place < end and data[place] < 128:
                yield field, data[place]
                place += 1
                continue
            number, place = _varint(data, place)
            yield field, number
            continue
        if kind == 2:
            length, place = _varint(data, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            refuse("it is no message of Protocol Buffers")
        if not field or length > end - place:
            refuse("it ends too early, or states a length that it has not")
        yield field, data[place : place + length]
        place += length


def _message(value: Any) -> list[tuple[int, Any]]:
    if isinstance(value, int):
        refuse("a number stands where a message must be")
    return [*_fields(value)]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, the least first, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            refuse("it ends within a number")
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
    refuse("a number has more than 64 bits")


def _varints(data: bytes) -> Iterator[int]:
    place = 0
    while place < len(data):
        number, place = _varint(data, place)
        yield number


def _numbers(value: Any) -> list[int]:
    return [_signed(value)] if isinstance(value, int) else [_signed(number) for number in _varints(value)]


def _signed(number: int) -> int:
    if number < 2**63:
        return number
    number &= 2**64 - 1
    return number - 2**64 if number >> 63 else number


def _string(value: Any) -> str:
    if isinstance(value, int):
        refuse("a number stands where a text must be")
    return value.decode("utf-8", "replace")


def _text(fields: list[tuple[int, Any]], number: int) -> str:
    return next((_string(value) for field, value in reversed(fields) if field == number), "")
