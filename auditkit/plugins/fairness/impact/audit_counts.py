"""What a bias audit counts: who was selected, or scored above the median; by category, known or not."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.plugins.fairness.impact.audit_parameters import Mode
from auditkit.plugins.fairness.impact.categories import unknown_values
from auditkit.plugins.fairness.impact.selection import Ratios, Selection, ratios, selection
from auditkit.results import Scalar
from auditkit.too_few import fewer_than


@dataclass(frozen=True)
class Assessed:
    """What is rated: who was selected, or who scored above the median."""

    mode: Mode
    decisions: np.ndarray
    """(N,) 1 for selected or above the median, 0 for not, -1 where nothing was decided."""
    classified: str | None = None
    """The class that counts as selected, where people are sorted into several."""
    suffix: str = ""
    """Of the names of its tables and figures."""
    median: float | None = None
    at_median: int = 0
    """People with exactly the median score."""

    @property
    def rate(self) -> str:
        """The name of the measurement of the rate."""
        return f"{self.mode}_rate"

    @property
    def conditions(self) -> dict[str, Scalar]:
        """What tells its measurements from those of other classes."""
        return {} if self.classified is None else {"classified as": self.classified}


class Unknown(NamedTuple):
    """People whose category is not known."""

    people: int
    hidden: str | None
    """Why their number may not be shown; None where it may."""
    values: dict[str, list[str]]
    """{attribute: its values that mean unknown}."""


class Breakdown(NamedTuple):
    """One of the rule's tables."""

    name: str
    """sex, race_ethnicity or intersectional."""
    attributes: tuple[str, ...]
    groups: Selection
    """Known categories only."""
    unknown: Unknown
    total: int
    """People in known categories, of which 2 % are reckoned; those shown, where the others' number may not be."""
    excluded: frozenset[int]
    """Positions of the categories that are left out of the ratios for being few."""
    ratios: Ratios | None

    @property
    def compared(self) -> np.ndarray:
        """The positions of the categories that have a ratio, where there is one."""
        return np.array([index for index in self.groups.visible if index not in self.excluded], dtype=np.int64)

    def share(self, index: int) -> Fraction:
        """A category's share of `total`, exactly."""
        return Fraction(int(self.groups.people[index]), self.total)


def median(scores: np.ndarray, people: np.ndarray | None = None) -> float:
    """The median over people: the middle score, or the mean of the two middle ones.

    Args:
        scores: (N,), N above 0.
        people: (N,) whole numbers from 1, how many people have each score; None: one.
    """
    order = np.argsort(scores, kind="stable")
    ordered = np.asarray(scores, dtype=np.float64)[order]
    upto = np.arange(1, len(ordered) + 1) if people is None else np.cumsum(np.asarray(people)[order])
    total = int(upto[-1])
    # The people in places (total - 1) // 2 and total // 2, counted from 0; nobody is written out, as a row may be many.
    low, high = (ordered[np.searchsorted(upto, place, side="right")] for place in ((total - 1) // 2, total // 2))
    return float(low + (high - low) / 2)


def break_down(
    name: str,
    attributes: tuple[str, ...],
    counts: Counts,
    data: AuditData,
    unknown: Sequence[str],
    exclude_under: float,
) -> Breakdown:
    """One table's categories, who is in none of them, and the ratios.

    Args:
        name: sex, race_ethnicity or intersectional.
        attributes: one, or two.
        counts: of decisions (not selected, selected), over these attributes at least.
        data: the data.
        unknown: values that mean that a category is not known.
        exclude_under: categories with a smaller share are left out of the ratios; 0: none.
    """
    groups = selection(counts, attributes, data)
    values = {
        attribute: unknown_values(counts.values[counts.attributes.index(attribute)], unknown)
        for attribute in attributes
    }
    is_known = np.array([
        not any(value in values[attribute] for attribute, value in where.items()) for where in groups.where
    ])  # fmt: skip
    nowhere = int(groups.people[~is_known].sum())
    few = fewer_than(data.minimum_cell, "people") if 0 < nowhere < data.minimum_cell else None
    # A number may be large enough itself and still give a small cell away, by subtraction.
    if few is None and data.disclosure == "publish":
        few = _hidden(values, data)
    missing = Unknown(nowhere, few, values)
    groups = groups.only(np.flatnonzero(is_known))
    counted = groups.people if missing.hidden is None else groups.people[groups.visible]
    total = int(counted.sum())
    least = Fraction(str(exclude_under))  # exact: 2 of 100 people are not under 0.02, which as a float they might be
    excluded = frozenset(int(index) for index in groups.visible if Fraction(int(groups.people[index]), total) < least)
    breakdown = Breakdown(name, attributes, groups, missing, total, excluded, None)
    # Who is compared follows from the other fields, so the ratios come last.
    return breakdown._replace(ratios=ratios(groups, breakdown.compared))


def _hidden(values: Mapping[str, Sequence[str]], data: AuditData) -> str | None:
    """Why the number of people in an unknown category may not be shown.

    The number for two attributes, with the numbers for each, would give away how many have neither; so every cell
    that only means unknown must be one that may be shown.
    """
    names = [name for name in values if values[name]]
    for size in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, size):
            for where in itertools.product(*(values[name] for name in chosen)):
                reason = data.cells.unshown(dict(zip(chosen, where, strict=True)))
                if reason is not None:
                    return reason
    return None
