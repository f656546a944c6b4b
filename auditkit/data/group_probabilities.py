"""Groups known by probability: for each person and each group of an attribute, how likely the person is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.errors import DataError
from auditkit.text import number_of, one_line, shown

ROUNDED: Final = 0.01
"""By how much the probabilities of one person may miss 1, as those that were rounded do."""
LETTERS: Final = 100
"""Of the name of a group, at most."""
MOST: Final = 20
"""Groups that one attribute may have."""


class GroupProbabilities(NamedTuple):
    """The groups of one attribute, and how likely each person is of each."""

    groups: tuple[str, ...]
    shares: np.ndarray
    """(N, K) float64 from 0 to 1; each row sums to 1."""

    def take(self, rows: np.ndarray) -> GroupProbabilities:
        """Some of the people."""
        return self._replace(shares=self.shares[rows])


def check_group_probabilities(stated: Any, rows: int) -> dict[str, GroupProbabilities]:
    """{attribute: its groups and their probabilities}, as AuditData keeps them; rows sum to 1 exactly.

    Args:
        stated: {attribute: `GroupProbabilities`, or {group: (N,) numbers}}.
        rows: N.

    Raises:
        DataError: fewer than two groups or more than 20, another length, values that are missing or no probabilities,
            or rows that do not sum to 1.
    """
    if not isinstance(stated, Mapping):
        raise DataError(
            'group_probabilities must say of each attribute how likely each group is, as in {"race": {"black": '
            f'"p_black", "white": "p_white"}}}}; {shown(stated)} was given'
        )
    return {
        str(attribute): _checked(str(attribute), probabilities, rows) for attribute, probabilities in stated.items()
    }


def _checked(attribute: str, stated: Any, rows: int) -> GroupProbabilities:
    where = f"group_probabilities of {one_line(attribute)!r}"
    if isinstance(stated, GroupProbabilities):
        groups, columns = stated.groups, np.asarray(stated.shares, dtype=np.float64)
    else:
        groups, columns = _columns(where, stated, rows)
    if not 2 <= len(groups) <= MOST:
        raise DataError(f"{where} must name 2 to {MOST} groups, each with its probabilities; it names {len(groups)}")
    strange = next((group for group in groups if not group.strip() or len(group) > LETTERS), None)
    if strange is not None:
        raise DataError(f"{where}: a group must have a name of 1 to {LETTERS} characters; {shown(strange)} is none")
    if columns.shape != (rows, len(groups)):
        raise DataError(f"{where} must have one value per row and group, {(rows, len(groups))}; it has {columns.shape}")
    blank = np.isnan(columns).any(axis=1)
    if blank.any():
        raise DataError(
            f"{where} must be known of everybody; it is missing in {number_of(int(blank.sum()), 'row')}. Leave these "
            "rows out, or give them the shares of the groups among all people"
        )
    outside = ((columns < 0) | (columns > 1)).any(axis=1)
    if outside.any():
        raise DataError(
            f"{where} must be from 0 to 1; {number_of(int(outside.sum()), 'row')} hold others. Divide by 100 where "
            "they are percent"
        )
    totals = columns.sum(axis=1)
    wrong = np.abs(totals - 1) > ROUNDED
    if wrong.any():
        raise DataError(
            f"{where} must sum to 1 for each person; in {number_of(int(wrong.sum()), 'row')} they do not. Name the "
            "columns of all groups, those of everybody else (such as other) among them"
        )
    return GroupProbabilities(groups, columns / totals[:, None])


def _columns(where: str, stated: Any, rows: int) -> tuple[tuple[str, ...], np.ndarray]:
    if not isinstance(stated, Mapping):
        raise DataError(f"{where} must be {{group: one probability per row}}; {shown(stated)} was given")
    groups = tuple(map(str, stated))
    columns = np.empty((rows, len(groups)))
    for position, (group, values) in enumerate(stated.items()):
        try:
            column = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{where}: the probabilities of {one_line(str(group))!r} must be numbers") from None
        if column.shape != (rows,):
            raise DataError(
                f"{where} must have one value per row ({rows}); that of {one_line(str(group))!r} has the shape "
                f"{column.shape}"
            )
        columns[:, position] = column
    return groups, columns
