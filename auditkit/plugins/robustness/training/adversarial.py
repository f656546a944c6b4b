"""The trainer `adversarial`: a new network that was trained on the worst changes of its rows."""

from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import eats_as_is
from auditkit.plugins.robustness.training.definitions import definitions
from auditkit.predictions import Predictions
from auditkit.results import Control
from auditkit.trainers import Trained, Trainer

MADRY = "Madry et al., 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083"
ZHANG = "Zhang et al., 2019, Theoretically Principled Trade-off between Robustness and Accuracy, arXiv:1901.08573"
NAME = "robust_accuracy"
ROWS = 500
"""Training rows on which the new model and its parent are attacked."""
AS_EATEN = (
    "Preprocessing stands before the network: epsilon is a change of what comes out of it, and columns of two values "
    "are held."
)


class Adversarial(Trainer):
    """Training on the worst small changes of every row."""

    id: ClassVar[str] = "adversarial"
    title: ClassVar[str] = "Adversarial training"
    question: ClassVar[str] = "What does a model cost that keeps its decision under small changes of its input?"
    purpose: ClassVar[str] = (
        "A network that was trained on plain rows can be steered by changes that nobody would notice. Training on the "
        "worst changes of each row is the defence that has stood up best to attacks. The price is accuracy without an "
        "attack, and time; so the new model is audited beside its parent."
    )
    method: ClassVar[str] = (
        "An untrained copy is trained on the training split. For every batch, projected gradient ascent looks for the "
        "change of at most epsilon that hurts most. Variant pgd learns the rows so changed; trades learns the plain "
        "rows and, times beta, that changed rows get the same answer. Epsilon grows over the first part of the "
        "training. Then both models are attacked on the same training rows by an attack that neither was trained "
        "against: Auto-PGD, under cross-entropy and under the margin."
    )
    limits: ClassVar[str] = (
        "It defends against changes of every feature by at most epsilon; larger or other changes may still succeed, "
        "and a stronger attack may find more. The numbers here are of rows that the model was trained on: the audit "
        "of the new model says what it withstands elsewhere. Robust training often costs some groups more accuracy "
        "than others."
    )
    reference: ClassVar[str] = f"{MADRY}; {ZHANG}"
    needs: ClassVar[frozenset[str]] = frozenset(
        {"torch_module", "gradients", "labels", "train", "binary", "multiclass"}
    )
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("torch", "torch"),)
    conditions: ClassVar[frozenset[str]] = frozenset({"epsilon", "norm"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    presets = {"quick": {"epochs": 15}, "standard": {"epochs": 40}, "thorough": {"epochs": 100}}
    definitions = definitions(
        NAME, "Accuracy under attack on the training split",
        "share of training rows decided rightly under every change of at most epsilon that was found", MADRY,
    )  # fmt: skip

    variant: Literal["pgd", "trades"] = Field(
        default="pgd", description="pgd: learn the worst changes; trades: learn to answer them as the row itself."
    )
    epsilon: float = Field(
        default=0.05, gt=0, le=1, description="Change of every feature, in units of its range in the training split."
    )
    steps: int = Field(default=7, ge=1, le=1000, description="Steps of the attack on each batch.")
    beta: float = Field(
        default=6.0, gt=0, allow_inf_nan=False, description="How much trades minds other answers; unused with pgd."
    )
    epochs: int = Field(default=40, ge=1, le=10_000, description="Passes over the training split.")
    batch_size: int = Field(default=64, ge=2, description="Rows in a step.")
    learning_rate: float = Field(default=3e-3, gt=0, allow_inf_nan=False, description="Step size of Adam, at first.")

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train an untrained copy on the worst changes of its rows.

        Raises:
            DataError: no training row has a known label.
            ModelError: the network cannot be trained so, and why; or the training diverged.
        """
        from auditkit.plugins.robustness.training import evaluation, fit, losses, split as splits

        before = model.fingerprint
        known = splits.labelled(data, context.predictions)
        parent = Predictions(model, known)
        parent_right = parent.codes == parent.truth  # asked first: the model says then what its output is
        noise_space = splits.network_space(model, known)
        split = splits.in_units(model, known, noise_space)
        rows = np.sort(context.rng.permutation(len(known))[:ROWS])
        with fit.seeded(model, context.seed):
            fresh = splits.untrained(model)
            surface = split.surface(splits.trainable(fresh), fresh)
            loss = partial(losses.trades, beta=self.beta) if self.variant == "trades" else losses.madry
            lesson = losses.Lesson(split, surface, loss, self.epsilon, self.steps, context.seed)
            untrained = lesson.loss_on(rows)
            history = fit.fit(
                lesson.surface.inner, len(known), lesson.of_batch, epochs=self.epochs, batch_size=self.batch_size,
                learning_rate=self.learning_rate, progress=lambda done, all: context.progress(done, all, "steps"),
            )  # fmt: skip
            trained = lesson.loss_on(rows)
            attacked_pair, flat = losses.attacked((fresh, model), split.take(rows), self.epsilon, context.seed)
        fresh.name = f"{model.name} ({self.id})"
        new = Predictions(fresh, known)
        conditions: dict[str, Any] = {"epsilon": self.epsilon, "norm": "Linf"}
        measurements = evaluation.measurements(
            evaluation.Pair(new.codes == new.truth, parent_right), attacked_pair, NAME, conditions
        )
        return Trained(
            model=fresh,
            measurements=measurements,
            controls=(
                *evaluation.controls(model.fingerprint != before, untrained, trained, attacked_pair, NAME),
                *_controls(lesson.reached, flat),
            ),
            figures=evaluation.drawn(history, measurements, "Under changes, whose size grows over the first part."),
            notes=(
                *evaluation.notes(len(known), len(data) - len(known), data.weights is not None, noise_space.space.free),
                f"Attacked: {len(rows)} of them, by two runs of {losses.STEPS} steps each.",
                *(() if eats_as_is(model, known) else (AS_EATEN,)),
            ),
        )


def _controls(reached: list[float], flat: float) -> tuple[Control, ...]:
    return (
        Control.within(
            "epsilon-reached", "How large was the largest change in the batch where it was smallest, over epsilon?",
            min(reached, default=None), at_least=0.9, at_most=1.001, guards=(f"train_{NAME}", f"{NAME}_gain"),
            on_failure="note", reason="The attack in the training did not go as far as it was allowed to.",
        ),
        Control.within(
            "slope-to-follow", "On which share of rows does the new model give an attack no slope to follow?", flat,
            at_most=0.05, guards=(f"train_{NAME}", f"{NAME}_gain"), on_failure="inconclusive",
            reason="An attack that has nothing to follow fails, which shows nothing about robustness.",
        ),
    )  # fmt: skip
