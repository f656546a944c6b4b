"""Trainers at work: each makes a new model from a parent, and its account of it is a result like a check's."""

import functools
import hashlib
import pathlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import runfolder
from auditkit.checks import Context, missing_needs
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, CapabilityError, ConfigError, DataError, check_known, closest, present
from auditkit.foreign_code import foreign
from auditkit.host import Host, Offer
from auditkit.io import strict_json
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.provenance.environment import installed
from auditkit.results import About, CheckResult, Control, ErrorInfo, canonical, digest
from auditkit.run.apart import Piece, Process, apart, why_ended, why_here
from auditkit.run.context import AuditContext
from auditkit.run.controls import completed, hold_to
from auditkit.run.failures import describe
from auditkit.run.hide import rule_of_training
from auditkit.run.isolation import as_found
from auditkit.run.kept_checks import Keeper, needed
from auditkit.run.learned import Learned, teach
from auditkit.run.plan import configured, missing_extra, seed_for
from auditkit.run.redaction import scrubber_for
from auditkit.run.request import Request
from auditkit.run.trained_model import model_in, record_of_model
from auditkit.text import class_name
from auditkit.trainers import Trained, Trainer
from auditkit.workers.shared_arrays import SharedArrays, shared_arrays
from auditkit.workers.worker import Tell, silence


class Child(NamedTuple):
    """What became of one `[[train]]`: the new model, or None and an error in the result."""

    parent: str
    model: Model | None
    result: CheckResult
    """As it may be written."""
    measured: CheckResult | None = None
    """As limits are judged by it; None: `result` is."""
    process: Process = Process("")
    """In which process the trainer ran."""


class Job(NamedTuple):
    """One trainer, ready to make one model."""

    offer: Offer
    trainer: Trainer
    parent: Model
    name: str
    """Of the new model."""
    split: AuditData
    """What it is trained on."""
    request: Request


def train_models(context: AuditContext, models: Sequence[Model]) -> list[Child]:
    """Run every trainer that was asked for; a failure is a result of the parent's audit.

    Raises:
        ConfigError: a trainer, its parent or a parameter is not known.
        DataError: there is no training split.
    """
    data, folder, offers = context.data, context.folder, context.host.trainers()
    scrubber, rule = scrubber_for(models, data), rule_of_training(data)
    children = []
    for table in context.train:
        options = dict(table)
        id = str(options.pop("trainer", ""))
        check_known((id,), offers, ConfigError, lambda name: f"[[train]] trainer: there is no trainer {name!r}; ")
        parent = _parent(models, options.pop("model", None), id)
        name = scrubber.text(str(options.pop("name", None) or f"{parent.name} ({id})"))
        if data.train is None:
            raise DataError(f"[[train]] {id} needs the training split; name one under [data] train")
        trainer = configured(offers[id].value, context.request.budget, options)
        job = Job(offers[id], trainer, parent, name, data.train, context.request)
        # before anything is trained: private training is not reproducible, so a second model would be another one
        child = _before(job, folder)
        if child is None:
            # what lacks becomes a result of the parent's audit, not an end of the whole command
            made = _train(job, _lacking(trainer, parent, data), context)
            keeper = Keeper(folder, name, rule, scrubber, context.request.limits)
            child = made._replace(result=_store(job, made, keeper), measured=made.result)
        children.append(child)
    return children


def with_answer_control(host: Host, accounts: Sequence[CheckResult], control: Control | None) -> list[CheckResult]:
    """Accounts of training with a control of the new model's answers, which facts of the training do not rest on."""
    controlled = []
    for account in accounts:
        offer = host.trainers().get(account.check.removeprefix("train."))
        facts = offer.value.of_training if offer is not None else frozenset()
        guards = tuple(
            dict.fromkeys(measurement.name for measurement in account.measurements if measurement.name not in facts)
        )
        narrowed = control and control.model_copy(update={"guards": guards})
        controlled.append(hold_to(account, narrowed) if guards else account)
    return controlled


