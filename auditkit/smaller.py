"""Groups too small to show, as one group: shown where together they are enough people, and compared with nobody."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData, Cell
from auditkit.results import TOGETHER, CheckResult, Definition, Measurement, pairs
from auditkit.text import first_few
from auditkit.too_few import fewer_than

NAMED = 5
"""Groups that are named; more are counted."""


class Smaller(NamedTuple):
    """All groups of some attributes that are too small to show."""

    groups: list[dict[str, str]]
    minimum: int

    @property
    def where(self) -> dict[str, str]:
        """The slice of all of them as one group."""
        return dict.fromkeys(self.groups[0], TOGETHER)

    def among(self, groups: Sequence[dict[str, str]]) -> np.ndarray:
        """The positions of these groups in a list of groups."""
        own_keys = {tuple(sorted(group.items())) for group in self.groups}
        return np.flatnonzero([tuple(sorted(group.items())) in own_keys for group in groups])

    def annotated(self, measurement: Measurement, definition: Definition | None) -> Measurement:
        """A number of these groups as one, with a reason that names the groups and says that it is not judged."""
        names = first_few([pairs(group) for group in self.groups], NAMED, "; ")
        sentence = f"groups of {fewer_than(self.minimum, 'people')}, together: {names}; not judged, and in no disparity"
        reason = "; ".join(filter(None, (measurement.reason, sentence, _about_each_group(measurement, definition))))
        return measurement.model_copy(update={"reason": reason, "test": None})  # a family of tests is over groups


def slices_and_smaller(data: AuditData, order: int = 1) -> list[Cell]:
    """Every group as `data.slices` gives them, and beside those of the same attributes the smaller ones as one.

    For numbers about single groups only: a disparity is over `data.slices`. The run sets these numbers apart.
    """
    return [*data.slices(order), *smaller_cells(data, order)]


def smaller_cells(data: AuditData, order: int = 1) -> list[Cell]:
    """The groups of each set of attributes that are too small to show, as one cell; none where they may not be one."""
    # per set of attributes: a row in a small group of sex and age may be in a large one of sex
    sets = [small for attributes in data.cells.subsets(order) if (small := smaller_together(attributes, data))]
    cells = data.slices(order) if sets else []
    # a group may be made of several attributes, so its rows are those of its cells and not of a value
    parts = [(small.where, [cell for cell in cells if cell.where in small.groups]) for small in sets]
    members = [(where, np.logical_or.reduce([cell.rows for cell in part]), sum(cell.n for cell in part))
               for where, part in parts]  # fmt: skip
    return [Cell(where, np.flatnonzero(rows), len(data), people, None) for where, rows, people in members]


def set_apart(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with numbers of smaller groups together apart from all others, which are judged and compared."""
    every = [(measurement, smaller_called(measurement.slice, data)) for measurement in result.every]
    together = tuple(
        small.annotated(measurement, result.definitions.get(measurement.name))
        for measurement, small in every
        if small is not None
    )
    compared = tuple(measurement for measurement, small in every[: len(result.measurements)] if small is None)
    return result.model_copy(update={"measurements": compared, "together": together})


def smaller_called(where: dict[str, str], data: AuditData) -> Smaller | None:
    """The groups that are too small to show, where a slice is all those of its attributes; None where it is not."""
    attributes = tuple(name for name in data.groups if name in where)
    small = smaller_together(attributes, data) if TOGETHER in where.values() else None
    return small if small is not None and small.where == where else None


def _about_each_group(measurement: Measurement, definition: Definition | None) -> str:
    """What a share of none or of all of their people says of each of the groups."""
    method = "" if measurement.interval is None else measurement.interval.method
    is_count = method.startswith(("Wilson", "Clopper-Pearson")) and definition is not None and definition.made_of != ""
    return "so it is in each of them" if is_count and measurement.value in (0.0, 1.0) else ""


def smaller_together(attributes: tuple[str, ...], data: AuditData) -> Smaller | None:
    """The groups of these attributes that are too small to show; None where they may not stand as one either."""
    # a group may itself be called as they are together
    is_taken = any(TOGETHER in data.cells.values[name] for name in attributes)
    groups = data.cells.together(attributes) if attributes and data.disclosure == "internal" and not is_taken else []
    return Smaller(groups, data.minimum_cell) if groups else None
