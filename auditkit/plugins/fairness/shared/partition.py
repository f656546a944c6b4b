"""The rows split into groups: which groups can be compared, which are hidden, which are too small to assess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from auditkit.counts import encode
from auditkit.results import LeftOut, pairs
from auditkit.too_few import lacking

if TYPE_CHECKING:
    from auditkit.data import AuditData


@dataclass
class Split:
    """The groups of some attributes; no attribute: everyone."""

    attributes: tuple[str, ...]
    where: list[dict[str, str]] = field(default_factory=list)
    """Every group, {attribute: value}."""
    reasons: list[str | None] = field(default_factory=list)
    """Why a group has no numbers; None where it has."""
    empty: list[bool] = field(default_factory=list)
    """Whether a group that could be shown has nobody in it."""
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(N,) the position of each row's group among the K that have numbers; -1 for the others."""
    usable: list[dict[str, str]] = field(default_factory=list)
    """The K groups that have numbers."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Groups that have no numbers."""

    @property
    def names(self) -> list[str]:
        """The K groups as people read them."""
        return [pairs(each) or "everyone" for each in self.usable]

    @property
    def hidden(self) -> list[str]:
        """Groups, with the reason, that may not be shown."""
        few = [each for each in self.left_out if each.reason != "no people"]
        return [f"{pairs(each.slice)} ({each.reason})" for each in few]


def split(data: AuditData, attributes: tuple[str, ...]) -> Split:
    """Split the rows by some attributes.

    Args:
        data: rows with groups; each row is one person.
        attributes: names among the groups; none of them: everyone.
    """
    encoded = [encode(data.groups[name]) for name in attributes]
    shape = tuple(len(each.values) for each in encoded)
    place = np.zeros(len(data), dtype=np.int64)
    if attributes:
        place = np.ravel_multi_index(tuple(each.codes for each in encoded), shape)
    rows = np.bincount(place, minlength=int(np.prod(shape, dtype=np.int64)))
    found = Split(attributes)
    position = np.full(len(rows), -1)
    minimum = data.minimum_rate
    for at, cell in enumerate(np.ndindex(*shape)):
        where = {name: one.values[code] for name, one, code in zip(attributes, encoded, cell, strict=True)}
        if data.cells.empty(where):
            continue
        reason = data.cells.reason(where)
        if reason is None and rows[at] < max(2, minimum):
            reason = lacking(int(rows[at]), max(2, minimum), "people")
        if reason is not None:
            found.left_out.append(LeftOut(slice=where, reason=reason))
        else:
            position[at] = len(found.usable)
            found.usable.append(where)
        found.where.append(where)
        found.reasons.append(reason)
        found.empty.append(reason == "no people")
    found.codes = position[place]
    return found


def some(names: Sequence[str], most: int = 8) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
