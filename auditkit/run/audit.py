"""The audit: plan, run, judge, write."""

from __future__ import annotations

import datetime
import logging
import os
import pathlib
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from auditkit import runfolder
from auditkit.checks import Budget, Check
from auditkit.consistency import examine
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError, Mend, closest
from auditkit.host import Host
from auditkit.judge import judge
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.provenance.dataset import describe
from auditkit.provenance.environment import describe_model, describe_run_on, result_key, threads
from auditkit.redaction import Scrubber, scrubbed
from auditkit.results import (
    AuditResult,
    CheckResult,
    Comparison,
    Limit,
    Plan,
    Run,
    Waiver,
)
from auditkit.rulepacks import RulePack
from auditkit.rulepacks import coverage as rule_coverage
from auditkit.run import write
from auditkit.run.coverage import coverage_of
from auditkit.run.fitted_kinds import with_fitted_kinds
from auditkit.run.hide import Rule, hide, rules_for
from auditkit.run.isolation import as_found
from auditkit.run.kept_checks import Keeper
from auditkit.run.measure import Bench, measure
from auditkit.run.paired_changes import changes
from auditkit.run.plan import Step, left_out, make_plan
from auditkit.run.postprocess import consistency_control, hold_to
from auditkit.run.predict import asked, enough_memory, introduce, wrapped
from auditkit.run.redaction import asked_through, gate_for, result_through
from auditkit.run.request import Progress, Request, about, make_request
from auditkit.run.rule_packs import chosen_packs, named_by
from auditkit.run.settle import settled
from auditkit.run.train import held, train_models

log = logging.getLogger(__name__)
Result = TypeVar("Result", AuditResult, Comparison)


