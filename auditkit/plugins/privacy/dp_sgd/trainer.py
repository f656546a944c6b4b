"""The trainer `dp-sgd`: a new model whose training is bounded in what it can tell about any one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from auditkit import stats
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError
from auditkit.figures import curve
from auditkit.models import CLASSIFIER_OUTPUTS, Model
from auditkit.plugins.privacy.accounting import accountants
from auditkit.predictions import Predictions
from auditkit.results import Axis, Column, Control, Definition, Figure, Measurement, Table
from auditkit.text import number_of, one_line
from auditkit.trainers import Trained, Trainer

if TYPE_CHECKING:
    from auditkit.plugins.privacy.dp_sgd.training_loop import Journal, Recipe

ABADI = "Abadi et al., 2016, Deep Learning with Differential Privacy, arXiv:1607.00133"
ROW_ERROR = 1e-3
"""How far, relatively, a row's gradient in company may be from its gradient alone."""
MIXED = (
    "{name}: a row's gradient depends on which rows are beside it (by {error:.1%}), so clipping row by row bounds "
    "nothing. Take out whatever mixes rows, such as a normalisation over the batch; GroupNorm and LayerNorm do not"
)
ONCE = (
    "{name}: the gradients of single rows cannot be computed ({error}). Each layer must see an entry for each row: one "
    "that is given a single entry for the whole batch, such as positions of words (1, T), needs them for each row, as "
    "in position_ids.expand(len(x), -1)"
)
LAYERS = (
    "{name}: cannot be trained privately as it is: {faults}. Replace these layers (BatchNorm by GroupNorm, LSTM and "
    "MultiheadAttention by those of opacus.layers) and train the parent anew"
)
NOTES = (
    "Not reproducible by design: noise and sampling are seeded by the operating system and the seeds are not "
    "kept, because anyone who knew them could remove the noise.",
    "The noise is not cryptographically secure: it comes from torch's generator in floating point.",
    "The guarantee is about this one training. It covers neither the choice of parameters by looking at the data, nor "
    "preprocessing fitted on the training rows, nor the accuracy on the training rows that is reported here.",
)
UNWEIGHTED = "Row weights were not used in training: they would change what clipping bounds."
LOOSE = "An epsilon above 10 promises next to nothing by itself."


