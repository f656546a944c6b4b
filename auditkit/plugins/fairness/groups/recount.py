"""Numbers about groups counted again, row by row, without the table of counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from auditkit.metrics.catalogue import RATES
from auditkit.metrics.composites import COMPOSITES


class Rows(NamedTuple):
    """What every row is."""

    selected: np.ndarray
    """(N,) bool: decided for the class; False where there is no decision."""
    decided: np.ndarray
    """(N,) bool"""
    positive: np.ndarray | None
    """(N,) bool: the label is the class; None: there are no labels."""
    known: np.ndarray
    """(N,) bool: whether the label is known."""
    weight: np.ndarray | None
    """(N,) how much a row counts, its people times its weight; None: 1."""

    def take(self, indices: np.ndarray) -> Rows:
        """Some of the rows."""
        return Rows(*(None if column is None else column[indices] for column in self))  # type: ignore[arg-type]


def number(name: str, rows: Rows) -> float | None:
    """A rate or a composite of these rows, from masks over them; None where a denominator is empty."""

    def amount(mask: np.ndarray) -> float:
        return float(np.count_nonzero(mask)) if rows.weight is None else float(rows.weight[mask].sum())

    # From masks and not from counts, so that the recount shares nothing with the table that it tries.
    yes, no, out = rows.decided & rows.selected, rows.decided & ~rows.selected, ~rows.decided
    masks = {"selected": yes, "rejected": no, "decided": rows.decided, "abstained": out, "everyone": yes | no | out}
    if rows.positive is not None:
        good, bad = rows.known & rows.positive, rows.known & ~rows.positive
        masks |= {"tp": good & yes, "fp": bad & yes, "fn": good & no, "tn": bad & no}
        masks |= {"positives": good, "labelled": rows.known}
    if name in RATES:
        below = sum(amount(masks[word]) for word in RATES[name].denominator.split())
        return sum(amount(masks[word]) for word in RATES[name].numerator.split()) / below if below else None
    try:
        return COMPOSITES[name].plain(*(amount(masks[word]) for word in ("tp", "fp", "fn", "tn")))
    except ZeroDivisionError:
        return None


def largest_deviation(
    claims: Sequence[tuple[str, Mapping[str, str], float]], columns: Mapping[str, np.ndarray], rows: Rows
) -> float:
    """The largest difference between numbers shown and the same numbers counted again; relative above 1.

    Args:
        claims: (name, {attribute: value}, the number shown).
        columns: {attribute: (N,) array of str}.
        rows: what the N rows are.
    """
    pairs = {pair for _, where, _ in claims for pair in where.items()}
    # Each value is compared once, however many groups it is in.
    masks = {(name, value): np.asarray(columns[name]) == value for name, value in pairs}
    groups: dict[tuple[tuple[str, str], ...], Rows] = {}
    worst = 0.0
    for name, where, value in claims:
        key = tuple(where.items())
        if key not in groups:
            groups[key] = (
                rows.take(np.flatnonzero(np.logical_and.reduce([masks[pair] for pair in key]))) if key else rows
            )
        again = number(name, groups[key])
        worst = max(worst, math.inf if again is None else abs(again - value) / max(1.0, abs(value)))
    return worst
