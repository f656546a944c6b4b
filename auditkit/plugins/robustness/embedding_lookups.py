"""What a torch module looks up in tables while it answers: numbers of words, and columns of codes."""

import contextlib
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from auditkit.data import AuditData, FeatureSchema
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
        self.indices, self.rows = 0, len(encoded)
        rows = encoded.reshape(len(encoded), -1).double()
        self.given = [rows.flatten(), *rows.T]
        self.places: list[np.ndarray] = []
        """(n,) the place that a row looks up, for each number that it looks up."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__.rstrip("_")
        is_lookup = name in LOOKUPS
        for places in args[1:2] if is_lookup else tree_leaves(args) if name in PLACES else ():
            if isinstance(places, torch.Tensor) and not places.is_floating_point() and places.dtype is not torch.bool:
                self.indices += places.numel() if is_lookup or self._is_given(places) else 0
                if places.ndim and len(places) == self.rows:
                    self.places += [*places.reshape(self.rows, -1).T.cpu().numpy()]
        return function(*args, **(kwargs or {}))

    def _is_given(self, indices: torch.Tensor) -> bool:
        """Whether these are the inputs of all columns or of one."""
        numbers = indices.flatten().double()
        return any(torch.equal(numbers, values) for values in self.given)


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
    """The data with the columns of its array (N, D) that the module looks up as categories; as it is where none are.

    A column is looked up where one place stands for each of its values, whatever the other columns are.
    """
    rows = array[:ROWS]
    asked = [
        (inputs, {_pattern(place) for place in _watched(model, model.encode(inputs)).places})
        for inputs in (rows, np.random.default_rng(0).permuted(rows, axis=0))
    ]
    is_whole = (array == np.round(array)).all(axis=0)
    columns = [
        column
        for column in (np.flatnonzero(is_whole).tolist() if asked[0][1] else ())
        # places that follow the rows, as arange, tell every value from every other too
        if 1 < len(np.unique(rows[:, column])) < len(rows)
        and all(_pattern(inputs[:, column]) in patterns for inputs, patterns in asked)
    ]
    kind = "integer" if array.dtype.kind in "iu" else "number"
    schema = [FeatureSchema(name, kind) for name in data.feature_names]  # type: ignore[arg-type]
    for column in columns:
        codes = tuple(np.unique(array[:, column]).tolist())
        schema[column] = replace(schema[column], kind="category", categories=codes, low=codes[0], high=codes[-1])
    return replace(data, schema=tuple(schema)) if columns else data


def _pattern(values: np.ndarray) -> bytes:
    """Which of the values (n,) are alike: the same for values that stand for each other one to one."""
    _, first, group = np.unique(values, return_index=True, return_inverse=True)
    return first[group].tobytes()
