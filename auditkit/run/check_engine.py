"""Which engine does the checks of an audit: forks of this process where it can be forked, else fresh processes."""

import copy
import dataclasses
from collections.abc import Collection, Mapping, Sequence

from auditkit.data import AuditData
from auditkit.errors import CapabilityError
from auditkit.host import Host
from auditkit.models import Capability, Model
from auditkit.run.apart import at_once, limits_of, may_fork
from auditkit.run.asked_model import ASKED, AskedModel, answerer, packed
from auditkit.run.audited_model import AuditedModel
from auditkit.run.check_work import SAME_ANSWERS, CheckWork
from auditkit.run.context import AuditContext
from auditkit.run.plan import Step
from auditkit.run.same_answers import rows_asked_again
from auditkit.workers.engine import Engine, Job, Watch
from auditkit.workers.parcel import parcel_of, unsendable
from auditkit.workers.spawn import SpawnEngine


def engine_for(
    models: Sequence[AuditedModel], jobs: Collection[Job], watch: Watch
) -> tuple[Engine | SpawnEngine, dict[Job, str]]:
    """An engine, started, and {job: why it must be done in this process}.

    Args:
        models: of one audit.
        jobs: those that should be done in other processes.
        watch: is told how far jobs are.
    """
    request = models[0].context.request
    if not jobs or may_fork(audited.device for audited in models):
        engine = Engine(at_once(models[0].context), limits_of(request), watch)
        engine.start(CheckWork(models))
        return engine, {}
    return _spawned(models, jobs, watch)


def not_isolated(context: AuditContext, models: Sequence[Model], steps: Sequence[Step]) -> list[str]:
    """Why checks will run in this process, as far as that is known before they begin, each reason a sentence.

    Args:
        context: of the audit.
        models: that were asked, so that it is known what they give.
        steps: of the plan.
    """
    if context.request.isolate != "all":
        return [f'isolate = "{context.request.isolate}"']
    if may_fork(model.device for model in models):
        return []
    staying = (_staying(context.host, model, context.data)[0] for model in models)
    checks = {step.planned.check: why for step in steps if (why := _check_stays(step))}
    return [
        *filter(None, (_all_stay(context.host), *staying)),
        *(f"{check}, for {why}" for check, why in checks.items()),
    ]


def _spawned(
    models: Sequence[AuditedModel], jobs: Collection[Job], watch: Watch
) -> tuple[Engine | SpawnEngine, dict[Job, str]]:
    host, data, request = models[0].context.host, models[0].context.data, models[0].context.request
    wanted = [audited for audited in models if audited.model.name in {job.model for job in jobs}]
    ways = {audited.model.name: _staying(host, audited.model, data) for audited in wanted}
    reasons = {job: why for job in jobs if (why := _all_stay(host) or ways[job.model][0])}
    crossing = _crossing(wanted, ways, reasons)
    parcel = parcel_of(CheckWork(crossing), "the checks", (data,))
    if isinstance(parcel, str):  # one of them may hold what no pickle takes, such as a lock
        stay = {step.planned.check: _check_stays(step) for audited in wanted for step in audited.steps}
        reasons = {job: stay[job.check] for job in jobs if stay[job.check]} | reasons
        crossing = _crossing(wanted, ways, reasons)
        parcel = parcel_of(CheckWork(crossing), "the checks", (data,))
    if isinstance(parcel, str):
        here = Engine(1, limits_of(request), watch)
        here.start(CheckWork(models))
        return here, dict.fromkeys(jobs, f"the checks {parcel}") | reasons
    # two processes at once would take an accelerator's memory from each other, and one process alone is asked
    alone = any(asks for _, asks in ways.values()) or any(audited.device != "cpu" for audited in models)

    def watch_checks(job: Job, done: int | None, total: int, what: str) -> None:
        if job.check != SAME_ANSWERS:
            watch(job, done, total, what)

    count = 1 if alone else at_once(models[0].context)
    engine = SpawnEngine(count, limits_of(request), watch_checks, request.threads, forks=not alone)
    engine.start(CheckWork(models), parcel, answerer({audited.model.name: audited.model for audited in wanted}))
    for audited in crossing:
        engine.send(Job(audited.model.name, SAME_ANSWERS))
    while (outcome := engine.result()) is not None:
        if outcome.ending.answer != b"True":
            how = f", and asking it ended the process ({outcome.ending.how})" if outcome.ending.how else ""
            why = f"a copy of {outcome.job.model!r} in another process answers otherwise{how}"
            reasons = {job: why for job in jobs if job.model == outcome.job.model} | reasons
    return engine, reasons


def _crossing(
    wanted: Sequence[AuditedModel], ways: Mapping[str, tuple[str, bool]], reasons: Mapping[Job, str]
) -> list[AuditedModel]:
    """The models as another process is given them, each with those of its checks that are done there."""
    crossing = []
    for audited in wanted:
        name = audited.model.name
        steps = [step for step in audited.steps if Job(name, step.planned.check) not in reasons]
        if steps and not ways[name][0]:
            crossing.append(dataclasses.replace(_asking(audited) if ways[name][1] else audited, steps=steps))
    return crossing


def _staying(host: Host, model: Model, data: AuditData) -> tuple[str, bool]:
    """Why the checks of a model must run in its process, and whether they can ask it from another where it stays."""
    unsent = unsendable((host, model, data), f"the model {model.name!r}")
    why = unsent and f"{model.name!r} {unsent}"
    if not why or not _answers_alone(model):
        return why, False
    try:
        packed(data.take(rows_asked_again(model, data)).inputs)
    except CapabilityError as error:
        return f"{why}, and its inputs cannot be sent from there ({type(error.__cause__).__name__})", False
    return "", True


def _check_stays(step: Step) -> str:
    """Why a check must run in this process, whatever its model."""
    unsent = unsendable(step, f"the check {step.planned.check}")
    return unsent and f"the check {unsent}"


def _all_stay(host: Host) -> str:
    """Why all checks must run in this process: a plugin stays here that takes part in each of them."""
    staying = (
        f"the plugin {name!r}, which takes part in every check, {host.staying[name]}"
        for name in sorted(host.all_run_by() & host.staying.keys())
    )
    return next(staying, "")


def _answers_alone(model: Model) -> bool:
    """Whether a check needs nothing of a model but its answers, so that it can be asked from another process."""
    return Capability.QUERIES in model.capabilities and model.capabilities <= ASKED and model.estimator() is None


def _asking(audited: AuditedModel) -> AuditedModel:
    """The same with a model that asks the one in this process."""
    predictions = copy.copy(audited.predictions)
    predictions.model = AskedModel(audited.model)
    return dataclasses.replace(audited, predictions=predictions)