def _key(job: Job, weights: bytes) -> str:
    """The digest under which a trained model may be taken up again: all that it depends on, and its own weights.

    Private training is not reproducible by design, so a resumed audit must go on with the model that it made.
    """
    facts = {
        "trainer": job.trainer.id, "plugin": job.offer.plugin, "plugin_version": job.offer.version,
        "parameters": job.trainer.model_dump(mode="json"), "parent": job.parent.fingerprint,
        "train": job.split.digest, "seed": job.request.seed, "device": job.request.device,
        "packages": installed(), "weights": hashlib.sha256(weights).hexdigest(),
    }  # fmt: skip
    return digest(facts)


def _store(job: Job, child: Child, keeper: Keeper) -> CheckResult:
    """The trainer's result as it may be written; it is kept with the model that was made, where that can be kept."""
    weights = child.model.weights() if child.model is not None else None
    if keeper.folder is not None and weights is not None:
        runfolder.store_model(keeper.folder, job.name, weights)
        return keeper.kept(child.result, _key(job, weights))
    pipeline = child.model.as_skops() if child.model is not None else None
    if keeper.folder is not None and pipeline is not None:
        # for people to take away; a resumed audit fits it again, and its fingerprint tells
        runfolder.store_model(keeper.folder, job.name, pipeline, ".skops")
    return keeper.written(child.result)


def _before(job: Job, folder: pathlib.Path | None) -> Child | None:
    """The model that an earlier run of the same audit made; None where there is none."""
    weights = runfolder.load_model(folder, job.name) if folder is not None else None
    if folder is None or weights is None:
        return None
    stored = runfolder.load_stored(folder, f"train.{job.trainer.id}", _key(job, weights), job.name)
    if stored is None or needed(stored, job.request.limits):
        return None
    model = job.parent.with_weights(weights)
    model.name = job.name
    return Child(job.parent.name, model, stored.result)


def _parent(models: Sequence[Model], name: str | None, trainer: str) -> Model:
    if name is None and len(models) == 1:
        return models[0]
    for model in models:
        if model.name == name:
            return model
    known = closest(str(name), [model.name for model in models])
    raise ConfigError(f"[[train]] {trainer}: model must name the parent; {name!r} was given, {known}")


def _train(job: Job, lacking: ErrorInfo | None, context: AuditContext) -> Child:
    """Let a trainer work, in a process of its own where that can be."""
    offer, trainer, parent, request = job.offer, job.trainer, job.parent, job.request
    about = About(
        title=trainer.title or trainer.id, question=trainer.question, purpose=trainer.purpose,
        method=trainer.method, limits=trainer.limits, reference=trainer.reference,
    )  # fmt: skip
    blank = CheckResult(
        check=f"train.{trainer.id}", plugin=offer.plugin, plugin_version=offer.version, about=about,
        definitions=dict(trainer.definitions), parameters=trainer.model_dump(mode="json"), level=trainer.level,
        status="measured",
    )  # fmt: skip
    if lacking is not None:
        return Child(parent.name, None, _failed(blank, lacking))
    progress = (request.progress and functools.partial(request.progress, blank.check)) or silence
    # the split is a part of the data, which any process has already
    sent = job._replace(split=context.data)
    with shared_arrays() as arrays:
        piece = Piece(
            blank.check, functools.partial(_hand_over, context, sent, blank, arrays), arrays,
            request.device or parent.device, why_here(request, context.host, offer.plugin),
        )  # fmt: skip
        process, record, ending, _ = apart(piece, context, progress)
        if ending is not None:
            return Child(parent.name, None, _failed(blank, describe(why_ended(blank.check, ending))), process=process)
        if record is not None:
            try:
                return _received(job, record, arrays)._replace(process=process)
            except Exception as error:  # foreign code can write where it is handed over
                process = process._replace(here=f"its model cannot leave a process ({class_name(error)})")
    return _make(job, blank, progress)._replace(process=process)


