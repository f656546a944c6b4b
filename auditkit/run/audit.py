"""The audit: every stage called in its order."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from auditkit import runfolder
from auditkit.checks import Budget, Check
from auditkit.data import AuditData
from auditkit.endpoints import AskedAfar
from auditkit.errors import ConfigError, check_known
from auditkit.host import Host
from auditkit.models import Model
from auditkit.results import AuditResult, Change, CheckResult, Comparison, Coverage, Limit, Plan, Waiver
from auditkit.rulepacks import coverage as rule_coverage
from auditkit.run import write
from auditkit.run.audited_model import AuditedModel, audited_models
from auditkit.run.context import AuditContext, Clock
from auditkit.run.foreign_text import ForeignText
from auditkit.run.hide import hide
from auditkit.run.judge import judged
from auditkit.run.measure_all import Measured, measure_all
from auditkit.run.open import checked, prepared, with_fitted_kinds, wrapped
from auditkit.run.paired_changes import changes
from auditkit.run.plan import Step, make_plan
from auditkit.run.predict import answers_of, introduce, suit
from auditkit.run.redaction import scrubbed_result
from auditkit.run.request import Progress, Request, make_request
from auditkit.run.sections import with_sections
from auditkit.run.settle import settled
from auditkit.run.train import train_models
from auditkit.settings import Isolation
from auditkit.text import class_name


def audit(
    model: Any = None,
    data: AuditData | None = None,
    *,
    checks: Sequence[str | Check | type[Check] | Callable[..., Any]] | None = None,
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
    gigabytes_per_check: float | None = None,
    threads: int | None = None,
    jobs: int = 1,
    isolate: Isolation = "all",
    include_rows: bool = False,
    title: str = "",
    formats: Sequence[str] = (),
    out: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> AuditResult:
    """Audit one model on one data set.

    Args:
        model: a wrapped Model, or an object that `auditkit.wrap` knows; None, or the data alone, where answers are
            recorded in them.
        data: the audit data.
        checks: families, ids, functions decorated with `@auditkit.check`, Check classes or instances; all that are
            offered, where left out.
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
        gigabytes_per_check: memory that a check may take beyond model and data; nine tenths of the machine's, unless
            given.
        threads: that libraries may use in each process; as many as there are processors, unless given. Numbers may
            depend on it, so it is recorded.
        jobs: how many checks run at once, each in a process of its own; the evidence is the same.
        isolate: what runs in processes of its own: `all` checks, trainers and the models' first answers; checks and
            trainers of other `plugins` than auditkit's own, and still the first answers, for a model's code is its
            owner's; or `none`.
        include_rows: single rows may be shown, such as pictures; they may be of people.
        title: what the audit is called; the report's heading.
        formats: formats made in the run folder beside those that are always made, such as `pdf`.
        out: the run folder; nothing is written where left out.
        fresh: measure everything, also what an earlier run of the same audit left finished in the run folder.
        progress: called with (check, done, total, what).

    Raises:
        ConfigError: a check, parameter, rule pack, format or budget is not known.
        DataError, ModelError: data or model cannot be used as given.
    """
    request = make_request(
        checks=checks, parameters=parameters, limits=limits, waivers=waivers, rules=rules, card=card, budget=budget,
        device=device, seed=seed, seconds_per_check=seconds_per_check, formats=formats, progress=progress,
        include_rows=include_rows, title=title, fresh=fresh, gigabytes_per_check=gigabytes_per_check, threads=threads,
        jobs=jobs, isolate=isolate,
    )  # fmt: skip
    if data is None and isinstance(model, AuditData):
        model, data = None, model
    data, host, clock = checked(data, model), Host(plugins), Clock.now()
    # the model first: which columns are categories is known of it alone, and every check must read the data alike
    ready = wrapped(host, model, data)
    data = with_fitted_kinds(data, [ready])
    # before anything is measured, so that an audit of hours cannot end in a folder that is refused
    with prepared(host, request, out) as folder:
        context = AuditContext(host, data, request, folder, clock=clock)
        return publish(context, audit_one(context, ready))


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
    if isinstance(models, str | Mapping) or not isinstance(models, Iterable):
        raise ConfigError(
            f"models must be a list of models, named by wrap(model, name=…); {class_name(models)} was given"
        )
    known = Request.__dataclass_fields__
    check_known(options, known, ConfigError, lambda name: f"compare: {name!r} is not an argument; ")
    data, host = checked(data), Host(plugins)
    request = make_request(**options)
    wrapped_models = [wrapped(host, model, data) for model in models]
    data = with_fitted_kinds(data, wrapped_models)
    with prepared(host, request, out) as folder:
        context = AuditContext(host, data, request, folder, title=title, train=train)
        return publish(context, audit_several(context, wrapped_models))


def audit_models(context: AuditContext, models: Sequence[Model]) -> AuditResult | Comparison:
    """Audit what a configuration names and write it: one result for one model, a comparison for several."""
    if len(models) == 1 and not context.train:
        return publish(context, audit_one(context, models[0]))
    return publish(context, audit_several(context, models))


def audit_one(context: AuditContext, model: Model) -> AuditResult:
    """The result of one model; finished checks are kept in the run folder as they end, and nothing else is written."""
    _open_ledgers(context, [model])
    return _results(audited_models(settled(context), [model]), context.clock)[0]


def audit_several(context: AuditContext, models: Sequence[Model]) -> Comparison:
    """Train what is to be trained, then audit every model; nothing is written but finished checks.

    Raises:
        ConfigError: there is no model, or two share a name.
    """
    if not models:
        raise ConfigError("compare: at least one model is required; none was given")
    _open_ledgers(context, models)
    for model in models:
        introduce(model, context.data)  # trainers ask for its classes
    context = settled(dataclasses.replace(context, several=True))
    children = train_models(context, models)
    # a trainer that failed has no model; its account stands in the audit of the parent
    everyone = [*models, *(child.model for child in children if child.model is not None)]
    names = [model.name for model in everyone]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"compare: every model needs a name of its own; {twice[0]!r} is used twice. Give name=…")
    # all are asked before one is measured: which counts may be published depends on the decisions of every model
    audited = audited_models(context, everyone, children)
    results = _results(audited, Clock.now())
    return Comparison(
        title=audited[0].scrubber.title(context.title), results=tuple(results), changes=_changes(context, audited)
    )


def plan_only(context: AuditContext, model: Model) -> tuple[Plan, list[Step]]:
    """The plan alone, for `auditkit run --plan`; the model is asked once, for what it gives is known only then.

    One behind HTTP is asked nothing: its settings say what it gives.
    """
    context = settled(context)
    if isinstance(model, AskedAfar):
        suit(model, context.data)
    else:
        # the capabilities of a bare model are known only after its first answers
        answers_of(context, [model], with_control=False)
    return make_plan(context, model, context.request.limits)


def publish(context: AuditContext, result: write.Result) -> write.Result:
    """Write the evidence where there is a folder, and tell every plugin that the audit is over.

    Raises:
        EvidenceLost: the folder was moved, or a plugin that was told changed it.
    """
    if context.folder is not None:
        allowed = ForeignText(context.data).sentence
        request = context.request
        result = write.write(context.host, result, context.folder, request.formats, allowed, request.jobs)
    with contextlib.nullcontext() if context.folder is None else runfolder.left_as_sealed(context.folder):
        for audited in result.audits:
            context.host.audit_finished(audited, context.folder)
    return result


def _open_ledgers(context: AuditContext, models: Sequence[Model]) -> None:
    """Let models that are asked over the network keep what they are answered; nothing of what is published."""
    is_kept = context.folder is not None and context.data.disclosure != "publish"
    for model in models:
        if isinstance(model, AskedAfar):
            model.keep_in(context.folder / runfolder.ANSWERS if is_kept and context.folder is not None else None)


def _results(models: Sequence[AuditedModel], clock: Clock) -> list[AuditResult]:
    """All measured, so that checks of several models can run at once; then each judged, hidden and redacted."""
    for audited in models:
        audited.context.host.audit_started(audited.plan)
    return [_result(audited, measured, clock) for audited, measured in zip(models, measure_all(models), strict=True)]


def _result(audited: AuditedModel, measured: Measured, clock: Clock) -> AuditResult:
    context = audited.context
    # in this order: to hide first would judge a limit by what is left, and to redact first would not find the names
    # in it
    result = hide(judged(audited, measured, clock), audited.rule)
    covered = tuple(rule_coverage(pack, result.results) for pack in context.packs)
    coverage = _coverage(context.host, result.results)
    result = with_sections(context.host, result.model_copy(update={"rules": covered, "coverage": coverage}))
    return scrubbed_result(audited.scrubber, result)


def _coverage(host: Host, results: Sequence[CheckResult]) -> tuple[Coverage, ...]:
    """A row for every check that is offered, selected or not."""
    rows = {
        id: Coverage(
            check=id,
            question=offer.value.about().question,
            status="not selected",
            reason=offer.value.applies_when or "not selected",
        )
        for id, offer in host.checks().items()
    } | {
        result.check: Coverage(
            check=result.check,
            question=result.about.question,
            status=result.status,
            reason=result.reason or "",
            level=result.level,
            higher_level=result.higher_level,
        )
        for result in results
    }
    return tuple(rows[id] for id in sorted(rows))


def _changes(context: AuditContext, audited: Sequence[AuditedModel]) -> tuple[Change, ...]:
    """Every model beside its parent; nothing of what is published.

    A paired difference is made of counts of those about whom two models disagree, of which no table is protected.
    """
    if context.data.disclosure == "publish":
        return ()
    paired_changes = changes(
        [(audited_model.predictions, audited_model.origin.parent) for audited_model in audited], context.data
    )
    return tuple(map(audited[0].scrubber.record, paired_changes))
