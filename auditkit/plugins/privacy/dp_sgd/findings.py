"""What is told of a private training: its facts and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.accounting import findings
from auditkit.plugins.privacy.accounting.spent import Spent
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.predictions import Predictions
from auditkit.results import Column, Measurement, Table

if TYPE_CHECKING:
    from auditkit.plugins.privacy.dp_sgd.state import PublicPart
    from auditkit.plugins.privacy.gradients.choice import Choice

NOTES = (
    "Not reproducible by design: noise and sampling are seeded by the operating system and the seeds are not "
    "kept, because anyone who knew them could remove the noise.",
    "The noise is not cryptographically secure: it comes from torch's generator in floating point.",
    "The guarantee is about this one training. It covers neither the choice of parameters by looking at the data, nor "
    "the accuracy on the training rows that is reported here. The classes and the number of rows are taken as public.",
)
UNWEIGHTED = "Row weights were not used in training: they would change what clipping bounds."
UNITS = (
    "Targets were learned as they are, for which they should lie about -1 to 1: target_range, public bounds in their "
    "own units, has them learned so."
)
RANGED = (
    "Targets were learned between {low:g} and {high:g}, which are taken as public; those outside were moved to the "
    "ends. The model answers in the target's own units."
)
LOOSE = "An epsilon above 10 promises next to nothing by itself."


def notes(spent: Spent, data: AuditData, target_range: tuple[float, float] | None = None) -> tuple[str, ...]:
    """What must be told beside epsilon."""
    numbers = data.task == "regression"
    beside = (
        (UNWEIGHTED, data.weights is not None), (LOOSE, spent.reported > 10), (UNITS, numbers and target_range is None),
    )  # fmt: skip
    ranged = () if target_range is None else (RANGED.format(low=target_range[0], high=target_range[1]),)
    return (*NOTES, *(note for note, holds in beside if holds), *ranged)


def engine_note(choice: Choice) -> str:
    """How the gradients of single rows were computed, and why not faster."""
    if not choice.refused:
        return f"Gradients of single rows: {choice.engine.name}, which agreed with one backward pass a row."
    refused = "; ".join(f"{name}: {why}" for name, why in choice.refused)
    return f"Gradients of single rows: {choice.engine.name}. Faster ways did not serve ({refused})."


def measurements(
    recipe: Recipe, spent: Spent, delta: float, steps: int, fresh: Model, data: AuditData
) -> tuple[Measurement, ...]:
    """The facts of the training, and how well the new model knows its own split."""
    return (
        *findings.measurements(spent, delta, data.units),
        Measurement(name="noise_multiplier", value=recipe.noise_multiplier, exact=True),
        Measurement(name="sample_rate", value=recipe.sample_rate, exact=True, n=data.units, unit="share"),
        Measurement(name="steps", value=steps, exact=True),
        *_fit(fresh, data),
    )  # fmt: skip


def _fit(fresh: Model, data: AuditData) -> tuple[Measurement, ...]:
    rows, predictions = len(data), Predictions(fresh, data)
    if fresh.task == "regression":
        truth = present(data.labels, "the trainer needs labels").astype(np.float64)
        errors = (predictions.labels - truth) ** 2
        return (
            Measurement(name="train_rmse", value=float(errors.mean()) ** 0.5, exact=True, n=rows, direction="lower"),
        )
    correct = int((predictions.codes == predictions.truth).sum())
    return (
        Measurement(
            name="train_accuracy", value=correct / rows, interval=stats.wilson(correct, rows), n=rows, unit="share",
            direction="higher",
        ),
    )  # fmt: skip


def public_table(parts: Sequence[PublicPart]) -> tuple[Table, ...]:
    """What was kept as it is, because its owner names it as public."""
    if not parts:
        return ()
    columns = (("name", "Part"), ("shape", "Shape"), ("digest", "SHA-256"))
    return (
        Table(
            name="public", title="Parts that are kept, as public",
            caption="The owner says that no training row went into them; nothing here shows it.",
            columns=tuple(Column(name=name, title=title) for name, title in columns),
            rows=tuple((part.name, " x ".join(map(str, part.shape)) or "1", part.digest) for part in parts),
        ),
    )  # fmt: skip
