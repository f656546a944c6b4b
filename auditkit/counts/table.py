"""The table of counts by cell, label and decision; its marginals; sums of tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from auditkit.counts.cluster_rows import ClusterRows
from auditkit.counts.column_codes import Encoded, encode, in_order, raw
from auditkit.counts.histogram import Cells, Histogram, distinct_in_order
from auditkit.errors import DataError

BLOCKS = 1 << 27
"""Counts in one table: 1 GB."""


class Tally(NamedTuple):
    """Counts of people by cell, label and decision; the weights' sums beside them.

    There are C + 1 labels, of which the last is "not known", and C + 1 decisions, of which the last is "abstained".
    """

    rows: np.ndarray
    """(K, C + 1, C + 1) int64: people."""
    weight: np.ndarray
    """(K, C + 1, C + 1) float64: sums of weights; without weights, the people."""
    square: np.ndarray
    """(K, C + 1, C + 1) float64: sums of squared weights; without weights, the people."""
    clusters: ClusterRows | None = None
    """Which of these rows vary together; None: each varies by itself."""

    @property
    def tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The counts, the weights and their squares."""
        return self.rows, self.weight, self.square

    def mapped(self, function: Callable[[np.ndarray], np.ndarray], clusters: ClusterRows | None = None) -> Tally:
        """What a function makes of the counts, the weights and their squares."""
        rows, weight, square = map(function, self.tables)
        return Tally(rows, weight, square, clusters)

    def taken(self, groups: np.ndarray) -> Tally:
        """Those of some of the K groups, by their positions."""
        of_group = np.full(len(self.rows), -1)
        of_group[groups] = np.arange(len(groups))
        clusters = self.clusters and self.clusters.grouped(of_group[self.clusters.group])
        return self.mapped(lambda table: table[groups], clusters)

    def as_one(self, groups: np.ndarray) -> Tally:
        """Those of some of the K groups as of one."""
        one_group = np.full(len(self.rows), -1)
        one_group[groups] = 0
        clusters = self.clusters and self.clusters.grouped(one_group[self.clusters.group])
        return self.mapped(lambda table: table[groups].sum(axis=0, keepdims=True), clusters)

    def against(self, positive: int) -> Tally:
        """One class against all others, (K, 3, 3).

        Labels: negative, positive, not known. Decisions: not selected, selected, abstained.
        """
        clusters = self.clusters and self.clusters.against(positive, self.rows.shape[1] - 1)
        return self.mapped(lambda table: _fold(_fold(table, positive, 1), positive, 2), clusters)


class Marginal(NamedTuple):
    """The counts of the groups of some attributes."""

    where: list[dict[str, str]]
    """K mappings {attribute: value}, in the order of the values."""
    tally: Tally
    """(K, C + 1, C + 1)"""


class Counts(NamedTuple):
    """How many people there are for every combination of groups, label and decision that occurs.

    Tables of parts of the data add up to the table of the whole: `auditkit.counts.merge(tables)`.
    """

    attributes: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    """For each attribute, its values, sorted."""
    classes: tuple[str, ...]
    """The C classes of labels and decisions, as text."""
    cells: np.ndarray
    """(K, A) positions of the values of each combination, in their order."""
    tally: Tally
    weighted: bool = False
    clusters: tuple[np.ndarray, ClusterRows] | None = None
    """(N, A) positions of each row's values, and whose rows they are; None: each varies by itself."""

    @property
    def labelled(self) -> bool:
        """Whether any label is known."""
        return bool(self.tally.rows[:, :-1].any())

    @property
    def abstained(self) -> bool:
        """Whether any decision was withheld."""
        return bool(self.tally.rows[:, :, -1].any())

    @property
    def people(self) -> int:
        """How many people there are."""
        return int(self.tally.rows.sum())

    def over(self, attributes: Sequence[str]) -> Marginal:
        """The groups of these attributes, empty ones included, and their counts; no attribute: everyone."""
        indices = [self.attributes.index(name) for name in attributes]
        shape = tuple(len(self.values[position]) for position in indices)
        positions = np.zeros(len(self.cells), dtype=np.int64)
        for position, length in zip(indices, shape, strict=True):
            positions = positions * length + self.cells[:, position]
        values = itertools.product(*(self.values[position] for position in indices))
        names = [dict(zip(attributes, value, strict=True)) for value in values]
        size = math.prod(shape)
        rows = _gather(self.tally.rows, positions, size)
        clusters = None
        if self.clusters is not None:
            codes, cluster_rows = self.clusters
            of_row = np.zeros(len(codes), dtype=np.int64)
            for position, length in zip(indices, shape, strict=True):
                of_row = of_row * length + codes[:, position]
            clusters = cluster_rows.grouped(of_row)
        if not self.weighted:
            return Marginal(names, Tally(rows, rows.astype(float), rows.astype(float), clusters))
        weight, square = (_gather(table, positions, size) for table in self.tally.tables[1:])
        return Marginal(names, Tally(rows, weight, square, clusters))

    def __add__(self, other: object) -> NoReturn:
        """Refused, as adding tuples would put one behind the other."""
        raise TypeError("tables of counts are put together with auditkit.counts.merge([one, other])")


