"""What a graph of ONNX is fed with: one matrix, or a column for each of its inputs, in the types that it states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.data import as_array
from auditkit.errors import ModelError
from auditkit.lazy import pandas
from auditkit.plugins.models.archives import check_size
from auditkit.text import class_name, one_line
from auditkit.value_spelling import listed, spelling

_TYPES: Final = {
    "float": "float32", "double": "float64", "float16": "float16", "bool": "bool", "string": "object",
    **{kind: kind for kind in ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")},
}  # fmt: skip
"""{type of a tensor of ONNX: of an array}."""


class Input(NamedTuple):
    """One input of a graph."""

    name: str
    kind: str
    """Of the array that it takes."""
    shape: tuple[Any, ...]
    """A number where a length is fixed."""


class Inputs(NamedTuple):
    """The inputs of a graph."""

    inputs: tuple[Input, ...]
    rows: int | None
    """How many rows it takes at a time; None: any number."""

    @classmethod
    def of(cls, arguments: Sequence[Any]) -> Inputs:
        """The inputs as ONNX Runtime states them.

        Raises:
            ModelError: one is no tensor of numbers or texts, or they take several numbers of rows.
        """
        inputs = []
        for argument in arguments:
            kind = argument.type.removeprefix("tensor(").removesuffix(")")
            if kind not in _TYPES or not argument.shape:
                raise ModelError(
                    f"the input {one_line(argument.name, 60)!r} of the graph must be a tensor with a row for each "
                    f"case; it is {argument.type} of shape {argument.shape}. Save the graph with such inputs"
                )
            inputs.append(Input(argument.name, _TYPES[kind], tuple(argument.shape)))
        fixed = {part.shape[0] for part in inputs if isinstance(part.shape[0], int)}
        if not inputs or len(fixed) > 1 or 0 in fixed:
            raise ModelError(f"the graph must take rows, as many in each input; its inputs take {sorted(fixed)}")
        return cls(tuple(inputs), fixed.pop() if fixed else None)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(part.name for part in self.inputs)

    @property
    def width(self) -> int | None:
        """How many columns the one input takes, where that is known."""
        shape = self.inputs[0].shape
        fixed = len(self.inputs) == 1 and len(shape) == 2 and isinstance(shape[1], int)
        return shape[1] if fixed else None

    def feed(self, inputs: Any, name: str) -> dict[str, np.ndarray]:
        """{input: array} of rows, in the types of the graph.

        Args:
            inputs: a table with a column for each input, or for one input a matrix, texts or whatever array; or a
                dictionary that a preprocessing made.
            name: of the model, for messages.

        Raises:
            ModelError: an input is missing, or holds what its type does not take.
        """
        if isinstance(inputs, Mapping):
            missing = [part for part in self.names if part not in inputs]
            if missing:
                raise ModelError(
                    f"{name}: preprocess must give an array for each input, {listed(self.names)}; "
                    f"missing: {listed(missing)}"
                )
            return {part.name: _array(inputs[part.name], part, name) for part in self.inputs}
        if len(self.inputs) == 1:
            return {self.names[0]: _array(inputs, self.inputs[0], name)}
        wide = [part.name for part in self.inputs if _wide(part)]
        columns = self._columns(inputs)
        if wide or columns is None or len(columns) != len(self.inputs):
            reason = f"{listed(wide)} takes several columns" if wide else f"a {class_name(inputs)} was given"
            raise ModelError(
                f"{name}: the graph takes {len(self.inputs)} inputs, {listed(self.names)}, and each column of a table "
                f"is one of them; {reason}. Pass preprocess=, a callable that makes {{input: array}} of the inputs"
            )
        return {part.name: _array(column, part, name) for part, column in zip(self.inputs, columns, strict=True)}

    def zeros(self, name: str, most: int) -> dict[str, np.ndarray]:
        """The fewest rows of zeros or empty texts that the graph takes; lengths that are not fixed are 1.

        Raises:
            ModelFileRejected: they take more than `most` bytes.
        """
        shapes = {part: [length if isinstance(length, int) else 1 for length in part.shape] for part in self.inputs}
        check_size(8 * sum(map(math.prod, shapes.values())), name, most, "a row of its inputs would take")
        return {
            part.name: np.full(shape, "" if part.kind == "object" else 0, dtype=part.kind)
            for part, shape in shapes.items()
        }

    def _columns(self, inputs: Any) -> list[Any] | None:
        if hasattr(inputs, "columns"):
            return [inputs.iloc[:, position] for position in range(inputs.shape[1])]
        values = as_array(inputs)
        return [*values.T] if values is not None and values.ndim == 2 else None

    def parts(self, feed: dict[str, np.ndarray], count: int) -> Iterator[tuple[dict[str, np.ndarray], int]]:
        """The rows at the number that the graph takes at a time, the last ones filled up, and how many of them count.

        The last row is copied, not zeros: a graph may fail on rows that no data has.
        """
        size = self.rows or max(1, count)
        for start in range(0, count, size):
            rows = min(size, count - start)
            part = {name: values[start : start + rows] for name, values in feed.items()}
            if self.rows is not None and rows < size:
                part = {
                    name: np.concatenate([values, np.repeat(values[-1:], size - rows, axis=0)])
                    for name, values in part.items()
                }
            yield part, rows


def _wide(part: Input) -> bool:
    return len(part.shape) > 2 or (len(part.shape) == 2 and part.shape[1] != 1)


def _array(values: Any, part: Input, name: str) -> np.ndarray:
    """Rows as the input takes them."""
    where = f"{name}: the input {part.name!r}"
    array = _texts(values, where) if part.kind == "object" else _numbers(values, part.kind, where)
    if array.ndim == 1 and len(part.shape) == 2:
        return array[:, None]
    if array.ndim == 2 and array.shape[1] == 1 and len(part.shape) == 1:
        return array[:, 0]
    return array


def _texts(values: Any, where: str) -> np.ndarray:
    array = values.to_numpy(dtype=object) if hasattr(values, "to_numpy") else np.asarray(values, dtype=object)
    distinct, place = _distinct(array)
    if any(value is None or value != value or value is pandas.NA for value in distinct):
        raise ModelError(
            f"{where} takes texts, and ONNX has no missing text; rows hold none. Take the rows out, or pass "
            "preprocess=, a callable that fills them in as the model was fitted"
        )
    # numbers and their texts are one category to whoever wrote them; a file of texts reads 1 as a number
    texts = np.array([value if isinstance(value, str) else spelling(value) for value in distinct], dtype=object)
    return texts[place].reshape(array.shape) if len(texts) else array


def _distinct(array: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """The different values, by identity of type too, and the place of each entry's among them."""
    places: dict[Any, int] = {}
    found_at = [places.setdefault((type(value), value), len(places)) for value in array.ravel()]
    return [value for _, value in places], np.array(found_at, dtype=np.int64)