class DpSgd(Trainer):
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
        "computed by two accountants, the larger is reported, and a third recomputes it. Before training, the "
        "gradients of a few rows are compared with their gradients alone; during training, batch sizes, clipping and "
        "noise are measured."
    )
    limits: ClassVar[str] = (
        "Epsilon and delta are an upper bound on what is lost, computed, not measured; that the controls hold refutes "
        "some mistakes and proves nothing. Every other use of the training rows adds to it."
    )
    reference: ClassVar[str] = ABADI
    needs: ClassVar[frozenset[str]] = frozenset(
        {"torch_module", "gradients", "labels", "train", "binary", "multiclass"}
    )
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("opacus", "opacus"), ("dp_accounting", "opacus"))
    conditions: ClassVar[frozenset[str]] = frozenset({"delta"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    of_training: ClassVar[frozenset[str]] = frozenset({"epsilon", "delta", "noise_multiplier", "sample_rate", "steps"})
    presets = {"quick": {"epochs": 10}, "standard": {"epochs": 20}, "thorough": {"epochs": 40}}
    definitions = {
        "epsilon": Definition(
            title="Privacy loss, epsilon", range="0 and above", direction="lower", reference=ABADI,
            formula="P(any outcome | data) ≤ e^epsilon P(same | data without a row) + delta; larger of RDP and PRV",
            pitfalls="Of this training alone. An upper bound, exact in that it is computed, not estimated.",
        ),
        "delta": Definition(
            title="Delta", formula="the probability with which the bound of epsilon may fail", range="0 to 1 / rows",
            direction="lower",
        ),
        "noise_multiplier": Definition(
            title="Noise multiplier", formula="standard deviation of the noise / clipping norm", range="above 0",
        ),
        "sample_rate": Definition(
            title="Sampling rate", formula="chance of a row to take part in a step", range="0 to 1", unit="share"
        ),
        "steps": Definition(title="Steps", formula="count, steps on an empty batch included", range="1 and above"),
        "train_accuracy": Definition(
            title="Accuracy on the training split", formula="share decided rightly", range="0 to 1", unit="share",
            direction="higher", pitfalls="Not itself private: do not publish it beside the guarantee.",
        ),
    }  # fmt: skip

    target_epsilon: float = Field(
        default=3.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="Epsilon not to exceed; unused with noise_multiplier.",
    )
    noise_multiplier: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="The noise, where epsilon is to follow from it."
    )
    delta: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Under 1 / rows; where not given, the smaller of 1e-5 and 0.1 / rows.",
    )
    max_grad_norm: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="The norm rows are clipped to.")
    epochs: int = Field(default=20, ge=1, le=10_000, description="Passes over the training split, on average.")
    batch_size: int = Field(default=128, ge=1, description="Rows in a step, on average.")
    learning_rate: float = Field(default=0.5, gt=0, allow_inf_nan=False, description="Step size.")
    momentum: float = Field(default=0.0, ge=0, lt=1, description="Of stochastic gradient descent.")

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train an untrained copy privately.

        Raises:
            ConfigError: a parameter does not fit this training split.
            ModelError: the module cannot be trained privately, and why.
        """
        import torch

        from auditkit.plugins.privacy.dp_sgd import training_loop

        recipe, delta = self._recipe(len(data))
        if model.output not in CLASSIFIER_OUTPUTS:
            model.answers(data.take(np.arange(min(64, len(data)))).inputs)  # it reads its output when first asked
        # the CPU's random state is kept in any case
        with torch.random.fork_rng(devices=[] if model.device == "cpu" else [model.device]):
            torch.manual_seed(context.seed)
            fresh = model.fresh()
            with fresh.module() as asked:  # what is trained is what the new model asks
                module = asked
            inputs, targets, loss = training_loop.problem(model, fresh, data)
            faults = training_loop.unfit_layers(module)
            if faults:
                raise ModelError(LAYERS.format(name=model.name, faults="; ".join(faults[:3])))
            try:
                error = training_loop.per_row_error(module, inputs, targets, loss)
            except (IndexError, RuntimeError) as fault:
                raise ModelError(ONCE.format(name=model.name, error=one_line(fault, 200))) from fault
            if error > ROW_ERROR:
                raise ModelError(MIXED.format(name=model.name, error=error))
            journal = training_loop.train_privately(
                module,
                inputs,
                targets,
                loss,
                recipe,
                lambda step: context.progress(step, recipe.steps, "steps"),
            )
        fresh.name = f"{model.name} ({self.id})"
        # counted here, not by the accountant, which a control holds against it
        steps = len(journal.batches)
        spent = accountants.spent(recipe.noise_multiplier, recipe.sample_rate, steps, delta)
        notes = ((UNWEIGHTED, data.weights is not None), (LOOSE, spent.reported > 10))
        return Trained(
            model=fresh,
            measurements=_measurements(recipe, spent, delta, steps, fresh, data),
            controls=_controls(recipe, journal, spent, error, len(data)),
            figures=(_figure(recipe, delta),),
            tables=(_table(journal, spent),),
            notes=(*NOTES, *(note for note, holds in notes if holds)),
        )

    def _recipe(self, rows: int) -> tuple[Recipe, float]:
        from auditkit.plugins.privacy.dp_sgd.training_loop import Recipe

        if self.batch_size > rows:
            raise ConfigError(f"batch_size must be at most the {rows} training rows; {self.batch_size} was given")
        delta = min(1e-5, 0.1 / rows) if self.delta is None else self.delta
        if not 0 < delta < 1 / rows:
            raise ConfigError(
                f"delta must lie above 0 and under 1 / rows = {1 / rows:.3g}, else a scheme that publishes a row whole "
                f"would satisfy it; {delta:.3g} was given"
            )
        rate = self.batch_size / rows
        steps = max(1, round(self.epochs / rate))
        noise = self.noise_multiplier or accountants.noise_for(self.target_epsilon, rate, steps, delta)
        return Recipe(rate, steps, noise, self.max_grad_norm, self.learning_rate, self.momentum), delta


def _figure(recipe: Recipe, delta: float) -> Figure:
    steps_per_epoch = 1 / recipe.sample_rate
    epochs = range(1, round(recipe.steps / steps_per_epoch) + 1)
    ends = sorted({min(recipe.steps, round(epoch * steps_per_epoch)) for epoch in epochs}) or [recipe.steps]
    noise, rate = recipe.noise_multiplier, recipe.sample_rate
    points = [
        {"epoch": number + 1, "steps": end, "epsilon": accountants.rdp_epsilon(noise, rate, end, delta)}
        for number, end in enumerate(ends)
    ]
    return curve(
        "epsilon-by-epoch", "Privacy spent over the training", points,
        x=Axis(field="epoch", title="epoch"), y=Axis(field="epsilon", title="epsilon (RDP)"),
        caption="By Rényi moments; the epsilon reported is the larger of this and another accountant's.",
    )  # fmt: skip


def _measurements(
    recipe: Recipe, spent: accountants.Spent, delta: float, steps: int, fresh: Model, data: AuditData
) -> tuple[Measurement, ...]:
    predictions = Predictions(fresh, data)
    correct = int((predictions.codes == predictions.truth).sum())
    rows = len(data)
    return (
        Measurement(
            name="epsilon", value=spent.reported, exact=True, n=rows, direction="lower", conditions={"delta": delta}
        ),
        Measurement(name="delta", value=delta, exact=True, n=rows, direction="lower"),
        Measurement(name="noise_multiplier", value=recipe.noise_multiplier, exact=True),
        Measurement(name="sample_rate", value=recipe.sample_rate, exact=True, n=rows, unit="share"),
        Measurement(name="steps", value=steps, exact=True),
        Measurement(
            name="train_accuracy", value=correct / rows, interval=stats.wilson(correct, rows), n=rows, unit="share",
            direction="higher",
        ),
    )  # fmt: skip


def _controls(
    recipe: Recipe, journal: Journal, spent: accountants.Spent, error: float, rows: int
) -> tuple[Control, ...]:
    from auditkit.plugins.privacy.dp_sgd.training_loop import sampling_z

    guards = ("epsilon",)
    # four standard errors of a mean square, where there were few numbers
    loose = max(0.15, 4 * (2 / max(1, journal.numbers)) ** 0.5)
    accounted = sum(steps for _, _, steps in journal.history)
    return (
        Control.within(
            "per-row-gradients", "How far is a row's gradient in a batch from its gradient alone?", error,
            at_most=ROW_ERROR, guards=guards, reason="Where rows influence each other, clipping each of them "
            "bounds nothing.",
        ),
        Control.within(
            "sampling", "How many standard errors are the batch sizes from those of Poisson sampling?",
            sampling_z(journal.batches, rows, recipe.sample_rate), at_most=4, guards=guards,
            reason="Epsilon is computed for Poisson sampling; another way of drawing batches costs more.",
        ),
        Control.within(
            "noise-level", "What is the mean square of the noise added, over what it should be?", journal.noise,
            at_least=1 - loose, at_most=1 + loose, guards=guards, reason="The noise added is not the noise accounted.",
        ),
        Control.within(
            "clipping", "What is the largest clipped sum over its bound?", journal.clipped, at_most=1.01, guards=guards,
            reason="A step moved farther than clipping allows.",
        ),
        Control.within(
            "every-step-counted", "How many steps did the accountant miss?", len(journal.batches) - accounted,
            at_most=0, guards=guards, reason="A step that is not counted loses privacy unseen.",
        ),
        Control.within(
            "second-accountant", "By how much does epsilon exceed what another library computes?",
            None if spent.pld is None else spent.reported - spent.pld, at_least=-0.01, guards=guards,
            reason="The epsilon reported is under that of an independent accountant, or too large to be recomputed.",
        ),
    )  # fmt: skip


def _table(journal: Journal, spent: accountants.Spent) -> Table:
    noise, rate, steps = journal.history[0]
    rows = (("RDP, opacus", spent.rdp), ("PRV, opacus", spent.prv), ("PLD, dp-accounting", spent.pld))
    return Table(
        name="accountants", title="Epsilon by accountant",
        caption=f"Accountant history: noise multiplier {noise:.6g}, sampling rate {rate:.6g}, "
        f"{number_of(steps, 'step')}.",
        columns=(Column(name="accountant", title="Accountant"), Column(name="epsilon", title="Epsilon")), rows=rows,
    )  # fmt: skip