def _hand_over(context: AuditContext, job: Job, blank: CheckResult, arrays: SharedArrays, tell: Tell) -> dict[str, Any]:
    """In a process of its own: train, and say in plain words what came of it. The context brings the plugins along."""
    learned, before = Learned(job.parent), job.parent.fingerprint
    child = _make(job._replace(split=present(job.split.train, "a trainer has a training split")), blank, tell)
    account, model = child.result, None
    if child.model is not None:
        model = record_of_model(child.model, job.parent, arrays)
    try:
        content = canonical(account, sort=False)
    except (ValueError, RecursionError) as error:  # what JSON cannot hold, such as a number of 5,000 digits
        content, model = canonical(_failed(blank, describe(error)), sort=False), None
    return {"account": content.decode(), "model": model, "learned": learned.record(), "parent": before}


def _received(job: Job, record: dict[str, Any], arrays: SharedArrays) -> Child:
    """What a trainer made in another process; the parent knows what it learned there.

    Raises:
        Exception: it cannot be read, or is another model now.
    """
    if record["parent"] != job.parent.fingerprint:
        raise CapabilityError(f"{job.parent.name}: its copy is another model")
    account = strict_json.record(CheckResult, strict_json.loads(record["account"].encode(), "its account"), "it")
    teach(job.parent, record["learned"])
    if record["model"] is None:
        return Child(job.parent.name, None, account)
    with foreign(f"the model that {job.trainer.id} made"), as_found(job.parent, job.request.seed):
        return Child(job.parent.name, model_in(record["model"], job.parent, arrays), account)


def _make(job: Job, blank: CheckResult, tell: Tell) -> Child:
    """Train in this process."""
    trainer, parent, name, split, request = job.trainer, job.parent, job.name, job.split, job.request
    seed = seed_for(request.seed, f"{parent.name}/train.{trainer.id}")
    context = Context(
        rng=np.random.default_rng(seed), predictions=Predictions(parent, split),
        device=request.device or parent.device, budget=request.budget, seed=seed,
        deadline=None if request.seconds_per_check is None else time.monotonic() + request.seconds_per_check,
        on_progress=tell,
    )  # fmt: skip
    try:
        with foreign(f"the trainer {trainer.id} of {name!r}"), as_found(parent, seed):
            trained = trainer.train(parent, split, context)
            if not isinstance(trained, Trained):
                raise AuditkitError(f"{trainer.id}: train must return Trained; it returned {class_name(trained)}")
            # the parent would be renamed, and audited twice
            if not isinstance(trained.model, Model) or trained.model is parent:
                given = "the parent itself" if trained.model is parent else f"a {class_name(trained.model)}"
                raise AuditkitError(
                    f"{trainer.id}: the model in Trained must be a new Model, such as model.fresh() after its "
                    f"training; {given} was given"
                )
            # before completion, for controls and reasons name the model
            trained.model.name = name
            result = blank.model_copy(
                update={
                    "controls": tuple(trained.controls), "measurements": tuple(trained.measurements),
                    "figures": tuple(trained.figures), "tables": tuple(trained.tables), "notes": tuple(trained.notes),
                    "definitions": {**blank.definitions, **trained.definitions}, "device": context.device,
                }
            )  # fmt: skip
            result = CheckResult.model_validate(result.model_dump(warnings=False))
        account = completed(result, type(trainer), split)
    except Exception as error:  # a trainer may raise anything at all
        return Child(parent.name, None, _failed(blank, describe(error)))
    return Child(parent.name, trained.model, account)


def _lacking(trainer: Trainer, parent: Model, data: AuditData) -> ErrorInfo | None:
    """The package or the fact about model and data for want of which a trainer cannot work."""
    extra = missing_extra(type(trainer))
    if extra is not None:
        return extra
    reason = missing_needs(type(trainer), parent, data)
    return ErrorInfo(kind="exception", type="CapabilityError", message=f"{trainer.id} {reason}") if reason else None


def _failed(blank: CheckResult, error: ErrorInfo) -> CheckResult:
    return blank.model_copy(update={"status": "error", "error": error, "reason": error.message})
