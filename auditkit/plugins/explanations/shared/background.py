"""The rows that explanations compare with."""

import hashlib
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData, to_codes

ENOUGH = 50
"""Rows. With one row every value is relative to one person; between 50 and 1,000 they settle."""


class Background(NamedTuple):
    """Rows to compare with, and where they come from."""

    codes: np.ndarray
    """(B, D) in the codes of the audit data."""
    source: str
    too_small: int | None = None
    """Rows of a training split that was given and is too small, so that the audit data stands in for it."""

    @property
    def note(self) -> str:
        """Where the rows come from, with the digest of their codes, in a sentence."""
        # -0.0 becomes 0.0 and every NaN the same one, so that equal rows have equal bytes
        digest = hashlib.sha256(np.where(np.isnan(self.codes), np.nan, self.codes + 0.0).tobytes()).hexdigest()
        return f"Background: {len(self.codes)} rows of the {self.source}, SHA-256 {digest}."


def draw_background(data: AuditData, rows: int, rng: np.random.Generator) -> Background:
    """Up to `rows` rows of the training split, or of the audit data where the split has too few."""
    # the training split first: the model learnt from it what is usual, and the rows explained are not compared with
    # themselves
    codes, source, too_small = train_codes(data), "training split", None
    if codes is None or len(codes) < min(ENOUGH, rows):
        too_small = None if codes is None else len(codes)
        codes, source = data.codes(), "audit data"
    if len(codes) > rows:
        # sorted, so that the digest tells which rows they are and not in which order they were drawn
        codes = codes[np.sort(rng.choice(len(codes), rows, replace=False))]
    return Background(codes, source, too_small)


def train_codes(data: AuditData) -> np.ndarray | None:
    """(N, D) the training split in the codes of the audit data; None where there is none."""
    if data.train is None:
        return None
    inputs = data.train.inputs
    return to_codes(inputs, data.schema) if hasattr(inputs, "columns") else data.train.codes()
