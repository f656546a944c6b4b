"""Rows of the audit data that the model was trained on: they are no non-members."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.privacy.shared.features import fingerprints
from auditkit.results import Control

MOST = 0.5
"""The share of audit rows, beyond what chance repeats, up to which those that are left are believed to be others."""


class Overlap(NamedTuple):
    """What audit data and training split have in common."""

    prints: np.ndarray
    """(T,) a fingerprint of every training row."""
    other_prints: np.ndarray
    """(N,) likewise of every audit row."""
    rows: np.ndarray
    """(N,) bool: the audit row stands in the training split, equal in inputs and label."""
    people: np.ndarray
    """(N,) bool: another row of the same person does."""
    both: np.ndarray
    """(T,) bool: the training row is of a person who is in the audit data, too."""

    @property
    def excess(self) -> float:
        """The share of audit rows that are training rows, less the share of training rows that occur again there.

        People who are alike by chance are alike inside of the training split as often.
        """
        if not len(self.rows) or not len(self.prints):
            return 0.0
        _, places, counts = np.unique(self.prints, return_inverse=True, return_counts=True)
        return float(self.rows.mean() - (counts[places.reshape(-1)] > 1).mean())

    def control(self, guards: tuple[str, ...]) -> Control:
        """Is the audit data more than a part of the training split?"""
        return Control.within(
            "audit-rows-trained-on",
            "What share of the audit rows stands in the training split, beyond what it holds twice itself?",
            self.excess, at_most=MOST, guards=guards, on_failure="inconclusive",
            reason="Most rows of the audit data stand in the training split, so the data was taken from it, and what "
            "is left may be training rows that are written otherwise; give rows that the model was not trained on.",
        )  # fmt: skip

    def note(self, twice: int = 0) -> list[str]:
        """What is left out, in a sentence; none where nothing is.

        Args:
            twice: further rows that are left out, for they occur more than once, or their person is on both sides.
        """
        words = "further rows that occur more than once" + (
            " or whose person is on both sides" if self.both.any() else ""
        )
        return left_out(int(self.rows.sum()), int(self.people.sum()), {words: twice})


def left_out(rows: int, people: int, further: Mapping[str, int] = MappingProxyType({})) -> list[str]:
    """A sentence of what is left out; none where nothing is.

    Args:
        rows: of the audit data that stand in the training split.
        people: other rows of the audit data whose persons do.
        further: {words: how many rows}
    """
    counts = {
        "rows of the audit data that stand in the training split, too": rows,
        "other rows of the audit data of persons who are in the training split": people, **further,
    }  # fmt: skip
    parts = [f"{count:,} {words}" for words, count in counts.items() if count]
    return [f"Left out: {'; '.join(parts)}."] if parts else []


def overlap(data: AuditData, train: AuditData) -> Overlap:
    """Which audit rows, and rows of which persons, are in the training split."""
    prints, other_prints = fingerprints(train), fingerprints(data)
    rows = np.isin(other_prints, prints)
    people, both = np.zeros(len(data), dtype=bool), np.zeros(len(train), dtype=bool)
    if data.unit is not None and train.unit is not None:
        people, both = np.isin(data.unit, train.unit) & ~rows, np.isin(train.unit, data.unit)
    return Overlap(prints, other_prints, rows, people, both)
