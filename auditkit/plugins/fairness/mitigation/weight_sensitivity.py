"""Whether an estimator listens to the weights that it takes."""

import numpy as np

from auditkit.data import take_rows
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation.fit import Recipe
from auditkit.plugins.fairness.mitigation.groups import Split
from auditkit.results import Control

TRIED = 1000
"""Rows that each of two trial models is fitted on."""
HEAVY = 20.0
"""How much more one label weighs than the other."""


def weights_heard(recipe: Recipe, split: Split, rng: np.random.Generator) -> Control:
    """Two copies, fitted on the same rows, the positives heavy and then the negatives, must answer differently.

    Args:
        recipe: how copies are fitted.
        split: the training rows.
        rng: draws the rows.
    """
    # Asked about rows that neither copy was fitted on: rows learnt by heart are answered alike whatever the weights.
    order = rng.permutation(len(split.labels))
    rows_fitted, rows_asked = np.array_split(order[: 2 * TRIED], 2)
    heavy = [np.where(split.outcomes[rows_fitted] == label, HEAVY, 1.0) for label in (True, False)]
    models = [
        recipe.fit(take_rows(split.data.inputs, rows_fitted), split.labels[rows_fitted], weights) for weights in heavy
    ]
    return Control.within(
        "weights-heard", "What share of new people is answered otherwise when the other label is made heavy?",
        _moved(models, take_rows(split.data.inputs, rows_asked)), at_least=0.001, on_failure="inconclusive",
        guards=("violation_after", "accuracy_after", "accuracy_cost", "decisions_changed"),
        reason="The estimator takes weights and does not listen to them, so the mitigation did nothing.",
    )  # fmt: skip


def _moved(models: list[Model], inputs: object) -> float:
    first, second = (model.answers(inputs) for model in models)
    is_moved = first.labels != second.labels
    if first.scores is not None and second.scores is not None:
        is_moved = is_moved | (first.scores != second.scores)
    return float(np.mean(is_moved))
