"""Judging: the limits applied to what was measured, and the result of one model put together."""

import datetime

from auditkit.endpoints import AskedAfar
from auditkit.judge import judge
from auditkit.provenance.dataset import describe
from auditkit.provenance.environment import describe_model, describe_run_on
from auditkit.results import AuditResult, Run, Sent
from auditkit.run.audited_model import AuditedModel
from auditkit.run.context import Clock
from auditkit.run.controls import consistency_control
from auditkit.run.measure_all import Measured
from auditkit.run.plan import left_out, running
from auditkit.run.resolve import unanswered
from auditkit.run.train import with_answer_control


def judged(audited: AuditedModel, measured: Measured, clock: Clock) -> AuditResult:
    """The result of the audit, by the data's own names and with nothing hidden.

    Args:
        audited: the model.
        measured: what its checks found.
        clock: since when it is audited.
    """
    context, request, model = audited.context, audited.context.request, audited.model
    accounts = with_answer_control(
        context.host, audited.origin.accounts, consistency_control(audited.predictions.consistency)
    )
    # accounts of trainers are judged like checks: a limit on epsilon is one on `train.dp-sgd.epsilon`
    results = (*accounts, *measured.results)
    provenance = describe_run_on(
        context.host, model, request.device, audited.plan, context.folder, audited.plan.limits
    )  # fmt: skip
    # of several models one may lack what a limit needs, and its verdict says so
    absent = {**left_out(context), **unanswered(model, running(audited.steps))}
    verdicts, outcome = judge(
        request.limits, request.waivers, results, clock.started.date(), context.host.faults,
        absent, audited.limited and not request.limits,
    )  # fmt: skip
    return AuditResult(
        title="" if context.several else request.title,
        run=Run(
            started=clock.started, finished=datetime.datetime.now(datetime.UTC), seconds=clock.seconds,
            check_seconds=measured.seconds, resumed=tuple(measured.resumed),
            repeated={process.name: process.died for process in audited.processes if process.died} | measured.repeated,
            not_isolated=_not_isolated(audited, measured), sent=_sent(audited),
        ),
        provenance=provenance,
        model=describe_model(model, context.data, audited.predictions),
        parent=audited.origin.parent,
        data=describe(context.data, model),
        plan=audited.plan,
        limits=tuple(request.limits),
        waivers=tuple(request.waivers),
        results=results,
        verdicts=verdicts,
        outcome=outcome,
        card=dict(request.card),
    )  # fmt: skip


def _sent(audited: AuditedModel) -> Sent | None:
    """What left the house; of what is published not how many answers were unparsed, which can be of few people."""
    if not isinstance(audited.model, AskedAfar):
        return None
    sent = audited.model.sent()
    return sent if audited.context.data.disclosure != "publish" else sent.model_copy(update={"unparsed": None})


def _not_isolated(audited: AuditedModel, measured: Measured) -> dict[str, tuple[str, ...]]:
    """{reason: what was done in the audit's own process for it}: trainers and first answers, then checks."""
    reasons: dict[str, list[str]] = {}
    for name, here, _ in audited.processes:
        if here:
            reasons.setdefault(here, []).append(name)
    for reason, checks in measured.not_isolated.items():
        reasons.setdefault(reason, []).extend(checks)
    return {reason: tuple(names) for reason, names in reasons.items()}
