"""Which engine does the checks of an audit: forks of this process where it can be forked, else fresh processes."""

import copy
import dataclasses
from collections.abc import Collection, Sequence
from typing import Final

from auditkit.data import AuditData
from auditkit.foreign_code import foreign, raised
from auditkit.host import Host
from auditkit.models import Capability, Model
from auditkit.run.apart import limits_of, may_fork
from auditkit.run.asked_model import ASKED, AskedModel, answerer
from auditkit.run.audited_model import AuditedModel
from auditkit.run.check_work import SAME_ANSWERS, CheckWork
from auditkit.run.context import AuditContext
from auditkit.workers.engine import Engine, Job, Watch
from auditkit.workers.parcel import Parcel
from auditkit.workers.spawn import SpawnEngine

MANY: Final = 2_000_000
"""Rows above which only `TOGETHER` checks run at once, for each may sort and copy columns as large as the data's."""
TOGETHER: Final = 2


def engine_for(
    models: Sequence[AuditedModel], jobs: Collection[Job], watch: Watch
) -> tuple[Engine | SpawnEngine, dict[str, str]]:
    """An engine, started, and {model: why its checks must run in this process}.

    Args:
        models: of one audit.
        jobs: those that should run in other processes.
        watch: is told how far jobs are.
    """
    request = models[0].context.request
    if not jobs or may_fork(audited.device for audited in models):
        engine = Engine(_at_once(models[0].context), limits_of(request), watch)
        engine.start(CheckWork(models))
        return engine, {}
    wanted = [audited for audited in models if audited.model.name in {job.model for job in jobs}]
    return _spawned(models, wanted, watch)


def cannot_cross(host: Host, model: Model, data: AuditData) -> str:
    """Why a model cannot be sent to another process; empty where it can.

    Args:
        host: with its plugins.
        model: the model.
        data: the audit data.
    """
    try:
        with foreign(f"the model {model.name!r}: its pickling"):
            Parcel((host, model), (data,))
    except Exception as error:  # a class may raise anything at all where it is pickled
        return f"{model.name!r} cannot be sent to another process ({raised(error, 120)})"
    return ""


def not_isolated(context: AuditContext, models: Sequence[Model]) -> str:
    """Why checks will run in this process, as far as that is known before they begin; empty where none will.

    Args:
        context: of the audit.
        models: that were asked, so that it is known what they give.
    """
    if context.request.isolate != "all":
        return f'isolate = "{context.request.isolate}"'
    if may_fork(model.device for model in models):
        return ""
    staying = (model for model in models if not _answers_alone(model))
    return next(filter(None, (cannot_cross(context.host, model, context.data) for model in staying)), "")


def _spawned(
    models: Sequence[AuditedModel], wanted: Sequence[AuditedModel], watch: Watch
) -> tuple[Engine | SpawnEngine, dict[str, str]]:
    host, data, request = models[0].context.host, models[0].context.data, models[0].context.request
    reasons = {audited.model.name: cannot_cross(host, audited.model, data) for audited in wanted}
    asked = [audited.model for audited in wanted if reasons[audited.model.name] and _answers_alone(audited.model)]
    reasons.update({model.name: "" for model in asked})
    crossing = [
        _asking(audited) if audited.model in asked else audited for audited in wanted if not reasons[audited.model.name]
    ]
    try:
        with foreign("the checks: their pickling"):
            parcel = Parcel(CheckWork(crossing), (data,))
    except Exception as error:  # a check or a plugin may hold what no pickle takes, such as a lock
        why = f"the checks cannot be sent to another process ({raised(error, 120)})"
        here = Engine(1, limits_of(request), watch)
        here.start(CheckWork(models))
        return here, {audited.model.name: reasons[audited.model.name] or why for audited in wanted}
    # two processes at once would take an accelerator's memory from each other, and one process alone is asked
    alone = bool(asked) or any(audited.device != "cpu" for audited in models)

    def watch_checks(job: Job, done: int | None, total: int, what: str) -> None:
        if job.check != SAME_ANSWERS:
            watch(job, done, total, what)

    at_once = 1 if alone else _at_once(models[0].context)
    engine = SpawnEngine(at_once, limits_of(request), watch_checks, request.threads, forks=not alone)
    answer = answerer({model.name: model for model in asked})
    engine.start(CheckWork(models), parcel, answer)
    for audited in crossing:
        engine.send(Job(audited.model.name, SAME_ANSWERS))
    while (outcome := engine.result()) is not None:
        if outcome.ending.answer != b"True":
            how = f", and asking it ended the process ({outcome.ending.how})" if outcome.ending.how else ""
            reasons[outcome.job.model] = f"a copy of {outcome.job.model!r} in another process answers otherwise{how}"
    return engine, reasons


def _at_once(context: AuditContext) -> int:
    return min(context.request.jobs, TOGETHER) if len(context.data) > MANY else context.request.jobs


def _answers_alone(model: Model) -> bool:
    """Whether a check needs nothing of a model but its answers, so that it can be asked from another process."""
    return Capability.QUERIES in model.capabilities and model.capabilities <= ASKED and model.estimator() is None


def _asking(audited: AuditedModel) -> AuditedModel:
    """The same with a model that asks the one in this process."""
    predictions = copy.copy(audited.predictions)
    predictions.model = AskedModel(audited.model)
    return dataclasses.replace(audited, predictions=predictions)
