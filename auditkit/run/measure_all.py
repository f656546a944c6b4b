"""Measuring all: each check of each model in a worker, some at once, each kept as it ends."""

import inspect
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.checks import Check
from auditkit.errors import EvidenceError
from auditkit.foreign_code import ProcessEnded
from auditkit.io import strict_json
from auditkit.models import Capability
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.predictions import Predictions
from auditkit.provenance.environment import result_key, threads
from auditkit.results import CheckResult, digest
from auditkit.run.apart import why_ended
from auditkit.run.audited_model import AuditedModel
from auditkit.run.check_engine import engine_for
from auditkit.run.check_work import load_libraries
from auditkit.run.controls import consistency_control, hold_to
from auditkit.run.failures import describe
from auditkit.run.kept_checks import Keeper
from auditkit.run.measure import failed, unmeasured
from auditkit.run.plan import Step
from auditkit.workers.engine import Job, Outcome
from auditkit.workers.worker import Ending

log = logging.getLogger(__name__)


class Measured(NamedTuple):
    """What the checks of one model found."""

    results: list[CheckResult]
    """As limits are judged by them, in the order of the plan."""
    seconds: dict[str, float]
    """{check: how long it took}."""
    resumed: list[str]
    """The checks that were taken up from an earlier run."""
    repeated: dict[str, str]
    """{check: how the first process that ran it ended}, of those that were run again."""
    not_isolated: dict[str, list[str]]
    """{reason: the checks that ran in the audit's own process for it}."""


def measure_all(models: Sequence[AuditedModel]) -> list[Measured]:
    """Every check of every plan; whatever becomes of one, the others are finished.

    Args:
        models: those of one audit, in its order.
    """
    request = models[0].context.request
    desks = {audited.model.name: _Desk(audited) for audited in models}

    def watch(job: Job, done: int | None, total: int, what: str) -> None:
        desks[job.model].watch(job.check, done, total, what)

    waiting = [job for desk in desks.values() for job in desk.not_taken_up()]
    load_libraries(job.check for job in waiting)
    engine, reasons = engine_for(models, [job for job in waiting if not desks[job.model].why_here(job.check)], watch)
    try:
        # the longest first, so that none of them is left running alone at the end
        for job in sorted(waiting, key=lambda job: -desks[job.model].calls(job.check)) if request.jobs > 1 else waiting:
            engine.send(job, desks[job.model].why_here(job.check) or reasons.get(job, ""))
        while (outcome := engine.result()) is not None:
            desks[outcome.job.model].take(outcome)
    finally:
        engine.stop()
    return [desk.measured() for desk in desks.values()]


