"""The rows split into groups: which groups can be compared, which are hidden, which are too small to assess."""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from auditkit import group_pairs
from auditkit.counts import Encoded, encode
from auditkit.data import AuditData
from auditkit.results import LeftOut, pairs
from auditkit.smaller import smaller_cells
from auditkit.text import number_of
from auditkit.too_few import lacking

NOBODY = lacking(0, 1, "people")
"""Why a group that could be shown has no numbers where nobody is in it."""
NO_CASES = lacking(0, 1, "cases")
"""The same of cases with scores."""


class Split(NamedTuple):
    """The groups of some attributes; no attribute: everyone."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]]
    """Every group, {attribute: value}."""
    reasons: list[str | None]
    """Why a group has no numbers; None where it has."""
    codes: np.ndarray
    """(N,) the position of each row's group among the K that have numbers; -1 for the others."""

    @property
    def usable(self) -> list[dict[str, str]]:
        """The K groups that have numbers."""
        return [group for group, reason in zip(self.where, self.reasons, strict=True) if reason is None]

    @property
    def left_out(self) -> list[LeftOut]:
        """Groups that have no numbers."""
        return group_pairs.left_out(self.where, self.reasons)

    @property
    def names(self) -> list[str]:
        """The K groups as people read them."""
        return [pairs(texts) or "everyone" for texts in self.usable]

    @property
    def hidden(self) -> list[str]:
        """Groups, with the reason, that may not be shown."""
        few = [left_out for left_out in self.left_out if left_out.reason not in (NOBODY, NO_CASES)]
        return [f"{pairs(left_out.slice)} ({left_out.reason})" for left_out in few]


def crossed(encoded: Mapping[str, Encoded], rows: int) -> tuple[list[dict[str, str]], np.ndarray]:
    """Every combination of the values of some attributes, and (N,) int64 the position of each row's.

    A combination is {attribute: value}, the last attribute running fastest; of no attribute, one that is everyone.

    Args:
        encoded: {attribute: its values, and the one of each row}; no attribute: everyone.
        rows: N.
    """
    values = itertools.product(*(column.values for column in encoded.values()))
    where = [dict(zip(encoded, combination, strict=True)) for combination in values]
    return where, crossed_codes([*encoded.values()], rows)


def crossed_codes(columns: Sequence[Encoded], rows: int) -> np.ndarray:
    """(N,) int64 the position of each row's combination of values among all combinations, the last running fastest."""
    codes = np.zeros(rows, dtype=np.int64)
    for column in columns:
        codes = codes * len(column.values) + column.codes
    return codes


def split(data: AuditData, attributes: tuple[str, ...]) -> Split:
    """Split the rows by some attributes.

    Args:
        data: rows with groups; each row is one person.
        attributes: names among the groups; none of them: everyone.
    """
    every, codes = crossed({name: encode(data.groups[name]) for name in attributes}, len(data))
    return _split(data, attributes, every, codes)


def smaller_splits(data: AuditData, order: int) -> list[Split]:
    """The groups too small to show as one group, for each set of up to `order` attributes that has some."""
    return [
        _split(data, tuple(cell.where), [cell.where], np.where(cell.rows, 0, -1)) for cell in smaller_cells(data, order)
    ]


def _split(data: AuditData, attributes: tuple[str, ...], every: list[dict[str, str]], codes: np.ndarray) -> Split:
    """The rows split into the groups `every`, by (N,) the position of each row's; -1: none of them."""
    rows = np.bincount(codes[codes >= 0], minlength=len(every))
    some = [index for index, where in enumerate(every) if not data.cells.empty(where)]
    counted = "cases" if data.task == "case_scores" else "people"
    # One person has no spread, so no number about a group of one could have an interval.
    least = max(2, data.minimum_rate)
    reasons = [data.cells.reason(every[index]) or lacking(int(rows[index]), least, counted) for index in some]
    usable = [index for index, reason in zip(some, reasons, strict=True) if reason is None]
    # Rows of no group read the -1 that is appended.
    positions = np.full(len(every) + 1, -1)
    positions[usable] = np.arange(len(usable))
    return Split(attributes, [every[index] for index in some], reasons, positions[codes])


def no_intersection(intersections: int, data: AuditData) -> list[str]:
    """A note where there are fewer attributes than are to be intersected; else none."""
    if len(data.groups) >= intersections:
        return []
    return [f"There is no intersection of {intersections} attributes: only {number_of(len(data.groups), 'attribute')}."]
