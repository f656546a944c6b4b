"""The trainer `smoothing-noise`: a new network that was trained on noisy rows, so that smoothing certifies more."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import CapabilityError
from auditkit.models import Model
from auditkit.plugins.robustness.noise_space import unfit
from auditkit.plugins.robustness.training.definitions import definitions
from auditkit.predictions import Predictions
from auditkit.results import Control
from auditkit.trainers import Trained, Trainer

COHEN = "Cohen, Rosenfeld and Kolter, 2019, Certified Adversarial Robustness via Randomized Smoothing, arXiv:1902.02918"
NAME = "noisy_accuracy"
ROWS = 2000
"""Training rows on whose noisy copies the new model and its parent are tried."""


class SmoothingNoise(Trainer):
    """Training on noisy rows."""

    id: ClassVar[str] = "smoothing-noise"
    title: ClassVar[str] = "Training under noise"
    question: ClassVar[str] = "What does a model cost that decides noisy inputs well enough to be certified?"
    purpose: ClassVar[str] = (
        "Randomised smoothing proves that a decision holds, but only where the model is right about noisy copies of "
        "an input. A model that has never seen noise is not, and little can be proven. Training on noisy rows makes "
        "more of it provable, at the price of accuracy; so the new model is audited beside its parent."
    )
    method: ClassVar[str] = (
        "An untrained copy is trained on the training split. Each time a row is learned, new Gaussian noise of "
        "standard deviation sigma is added to every number that may change, in the units of the check of "
        "certificates. Then both models decide about the same noisy copies of training rows."
    )
    limits: ClassVar[str] = (
        "Nothing is certified here: the check of certificates, run on the new model with the same sigma, does that, "
        "and what it proves is about the vote over noisy copies. A model trained for one sigma is certified well for "
        "that sigma only. The numbers here are of rows that the model was trained on."
    )
    reference: ClassVar[str] = COHEN
    needs: ClassVar[frozenset[str]] = frozenset(
        {"torch_module", "gradients", "labels", "train", "binary", "multiclass"}
    )
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("torch", "torch"),)
    conditions: ClassVar[frozenset[str]] = frozenset({"sigma"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    presets = {"quick": {"epochs": 20}, "standard": {"epochs": 40}, "thorough": {"epochs": 100}}
    definitions = definitions(
        NAME, "Accuracy under noise on the training split",
        "share of training rows of which one noisy copy is decided rightly", COHEN,
    )  # fmt: skip

    sigma: float = Field(
        default=0.1,
        gt=0,
        le=10,
        description="Standard deviation of the noise, in units of the training split's range; as for certificates.",
    )
    epochs: int = Field(default=40, ge=1, le=10_000, description="Passes over the training split.")
    batch_size: int = Field(default=64, ge=2, description="Rows in a step.")
    learning_rate: float = Field(default=3e-3, gt=0, allow_inf_nan=False, description="Step size of Adam, at first.")

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Train an untrained copy on noisy rows.

        Raises:
            CapabilityError: no noise can be added to these inputs.
            DataError: no training row has a known label.
            ModelError: the network cannot be trained, and why; or the training diverged.
        """
        import torch
        from torch.nn import functional

        from auditkit.plugins.robustness.training import evaluation, fit, split as splits
        from auditkit.plugins.robustness.training.noise import Noise, decided, mean_loss

        before = model.fingerprint
        known = splits.labelled(data, context.predictions)
        parent = Predictions(model, known)
        parent_right = parent.codes == parent.truth  # asked first: the model says then what its output is
        reason = unfit(model, known)
        if reason is not None:
            raise CapabilityError(f"{model.name}: smoothing-noise {reason}")
        noise = Noise(model, known, self.sigma, context.seed)
        classes = torch.tensor(parent.truth, device=noise.like.device)
        # other noise than the training's, and drawn once, so that all that is compared meets the same
        rows = np.sort(context.rng.permutation(len(known))[:ROWS])
        copies = Noise(model, known, self.sigma, context.seed + 1).copies(rows)
        with fit.seeded(model, context.seed):
            fresh = splits.untrained(model)
            module = splits.trainable(fresh)
            surface = splits.identity(module, fresh, noise.like)
            untrained = mean_loss(fresh, copies, classes[rows])

            def noisy_loss(indices: torch.Tensor, share: float) -> torch.Tensor:
                return functional.cross_entropy(surface(noise.copies(indices.numpy())), classes[indices])

            history = fit.fit(
                module, len(known), noisy_loss,
                epochs=self.epochs, batch_size=self.batch_size, learning_rate=self.learning_rate,
                progress=lambda done, all: context.progress(done, all, "steps"),
            )  # fmt: skip
            trained = mean_loss(fresh, copies, classes[rows])
        fresh.name = f"{model.name} ({self.id})"
        new = Predictions(fresh, known)
        noisy = evaluation.Pair(*(decided(candidate, copies) == parent.truth[rows] for candidate in (fresh, model)))
        clean = evaluation.Pair(new.codes == new.truth, parent_right)
        measurements = evaluation.measurements(clean, noisy, NAME, {"sigma": self.sigma})
        return Trained(
            model=fresh,
            measurements=measurements,
            controls=(
                *evaluation.controls(model.fingerprint != before, untrained, trained, noisy, NAME),
                _control(noise.level, noise.numbers),
            ),
            figures=evaluation.drawn(history, measurements, "Of noisy rows, with new noise in every epoch."),
            notes=evaluation.notes(
                len(known), len(data) - len(known), data.weights is not None, noise.noise_space.space.free
            ),
        )  # fmt: skip


def _control(level: float | None, numbers: int) -> Control:
    # four standard errors of a standard deviation, where there were few numbers
    tolerance = max(0.02, 4 * (0.5 / max(1, numbers)) ** 0.5)
    return Control.within(
        "noise-level", "What is the standard deviation of the noise that was trained on, over sigma?", level,
        at_least=1 - tolerance, at_most=1 + tolerance, guards=(f"train_{NAME}", f"{NAME}_gain"),
        reason="The noise trained on is not the noise that was asked for.",
    )  # fmt: skip
