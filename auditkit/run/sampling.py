"""What one check is given of the data: rows that it can deal with, and a sample where it asks for one."""

from typing import NamedTuple

import numpy as np

from auditkit.checks import Check
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.errors import DataError
from auditkit.predictions import Predictions
from auditkit.results import Rows, digest
from auditkit.run.plan import draw_rows


class Served(NamedTuple):
    """The data as one check sees it."""

    data: AuditData
    predictions: Predictions
    rows: Rows | None
    """The sample, where there is one."""
    notes: tuple[str, ...]
    """What was left out, for the report."""


def serve(check: Check | None, data: AuditData, predictions: Predictions, seed: int) -> Served:
    """The data and the predictions for this check.

    Raises:
        DataError: nothing is left.
    """
    handles = frozenset() if check is None else check.handles
    notes = []
    for cause, lost in _blank_rows(data, predictions, handles):
        if lost.all():
            raise DataError(f"no row is left: {cause} in every row")
        count = int(lost.sum() if data.people is None else data.people[lost].sum())
        people = how_many(count, data.minimum_cell, data.disclosure)
        notes.append(f"Left out of this check, because {cause}: {people} people.")
        data, predictions = _take(data, predictions, np.flatnonzero(~lost))
    # after blanks are left out, so that rows are not written out only to be dropped
    if data.people is not None and "people" not in handles:
        data, predictions = _take(data, predictions, np.repeat(np.arange(len(data)), data.people), alone=True)
    sample_size = getattr(check, "rows", None)
    if sample_size is None or sample_size >= len(data):
        return Served(data, predictions, None, tuple(notes))
    indices = draw_rows(data, sample_size, seed)
    # the digest says which rows they were without naming one
    rows = Rows(
        used=len(indices), total=len(data), digest=digest([int(index) for index in indices]),
        how="random, every class and group in its share, seeded by the check's name",
    )  # fmt: skip
    return Served(*_take(data, predictions, indices), rows, tuple(notes))


def _blank_rows(data: AuditData, predictions: Predictions, handles: frozenset[str]) -> list[tuple[str, np.ndarray]]:
    """What the check does not deal with, and the rows; later masks are about the rows that earlier ones leave."""
    known = data.known if "unknown labels" not in handles else None
    abstained = predictions.abstained if "abstentions" not in handles else np.zeros(len(data), dtype=bool)
    causes = []
    if known is not None:
        causes.append(("the label is not known", ~known))
        abstained = abstained[known]
    if abstained.any():
        causes.append(("the model declined to decide", abstained))
    return causes


def _take(
    data: AuditData, predictions: Predictions, indices: np.ndarray, alone: bool = False
) -> tuple[AuditData, Predictions]:
    some = data.one_row_each() if alone else data.take(indices)
    return some, predictions.take(indices, some)
