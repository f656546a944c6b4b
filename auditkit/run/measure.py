"""Measuring: each check on its own, seeded, timed, isolated, its failure a result like any other.

What measuring one check needs is plain data, its rows and its answers: no host, no callback, nothing open.
"""

import contextlib
import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditkit.checks import Budget, Check, Context, Findings
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.errors import DataError, PluginError, TimeLimit
from auditkit.foreign_code import foreign
from auditkit.memory import out_of_memory
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions
from auditkit.provenance.environment import result_key, threads
from auditkit.results import CheckResult, ErrorInfo, Rows, digest
from auditkit.run.audited_model import AuditedModel
from auditkit.run.context import AuditContext
from auditkit.run.controls import completed, consistency_control, hold_to
from auditkit.run.failures import describe
from auditkit.run.isolation import as_found
from auditkit.run.kept_checks import Keeper
from auditkit.run.plan import Step, draw_rows, seed_for
from auditkit.run.shared_data import SharedData, own_views
from auditkit.text import one_line, printable


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
        request.device or predictions.model.device, request.include_rows, request.seconds_per_check,
    )  # fmt: skip


def _log(id: str, data: AuditData) -> logging.Logger:
    """Where a check may write what it likes; nowhere in an audit that is published, for run.log lies in the folder."""
    log = logging.getLogger(f"auditkit.check.{id}")
    if data.disclosure == "publish":
        log = logging.Logger(log.name)  # without a parent, so that nothing of it reaches a handler
        log.addHandler(logging.NullHandler())
    return log


log = logging.getLogger(__name__)


class Measured(NamedTuple):
    """What the checks of one model found."""

    results: list[CheckResult]
    """As limits are judged by them."""
    seconds: dict[str, float]
    """{check: how long it took}."""
    resumed: list[str]
    """The checks that were taken up from an earlier run."""


def measure_all(audited: AuditedModel) -> Measured:
    """Every check of the plan, one after the other; each is kept in the run folder as it ends."""
    context, request, model = audited.context, audited.context.request, audited.model
    # both spellings: what was kept in the folder bears redacted names, what is measured now the names of the data
    limits = (*request.limits, *audited.plan.limits)
    keeper = Keeper(context.folder, audited.shelf, audited.rule, audited.scrubber, limits)
    control = consistency_control(audited.predictions.consistency)
    measured, shared = Measured([], {}, []), SharedData(context.data, audited.predictions)
    for position, step in enumerate(audited.steps):
        id = step.planned.check
        if request.progress is not None:
            request.progress(id, position, len(audited.steps), "starts")
        key = result_key(
            step.planned, audited.predictions, request.seed, audited.device, threads(), request.include_rows
        )  # fmt: skip
        tick = time.monotonic()
        stored = keeper.taken_up(id, key) if rests_on_answers(step, audited.predictions) else None
        result = stored or measure(step, context, audited.predictions, shared)
        written = keeper.kept(result, key) if stored is None else stored
        # a model that answers by chance cannot spoil what is said about the data alone
        if not step.kind.about_data:
            result, written = hold_to(result, control), hold_to(written, control and audited.scrubber.record(control))
        measured.seconds[id] = round(time.monotonic() - tick, 3)
        if stored is not None:
            measured.resumed.append(id)
        taken_up = ", taken up from before" if stored is not None else ""
        log.info("%s, %s: %s in %.3f s%s", model.name, id, result.status, measured.seconds[id], taken_up)
        # plugins are told what may be written, never what was measured: a hook may send it anywhere
        context.host.check_finished(written)
        measured.results.append(result)
    return measured


def rests_on_answers(step: Step, predictions: Predictions) -> bool:
    """Whether the key of a check covers all that it depends on, so that it may be taken up again.

    Of a model that answers by chance no answer is the same again. Into some models nobody can look (a callable, a
    server): of them only what asks about nothing but the rows of the audit, whose answers are in the key.
    """
    model, consistency = predictions.model, predictions.consistency
    if model.random or (consistency is not None and consistency.finding != "alike"):
        return step.kind.about_data
    asks_further = bool(step.planned.calls) or not step.kind.needs.isdisjoint(ASKING)
    return not (asks_further and getattr(model.fingerprint, "opaque", False))