def _numbers(values: Any, kind: str, where: str) -> np.ndarray:
    if hasattr(values, "columns"):
        parts = [_column(values.iloc[:, position], where) for position in range(values.shape[1])]
        array = np.column_stack(parts) if parts else np.empty((len(values), 0))
    elif hasattr(values, "dtype") and hasattr(values, "to_numpy"):
        array = _column(values, where)
    else:
        as_numbers = as_array(values)
        array = np.asarray(values) if as_numbers is None else as_numbers
        if array.dtype.kind not in "fiub":
            raise ModelError(f"{where} takes numbers ({kind}); {class_name(values)} of {array.dtype} was given")
    if np.dtype(kind).kind not in "f" and array.dtype.kind == "f":
        strange = array[~(np.isfinite(array) & (array == np.round(array)))]
        if len(strange):
            raise ModelError(
                f"{where} takes whole numbers ({kind}), none of them missing; the rows hold {strange.ravel()[0]:g}. "
                "Take the rows out, or save the graph with an input of floats"
            )
    return np.ascontiguousarray(array, dtype=kind)


def _column(column: Any, where: str) -> np.ndarray:
    """A column as numbers; texts that are none are refused."""
    if getattr(column.dtype, "kind", "O") in "iub":
        return column.to_numpy()
    numbers = pandas.to_numeric(column.astype(object), errors="coerce").astype(np.float64)
    lost = column[numbers.isna() & column.notna()]
    if len(lost):
        raise ModelError(
            f"{where} takes numbers; column {str(column.name)!r} holds {one_line(lost.iloc[0], 60)!r}. Take out what "
            "the graph never sees with drop, or pass preprocess=, a callable that makes numbers of it"
        )
    return numbers.to_numpy()