def audit(
    model: Any = None,
    data: AuditData | None = None,
    *,
    checks: Sequence[str | Check] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Iterable[Limit | Mapping[str, Any]] = (),
    waivers: Iterable[Waiver | Mapping[str, Any]] = (),
    rules: Sequence[str] = (),
    card: Mapping[str, Any] | None = None,
    plugins: Iterable[Any] = (),
    budget: Budget = "standard",
    device: str | None = None,
    seed: int = 0,
    seconds_per_check: float | None = None,
    include_rows: bool = False,
    title: str = "",
    formats: Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit one model on one data set.

    Args:
        model: a wrapped Model, or an object that `auditkit.wrap` knows; None where answers are recorded in the data.
        data: the audit data.
        checks: families, ids or Check instances; all that are offered, where left out.
        parameters: {check id: {parameter: value}}.
        limits: what the owner decided beforehand, as Limit or mappings of its fields.
        waivers: missed or undecided limits that somebody accepted.
        rules: ids of rule packs to hold the audit against.
        card: what the owner says for the model card.
        plugins: entry-point names, modules, `.py` files or objects to load beside the built-ins.
        budget: `quick`, `standard` or `thorough`.
        device: where checks run; where the model is, unless given.
        seed: of everything random, by check name.
        seconds_per_check: a check that runs longer ends in error with what it had.
        include_rows: single rows may be shown, such as pictures; they may be of people.
        title: what the audit is called; the report's heading.
        formats: formats made in the run folder beside those that are always made, such as `pdf`.
        out: the run folder; nothing is written where left out.
        progress: called with (check, done, total, what).

    Raises:
        ConfigError: a check, parameter, rule pack, format or budget is not known.
        DataError, ModelError: data or model cannot be used as given.
    """
    request = make_request(
        checks=checks, parameters=parameters, limits=limits, waivers=waivers, rules=rules, card=card, budget=budget,
        device=device, seed=seed, seconds_per_check=seconds_per_check, formats=tuple(formats), progress=progress,
        include_rows=include_rows, title=title,
    )  # fmt: skip
    _check_data(data)
    assert data is not None  # looked at just now
    host = Host(plugins)
    ready = wrapped(host, model, data)
    data = with_fitted_kinds(data, [ready])
    folder = prepare(host, request, out)
    return publish(host, run_one(host, ready, data, request, folder), folder, request.formats)


def compare(
    models: Sequence[Any],
    data: AuditData,
    *,
    title: str = "Comparison",
    train: Sequence[Mapping[str, Any]] = (),
    plugins: Iterable[Any] = (),
    out: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Comparison:
    """Audit several models on the same data, and those that trainers make of them.

    Args:
        models: as `model` of `audit`; each needs a name of its own.
        data: the audit data; trainers use its training split.
        title: of the report.
        train: mappings with `trainer`, and optionally `name`, `model` (the parent's name) and the trainer's parameters.
        plugins: as in `audit`.
        out: the run folder.
        options: further arguments of `audit`.

    Raises:
        ConfigError: two models share a name, or a trainer is not known.
    """
    known = Request.__dataclass_fields__
    for name in options:
        if name not in known:
            raise ConfigError(f"compare: {name!r} is not an argument; {closest(name, known)}")
    _check_data(data)
    host = Host(plugins)
    request = make_request(**options)
    wrapped_models = [wrapped(host, model, data) for model in models]
    data = with_fitted_kinds(data, wrapped_models)
    folder = prepare(host, request, out)
    result = run_all(host, wrapped_models, data, request, folder, title=title, train=train)
    return publish(host, result, folder, request.formats)


def audit_models(
    host: Host,
    models: Sequence[Model],
    data: AuditData,
    request: Request,
    folder: pathlib.Path,
    *,
    title: str,
    train: Sequence[Mapping[str, Any]] = (),
) -> AuditResult | Comparison:
    """Audit what a configuration names and write it: one result for one model, a comparison for several."""
    if len(models) == 1 and not train:
        return publish(host, run_one(host, models[0], data, request, folder), folder, request.formats)
    result = run_all(host, models, data, request, folder, title=title, train=train)
    return publish(host, result, folder, request.formats)


def run_all(
    host: Host,
    models: Sequence[Model],
    data: AuditData,
    request: Request,
    folder: pathlib.Path | None,
    *,
    title: str,
    train: Sequence[Mapping[str, Any]] = (),
) -> Comparison:
    """Train what is to be trained, then audit every model; nothing is written but finished checks."""
    if not models:
        raise ConfigError("compare: at least one model is required; none was given")
    for model in models:
        introduce(model, data)
    request = settled(host, data, request, named_by(chosen_packs(host, request.rules)), train)
    children = train_models(host, models, data, train, request, folder)
    everyone = [*models, *(child.model for child in children if child.model is not None)]
    names = [model.name for model in everyone]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"compare: every model needs a name of its own; {twice[0]!r} is used twice. Give name=…")
    gate = gate_for(everyone, data)
    answers = [asked(model, data) for model in everyone]
    rules = _rules(host, data, request, answers)
    results, answered = [], []
    for model, predictions, rule in zip(everyone, answers, rules, strict=True):
        made = [child for child in children if child.model is model]
        failed = [child for child in children if child.model is None and child.parent == model.name]
        extra = [child.measured or child.result for child in (*made, *failed)]
        parent = made[0].parent if made else None
        answered.append((predictions, parent))
        own = about(request, [result.check for result in extra])
        several = Several(predictions, rule, gate, elsewhere=bool(request.limits) and not own.limits)
        results.append(run_one(host, model, data, own, folder, several, parent=parent, extra=extra))
    # a paired difference is made of counts of those about whom two models disagree, of which no table is protected
    differing = () if data.disclosure == "publish" else tuple(map(gate.record, changes(answered, data)))
    return Comparison(title=scrubbed(title), results=tuple(results), changes=differing)


class Several(NamedTuple):
    """What is settled for a model that is one of several before any of them is audited."""

    predictions: Predictions
    rule: Rule
    gate: Scrubber
    """Of them all."""
    elsewhere: bool
    """Whether limits are about other models alone."""


def run_one(
    host: Host,
    model: Model,
    data: AuditData,
    request: Request,
    folder: pathlib.Path | None,
    several: Several | None = None,
    *,
    parent: str | None = None,
    extra: Sequence[CheckResult] = (),
) -> AuditResult:
    """Plan, run and judge the audit of one model; finished checks are kept in `folder` as they end."""
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    packs = chosen_packs(host, request.rules)
    if several is None:
        request = settled(host, data, request, named_by(packs))
        predictions, gate = asked(model, data), gate_for([model], data)
        rule = _rules(host, data, request, [predictions])[0]
    else:
        predictions, rule, gate, _ = several
    asked_for = asked_through(gate, request)
    with as_found(model, request.seed), enough_memory(model, data):
        predictions.consistency = examine(predictions, request.seed)
    plan, steps = _plan(host, model, data, asked_for, packs)
    host.audit_started(plan)
    keeper = Keeper(folder, gate.text(model.name) if several else "", rule, gate, (*request.limits, *asked_for.limits))
    results, seconds, resumed = _measure_all(host, steps, model, data, predictions, request, keeper)
    results = [*held(host, extra, consistency_control(predictions.consistency)), *results]
    provenance = describe_run_on(host, model, request.device, plan, folder, asked_for.limits)
    verdicts, outcome = judge(
        request.limits, request.waivers, results, started.date(), host.faults,
        left_out(host, request.checks, request.only, named_by(packs)), bool(several and several.elsewhere),
    )  # fmt: skip
    finished = datetime.datetime.now(datetime.UTC)
    result = AuditResult(
        title="" if several else request.title,
        run=Run(
            started=started, finished=finished, seconds=round(time.monotonic() - clock, 3), check_seconds=seconds,
            resumed=tuple(resumed),
        ),
        provenance=provenance,
        model=describe_model(model, data, predictions),
        parent=parent,
        data=describe(data, model),
        plan=plan,
        limits=tuple(request.limits),
        waivers=tuple(request.waivers),
        results=tuple(results),
        verdicts=verdicts,
        outcome=outcome,
        card=dict(request.card),
    )  # fmt: skip
    result = hide(result, rule)
    covered = tuple(rule_coverage(pack, result.results) for pack in packs)
    coverage = coverage_of(host, result.results)
    return result_through(gate, result.model_copy(update={"rules": covered, "coverage": coverage}))


def prepare(host: Host, request: Request, out: str | os.PathLike[str] | None) -> pathlib.Path | None:
    """The run folder, ready for an audit; None where nothing is to be written.

    Raises:
        ConfigError: a format is asked for that nobody offers.
    """
    write.check_formats(host, request.formats)
    return None if out is None else runfolder.prepare(out, write.files(host))


def publish(host: Host, result: Result, folder: pathlib.Path | None, formats: Collection[str] = ()) -> Result:
    """Write the evidence where there is a folder, and tell every plugin that the audit is over."""
    if folder is not None:
        result = write.write(host, result, folder, formats)
    for each in [result] if isinstance(result, AuditResult) else result.results:
        host.audit_finished(each, folder)
    return result


def plan_only(
    host: Host, model: Model, data: AuditData, request: Request, train: Sequence[Mapping[str, Any]] = ()
) -> Plan:
    """The plan alone, for `auditkit run --plan`; the model is asked once, for what it gives is known only then."""
    packs = chosen_packs(host, request.rules)
    request = settled(host, data, request, named_by(packs), train)
    _ = asked(model, data)
    return _plan(host, model, data, request, packs)[0]


def _plan(
    host: Host, model: Model, data: AuditData, request: Request, packs: Sequence[RulePack]
) -> tuple[Plan, list[Step]]:
    return make_plan(
        host, model, data, checks=request.only or request.checks, parameters=request.parameters, limits=request.limits,
        budget=request.budget, seed=request.seed, evidence=named_by(packs),
    )  # fmt: skip


def _check_data(data: Any) -> None:
    if isinstance(data, AuditData):
        return
    given = "none" if data is None else f"a {type(data).__name__}"
    raise DataError(
        "data is required: an AuditData, as the second argument, for instance from AuditData.from_table(table, "
        f"label=…) or AuditData(inputs, labels); {given} was given"
    )


def _rules(host: Host, data: AuditData, request: Request, answers: Sequence[Predictions]) -> list[Rule]:
    """What may be written of each model's audit.

    Raises:
        ConfigError: rows are to be shown in evidence that is published.
    """
    if data.disclosure == "publish" and request.include_rows:
        mend = Mend("audit.include_rows", False)
        raise ConfigError(
            f'include_rows shows single rows, which [data] disclosure = "publish" forbids; leave one out, or say '
            f"{mend}",
            mend=mend,
        )
    steps = _plan(host, answers[0].model, data, request, chosen_packs(host, request.rules))[1]
    order = max((getattr(step.check, "intersections", 1) for step in steps), default=1)
    return rules_for(data, answers, order)


def _measure_all(
    host: Host,
    steps: Sequence[Step],
    model: Model,
    data: AuditData,
    predictions: Predictions,
    request: Request,
    keeper: Keeper,
) -> tuple[list[CheckResult], dict[str, float], list[str]]:
    device = request.device or model.device
    bench = Bench(
        host, model, data, predictions, request.budget, request.seed, device, request.seconds_per_check,
        request.progress, request.include_rows,
    )  # fmt: skip
    results: list[CheckResult] = []
    seconds: dict[str, float] = {}
    resumed: list[str] = []
    control = consistency_control(predictions.consistency)
    for number, step in enumerate(steps):
        id = step.planned.check
        if request.progress is not None:
            request.progress(id, number, len(steps), "starts")
        key = result_key(step.planned, model, data, request.seed, device, threads(), request.include_rows)
        before = keeper.taken_up(id, key)
        clock = time.monotonic()
        result = before if before is not None else measure(step, bench)
        if before is not None:
            resumed.append(id)
        written = before if before is not None else keeper.kept(result, key)
        if not step.kind.about_data:
            result, written = hold_to(result, control), hold_to(written, control and keeper.gate.record(control))
        seconds[id] = round(time.monotonic() - clock, 3)
        taken_up = ", taken up from before" if before is not None else ""
        log.info("%s, %s: %s in %.3f s%s", model.name, id, result.status, seconds[id], taken_up)
        host.check_finished(written)
        results.append(result)
    return results, seconds, resumed
