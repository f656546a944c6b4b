"""What measuring one check needs, as plain data: no host, no callback, nothing open."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from auditkit.checks import Budget, Check, Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.run.context import AuditContext
from auditkit.run.plan import seed_for
from auditkit.run.sampling import Served, serve


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
            deadline=None if self.seconds is None else time.monotonic() + self.seconds,
            on_progress=on_progress,
        )


def task_for(check: Check, context: AuditContext, predictions: Predictions) -> CheckTask:
    """The task of a check about one model.

    Raises:
        DataError: no row is left that the check can deal with.
    """
    request = context.request
    seed = seed_for(request.seed, check.id)
    return CheckTask(
        check, serve(check, context.data, predictions, seed), seed, request.budget,
        request.device or predictions.model.device, request.include_rows, request.seconds_per_check,
    )  # fmt: skip


def _log(id: str, data: AuditData) -> logging.Logger:
    """Where a check may write what it likes; nowhere in an audit that is published, for run.log lies in the folder."""
    log = logging.getLogger(f"auditkit.check.{id}")
    if data.disclosure == "publish":
        log = logging.Logger(log.name)  # without a parent, so that nothing of it reaches a handler
        log.addHandler(logging.NullHandler())
    return log
