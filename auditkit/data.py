"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.cells import MINIMUM, Cell, Cells
from auditkit.errors import DataError
from auditkit.schema import FeatureSchema, from_codes, infer_schema, to_codes

if TYPE_CHECKING:
    import pandas

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
Modality: TypeAlias = Literal["table", "image", "text", "sequence"]


class Recorded(NamedTuple):
    """Answers that stand beside the data instead of a model."""

    decisions: np.ndarray | None
    """(N,) in the vocabulary of the labels; for regression the predicted numbers."""
    scores: np.ndarray | None
    """(N,) float64: the score of the positive class."""


@dataclass(frozen=True, eq=False)
class AuditData:
    """What a model is audited on. Make one with `AuditData.from_table`, or from arrays with this constructor."""

    inputs: Any
    """A pandas DataFrame, an array or tensor `(N, ...)`, or a list of texts: what the model eats."""
    labels: np.ndarray | None = None
    """(N,): the truth, in the data's own vocabulary; numbers for regression."""
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    """{attribute: (N,) array of str}; a missing value is the group "(missing)"."""
    weights: np.ndarray | None = None
    """(N,) float64, positive."""
    schema: tuple[FeatureSchema, ...] = ()
    task: Task = "binary"
    modality: Modality = "table"
    positive: Any = None
    """The label value that counts as positive (binary)."""
    train: AuditData | None = None
    """The training split, where there is one."""
    name: str = "data"
    recorded: Recorded | None = None
    label_name: str | None = None
    minimum_cell: int = MINIMUM
    whole: Cells | None = None
    """The cells of the data that these rows were drawn from; set by `take`."""
    notes: tuple[str, ...] = ()
    """What was inferred or repaired, for the report."""

    def __post_init__(self) -> None:
        _check_lengths(self)
        if not self.schema and self.modality == "table" and hasattr(self.inputs, "columns"):
            object.__setattr__(self, "schema", infer_schema(self.inputs))

    def __len__(self) -> int:
        return len(self.inputs)

    @classmethod
    def from_table(
        cls,
        source: str | os.PathLike[str] | pandas.DataFrame | Any,
        *,
        label: str | None = None,
        positive: Any = None,
        groups: Sequence[str] | Mapping[str, Any] = (),
        **options: Any,
    ) -> AuditData:
        """Audit data from a table: a DataFrame, or a csv, parquet or npz file.

        See `auditkit.readers.read_table` for every option.
        """
        from auditkit.readers import read_table  # the readers build an AuditData, so they cannot come first

        return read_table(source, label=label, positive=positive, groups=groups, **options)

    @functools.cached_property
    def cells(self) -> Cells:
        """Which groups may be shown; decided on the whole data, also for a sample of its rows."""
        return self.whole if self.whole is not None else Cells(self.groups, self.minimum_cell)

    @functools.cached_property
    def classes(self) -> tuple[Any, ...]:
        """The distinct labels, sorted; empty for regression and where there are no labels."""
        if self.labels is None or self.task == "regression":
            return ()
        return tuple(value.item() if hasattr(value, "item") else value for value in np.unique(self.labels))

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 over schema and values of everything here, the training split included."""
        return _digest(self)

    def slices(self, order: int = 1) -> list[Cell]:
        """Every group, and every intersection of up to `order` attributes, hidden ones included.

        The masks are about these rows; whether a cell is hidden was decided on the whole data.
        """
        here = Cells(self.groups, self.minimum_cell)
        return [
            cell._replace(hidden=self.cells.reason(cell.where))
            for attributes in here.subsets(order)
            for cell in here.of(attributes)
        ]

    def take(self, rows: np.ndarray) -> AuditData:
        """The same data with only these rows (positions or a mask); what may be shown stays as decided before."""
        at = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        recorded = self.recorded and Recorded(*(None if each is None else each[at] for each in self.recorded))
        return dataclasses.replace(
            self,
            inputs=take_rows(self.inputs, at),
            labels=None if self.labels is None else self.labels[at],
            groups={name: column[at] for name, column in self.groups.items()},
            weights=None if self.weights is None else self.weights[at],
            recorded=recorded,
            whole=self.cells,
        )

    def codes(self) -> np.ndarray:
        """The inputs as (N, D) float64 codes; see `auditkit.schema`.

        Raises:
            DataError: the inputs are neither a table nor an array (N, D).
        """
        if hasattr(self.inputs, "columns"):
            return to_codes(self.inputs, self.schema)
        array = as_array(self.inputs)
        if array is not None and array.ndim == 2:
            return array.astype(np.float64)
        raise DataError(f"codes() needs a table or an array (N, D); these inputs are of modality {self.modality!r}")

    def decode(self, codes: np.ndarray) -> Any:
        """The inputs that these codes stand for, of the kind the model eats."""
        if hasattr(self.inputs, "columns"):
            return from_codes(codes, self.schema)
        array = as_array(self.inputs)
        kind = np.float64 if array is None else array.dtype
        same = codes.astype(kind)
        return same if isinstance(self.inputs, np.ndarray) else self.inputs.new_tensor(same)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features of a table or of an array (N, D); empty for anything else."""
        if self.schema:
            return tuple(feature.name for feature in self.schema)
        shape = getattr(self.inputs, "shape", ())
        return tuple(f"x{number}" for number in range(shape[1])) if len(shape) == 2 else ()


