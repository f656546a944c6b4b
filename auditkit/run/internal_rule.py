"""The rule for evidence that stays in the house: no number about a group that is too small to show.

Every group of `minimum_cell` people or more is shown, with every count in it, also where a smaller one can be worked
out from it.

Here are numbers taken out of what a check found, too: of a measurement, and of figures, tables and notes about some
groups.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from auditkit.data.cells import Cells, deducible
from auditkit.figures import label
from auditkit.results import (
    CheckResult,
    DataInfo,
    Figure,
    GroupPair,
    LeftOut,
    Measurement,
    Scalar,
    group_name,
    pairs,
)

END = "a group at its end is too small to show"
UNKNOWN_END = "a group too small to show may be at its end"


class Internal:
    """Groups of fewer people than the smallest that is shown have no number.

    Args:
        cells: of the data.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def check(self, result: CheckResult) -> CheckResult:
        """A check's result without numbers about groups that are too small to show.

        Its measurements stay as many and in the same order, whatever the check returned; one whose number goes is left
        without value, interval, n, test and rates of groups, with the reason. To apply it twice is to apply it once.

        Where rates of such groups are estimated (`minimum_rate` below `minimum_cell`), a disparity with one of them at
        an end has no number either.
        """
        measurements = tuple(_hidden(measured, self._cells) for measured in result.measurements)
        hidden = [before for before, after in zip(result.measurements, measurements, strict=True) if before != after]
        result = result.model_copy(update={"measurements": measurements})
        return without(result, hidden) if hidden else result

    def data(self, info: DataInfo, results: Sequence[CheckResult]) -> DataInfo:
        """The description, which holds only what may be shown, with the groups that can be worked out all the same."""
        groups = self._cells.groups
        # intersections too, where a check printed them: they give more sums from which a small group follows
        listed = {tuple(measured.slice) for result in results for measured in result.measurements}
        sets = [(name,) for name in groups] + [texts for texts in listed if texts and set(texts) <= set(groups)]
        return info.model_copy(update={"deducible": tuple(deducible(self._cells, sets))})

    def text(self, text: str) -> str:
        """What a check or an error says, as it is."""
        return text

    @property
    def choice(self) -> str:
        """A digest of what is chosen where that depends on more than the data; here nothing: all follows from it."""
        return ""


def _hidden(measured: Measurement, cells: Cells) -> Measurement:
    reason = cells.unshown(measured.slice)
    if reason is not None:
        return bare(measured, reason)
    ends = (end.slice for pair in measured.pairs for end in (pair.low, pair.high))
    small = dict.fromkeys(group_name(where) for where in ends if cells.unshown(where))
    if small:
        return bare(measured, f"{END}: {', '.join(small)}")
    if not _small_ones_have_rates(measured.across, cells):
        return measured
    if not measured.pairs and measured.value is not None:
        return bare(measured, UNKNOWN_END)
    left_out = tuple(group if cells.unshown(group.slice) is None else _uncounted(group) for group in measured.left_out)
    return measured.model_copy(update={"n": None, "left_out": left_out})  # n less the others would be a small group


def _uncounted(group: LeftOut) -> LeftOut:
    return group.model_copy(update={"people": None, "share": None})


def _small_ones_have_rates(attributes: Sequence[str], cells: Cells) -> bool:
    """Whether a group of these attributes is too small to show and yet has rates."""
    if not attributes or any(name not in cells.groups for name in attributes):
        return False
    # in the order of the data, for counts are kept under one order of attributes only
    people = cells.counts(tuple(name for name in cells.groups if name in attributes))
    return bool(np.any((people >= max(1, cells.least)) & (people < cells.minimum)))


_NUMBER = r"\d[\d.,]*\s?%?"


def bare(measured: Measurement, reason: str) -> Measurement:
    """A measurement without a number; of a disparity the two groups are still named."""
    if measured.value is None and measured.n is None and not measured.pairs:
        return measured
    left_out = tuple(map(_uncounted, measured.left_out))
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
            "tables": tuple(
                table.model_copy(update={"rows": tuple(map(hidden.stays, table.rows))}) for table in result.tables
            ),
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

    def stays(self, row: Sequence[Scalar]) -> tuple[Scalar, ...]:
        """The cells of a row with None for those that may not be shown: numbers that no measurement shows.

        A row is about what is hidden in words, or by the values of a group in columns of their own.
        """
        texts = {cell for cell in row if isinstance(cell, str)}
        groups = [
            group for group in self.groups if set(group.values()) <= texts or any(_names(text, group) for text in texts)
        ]
        # a figure of several measures writes the measure before the label
        if not groups and not any(text in self.labels or text.partition(": ")[2] in self.labels for text in texts):
            return tuple(row)
        shown_numbers = self.shown.get(pairs(groups[0]), frozenset()) if len(groups) == 1 else frozenset()
        return tuple(
            cell if isinstance(cell, str) or (not isinstance(cell, bool) and cell in shown_numbers) else None
            for cell in row
        )

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


def _names(text: str, group: dict[str, str]) -> bool:
    return re.search(rf"(?<![^\s:;,(]){re.escape(pairs(group))}(?![^\s:;,)])", text) is not None
