"""Fitting an untrained copy of the parent on weighted rows, and whether it listens to the weights that it takes."""

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from auditkit.data import take_rows
from auditkit.errors import AuditkitError, ModelError
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation.groups import Split
from auditkit.results import Control
from auditkit.text import one_line

MOST_NOTES = 5
TRIED = 1000
"""Rows that each of two trial models is fitted on."""
HEAVY = 20.0
"""How much more one label weighs than the other."""


class Recipe:
    """How untrained copies of a model are fitted on rows that have weights.

    Args:
        parent: the model to copy; it is never fitted itself.
        seed: for every `random_state` that was left open, so that the same rows and weights give the same model.
        trainer: its id, for messages.

    Raises:
        ModelError: the model is not fitted by `fit(X, y, sample_weight)`, and what to do instead.
    """

    def __init__(self, parent: Model, seed: int, trainer: str) -> None:
        self.parent, self.seed, self.trainer = parent, seed, trainer
        self.notes: list[str] = []
        estimator = parent.estimator()
        if estimator is None or not hasattr(estimator, "fit") or not hasattr(estimator, "get_params"):
            raise ModelError(f"{trainer}: {parent.name}: {_why_not(parent, estimator)}")
        self.weight_name = weight_name(parent.fresh().estimator(), f"{trainer}: {parent.name}")
        self._classes = np.asarray(estimator.classes_)

    def fit(self, inputs: Any, codes: np.ndarray, weights: np.ndarray) -> Model:
        """A new fitted model.

        Args:
            inputs: as the audit data holds them.
            codes: (N,) the position of each label in the parent's classes.
            weights: (N,) not negative.

        Raises:
            ModelError: the estimator failed.
        """
        fresh = self.parent.fresh()
        estimator = fresh.estimator()
        # Only seeds that were left open: a seed that the owner chose is part of the model.
        open_seeds = {
            name: self.seed % 2**31
            for name, value in estimator.get_params(deep=True).items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        }
        estimator.set_params(**open_seeds)
        with self._boundary():
            estimator.fit(self.parent.as_fitted(inputs), self._classes[codes], **{self.weight_name: weights})
            fitted: Model = fresh.fitted()  # type: ignore[attr-defined] # what has a fit is an estimator's adapter
        return fitted

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        """Failures as a ModelError, warnings as notes, each once."""
        # An estimator that is fitted a hundred times gives the same warning a hundred times.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except AuditkitError:
                raise
            except Exception as error:  # an estimator may raise anything
                raise ModelError(
                    f"{self.trainer}: {self.parent.name}: an untrained copy could not be fitted on weighted rows: "
                    f"{type(error).__name__}: {one_line(error, 500)}"
                ) from error
        for warning in caught:
            sentence = f"While fitting: {warning.category.__name__}: {one_line(warning.message, 200)}"
            if sentence not in self.notes and len(self.notes) < MOST_NOTES:
                self.notes.append(sentence)


def weight_name(estimator: Any, subject: str) -> str:
    """What `fit` calls the weights: `sample_weight`, in a Pipeline `step__sample_weight`.

    Args:
        estimator: not fitted.
        subject: for messages.

    Raises:
        ModelError: the estimator that decides takes no weights.
    """
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        return f"{name}__{weight_name(last, subject)}"
    if type(estimator).__name__.endswith("SearchCV"):
        return weight_name(estimator.estimator, subject)
    if "sample_weight" not in inspect.signature(estimator.fit).parameters:
        raise ModelError(
            f"{subject}: fit must take sample_weight, through which this mitigation works; that of "
            f"{type(estimator).__name__} does not. Use threshold-optimizer, which needs scores only, or another "
            "estimator"
        )
    return "sample_weight"


def _why_not(parent: Model, estimator: Any) -> str:
    alternative = "threshold-optimizer needs scores only"
    if estimator is not None and hasattr(estimator, "parameters"):
        return (
            "a torch module is trained by a loop of its own, not by fit(X, y, sample_weight), through which this "
            f"mitigation works; {alternative}"
        )
    if estimator is None and hasattr(parent, "fitted"):
        return (
            "the estimator cannot be fitted anew behind a preprocess of its own; make one Pipeline of both, so that "
            f"it can; {alternative}"
        )
    return (
        f"a {parent.kind} model cannot be fitted anew by fit(X, y, sample_weight), through which this mitigation "
        f"works; {alternative}"
    )


def weight_sensitivity(recipe: Recipe, split: Split, rng: np.random.Generator) -> Control:
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
