"""The trainer `threshold-optimizer`: the parent's scores, under a threshold for each group."""

import dataclasses
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from auditkit import stats
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.figures import curve
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation import evaluation, groups
from auditkit.plugins.fairness.mitigation.definitions import definitions
from auditkit.plugins.fairness.mitigation.group_thresholds import Rule, Step, fit_rules, learn
from auditkit.plugins.fairness.mitigation.randomized_model import Draw, ThresholdModel
from auditkit.results import Axis, Column, Control, Figure, Scalar, Table
from auditkit.trainers import Trained, Trainer

HARDT = "Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413"
WITHIN = 1e-6
"""How far the expected rates of two groups may be apart: rounding."""


class ThresholdOptimizer(Trainer):
    """Thresholds by group."""

    id: ClassVar[str] = "threshold-optimizer"
    title: ClassVar[str] = "Thresholds by group"
    question: ClassVar[str] = "What does it cost to decide so that a rate is the same in every group?"
    purpose: ClassVar[str] = (
        "The same score can be decided about by another threshold in each group, such that the groups are selected "
        "equally often, or served equally well. The model that scores stays as it is. So the price of parity can be "
        "read off before anybody trains anything anew."
    )
    method: ClassVar[str] = (
        "On the training split fairlearn finds, for each group, the two thresholds and the chance of either that make "
        "the constrained rate the same everywhere at the best objective; for equalized odds some people are decided "
        "about without looking at the score. Each person's chance is then drawn once, by a number computed from the "
        "person's own inputs and a fixed seed: the same person always gets the same decision. People of a group too "
        "small for a threshold of its own, or not seen in training, keep the parent's decision."
    )
    limits: ClassVar[str] = (
        "The new model treats people of equal scores differently by their group, and asks everybody's group: where "
        "that is allowed at all is a question of law. Where a chance lies between 0 and 1, chance decides; the least "
        "change of an input, relevant or not, draws again. The thresholds are fitted to scores on the training split: "
        "where the parent has learnt its training rows by heart, they will not do elsewhere."
    )
    reference: ClassVar[str] = HARDT
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "scores", "labels", "groups", "train", "binary", "table"})
    requires: ClassVar[tuple[tuple[str, str], ...]] = (("fairlearn", "fairlearn"),)
    definitions = definitions(("expected_violation", "decisions_drawn"))
    conditions: ClassVar[frozenset[str]] = frozenset({"constraint"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    attribute: str | None = Field(
        default=None, description="The sensitive attribute, among the inputs; where not given, the first."
    )
    constraint: Literal[
        "demographic_parity",
        "equalized_odds",
        "true_positive_rate_parity",
        "false_positive_rate_parity",
        "true_negative_rate_parity",
        "false_negative_rate_parity",
    ] = Field(default="demographic_parity", description="What is to be equal over the groups.")
    objective: Literal[
        "accuracy_score",
        "balanced_accuracy_score",
        "selection_rate",
        "true_positive_rate",
        "true_negative_rate",
    ] = Field(default="accuracy_score", description="What is to be as large as the constraint allows.")
    grid_size: int = Field(
        default=1000, ge=10, le=100_000, description="Values of the constrained rate that are tried."
    )
    flip: bool = Field(default=False, description="Whether a group's low scores may be selected in place of its high.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.constraint == "equalized_odds" and not self.objective.endswith("accuracy_score"):
            raise ValueError(
                "objective must be accuracy_score or balanced_accuracy_score with the constraint equalized_odds"
            )
        return self

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Find the rules on the training split and put them over the parent's scores.

        Raises:
            ConfigError, DataError: the attribute, or its groups, cannot be used; the model does not see it.
        """
        split = groups.split(context.predictions, self.attribute, self.id)
        reader = learn(split.data, split.attribute, split.codes, self.id)
        is_taken = split.codes >= 0
        scores = context.predictions.scores
        context.progress(0, 2, "thresholds")
        rules = fit_rules(
            scores[is_taken], split.outcomes[is_taken], split.codes[is_taken],
            constraint=self.constraint, objective=self.objective, grid=self.grid_size, flip=self.flip,
        )  # fmt: skip
        new = ThresholdModel(model, split.positive, Draw.of(split.data, context.seed), reader, rules)
        context.progress(1, 2, "controls")
        chance = evaluation.chances(new, split)
        own = Trained(
            model=new,
            controls=(
                Control.within(
                    "constraint-holds", "How far are the groups' expected rates apart on the training split?",
                    _unweighted(self, split, chance), at_most=WITHIN, guards=("expected_violation", "violation_after"),
                    reason="The rules do not do what they were fitted for.",
                ),
            ),
            figures=_figures(split, rules, scores[split.rows]),
            tables=(_table(split, rules),),
        )  # fmt: skip
        return evaluation.accounted(own, self.id, self.constraint, split, context.rng, chance=chance)


def _unweighted(trainer: ThresholdOptimizer, split: groups.Split, chance: np.ndarray) -> float:
    # fairlearn takes no weights here, so what it promises holds without them.
    plain = split._replace(data=dataclasses.replace(split.data, weights=None))
    return stats.widest_gap(groups.shares(trainer.constraint, chance, plain))


def _condition(step: Step) -> str:
    if np.isinf(step.threshold):
        return "everybody" if (step.threshold < 0) == (step.sign == ">") else "nobody"
    return f"score {'above' if step.sign == '>' else 'below'} {step.threshold:.4g}"


def _table(split: groups.Split, rules: list[Rule]) -> Table:
    rows = []
    for group, name in split.visible:
        rule = rules[group]
        steps = [step for step in rule.steps if step.weight > 0]
        text = "; ".join(
            _condition(step) + (f" (chance {step.weight:.3f})" if len(steps) > 1 else "") for step in steps
        )
        rows.append((name, text, rule.ignore, rule.constant if rule.ignore > 0 else None))
    return Table(
        name="rules", title="Who is selected, by group",
        caption="Of two thresholds, one is drawn by its chance. A share of people may be decided about without looking "
        "at their score; the last column is their chance to be selected.",
        columns=(
            Column(name="group", title=split.attribute), Column(name="rule", title="Selected"),
            Column(name="ignored", title="Score not looked at", percent=True),
            Column(name="chance", title="Chance then", percent=True),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _figures(split: groups.Split, rules: list[Rule], scores: np.ndarray) -> tuple[Figure, ...]:
    """The chance to be selected over the score, for each group that something may be said about."""
    if not split.visible:
        return ()
    # Without the ends: one person's extreme score would squeeze all others into a corner of the figure.
    low, high = (float(end) for end in np.quantile(scores, (0.01, 0.99)))
    steps = [step for group, _ in split.visible for step in rules[group].steps if low < step.threshold < high]
    # The chance jumps at a threshold: a point on either side draws the jump upright.
    beside = [np.nextafter(step.threshold, np.inf if step.sign == ">" else -np.inf) for step in steps]
    grid = np.unique([low, high, *(step.threshold for step in steps), *beside])
    points: list[dict[str, Scalar]] = [
        {"score": float(score), "chance": float(chance), "group": name}
        for group, name in split.visible
        for score, chance in zip(grid, rules[group].chance(grid), strict=True)
    ]
    figure = curve(
        "chance-by-score", f"Chance to be selected, by {split.attribute}", points,
        x=Axis(field="score", title="the parent's score, 1st to 99th percentile"),
        y=Axis(field="chance", title="chance to be selected", percent=True),
        series=Axis(field="group", title=split.attribute),
    )  # fmt: skip
    return (figure,)
