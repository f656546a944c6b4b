"""Groups too small to show, as one group: shown where together they are enough people, and compared with nobody."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.data.cells import Cell, Members
from auditkit.results import TOGETHER, CheckResult, Measurement, pairs
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

    @property
    def names(self) -> str:
        """The names of the groups, in words."""
        return first_few([pairs(group) for group in self.groups], NAMED, "; ")

    def among(self, groups: Sequence[dict[str, str]]) -> np.ndarray:
        """The positions of these groups in a list of groups."""
        own_keys = {tuple(sorted(group.items())) for group in self.groups}
        return np.flatnonzero([tuple(sorted(group.items())) in own_keys for group in groups])

    def annotated(self, measurements: Iterable[Measurement]) -> list[Measurement]:
        """Numbers of these groups as one, each with a reason that names the groups and says that it is not judged."""
        sentence = (
            f"groups of {fewer_than(self.minimum, 'people')}, together: {self.names}; not judged, and in no disparity"
        )
        return [
            measurement.model_copy(
                update={
                    "reason": "; ".join(filter(None, (measurement.reason, sentence, _about_each_group(measurement))))
                }
            )
            for measurement in measurements
        ]


def slices_and_smaller(data: AuditData, order: int = 1) -> list[Cell]:
    """Every group as `data.slices` gives them, and beside those of the same attributes the smaller ones as one.

    For numbers about single groups only: a disparity is over `data.slices`. The run sets these numbers apart.
    """
    cells = data.slices(order)
    # per set of attributes: a row in a small group of sex and age may be in a large one of sex
    for attributes in data.cells.subsets(order):
        small = smaller_together(attributes, data)
        if small is not None:
            # a group may be made of several attributes, so its rows are those of its cells and not of a value
            rows = np.logical_or.reduce([cell.rows for cell in cells if cell.where in small.groups])
            people = sum(cell.n for cell in cells if cell.where in small.groups)
            cells.append(Cell(small.where, Members(np.flatnonzero(rows), len(data), people), None))
    return cells


def set_apart(result: CheckResult, data: AuditData) -> CheckResult:
    """The result with numbers of smaller groups together apart from all others, which are judged and compared."""
    compared, together = [], list(result.together)
    for measurement in result.measurements:
        attributes = tuple(name for name in data.groups if name in measurement.slice)
        # a group may itself be called so: only the name of all of a set's small groups counts
        small = smaller_together(attributes, data) if TOGETHER in measurement.slice.values() else None
        if small is None or measurement.slice != small.where:
            compared.append(measurement)
        else:
            together += small.annotated([measurement])
    return result.model_copy(update={"measurements": tuple(compared), "together": tuple(together)})


def _about_each_group(measurement: Measurement) -> str:
    """What a share of none or of all says of each of the groups."""
    return "so it is in each of them" if measurement.unit == "share" and measurement.value in (0.0, 1.0) else ""


def smaller_together(attributes: tuple[str, ...], data: AuditData) -> Smaller | None:
    """The groups of these attributes that are too small to show; None where they may not stand as one either."""
    groups = data.cells.together(attributes) if attributes and data.disclosure == "internal" else []
    return Smaller(groups, data.minimum_cell) if groups else None
