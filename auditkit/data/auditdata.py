"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from auditkit.counts.names import MISSING
from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM, Cell, Cells
from auditkit.data.codes import codes_of, from_codes, to_codes, whole_numbers
from auditkit.data.fields import Fields
from auditkit.data.inputs import as_array, take_rows
from auditkit.data.labels import Recorded
from auditkit.data.orders import NO_DATES, Order, days_of, order_of
from auditkit.data.prompts import column_of, prompts_of, with_prompts
from auditkit.data.validation import accept
from auditkit.errors import DataError, present
from auditkit.lazy import pandas
from auditkit.results import Meaning
from auditkit.too_few import fewer_than, lacking


@dataclass(frozen=True, eq=False)
class AuditData(Fields):
    """What a model is audited on. Make one with `AuditData.from_table`, or from arrays with this constructor.

    Raises:
        DataError: lengths or indexes that do not agree, infinite values, missing labels, a positive value that does
            not occur, probabilities given as decisions, weights that are not positive, or a group that is none (see
            `auditkit.data.groups`). Labels of one class are taken here, and refused by `from_table`.
    """

    train: AuditData | None = None
    """The training split, where there is one."""

    def __post_init__(self) -> None:
        # The fields are frozen for users; this is the one place that brings them into their final form.
        for name, value in accept(self).items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.inputs)

    @classmethod
    def from_table(
        cls,
        source: str | os.PathLike[str] | pandas.DataFrame | Any,
        *,
        label: Any = None,
        positive: Any = None,
        groups: Sequence[str] | Mapping[str, Any] = (),
        **options: Any,
    ) -> AuditData:
        """Audit data from a table: of pandas, polars, Arrow, DuckDB or Dask, or a csv, parquet or npz file.

        See `auditkit.data.readers.TableSettings` for every option.

        Raises:
            DataError: the source cannot be read, an option is not known, a name is no column, or values do not fit.
        """
        from auditkit.data.readers import read_table, table_settings  # pandas is imported only where a table is read

        settings = table_settings({"label": label, "positive": positive, "groups": groups, **options})
        return cast("AuditData", read_table(cls, source, settings))

    @functools.cached_property
    def cells(self) -> Cells:
        """Which groups are too small; decided on the whole data, also for a sample of its rows."""
        return self.whole if self.whole is not None else self._cells(None)

    @property
    def digest(self) -> str:
        """SHA-256 over schema and values of everything here, the training split included."""
        return self._digests[0]

    @property
    def rows_digest(self) -> str:
        """SHA-256 over the rows and their groups alone, whatever settings they are read with."""
        return self._digests[1]

    @functools.cached_property
    def _digests(self) -> tuple[str, str]:
        """The digest of everything, and that of the rows."""
        from auditkit.data.digests import Digest  # hashing is wanted only by those who write

        state = Digest()
        array = as_array(self.inputs)
        if hasattr(self.inputs, "columns"):
            state.frame(self.inputs)
        elif array is not None:
            state.array(array)
        else:
            state.texts(list(self.inputs))
        decisions, scores = self.recorded or (None, None)
        parts = {"labels": self.labels, "decisions": decisions, "scores": scores, **self.beside}
        for name, values in (*parts.items(), *((f"group {name}", self.groups[name]) for name in sorted(self.groups))):
            if values is not None:
                state.text(name)
                state.array(values)
        for name in sorted(self.asides):
            state.text(f"aside {name}")
            state.array(self.asides[name])
        for system in sorted(self.scored):
            state.text(f"scored {system}")
            state.array(self.scored[system])
        if self.survival is not None:
            state.text(("survival", self.survival.horizons))
            for part in self.survival.arrays.values():
                state.array(part)
        for attribute in sorted(self.group_probabilities):
            probable = self.group_probabilities[attribute]
            state.text(("group probabilities", attribute, probable.groups))
            state.array(probable.shares)
        rows = state.copy()  # what follows are settings, under which the rows are the same
        rows.text("no training split" if self.train is None else self.train.rows_digest)
        for feature in self.schema:
            state.text((feature.name, feature.kind, feature.categories, feature.low, feature.high, feature.mutable))
            if feature.declared:
                state.text("declared")
        for fact in (self.task, self.modality, self.positive, self.minimum_cell):
            state.text(fact)
        has_own_pairs = self.largest_left_out != LARGEST_LEFT_OUT or bool(self.reference)
        # A fact that is as by default is not written, so that a setting which is added later changes no older digest.
        for is_set, fact in (
            (self.range is not None, ("range", self.range)),
            (has_own_pairs, (self.largest_left_out, sorted(self.reference.items()))),
            (not self.notation.says_nothing, self.notation),
            *((True, (name, self.doubts[name])) for name in sorted(self.doubts)),
            (self.minimum_rate != MINIMUM, ("minimum rate", self.minimum_rate)),
            (self.disclosure != "internal", ("disclosure", self.disclosure)),
            (bool(self.outputs), ("outputs", self.outputs)),
            (bool(self.order), ("order", self.order)),
            *((True, ("case score", name, *dataclasses.astuple(score))) for name, score in self.case_scores.items()),
        ):
            if is_set:
                state.text(fact)
        state.text("no training split" if self.train is None else self.train.digest)
        return state.hexdigest(), rows.hexdigest()

    def at_least(self, rank: int) -> AuditData:
        """The same people with whether their class is of this rank or higher as the label, 0 or 1 (ordered classes)."""
        labels = None if self.labels is None else (self.ranks >= rank).astype(np.int64)
        return replace(
            self, labels=labels, task="binary", positive=1, order=(), recorded=None, train=None, outcome=None,
            whole=self.cells,
        )  # fmt: skip

    @functools.cached_property
    def ranks(self) -> np.ndarray:
        """(N,) int64: the rank of each label in the order of the classes, from 0 (ordered classes, with labels)."""
        classes, codes = np.unique(present(self.labels, "the caller looked"), return_inverse=True)
        return np.array([self.order.index(label) for label in classes.tolist()], dtype=np.int64)[codes]

    def of_label(self, place: int) -> AuditData:
        """The same people with one of several labels (task `multilabel`) as their only one, 0 or 1."""
        labels = None if self.labels is None else self.label_sets[:, place].astype(np.int64)
        return replace(
            self, labels=labels, task="binary", positive=1, label_name=self.outputs[place], outputs=(), recorded=None,
            train=None, outcome=self.outcome_of(self.outputs[place]), whole=self.cells,
        )  # fmt: skip

    def outcome_of(self, category: str | None = None) -> Meaning | None:
        """What being decided for the positive class, or of more than two for `category`, is; None: not stated."""
        if isinstance(self.outcome, str):
            return None if self.task == "multiclass" else self.outcome
        return None if self.outcome is None or category is None else self.outcome.get(category)

    def missing_reason(self, name: str, missing: np.ndarray) -> str | None:
        """Why the number of a column's missing values may not be shown; None where it may.

        Those whose value of a sensitive attribute is missing are a group of that attribute; where the group is hidden,
        so is their number, also under the name of the column that the attribute was read from. Of other columns few
        missing values are a count of everyone, which is kept back only where the evidence leaves the house.

        Args:
            name: the column.
            missing: (N,) bool: where its value is missing.
        """
        for attribute, column in self.groups.items():
            reason = self.cells.unshown({attribute: MISSING})
            # A column whose gaps are those of a hidden group gives the size of that group away.
            if reason is not None and (attribute == name or np.array_equal(column == MISSING, missing)):
                return reason
        if self.disclosure == "publish" and name not in self.groups and 0 < int(missing.sum()) < self.minimum_cell:
            return fewer_than(self.minimum_cell, "people")
        return None

    @property
    def seen_groups(self) -> tuple[str, ...]:
        """The sensitive attributes whose column is among the inputs; of recorded answers that says nothing."""
        return tuple(name for name in self.groups if self.column_of(name) in self.feature_names)

    def column_of(self, attribute: str) -> str:
        """The column that a sensitive attribute was made of."""
        return self.group_columns.get(attribute, attribute)

    @functools.cached_property
    def _row_cells(self) -> Cells:
        """The cells of these rows; whether they are too small is asked of the whole data."""
        return self.cells if self.whole is None else self._cells(self.whole)

    def _cells(self, whole_data: Cells | None) -> Cells:
        return Cells(self.groups, self.minimum_cell, whole_data, self.people, self.minimum_rate, self.clusters)

    @property
    def size(self) -> int:
        """How many people the rows stand for."""
        return len(self) if self.people is None else int(self.people.sum())

    def slices(self, order: int = 1) -> list[Cell]:
        """Every group, and every intersection of up to `order` attributes, in which somebody is, small ones included.

        The masks are about these rows; whether a cell is too small was decided on the whole data.
        """
        return [cell for attributes in self._row_cells.subsets(order) for cell in self._row_cells.of(attributes)]

    def unmeasured(self, cell: Cell, counted: str) -> str | None:
        """Why no rate of a cell is estimated: too small to show, or too few `counted` in it; None where one is."""
        return cell.hidden or lacking(cell.n, self.minimum_rate, counted)

    def take(self, rows: np.ndarray) -> AuditData:
        """The same data with only these rows (positions or a mask); what may be shown stays as decided before."""
        indices = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        recorded = self.recorded and Recorded(*(None if part is None else part[indices] for part in self.recorded))
        beside: dict[str, Any] = {name: None if part is None else part[indices] for name, part in self.beside.items()}
        return replace(
            self,
            inputs=take_rows(self.inputs, indices),
            labels=None if self.labels is None else self.labels[indices],
            groups={name: column[indices] for name, column in self.groups.items()},
            **beside,
            recorded=recorded,
            asides={name: column[indices] for name, column in self.asides.items()},
            scored={system: values[indices] for system, values in self.scored.items()},
            survival=None if self.survival is None else self.survival.take(indices),
            group_probabilities={name: part.take(indices) for name, part in self.group_probabilities.items()},
            whole=self.cells,
        )

    def one_row_each(self) -> AuditData:
        """The same people with a row for each, where a row stands for several."""
        if self.people is None:
            return self
        return replace(self.take(np.repeat(np.arange(len(self)), self.people)), people=None)

    @property
    def prompts(self) -> np.ndarray:
        """(N,) object: the prompts that the model is given (task `generation`).

        Raises:
            DataError: the data are no prompts.
        """
        return prompts_of(self)

    def column(self, name: str) -> np.ndarray:
        """(N,) the values of a column that stands beside the prompts, by its name in the data.

        Raises:
            DataError: there is none; the message names the closest.
        """
        return column_of(self, name)

    def with_prompts(self, prompts: Any) -> list[str]:
        """Inputs to ask a model about, with another prompt for each row: what `model.answers` takes.

        Args:
            prompts: (N,) texts, for the rows in their order.

        Raises:
            DataError: not one text for each row.
        """
        return with_prompts(self, prompts)

    def codes(self) -> np.ndarray:
        """The inputs as (N, D) float64 codes; see `auditkit.data.codes`.

        Raises:
            DataError: the inputs are neither a table nor an array (N, D).
        """
        array = as_array(self.inputs)
        if hasattr(self.inputs, "columns") or (array is not None and array.ndim == 2):
            return codes_of(self.inputs, self.schema)
        raise DataError(f"codes() needs a table or an array (N, D); these inputs are of modality {self.modality!r}")

    @functools.cached_property
    def orders(self) -> dict[str, Order]:
        """{feature: its values as ordered numbers, or why they have no order}: of those that are no numbers.

        Booleans, free text and what the owner declared have no place; a number has one where it is a date.
        """
        orders: dict[str, Order | None] = {}
        array = as_array(self.inputs) if self.modality == "table" and not self.schema else None
        if array is not None and array.ndim == 2:  # of its columns some may be dates in digits
            orders = {
                name: days_of(array[:, position].astype(np.float64), self.notation, NO_DATES)
                for position, name in enumerate(self.feature_names)
            }
        position_of = {str(name): position for position, name in enumerate(getattr(self.inputs, "columns", ()))}
        for feature in self.schema:
            if feature.declared or feature.kind in ("boolean", "text", "identifier"):
                continue
            column = self.inputs.iloc[:, position_of[feature.name]]
            if feature.kind == "integer":
                # Digits that lost their leading zero, as 3022024 did, came as integers and are dates all the same.
                codes = to_codes(self.inputs, (feature,))[:, 0]
                orders[feature.name] = days_of(codes, self.notation, 'kind = "integer" under [data.features.NAME]')
            elif not feature.numeric:
                orders[feature.name] = order_of(column, self.notation)
        return {name: order for name, order in orders.items() if order is not None}

    def decode(self, codes: np.ndarray) -> Any:
        """The inputs that these codes stand for, of the kind the model eats."""
        if hasattr(self.inputs, "columns"):
            frame = from_codes(codes, self.schema)
            frame.columns = self.inputs.columns  # a model may want numbers as column names
            return frame
        array = as_array(self.inputs)
        # A tensor keeps its kind and its device: new_tensor makes one beside it.
        kind = np.dtype(np.float64) if array is None else array.dtype
        values = whole_numbers(codes, kind) if kind.kind in "iu" else codes.astype(kind)
        return values if isinstance(self.inputs, np.ndarray) else self.inputs.new_tensor(values)
