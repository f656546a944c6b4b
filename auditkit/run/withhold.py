"""Numbers taken out of what a check found: of a measurement, and of figures, tables and notes about some groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.figures import label
from auditkit.results import CheckResult, Figure, GroupPair, Measurement, Scalar, Table, pairs

_NUMBER = r"\d[\d.,]*\s?%?"


def bare(measured: Measurement, reason: str) -> Measurement:
    """A measurement without a number; of a disparity the two groups are still named."""
    if measured.value is None and measured.n is None and not measured.pairs:
        return measured
    return Measurement(
        name=measured.name, value=None, reason=reason, unit=measured.unit, direction=measured.direction,
        slice=measured.slice, across=measured.across, conditions=measured.conditions, bound=measured.bound,
        pairs=tuple(map(_named, measured.pairs)),
        left_out=tuple(group.model_copy(update={"people": None, "share": None}) for group in measured.left_out),
    )  # fmt: skip


def without(result: CheckResult, gone: Sequence[Measurement]) -> CheckResult:
    """A check's result whose figures, tables and notes hold no number of some measurements, nor of their groups."""
    hidden = Hidden(
        [group for group in {pairs(each.slice): each.slice for each in gone}.values() if group],
        frozenset(map(label, gone)),
    )
    figures = (_figure(figure, hidden) for figure in result.figures)
    return result.model_copy(
        update={
            "figures": tuple(figure for figure in figures if figure is not None),
            "tables": tuple(_table(table, hidden) for table in result.tables),
            "notes": tuple(hidden.without_numbers(note) for note in result.notes),
            "controls": tuple(
                control.model_copy(
                    update={
                        "question": hidden.without_numbers(control.question),
                        "reason": hidden.without_numbers(control.reason),
                    }
                )
                for control in result.controls
            ),
        }
    )


class Hidden(NamedTuple):
    """What may have no number."""

    groups: list[dict[str, str]]
    labels: frozenset[str]
    """What figures call the measurements."""

    def has(self, row: Sequence[Scalar]) -> bool:
        """Whether a row is about it: in words, or by the values of a group in columns of their own."""
        texts = {cell for cell in row if isinstance(cell, str)}
        if any(text in self.labels or text.partition(": ")[2] in self.labels for text in texts):
            return True
        return any(set(group.values()) <= texts or any(_names(text, group) for text in texts) for group in self.groups)

    def without_numbers(self, text: str) -> str:
        """A sentence about one of the groups, without its numbers; their names stay."""
        if not any(_names(text, group) for group in self.groups):
            return text
        names = "|".join(map(re.escape, sorted(map(pairs, self.groups), key=len, reverse=True)))
        return re.sub(rf"({names})|{_NUMBER}", lambda match: match[1] or "…", text)


def _named(pair: GroupPair) -> GroupPair:
    low, high = (end.model_copy(update={"value": None, "n": None, "count": None}) for end in (pair.low, pair.high))
    return pair.model_copy(update={"low": low, "high": high})


def _figure(figure: Figure, hidden: Hidden) -> Figure | None:
    """The figure without the points that may not be shown; None where none is left."""
    kept = tuple(row for row in figure.data if not hidden.has(tuple(row.values())))
    if len(kept) == len(figure.data):
        return figure
    missing = len(figure.data) - len(kept)
    alt = f"{figure.title}. {missing} of {len(figure.data)} points are not drawn: of groups too small to show."
    return figure.model_copy(update={"data": kept, "alt": alt}) if kept else None


def _table(table: Table, hidden: Hidden) -> Table:
    rows = tuple(
        tuple(cell if isinstance(cell, str) else None for cell in row) if hidden.has(row) else row for row in table.rows
    )
    return table.model_copy(update={"rows": rows})


def _names(text: str, group: dict[str, str]) -> bool:
    return re.search(rf"(?<![^\s:;,(]){re.escape(pairs(group))}(?![^\s:;,)])", text) is not None
