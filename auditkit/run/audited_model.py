"""One model of an audit between its answers and its result: planned, and with what may be written of it settled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.redaction import Scrubber
from auditkit.results import CheckResult, Plan
from auditkit.run.apart import Process
from auditkit.run.context import AuditContext
from auditkit.run.hide import Rule, rules_for
from auditkit.run.plan import Step, make_plan
from auditkit.run.predict import answers_of
from auditkit.run.redaction import scrubber_for
from auditkit.run.request import about
from auditkit.run.train import Child


class Origin(NamedTuple):
    """Where a model comes from."""

    parent: str | None
    """The model that a trainer made it of."""
    accounts: tuple[CheckResult, ...]
    """What trainers say of it, or of those that they failed to make of it."""
    processes: tuple[Process, ...]
    """In which processes these trainers ran."""


@dataclass(frozen=True)
class AuditedModel:
    """What is fixed about a model before anything is measured."""

    context: AuditContext
    """Its request holds the limits that are about this model."""
    predictions: Predictions
    plan: Plan
    """With the limits as the evidence shows them."""
    steps: Sequence[Step]
    rule: Rule
    scrubber: Scrubber
    """Of all models of the audit."""
    origin: Origin
    limited: bool
    """Whether limits were given, be they about other models alone."""
    processes: tuple[Process, ...] = ()
    """In which processes it was made and asked first."""

    @property
    def model(self) -> Model:
        """The model."""
        return self.predictions.model

    @property
    def device(self) -> str:
        """Where its checks run."""
        return self.context.request.device or self.model.device

    @property
    def shelf(self) -> str:
        """Where the run folder keeps its checks; empty where it is the only model."""
        return self.scrubber.text(self.model.name) if self.context.several else ""


def audited_models(
    context: AuditContext, models: Sequence[Model], children: Sequence[Child] = ()
) -> list[AuditedModel]:
    """Every model asked, examined and planned; only then is it known what may be written of each.

    Args:
        context: with limits that are settled.
        models: those that were given, and those that trainers made.
        children: what became of each trainer.

    Raises:
        ConfigError, DataError, ModelError: a model cannot be asked about the data, or a check is not known.
    """
    scrubber = scrubber_for(models, context.data)
    asked = answers_of(context, models)
    answers = [predictions for predictions, _ in asked]
    origins = [_origin(model, children) for model in models]
    contexts = [
        replace(context, request=about(context.request, [account.check for account in origin.accounts]))
        if context.several
        else context
        for origin in origins
    ]
    plans = [
        make_plan(model_context, model, tuple(map(scrubber.record, model_context.request.limits)))
        for model_context, model in zip(contexts, models, strict=True)
    ]
    # the same checks run on every model, so the first plan tells how deep groups are crossed
    order = max((getattr(step.check, "intersections", 1) for step in plans[0][1]), default=1)
    rules = rules_for(context.data, answers, order)
    return [
        AuditedModel(
            model_context,
            predictions,
            *planned,
            rule,
            scrubber,
            origin,
            bool(context.request.limits),
            (*origin.processes, process),
        )
        for model_context, (predictions, process), planned, rule, origin in zip(
            contexts, asked, plans, rules, origins, strict=True
        )
    ]


def _origin(model: Model, children: Sequence[Child]) -> Origin:
    made = [child for child in children if child.model is model]
    # somebody must carry the account of a failure, or it would be in no result at all
    failed = [child for child in children if child.model is None and child.parent == model.name]
    children_of_it = (*made, *failed)
    accounts = tuple(child.measured or child.result for child in children_of_it)
    return Origin(made[0].parent if made else None, accounts, tuple(child.process for child in children_of_it))