ASKING = frozenset({Capability.QUERIES, Capability.GRADIENTS, Capability.TORCH_MODULE, Capability.TREES})
"""Capabilities with which a check can ask a model about other rows."""


def measure(step: Step, context: AuditContext, predictions: Predictions, shared: SharedData) -> CheckResult:
    """Run one check of the plan; whatever happens, a result comes back.

    Args:
        step: what was planned.
        context: the audit.
        predictions: the model's answers about all rows.
        shared: what this check shares with the others.

    Raises:
        KeyboardInterrupt: the user's own; nothing else leaves.
    """
    planned, data, report_progress = step.planned, context.data, context.request.progress
    if planned.error is not None:
        return _failed(step, planned.error)
    if planned.skipped is not None or step.check is None:
        return _blank(step, "skipped", planned.skipped)
    check_context: Context | None = None
    try:
        foreign_author = context.host.runs_foreign_code(planned.plugin)
        shared.refuse_spoilt()
        held = shared.held(planned.check) if foreign_author else contextlib.nullcontext()
        task = task_for(step.check, context, predictions, foreign_author)
        check_context = task.context(report_progress and functools.partial(report_progress, planned.check))
        who = f"the check {planned.check} of {task.model.name!r}"
        with held, foreign(who), as_found(task.model, task.seed, foreign_author):
            result = context.host.run_check(task.check, task.model, task.served.data, check_context)
        # what was left out stands before what the check says, for it changes how that is read
        result = result.model_copy(update={"notes": (*task.served.notes, *result.notes)})
        return _finish(step, result, data)
    except TimeLimit as error:
        # what was measured until then cost time and is true; it is shown, but no limit is met by it
        return _ended(step, error, data, error.findings, "the time limit")
    except Exception as error:  # a check may raise anything at all
        partial = None if check_context is None else check_context.partial
        return _ended(step, error, data, partial, "a lack of memory" if out_of_memory(error) else "an error")


def _finish(step: Step, result: CheckResult, data: AuditData) -> CheckResult:
    if result.check != step.planned.check:
        raise PluginError(f"{step.planned.check}: the result is about another check, {one_line(result.check)!r}")
    planned = step.planned
    used = (f"What was tried is partly of the plugin {name}, {version}." for name, version in planned.uses.items())
    named = result.model_copy(
        update={
            "plugin": planned.plugin, "plugin_version": planned.plugin_version, "notes": (*result.notes, *used),
        }
    )  # fmt: skip
    # validated anew: a plugin may have built the result with model_construct, which checks nothing
    return completed(CheckResult.model_validate(named.model_dump()), step.kind, data)


def _ended(step: Step, error: BaseException, data: AuditData, partial: object, cause: str) -> CheckResult:
    """An error with whatever the check had by then."""
    result = _failed(step, describe(error))
    if isinstance(partial, Findings) and step.check is not None:
        spoilt = {
            "validity": "inconclusive",
            "reason": f"{cause} ended the check before all its controls were tried",
        }
        result = result.model_copy(
            update={
                "measurements": tuple(measurement.model_copy(update=spoilt) for measurement in partial.measurements),
                "definitions": {**step.check.definitions, **partial.definitions}, "controls": tuple(partial.controls),
                "figures": tuple(partial.figures), "tables": tuple(partial.tables), "notes": tuple(partial.notes),
            }
        )  # fmt: skip
        result = completed(result, step.kind, data)
    return result


def _failed(step: Step, error: ErrorInfo) -> CheckResult:
    return _blank(step, "error", error.message).model_copy(update={"error": error})


def _blank(step: Step, status: str, reason: str | None) -> CheckResult:
    planned = step.planned
    return CheckResult(
        check=planned.check,
        plugin=planned.plugin,
        plugin_version=planned.plugin_version,
        about=step.kind.about(),
        parameters=planned.parameters,
        higher_level=step.kind.higher_level,
        status=status,  # type: ignore[arg-type]
        reason=printable(reason or ""),
    )
