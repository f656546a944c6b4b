"""Numbers taken out of what a check found: of a measurement, and of figures, tables and notes about some groups."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.figures import label
from auditkit.results import CheckResult, Figure, GroupPair, Measurement, Scalar, Table, pairs

_NUMBER = r"\d[\d.,]*\s?%?"


def bare(measured: Measurement, reason: str) -> Measurement:
    """A measurement without a number; of a disparity the two groups are still named."""
    if measured.value is None and measured.n is None and not measured.pairs:
        return measured
    left_out = tuple(group.model_copy(update={"people": None, "share": None}) for group in measured.left_out)
    return withheld(measured, reason).model_copy(update={"bound": measured.bound, "left_out": left_out})


def withheld(measured: Measurement, reason: str) -> Measurement:
    """What a measurement is about, without its number, nor who is left out; of a disparity the groups are named."""
    return Measurement(
        name=measured.name, value=None, reason=reason, unit=measured.unit, direction=measured.direction,
        slice=measured.slice, across=measured.across, conditions=measured.conditions,
        pairs=tuple(map(_pair_without_numbers, measured.pairs)),
    )  # fmt: skip


def without(result: CheckResult, removed: Sequence[Measurement]) -> CheckResult:
    """A check's result whose figures, tables and notes hold no number of some measurements, nor of their groups."""
    hidden = Hidden(
        # by their words, for that is how figures, tables and notes name them
        [group for group in {pairs(measurement.slice): measurement.slice for measurement in removed}.values() if group],
        frozenset(map(label, removed)),
        _numbers_shown(result.measurements),
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
    shown: Mapping[str, frozenset[float]] = {}
    """By group, the numbers that stay: of a group large enough, one number can go and another stay."""

    def has(self, row: Sequence[Scalar]) -> bool:
        """Whether a row is about it: in words, or by the values of a group in columns of their own."""
        texts = _texts(row)
        # a figure of several measures writes the measure before the label
        labelled = any(text in self.labels or text.partition(": ")[2] in self.labels for text in texts)
        return labelled or bool(self._about(row))

    def stays(self, row: Sequence[Scalar]) -> tuple[Scalar, ...]:
        """The cells of a row with None for those that may not be shown: numbers that no measurement shows."""
        if not self.has(row):
            return tuple(row)
        groups = self._about(row)
        shown_numbers = self.shown.get(pairs(groups[0]), frozenset()) if len(groups) == 1 else frozenset()
        return tuple(
            cell if isinstance(cell, str) or (not isinstance(cell, bool) and cell in shown_numbers) else None
            for cell in row
        )

    def _about(self, row: Sequence[Scalar]) -> list[dict[str, str]]:
        texts = _texts(row)
        return [
            group for group in self.groups if set(group.values()) <= texts or any(_names(text, group) for text in texts)
        ]

    def without_numbers(self, text: str) -> str:
        """A sentence about one of the groups, without its numbers; their names stay."""
        if not any(_names(text, group) for group in self.groups):
            return text
        # the longest first: `age=40-64` must not be taken for `age=40-6` and a digit
        names = "|".join(map(re.escape, sorted(map(pairs, self.groups), key=len, reverse=True)))
        return re.sub(rf"({names})|{_NUMBER}", lambda match: match[1] or "…", text)


def _pair_without_numbers(pair: GroupPair) -> GroupPair:
    low, high = (end.model_copy(update={"value": None, "n": None, "count": None}) for end in (pair.low, pair.high))
    return pair.model_copy(update={"low": low, "high": high})


def _figure(figure: Figure, hidden: Hidden) -> Figure | None:
    """The figure without the points that may not be shown; None where none is left."""
    rows = [(row, tuple(row.values())) for row in figure.data]
    drawn = tuple(row for row, cells in rows if hidden.stays(cells) == cells)
    if len(drawn) == len(figure.data):
        return figure
    missing = len(figure.data) - len(drawn)
    alt = f"{figure.title}. {missing} of {len(figure.data)} points are not drawn: of groups too small to show."
    return figure.model_copy(update={"data": drawn, "alt": alt}) if drawn else None


def _table(table: Table, hidden: Hidden) -> Table:
    return table.model_copy(update={"rows": tuple(map(hidden.stays, table.rows))})


def _numbers_shown(measurements: Sequence[Measurement]) -> dict[str, frozenset[float]]:
    """By group, every number that its measurements show, and the count that a share of people is."""
    numbers_of: dict[str, set[float]] = {}
    for measured in measurements:
        if measured.value is None or not measured.slice:
            continue
        ends = () if measured.interval is None else (measured.interval.low, measured.interval.high)
        hits = round(measured.value * measured.n) if measured.unit == "share" and measured.n else None
        numbers = (measured.value, measured.n, hits, *ends)
        numbers_of.setdefault(pairs(measured.slice), set()).update(number for number in numbers if number is not None)
    return {group: frozenset(numbers) for group, numbers in numbers_of.items()}


def _texts(row: Sequence[Scalar]) -> set[str]:
    return {cell for cell in row if isinstance(cell, str)}


def _names(text: str, group: dict[str, str]) -> bool:
    return re.search(rf"(?<![^\s:;,(]){re.escape(pairs(group))}(?![^\s:;,)])", text) is not None
