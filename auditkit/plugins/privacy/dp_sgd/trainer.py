"""The trainer `dp-sgd`: a new model whose training is bounded in what it can tell about any one row."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.models import Capability, Model
from auditkit.plugins.privacy.accounting import findings as accounting
from auditkit.plugins.privacy.accounting.noise import noise_for
from auditkit.plugins.privacy.accounting.spent import spent
from auditkit.plugins.privacy.dp_sgd.definitions import ABADI, DEFINITIONS
from auditkit.plugins.privacy.dp_sgd.parameters import Parameters
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.trainers import Trained, Trainer

if TYPE_CHECKING:
    from auditkit.plugins.privacy.dp_sgd.canary_audits import Audited
    from auditkit.plugins.privacy.dp_sgd.journal import Journal
    from auditkit.plugins.privacy.dp_sgd.problem import Problem
    from auditkit.plugins.privacy.dp_sgd.training_loop import Training
    from auditkit.plugins.privacy.dp_sgd.untrained import Untrained
    from auditkit.plugins.privacy.gradients.choice import Choice
    from auditkit.plugins.privacy.gradients.engine import Engine


class DpSgd(Parameters, Trainer):
    """Differentially private stochastic gradient descent."""

    id: ClassVar[str] = "dp-sgd"
    title: ClassVar[str] = "Private training (DP-SGD)"
    question: ClassVar[str] = "What does it cost to train a model that discloses little about any single training row?"
    purpose: ClassVar[str] = (
        "Membership inference and memorisation have a bound in a model that was trained with differential privacy: "
        "its answers would have been almost as likely without any one of the rows. The price is accuracy, often more "
        "of it for small groups; so the new model is audited beside its parent."
    )
    method: ClassVar[str] = (
        "An untrained copy of the model is trained on the training split. In every step each row takes part by the "
        "toss of a coin, its gradient is clipped to a norm, and Gaussian noise is added to the sum. Epsilon is "
        "computed by privacy loss distributions and held against two other accountants. Before training and at random "
        "steps of it, the gradients of a few rows are compared with their gradients alone; batch sizes, clipping and "
        "noise are measured, canaries are sought in copies of the training, and all that the new model can reach is "
        "held against what it could reach before."
    )
    limits: ClassVar[str] = (
        "Epsilon and delta are an upper bound on what is lost, computed, not measured; that the controls hold refutes "
        "some mistakes and proves nothing. Every other use of the training rows adds to it."
    )
    reference: ClassVar[str] = ABADI
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "train", "binary", "multiclass", "regression"})
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("opacus", "opacus"), ("dp_accounting", "opacus"))
    conditions: ClassVar[frozenset[str]] = frozenset({"delta", "rows"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    of_training: ClassVar[frozenset[str]] = frozenset(
        {"epsilon", "epsilon_lower", "epsilon_of_rows", "delta", "noise_multiplier", "sample_rate", "steps"}
    )
    presets = {"quick": {"epochs": 10}, "standard": {"epochs": 20}, "thorough": {"epochs": 40}}
    definitions = DEFINITIONS

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train an untrained copy privately.

        Raises:
            ConfigError: a parameter does not fit this training split.
            ModelError: the module cannot be trained privately, and why.
        """
        import torch

        from auditkit.plugins.privacy.dp_sgd.admission import admitted
        from auditkit.plugins.privacy.dp_sgd.distributed import TogetherTraining, processes
        from auditkit.plugins.privacy.dp_sgd.layers import slow_layers
        from auditkit.plugins.privacy.dp_sgd.linear import linear_copy
        from auditkit.plugins.privacy.dp_sgd.state import train_mode
        from auditkit.plugins.privacy.dp_sgd.target_range import answer_in_units
        from auditkit.plugins.privacy.dp_sgd.training_loop import Training
        from auditkit.plugins.privacy.dp_sgd.untrained import untrained_copy

        recipe, delta = self._recipe(data.units)
        copy_of = untrained_copy if Capability.TORCH_MODULE in model.capabilities else linear_copy
        # the CPU's random state is kept in any case
        with torch.random.fork_rng(devices=[] if model.device == "cpu" else [model.device]):
            torch.manual_seed(context.seed)
            copy, problem = copy_of(model, data, self.public, self.rows_per_unit)
            problem = self._in_range(problem, copy, model)
            train_mode(copy.module, copy.public)
            choice = admitted(copy.module, problem, recipe, self.rows_at_once, model.name)
            slow = slow_layers(copy.module, problem.inputs) if choice.refused else []
            shown = self._audited(choice.engine, problem, recipe, delta, context)
            kind = Training if processes() == 1 else TogetherTraining
            training = kind(choice.engine, problem, recipe)
            copy = self._go_on(training, copy, data, delta, context)
            if self.target_range is not None:
                answer_in_units(copy.module, problem.inputs, self.target_range, model.name)
            copy = copy.after_the_steps()
            copy.module.eval()
        fresh = copy.finished()
        fresh.name = f"{model.name} ({self.id})"
        made = self._told(training.journal, choice, copy, (fresh, data), delta)
        return dataclasses.replace(
            made, controls=(*made.controls, *shown.controls), tables=(*made.tables, *shown.tables),
            notes=(*made.notes, *slow),
        )  # fmt: skip

    def _in_range(self, problem: Problem, copy: Untrained, model: Model) -> Problem:
        """The problem with targets between public bounds, where numbers are predicted."""
        from auditkit.plugins.privacy.dp_sgd.target_range import between, layer_of_outputs

        if model.task != "regression":
            if self.target_range is not None:
                raise ConfigError(
                    f"target_range is for models that predict numbers; {model.name} predicts classes. Leave it out"
                )
            return problem
        if self.target_range is not None:
            layer_of_outputs(copy.module, problem.inputs, model.name)
        return between(problem, self.target_range)

    def _audited(self, engine: Engine, problem: Problem, recipe: Recipe, delta: float, context: Context) -> Audited:
        """What canaries show of the training that is about to begin; a time limit holds meanwhile."""
        from auditkit.plugins.privacy.dp_sgd.canary_audits import audited

        repeats = (self.canary_steps, self.twin_steps)
        return audited(engine, problem, recipe, delta, repeats, lambda: context.progress(0, recipe.steps, "steps"))

    def _told(
        self, journal: Journal, choice: Choice, copy: Untrained, trained: tuple[Model, AuditData], delta: float
    ) -> Trained:
        from auditkit.plugins.privacy.dp_sgd import findings, self_tests
        from auditkit.plugins.privacy.dp_sgd.promise import statement, together
        from auditkit.plugins.privacy.dp_sgd.state import public_parts

        recipe, (fresh, data) = journal.recipe, trained
        # counted here, not by the accountant, which a control holds against it
        steps = len(journal.batches)
        phases = ((recipe.noise_multiplier, recipe.sample_rate, steps),)
        cost = spent(phases, delta, self.neighbours, self.trainings)
        measurements = (
            *findings.measurements(recipe, cost, delta, steps, fresh, data),
            *together(recipe, steps * self.trainings, delta, data, self.neighbours),
        )
        copy.refuse_what_changed()  # after the last question about a training row
        for parameter in copy.thawed:
            parameter.requires_grad_(True)
        return Trained(
            model=fresh,
            measurements=measurements,
            controls=(
                *self_tests.controls(journal, cost, choice.error),
                *self_tests.of_state(copy.known, copy.fitted),
            ),
            figures=(accounting.figure(phases, delta, self.neighbours, self.trainings),),
            tables=(
                accounting.table(cost, journal.history, delta, self.neighbours, self.trainings),
                *findings.public_table(public_parts(copy.module, copy.public)),
            ),
            notes=(
                statement(data, self.rows_per_unit),
                *findings.notes(cost, data, self.target_range),
                findings.engine_note(choice),
            ),
        )

    def _go_on(self, training: Training, copy: Untrained, data: AuditData, delta: float, context: Context) -> Untrained:
        """Do the steps that are left, and keep the training on the way where that was asked for."""
        from auditkit.plugins.privacy.dp_sgd.checkpoint import Checkpoint
        from auditkit.plugins.privacy.dp_sgd.distributed import processes
        from auditkit.plugins.privacy.dp_sgd.progress import Progress

        if self.checkpoint is not None and processes() > 1:
            raise ConfigError(
                f"checkpoint: {processes()} processes train together, and would write one file; leave it out, or train "
                "in one process"
            )
        if self.checkpoint is None:
            training.run(Progress(training.recipe, delta, context, lambda: None))
            return copy
        about = {
            **training.recipe._asdict(), "data": data.digest, "public": list(copy.public),
            "target_range": self.target_range,
        }  # fmt: skip
        kept = Checkpoint(self.checkpoint, about)
        before = kept.resume(training)
        copy = copy if before is None else copy._replace(before=before)
        training.run(Progress(training.recipe, delta, context, lambda: kept.save(training, copy.before)))
        return copy

    def _recipe(self, units: int) -> tuple[Recipe, float]:
        if self.batch_size > units:
            raise ConfigError(
                f"batch_size must be at most the {units} units (rows, or persons) of the training split; "
                f"{self.batch_size} was given"
            )
        delta = float(f"{min(1e-5, 0.1 / units):.2g}") if self.delta is None else self.delta
        if not 0 < delta < 1 / units:
            raise ConfigError(
                f"delta must lie above 0 and under 1 / units = {1 / units:.3g}, else a scheme that publishes a row "
                f"whole would satisfy it; {delta:.3g} was given"
            )
        rate = self.batch_size / units
        steps = max(1, round(self.epochs / rate))
        noise = self.noise_multiplier or noise_for(
            self.target_epsilon, rate, steps, delta, self.neighbours, self.trainings
        )
        return Recipe(
            rate, steps, noise, self.max_grad_norm, self.learning_rate, self.momentum, self.optimizer, self.schedule
        ), delta
