"""The trainer `exponentiated-gradient`: a mixture of models that keeps to a constraint.

By the reductions approach: each model is the best answer to weights that the constraint sets.
"""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from auditkit import stats
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation import evaluation, fit, groups
from auditkit.plugins.fairness.mitigation.definitions import definitions
from auditkit.plugins.fairness.mitigation.randomized_model import Draw, MixtureModel
from auditkit.results import Column, Control, Measurement, Table
from auditkit.trainers import Trained, Trainer

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
    recipe: fit.Recipe,
    split: groups.Split,
    constraint: groups.Constraint,
    bound: float,
    tell: Callable[[int], None],
    **search: Any,
) -> Mixture:  # fmt: skip
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
        tuple(_member(predictor) for predictor, _ in with_weight),
        tuple(weight / total for _, weight in with_weight),
        float(algorithm.best_gap_), float(algorithm.nu), int(algorithm.last_iter_) + 1, int(algorithm.n_oracle_calls_),
    )  # fmt: skip


class Oracle:
    """An estimator as fairlearn wants it, around models as auditkit has them; it knows the training rows only."""

    def __init__(
        self, recipe: fit.Recipe, split: groups.Split, tell: Callable[[int], None], count: list[int] | None = None
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
    # fairlearn's own is a constant, where one decision was best for everybody
    return present(predictor.model, "fitted before") if isinstance(predictor, Oracle) else int(predictor.constant)


AGARWAL = "Agarwal et al. (2018), A reductions approach to fair classification, arXiv:1803.02453"


class ExponentiatedGradient(Trainer):
    """A mixture of models under a constraint."""

    id: ClassVar[str] = "exponentiated-gradient"
    title: ClassVar[str] = "Mixture under a fairness constraint"
    question: ClassVar[str] = "How accurate can a model be that keeps a rate nearly the same in every group?"
    purpose: ClassVar[str] = (
        "Among all mixtures of models of the same kind, this looks for the most accurate one in which no group's rate "
        "is farther from everyone's than a bound. The new model does not need to know anybody's group when it is used."
    )
    method: ClassVar[str] = (
        "fairlearn fits untrained copies of the model again and again, each on labels and weights that make the "
        "constraint felt where the mixture so far violates it, and mixes them. Each person is selected with the weight "
        "of the members that would; this is drawn once, by a number computed from the person's own inputs and a fixed "
        "seed: the same person always gets the same decision. The duality gap says how far the mixture may be from "
        "the best; a run that ends before it closes is reported as such."
    )
    limits: ClassVar[str] = (
        "The bound is kept on the training split and before the draw; elsewhere the rates scatter around it. Where the "
        "members disagree about a person, chance decides, and the least change of an input draws again. Several models "
        "must be kept and explained in place of one. A threshold or calibration that was chosen for the parent need "
        "not suit the members."
    )
    reference: ClassVar[str] = AGARWAL
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "groups", "train", "binary"})
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("fairlearn", "fairlearn"),)
    presets = {"quick": {"max_iter": 10}, "standard": {"max_iter": 50}, "thorough": {"max_iter": 100}}
    of_training: ClassVar[frozenset[str]] = frozenset({"best_gap", "members", "iterations", "fits"})
    definitions = definitions(("expected_violation", "decisions_drawn", "best_gap", "members", "iterations", "fits"))
    conditions: ClassVar[frozenset[str]] = frozenset({"constraint"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    attribute: str | None = Field(default=None, description="The sensitive attribute; where not given, the first.")
    constraint: Literal[
        "demographic_parity",
        "equalized_odds",
        "true_positive_rate_parity",
        "false_positive_rate_parity",
        "error_rate_parity",
    ] = Field(default="demographic_parity", description="What is to be nearly equal over the groups.")
    difference_bound: float = Field(
        default=0.01, gt=0, lt=1, description="How far a group's rate may be from everyone's."
    )
    eps: float = Field(default=0.01, gt=0, lt=1, description="How far past the bound the search may stray.")
    max_iter: int = Field(default=50, ge=1, le=10_000, description="Iterations at most; each fits several models.")
    nu: float | None = Field(
        default=None, gt=0, description="The gap that ends the search; where not given, from the errors' spread."
    )

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Fit the mixture on the training split.

        Raises:
            ConfigError, DataError: the attribute, or its groups, cannot be used.
            ModelError: the model cannot be fitted on weighted rows, and why.
        """
        recipe = fit.Recipe(model, context.seed, self.id)
        split = groups.split(context.predictions, self.attribute, self.id)
        weights_control = fit.weight_sensitivity(recipe, split, context.rng)
        mixture = reduce(
            recipe, split, self.constraint, self.difference_bound,
            lambda fits: context.progress(fits, max(fits, 5 * self.max_iter), "models fitted"),
            eps=self.eps, max_iter=self.max_iter, nu=self.nu,
        )  # fmt: skip
        new = MixtureModel(model, split.positive, Draw.of(split.data, context.seed), mixture.members, mixture.weights)
        chance = evaluation.chances(new, split)
        own = Trained(
            model=new,
            measurements=(
                Measurement(name="best_gap", value=mixture.gap, exact=True, direction="lower"),
                Measurement(name="members", value=len(mixture.members), exact=True),
                Measurement(name="iterations", value=mixture.iterations, exact=True),
                Measurement(name="fits", value=mixture.fits, exact=True),
            ),
            controls=(*self._controls(split, mixture, chance), weights_control),
            tables=(_table(self, split, mixture),),
            notes=tuple(recipe.notes),
        )
        return evaluation.accounted(own, self.id, self.constraint, split, context.rng, chance=chance)

    def _controls(self, split: groups.Split, mixture: Mixture, chance: np.ndarray) -> tuple[Control, ...]:
        # Agarwal et al. bound the violation of a nearly best mixture by (1 + 2 gap) / B, and fairlearn's B is 1 / eps.
        beyond = groups.from_overall(self.constraint, chance, split.outcomes, split.codes) - self.difference_bound
        return (
            Control.within(
                "constraint-holds", "How far is a group's expected rate past the bound, on the training split?",
                beyond, at_most=self.eps * (1 + 2 * mixture.gap) + 1e-9, on_failure="inconclusive",
                guards=("expected_violation", "violation_after"),
                reason="The mixture strays farther past the bound than the duality gap allows.",
            ),
            Control.within(
                "converged", "How large is the duality gap, which was to fall below its limit?", mixture.gap,
                at_most=mixture.nu + 1e-8, on_failure="note",
                reason=f"the search ended at iteration {mixture.iterations} with a duality gap of "
                f"{mixture.gap:.3g}, which was to fall below {mixture.nu:.3g}; a larger max_iter may find a fairer or "
                "more accurate mixture.",
            ),
        )  # fmt: skip


def _table(trainer: ExponentiatedGradient, split: groups.Split, mixture: Mixture) -> Table:
    rows = []
    # The heaviest member first.
    order = np.argsort(mixture.weights, kind="stable")[::-1]
    for number, index in enumerate(order, start=1):
        member = mixture.members[index]
        if isinstance(member, int):
            name = "selects everybody" if member else "selects nobody"
            selected = np.full(len(split.outcomes), bool(member))
        else:
            name, selected = f"model {number}", member.predict(split.data.inputs) == member.classes[split.positive]
        gap = stats.widest_gap(groups.shares(trainer.constraint, selected.astype(np.float64), split))
        rows.append((name, mixture.weights[index], float(np.mean(selected == split.outcomes)), gap))
    return Table(
        name="members", title="The models in the mixture", caption="On the training split.",
        columns=(
            Column(name="member", title="Model"), Column(name="weight", title="Weight", percent=True),
            Column(name="accuracy", title="Accuracy", percent=True),
            Column(name="gap", title="Gap between groups", percent=True),
        ),
        rows=tuple(rows),
    )  # fmt: skip