def as_array(inputs: Any) -> np.ndarray | None:
    """An array or a tensor as a numpy array; None for tables and texts."""
    if isinstance(inputs, np.ndarray):
        return inputs
    if hasattr(inputs, "detach"):
        array: np.ndarray = inputs.detach().cpu().numpy()
        return array
    return None


def take_rows(inputs: Any, at: np.ndarray) -> Any:
    """Rows of a table, an array, a tensor or a list, as the same kind of thing."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[at].reset_index(drop=True)
    if isinstance(inputs, list):
        return [inputs[position] for position in at]
    return inputs[at]


def _check_lengths(data: AuditData) -> None:
    rows = len(data.inputs)
    if rows == 0:
        raise DataError(f"{data.name}: there are no rows; give at least one")
    columns: dict[str, Any] = {"labels": data.labels, "weights": data.weights, **dict(data.groups.items())}
    for name, column in columns.items():
        if column is not None and len(column) != rows:
            raise DataError(f"{data.name}: {name} must have one value per row ({rows}); it has {len(column)}")


def _digest(data: AuditData) -> str:
    """Names, types and values in one fixed form: NaN in one pattern, -0.0 as 0.0, every text length-prefixed."""
    state = hashlib.sha256()

    def text(value: object) -> None:
        raw = str(value).encode()
        state.update(len(raw).to_bytes(8, "little") + raw)

    def column(name: str, values: Any) -> None:
        text(name)
        array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
        text(array.dtype.kind)
        text(array.shape)
        if array.dtype.kind in "fiub":
            exact = array.astype(np.float64) + 0.0
            state.update(np.where(np.isnan(exact), np.nan, exact).tobytes())
        else:
            for value in array.ravel():
                text("\0missing" if value is None or value != value else value)

    if hasattr(data.inputs, "columns"):
        for name in data.inputs.columns:
            values = data.inputs[name]
            column(str(name), values.to_numpy() if values.dtype.kind in "fiub" else values.astype(object).to_numpy())
    else:
        array = as_array(data.inputs)
        column("inputs", np.asarray(data.inputs, dtype=object) if array is None else array)
    for name, values in (("labels", data.labels), ("weights", data.weights), *sorted(data.groups.items())):
        if values is not None:
            column(name, values)
    for name, values in zip(("decisions", "scores"), data.recorded or (), strict=False):
        if values is not None:
            column(name, values)
    for fact in (data.task, data.modality, data.positive, data.minimum_cell):
        text(fact)
    if data.train is not None:
        text(data.train.digest)
    return state.hexdigest()
