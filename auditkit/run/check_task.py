"""What one check is given: its rows, its answers, its seed; plain data, without host or callback, nothing open."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditkit.checks import Budget, Check, Context
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.errors import DataError
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.results import Rows, digest
from auditkit.run.context import AuditContext
from auditkit.run.plan import draw_rows, seed_for
from auditkit.run.shared_data import own_views


class Served(NamedTuple):
    """The data as one check sees it."""

    data: AuditData
    predictions: Predictions
    rows: Rows | None
    """The sample, where there is one."""
    notes: tuple[str, ...]
    """What was left out, for the report."""


def serve(check: Check, data: AuditData, predictions: Predictions, seed: int) -> Served:
    """The data and the predictions for this check.

    Raises:
        DataError: nothing is left.
    """
    notes = []
    for cause, lost in _blank_rows(data, predictions, check.handles):
        if lost.all():
            raise DataError(f"no row is left: {cause} in every row")
        count = int(lost.sum() if data.people is None else data.people[lost].sum())
        people = how_many(count, data.minimum_cell, data.disclosure)
        notes.append(f"Left out of this check, because {cause}: {people} people.")
        data, predictions = _take(data, predictions, np.flatnonzero(~lost))
    # after blanks are left out, so that rows are not written out only to be dropped
    if data.people is not None and "people" not in check.handles:
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


@dataclass(frozen=True)
class CheckTask:
    """One check with all that it is given: it can be sent to another process as far as model and data can."""

    check: Check
    served: Served
    """The data and the answers, as this check may see them."""
    seed: int
    budget: Budget
    device: str
    include_rows: bool = False
    seconds: float | None = None
    """After which the check must have ended."""
    protected: frozenset[str] = frozenset()
    """Characteristics that the rule packs protect."""

    @property
    def model(self) -> Model:
        """The model under audit."""
        return self.served.predictions.model

    def context(self, on_progress: Callable[[int, int, str], None] | None = None) -> Context:
        """What the check is given beside model and data; its time runs from now."""
        return Context(
            rng=np.random.default_rng(self.seed),
            predictions=self.served.predictions,
            device=self.device,
            budget=self.budget,
            seed=self.seed,
            rows=self.served.rows,
            log=_log(self.check.id, self.served.data),
            include_rows=self.include_rows,
            protected=self.protected,
            deadline=None if self.seconds is None else time.monotonic() + self.seconds,
            on_progress=on_progress,
        )


def task_for(check: Check, context: AuditContext, predictions: Predictions, foreign: bool = False) -> CheckTask:
    """The task of a check about one model.

    Args:
        check: with its parameters.
        context: the audit.
        predictions: the model's answers about all rows.
        foreign: whether the check is none of auditkit's own.

    Raises:
        DataError: no row is left that the check can deal with.
    """
    request = context.request
    seed = seed_for(request.seed, check.id)
    served = serve(check, context.data, predictions, seed)
    data, answers = own_views(served.data, served.predictions, foreign)
    return CheckTask(
        check, served._replace(data=data, predictions=answers), seed, request.budget,
        request.device or predictions.model.device, request.include_rows, request.seconds_per_check, context.protected,
    )  # fmt: skip


def _log(id: str, data: AuditData) -> logging.Logger:
    """Where a check may write what it likes; nowhere in an audit that is published, for run.log lies in the folder."""
    log = logging.getLogger(f"auditkit.check.{id}")
    if data.disclosure == "publish":
        log = logging.Logger(log.name)  # without a parent, so that nothing of it reaches a handler
        log.addHandler(logging.NullHandler())
    return log