class _Desk:
    """Where the checks of one model are given out and come back."""

    def __init__(self, audited: AuditedModel) -> None:
        context = audited.context
        # both spellings: what was kept in the folder bears redacted names, what is measured now the names of the data
        limits = (*context.request.limits, *audited.plan.limits)
        self._audited = audited
        self._keeper = Keeper(context.folder, audited.shelf, audited.rule, audited.scrubber, limits)
        self._steps = {step.planned.check: step for step in audited.steps}
        self._results: dict[str, CheckResult] = {}
        self._measured = Measured([], {}, [], {}, {})

    def not_taken_up(self) -> list[Job]:
        """The checks that are to be measured; what an earlier run finished is taken up first."""
        jobs = []
        for id, step in self._steps.items():
            tick = time.monotonic()
            known = unmeasured(step)
            stored = known or self._taken_up(step)
            if stored is None:
                jobs.append(Job(self._audited.model.name, id))
                continue
            self.watch(id, None, 0, "")
            if known is None:
                self._measured.resumed.append(id)
            self._finish(step, stored, self._keeper.written(stored) if known else stored, time.monotonic() - tick)
        return jobs

    def calls(self, check: str) -> int:
        """About how many rows a check asks the model about: the nearest to how long it takes."""
        return self._steps[check].planned.calls or 0

    def why_here(self, check: str) -> str:
        """Why a check is not to run in a process of its own; empty where it is."""
        isolate, plugin = self._audited.context.request.isolate, self._steps[check].planned.plugin
        if isolate == "none" or (isolate == "plugins" and not self._audited.context.host.runs_foreign_code(plugin)):
            return f'isolate = "{isolate}"'
        return ""

    def watch(self, check: str, done: int | None, total: int, what: str) -> None:
        """Say that a check starts, or how far it is."""
        report = self._audited.context.request.progress
        if report is not None and done is None:
            report(check, list(self._steps).index(check), len(self._steps), "starts")
        elif report is not None and done is not None:
            report(check, done, total, what)

    def take(self, outcome: Outcome) -> None:
        """Keep what a check found, and tell the plugins."""
        id, ending = outcome.job.check, outcome.ending
        step = self._steps[id]
        if outcome.died:
            self._measured.repeated[id] = outcome.died
        if outcome.here:
            self._measured.not_isolated.setdefault(outcome.here, []).append(id)
        result = _result(step, ending)
        self._finish(step, result, self._keeper.kept(result, self._key(step)), outcome.seconds)

    def measured(self) -> Measured:
        """All of it, once everything has ended."""
        return self._measured._replace(results=[self._results[id] for id in self._steps])

    def _taken_up(self, step: Step) -> CheckResult | None:
        if not rests_on_answers(step, self._audited.predictions):
            return None
        return self._keeper.taken_up(step.planned.check, self._key(step))

    def _key(self, step: Step) -> str:
        audited, request = self._audited, self._audited.context.request
        key = result_key(
            step.planned, audited.predictions, request.seed, audited.device, threads(), request.include_rows
        )
        return digest([key, _code(step.kind)]) if step.planned.plugin_version in WITHOUT_VERSION else key

    def _finish(self, step: Step, result: CheckResult, written: CheckResult, seconds: float) -> None:
        id, audited = step.planned.check, self._audited
        # a model that answers by chance cannot spoil what is said about the data alone
        if not step.kind.about_data:
            control = consistency_control(audited.predictions.consistency)
            result, written = hold_to(result, control), hold_to(written, control and audited.scrubber.record(control))
        self._results[id] = result
        self._measured.seconds[id] = round(seconds, 3)
        how = ", taken up from before" if id in self._measured.resumed else ""
        log.info("%s, %s: %s in %.3f s%s", audited.model.name, id, result.status, seconds, how)
        # plugins are told what may be written, never what was measured: a hook may send it anywhere
        audited.context.host.check_finished(written)


def _result(step: Step, ending: Ending) -> CheckResult:
    """What a check found, or how the process that ran it ended."""
    id = step.planned.check
    error: Exception
    if ending.answer is None:
        error = why_ended(id, ending)
    else:
        try:
            result = strict_json.record(CheckResult, strict_json.loads(ending.answer, "what it found"), "what it found")
            if result.check == id:
                return result
            error = ProcessEnded(f"its process answered about {result.check!r}")
        except EvidenceError as fault:
            error = fault
    return failed(step, describe(error))


def _code(kind: type[Check]) -> str:
    """SHA-256 over the functions of a check's class, which stands for the version that its plugin does not have."""
    own = [base for base in kind.__mro__ if base.__module__.partition(".")[0] not in ("auditkit", "pydantic", "abc")]
    return fingerprint([value for base in own for value in vars(base).values() if inspect.isfunction(value)])


def rests_on_answers(step: Step, predictions: Predictions) -> bool:
    """Whether the key of a check covers all that it depends on, so that it may be taken up again.

    Of a model that answers by chance no answer is the same again. Into some models nobody can look (a callable, a
    server): of them only what asks about nothing but the rows of the audit, whose answers are in the key. What a check
    uses of a plugin without a version can be another thing under the same name.
    """
    if not WITHOUT_VERSION.isdisjoint(step.planned.uses.values()):
        return False
    model, consistency = predictions.model, predictions.consistency
    if model.random or (consistency is not None and consistency.finding != "alike"):
        return step.kind.about_data
    asks_further = bool(step.planned.calls) or not step.kind.needs.isdisjoint(ASKING)
    return not (asks_further and getattr(model.fingerprint, "opaque", False))


WITHOUT_VERSION = frozenset({"object", "module"})
"""What stands for the version of a plugin that has none: a live object, or a module by its name."""
ASKING = frozenset({Capability.QUERIES, Capability.GRADIENTS, Capability.TORCH_MODULE, Capability.TREES})
"""Capabilities with which a check can ask a model about other rows."""