def count(
    groups: Mapping[str, Any],
    decisions: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    classes: Sequence[str] = ("negative", "positive"),
    weights: np.ndarray | None = None,
    people: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Counts:
    """Count the rows, in one pass.

    Args:
        groups: {attribute: (N,) text as `encode` takes it, or an `Encoded`}.
        decisions: (N,) whole numbers or bool: the position of each decision in `classes`; -1 for an abstention.
        labels: (N,) likewise of each label; -1 where it is not known; None: of nobody.
        classes: the C names of the classes; two, negative then positive, unless given.
        weights: (N,) positive; None: all 1.
        people: (N,) whole numbers: how many people each row stands for; None: one.
        clusters: (N,) whole numbers, the same for rows that vary together; None: each varies by itself. The rows are
            kept beside the counts.

    Raises:
        DataError: a group value is missing, a code is out of range, or lengths differ.
    """
    if clusters is not None:  # what is encoded keeps its order of values, so that rows and counts agree
        groups = {name: encode(column) for name, column in groups.items()}
    encoded = {name: raw(column) for name, column in groups.items()}
    columns = [column.codes for column in encoded.values()]
    sizes = [max(1, len(column.values)) for column in encoded.values()]
    for answers in (decisions,) if labels is None else (decisions, labels):
        codes, wide = _classes(answers, len(classes))
        columns, sizes = [*columns, codes], [*sizes, wide]
    lacking = {number for number in range(len(encoded), len(sizes)) if sizes[number] > len(classes)}
    histogram = Histogram(sizes, lacking, weighted=weights is not None)
    histogram.add(columns, weights, people)
    cells = histogram.cells()
    group_codes, at_decision = cells.codes[: len(encoded)], cells.codes[len(encoded)]
    at_label = np.full(len(cells.rows), len(classes)) if labels is None else cells.codes[-1]
    listed = {name: column for name, column in groups.items() if isinstance(column, Encoded)}
    values = {name: column.values for name, column in encoded.items()}
    table = collect(
        values, group_codes, CodedAnswers(classes, at_label, at_decision), cells,
        weighted=weights is not None, listed=listed,
    )  # fmt: skip
    if clusters is None:
        return table
    last = len(classes)
    at_row = [np.full(len(clusters), last) if codes is None else np.where(np.asarray(codes) < 0, last, codes)
              for codes in (labels, decisions)]  # fmt: skip
    mass = np.ones(len(clusters)) if weights is None else weights
    codes = np.array([column.codes for column in encoded.values()], dtype=np.int64).reshape(-1, len(clusters)).T
    rows = ClusterRows(np.zeros(len(mass), np.int64), clusters, at_row[0], at_row[1], mass)
    return table._replace(clusters=(codes, rows))


class CodedAnswers(NamedTuple):
    """Labels and decisions of K combinations as positions among C classes; C where there is none."""

    classes: Sequence[str]
    labels: np.ndarray
    decisions: np.ndarray


def collect(
    names: Mapping[str, Sequence[str]],
    codes: Sequence[np.ndarray],
    answers: CodedAnswers,
    cells: Cells,
    *,
    weighted: bool,
    listed: Iterable[str] = (),
) -> Counts:
    """A table from combinations with their sums, values sorted, those that have the same name put together.

    Args:
        names: {attribute: the name of each code}; those that nobody has are left out.
        codes: for each attribute, (K,) codes.
        answers: (K,) each.
        cells: (K,) sums.
        weighted: whether rows came with weights.
        listed: attributes whose values are all kept, in their order.

    Raises:
        DataError: the table would be larger than 1 GB.
    """
    (classes, labels, decisions), listed = answers, set(listed)
    # a file lists values of rows that were left out, and categories may have no row
    columns = [
        Encoded(tuple(code_names), column) if attribute in listed else in_order(code_names, column)
        for (attribute, code_names), column in zip(names.items(), codes, strict=True)
    ]
    inverse, where = _combinations(columns, len(cells.rows))
    wide = len(classes) + 1
    if len(where) * wide * wide > BLOCKS:
        raise DataError(
            f"the table of {', '.join(names)} has {len(where):,} combinations of groups and {len(classes)} classes; "
            "that is too many to hold. Give bins or fewer values to one of the groups"
        )
    shape = (len(where), wide, wide)
    index = (inverse * wide + labels) * wide + decisions
    rows = np.zeros(math.prod(shape), np.int64)
    np.add.at(rows, index, cells.rows)
    weight, square = (rows.astype(float),) * 2
    if weighted:
        weight, square = (np.bincount(index, weights=cell, minlength=len(rows)) for cell in cells[2:])
    tally = Tally(rows.reshape(shape), weight.reshape(shape), square.reshape(shape))
    values = tuple(column.values for column in columns)
    return Counts(tuple(names), values, tuple(map(str, classes)), where, tally, weighted)


def merge(tables: Iterable[Counts]) -> Counts:
    """The table of the whole from tables of its parts, whatever their order: values and classes are united.

    Classes keep their order where all tables have the same; otherwise they are sorted. Sums of weights are rounded
    once, so that they do not depend on the order either.

    Raises:
        DataError: there is no table, or attributes differ.
    """
    tables = list(tables)
    if not tables:
        raise DataError("there is no table of counts to merge; give at least one")
    first = tables[0]
    for other in tables[1:]:
        if sorted(other.attributes) != sorted(first.attributes):
            raise DataError(
                "tables of counts must have the same attributes; one has "
                f"{', '.join(first.attributes) or 'none'}, another {', '.join(other.attributes) or 'none'}"
            )
    same = all(table.classes == first.classes for table in tables)
    classes = first.classes if same else tuple(sorted({name for table in tables for name in table.classes}))
    values = {
        name: tuple(sorted({value for table in tables for value in table.values[table.attributes.index(name)]}))
        for name in first.attributes
    }
    weighted = any(table.weighted for table in tables)
    parts = [_rows(table, values, classes) for table in tables]
    codes = [np.concatenate([part[0][index] for part in parts]) for index in range(len(values))]
    labels, decisions = (np.concatenate([part[index] for part in parts]) for index in (1, 2))
    cells = Cells((), *[np.concatenate([part[3][index] for part in parts]) for index in range(3)])
    merged = collect(values, codes, CodedAnswers(classes, labels, decisions), cells, weighted=weighted, listed=values)
    # the sum of two floats is rounded once whatever their order
    return _rounded_once(merged, codes, labels, decisions, cells) if weighted and len(tables) > 2 else merged


def _combinations(columns: list[Encoded], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row's combination, and the combinations in their order."""
    if not columns:
        return np.zeros(rows, np.int64), np.zeros((min(1, rows), 0), np.int64)
    sizes = [max(1, len(column.values)) for column in columns]
    positions, combinations = distinct_in_order([column.codes for column in columns], sizes)
    return positions, np.column_stack(combinations).astype(np.int64)


def _classes(codes: Any, classes: int) -> tuple[np.ndarray, int]:
    """Positions of classes, and how many there are, -1 included where it may occur."""
    array = np.asarray(codes)
    if array.dtype.kind not in "iub":
        array = array.astype(np.int64)
    # one byte each is read in no time: codes of pandas are of that type, and seldom hold a -1
    if array.dtype.kind != "i" or (array.dtype.itemsize == 1 and len(array) and array.min() >= 0):
        return array, classes
    return array, classes + 1


def _fold(table: np.ndarray, positive: int, axis: int) -> np.ndarray:
    """The classes along one axis as: not `positive`, `positive`, the last."""
    parts = np.moveaxis(table, axis, -1)
    hits, last = parts[..., positive], parts[..., -1]
    rest = parts[..., :-1].sum(axis=-1) - hits
    return np.moveaxis(np.stack([rest, hits, last], axis=-1), -1, axis)


def _gather(values: np.ndarray, positions: np.ndarray, size: int) -> np.ndarray:
    """Sums of `values` by place, exact for whole numbers."""
    total = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    if not len(positions):
        return total
    if size == 1:
        total[0] = values.sum(axis=0)
        return total
    # sorted first, as reduceat adds runs in the type of the values, where bincount would add floats
    order = np.argsort(positions, kind="stable")
    sorted_positions = positions[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_positions[1:] != sorted_positions[:-1]]))
    total[sorted_positions[starts]] = np.add.reduceat(values[order], starts, axis=0)
    return total


