"""The reductions approach: a mixture of models, each the best answer to weights that the constraint sets."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np

from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation.fit import Recipe
from auditkit.plugins.fairness.mitigation.groups import Split
from auditkit.plugins.fairness.mitigation.rates import Constraint

MOMENTS = {
    "demographic_parity": "DemographicParity",
    "equalized_odds": "EqualizedOdds",
    "true_positive_rate_parity": "TruePositiveRateParity",
    "false_positive_rate_parity": "FalsePositiveRateParity",
    "error_rate_parity": "ErrorRateParity",
}


class Mixture(NamedTuple):
    """What came out."""

    members: tuple[Model | int, ...]
    """Models; 1 for one that selects everybody, 0 for nobody."""
    weights: tuple[float, ...]
    """Above 0, with sum 1."""
    gap: float
    nu: float
    """The gap at which the run was to end."""
    iterations: int
    fits: int


def reduce(
    recipe: Recipe, split: Split, constraint: Constraint, bound: float, tell: Callable[[int], None], **search: Any
) -> Mixture:
    """Fit the mixture with fairlearn.

    fairlearn sees neither the inputs nor the words of the labels: it is handed row numbers, 0 and 1, and groups as
    numbers. Groups that are left as they are count together as one.

    Args:
        recipe: how copies of the parent are fitted.
        split: the training rows.
        constraint: whose rates are held.
        bound: how far a group's rate may be from everyone's.
        tell: called with the number of models fitted so far; what it raises ends the run.
        search: `eps`, `max_iter` and `nu` of fairlearn's algorithm.

    Source: Agarwal, Beygelzimer, Dudík, Langford and Wallach (2018), A reductions approach to fair classification,
    arXiv:1803.02453, algorithm 1.
    """
    from fairlearn import reductions

    oracle = Oracle(recipe, split, tell)
    moment = getattr(reductions, MOMENTS[constraint])(difference_bound=bound)
    rows = np.arange(len(split.outcomes))[:, None]
    algorithm = reductions.ExponentiatedGradient(oracle, moment, **search)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries deprecate among themselves; the recipe keeps the estimator's
        algorithm.fit(rows, split.outcomes.astype(np.int64), sensitive_features=split.codes)
    with_weight = [
        (algorithm.predictors_[index], float(weight)) for index, weight in algorithm.weights_.items() if weight > 0
    ]
    total = sum(weight for _, weight in with_weight)
    return Mixture(
        tuple(_member(predictor) for predictor, _ in with_weight), tuple(weight / total for _, weight in with_weight),
        float(algorithm.best_gap_), float(algorithm.nu), int(algorithm.last_iter_) + 1, int(algorithm.n_oracle_calls_),
    )  # fmt: skip


class Oracle:
    """An estimator as fairlearn wants it, around models as auditkit has them; it knows the training rows only."""

    def __init__(
        self, recipe: Recipe, split: Split, tell: Callable[[int], None], count: list[int] | None = None
    ) -> None:
        self.recipe, self.split, self.tell = recipe, split, tell
        self.count = [0] if count is None else count
        self.model: Model | None = None
        self._selected: np.ndarray | None = None

    def __deepcopy__(self, memo: Any) -> Self:
        # fairlearn copies the oracle before each fit; models must not be copied, and all copies share one count.
        return type(self)(self.recipe, self.split, self.tell, self.count)

    def fit(self, rows: np.ndarray, outcomes: Any, sample_weight: Any) -> Self:
        """Fit a new copy of the parent on all training rows."""
        self.count[0] += 1
        self.tell(self.count[0])
        positive = self.split.positive
        codes = np.where(np.asarray(outcomes) == 1, positive, 1 - positive)
        self.model = self.recipe.fit(self.split.data.inputs, codes, np.asarray(sample_weight, dtype=np.float64))
        positive_label = self.model.classes[positive]
        self._selected = (self.model.predict(self.split.data.inputs) == positive_label).astype(np.int64)
        return self

    def predict(self, rows: Any) -> np.ndarray:
        """(n,) of 0 and 1 for these row numbers."""
        selected: np.ndarray = present(self._selected, "fitted before")[np.asarray(rows)[:, 0]]
        return selected


def _member(predictor: Any) -> Model | int:
    if isinstance(predictor, Oracle):
        return present(predictor.model, "fitted before")
    return int(predictor.constant)  # fairlearn's own, where one decision was best for everybody
