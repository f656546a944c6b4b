"""What a torch module looks up in tables while it answers: numbers of words, and columns of codes."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from auditkit.data import AuditData
from auditkit.data.schema import FeatureSchema
from auditkit.models import Model

LOOKUPS = ("embedding", "_embedding_bag", "_embedding_bag_forward_only")
PLACES = ("index", "index_select", "gather", "take", "scatter", "one_hot")
"""Operations that take values from places, or put them there: a look-up where the inputs themselves are the places."""
ROWS = 64
"""From which codes are told."""


class _Watched(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the indices of every look-up, by whatever name the module calls it, and keeps those of single columns."""

    def __init__(self, encoded: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.indices = 0
        rows = encoded.reshape(len(encoded), -1).double()
        self.given = [rows.flatten(), *rows.T]
        self.places: list[np.ndarray] = []
        """(n,) the place that a row looks up, for each number that it looks up."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__.rstrip("_")
        if name in LOOKUPS:
            self.indices += args[1].numel()
            self._keep(args[1])
        elif name in PLACES:
            for tensor in _whole_tensors(args):
                self.indices += tensor.numel() if self._is_given(tensor) else 0
                self._keep(tensor)
        return function(*args, **(kwargs or {}))

    def _is_given(self, indices: torch.Tensor) -> bool:
        """Whether these are the inputs of all columns or of one."""
        numbers = indices.flatten().double()
        return any(torch.equal(numbers, values) for values in self.given)

    def _keep(self, indices: torch.Tensor) -> None:
        rows = len(self.given[-1])
        if indices.ndim and len(indices) == rows:
            self.places += [*indices.reshape(rows, -1).T.cpu().numpy()]


def _whole_tensors(values: Any) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor) and not value.is_floating_point() and value.dtype is not torch.bool:
            yield value
        elif isinstance(value, list | tuple):
            yield from _whole_tensors(value)


def looked_up(model: Model, inputs: Any) -> int:
    """How many numbers of these inputs the module of `model` looks up in its first table of embeddings and others."""
    encoded = model.encode(inputs)
    return _watched(model, encoded).indices if encoded.is_floating_point() else int(encoded.numel())


def _watched(model: Model, encoded: torch.Tensor) -> _Watched:
    watched = _Watched(encoded)
    with contextlib.suppress(Exception), model.module() as module, torch.no_grad(), watched:
        module(encoded)  # one that refuses so few rows shows what it looked up before
    return watched


def with_codes(model: Model, data: AuditData, array: np.ndarray) -> AuditData:
    """The data with the columns of its array (N, D) that the module looks up as categories; as it is where none are."""
    is_whole = (array == np.round(array)).all(axis=0) & (np.ptp(array, axis=0) > 0)
    columns = [column for column in np.flatnonzero(is_whole) if _is_looked_up(model, array[:ROWS], int(column))]
    kind = "integer" if array.dtype.kind in "iu" else "number"
    schema = [FeatureSchema(name, kind) for name in data.feature_names]  # type: ignore[arg-type]
    for column in columns:
        codes = tuple(np.unique(array[:, column]).tolist())
        schema[column] = replace(schema[column], kind="category", categories=codes, low=codes[0], high=codes[-1])
    return replace(data, schema=tuple(schema)) if columns else data


def _is_looked_up(model: Model, rows: np.ndarray, column: int) -> bool:
    """Whether one place of a row stands for each value of the column, whatever the others are."""
    mixed = np.roll(rows, 1, axis=0)
    mixed[:, column] = rows[:, column]
    ways = [_watched(model, model.encode(inputs)).places for inputs in (rows, mixed)]
    distinct = len(np.unique(rows[:, column]))
    # places that follow the rows, as arange, tell every value from every other too
    return 1 < distinct < len(rows) and any(
        np.array_equal(place, again)
        and len(np.unique(place)) == len(np.unique(np.column_stack([place, rows[:, column]]), axis=0)) == distinct
        for place, again in zip(*ways, strict=False)
    )
