"""The table of the whole from tables of its parts."""

import math
from collections.abc import Iterable

import numpy as np

from auditkit.counts.histogram import Cells
from auditkit.counts.table import CodedAnswers, Counts, collect
from auditkit.errors import DataError


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
    sums = [np.concatenate([part[3][index] for part in parts]) for index in range(3)]
    cells = Cells((), *sums)
    merged = collect(values, codes, CodedAnswers(classes, labels, decisions), cells, weighted=weighted, listed=values)
    # the sum of two floats is rounded once whatever their order
    return _rounded_once(merged, codes, labels, decisions, cells) if weighted and len(tables) > 2 else merged


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
    return codes, class_codes[label], class_codes[decision], [array[cell, label, decision] for array in table.tally]


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