def _rows(
    table: Counts, values: dict[str, tuple[str, ...]], classes: tuple[str, ...]
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, list[np.ndarray]]:
    """The combinations that occur in one table, in the codes of all of them."""
    cell, label, decision = np.nonzero((table.tally.rows > 0) | (table.tally.weight != 0))
    codes = []
    for name, united in values.items():
        index = table.attributes.index(name)
        positions = {value: position for position, value in enumerate(united)}
        united_codes = np.array([positions[value] for value in table.values[index]], dtype=np.int64)
        codes.append(united_codes[table.cells[cell, index]])
    class_codes = np.array([*(classes.index(class_name) for class_name in table.classes), len(classes)])
    return (
        codes,
        class_codes[label],
        class_codes[decision],
        [array[cell, label, decision] for array in table.tally.tables],
    )


def _rounded_once(
    merged: Counts, codes: list[np.ndarray], labels: np.ndarray, decisions: np.ndarray, cells: Cells
) -> Counts:
    """The same table, its sums of weights added without rounding in between."""
    keys = list(zip(*(array.tolist() for array in (*codes, labels, decisions)), strict=True))
    terms: dict[tuple[int, ...], list[tuple[float, float]]] = {}
    for key, weight, square in zip(keys, cells.weight.tolist(), cells.square.tolist(), strict=True):
        terms.setdefault(key, []).append((weight, square))
    positions = {tuple(where): index for index, where in enumerate(merged.cells.tolist())}
    for (*where, label, decision), cell_terms in terms.items():
        for table, index in ((merged.tally.weight, 0), (merged.tally.square, 1)):
            # fsum keeps what float addition drops, so that the order of the tables does not count
            table[positions[tuple(where)], label, decision] = math.fsum(term[index] for term in cell_terms)
    return merged
