"""The trainer `reweighing`: the same kind of model, fitted on rows whose weights undo what groups say about labels."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from auditkit.checks import Context
from auditkit.counts import Encoded, count
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation import evaluation, fit, groups
from auditkit.plugins.fairness.mitigation.definitions import definitions
from auditkit.results import Column, Control, Measurement, Table
from auditkit.stats import Shares
from auditkit.trainers import Trained, Trainer

KAMIRAN = (
    "Kamiran and Calders (2012), Data preprocessing techniques for classification without discrimination, Knowledge "
    "and Information Systems 33"
)


class Reweighing(Trainer):
    """Fitting on weighted rows."""

    id: ClassVar[str] = "reweighing"
    title: ClassVar[str] = "Reweighing"
    question: ClassVar[str] = "What changes when the model learns from data in which groups do not differ in labels?"
    purpose: ClassVar[str] = (
        "A model learns from its data that one group gets the positive label more often. Reweighing takes that "
        "difference out of the training data, and leaves everything else of it. The new model does not need to know "
        "anybody's group when it is used."
    )
    method: ClassVar[str] = (
        "Each training row gets the weight P(group) P(label) / P(group, label), so that under the weights every group "
        "has the same share of each label. An untrained copy of the model is fitted on these weights. Two trial "
        "copies, fitted with one label made heavy and then the other, must answer differently: an estimator may take "
        "weights and not listen to them."
    )
    limits: ClassVar[str] = (
        "Equal labels in training promise nothing about decisions: a model that is given columns that stand for the "
        "group can tell groups apart as before. A model that fits every training row exactly learns little from "
        "weights. Only one attribute is looked at, not its intersections with others."
    )
    reference: ClassVar[str] = KAMIRAN
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "groups", "train", "binary"})
    of_training: ClassVar[frozenset[str]] = frozenset(
        {"label_gap_before", "label_gap_after", "smallest_weight", "largest_weight"}
    )
    definitions = definitions(("label_gap_before", "label_gap_after", "smallest_weight", "largest_weight"))
    conditions: ClassVar[frozenset[str]] = frozenset({"constraint"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    attribute: str | None = Field(default=None, description="The sensitive attribute; where not given, the first.")

    def train(self, model: Model, data: AuditData, context: Context) -> Trained:
        """Fit an untrained copy on weighted rows.

        Raises:
            ConfigError, DataError: the attribute, or its groups, cannot be used.
            ModelError: the model cannot be fitted on weighted rows, and why.
        """
        recipe = fit.Recipe(model, context.seed, self.id)
        split = groups.split(context.predictions, self.attribute, self.id)
        table, by_cell, weights = weigh(split)
        context.progress(0, 3, "fitting")
        new = recipe.fit(split.data.inputs, split.labels, weights)
        context.progress(1, 3, "controls")
        own = Trained(
            model=new,
            measurements=_measurements(split, table, by_cell),
            controls=(*_controls(split, weights), fit.weight_sensitivity(recipe, split, context.rng)),
            tables=(_table(split, by_cell),),
            notes=tuple(recipe.notes),
        )
        return evaluation.accounted(own, self.id, "demographic_parity", split, context.rng, weights_used=True)


def weigh(split: groups.Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People by group and label (G, 2), the weight of each cell (G, 2), and the weight of each row (N,).

    People of groups that are left as they are keep their own weight. Row weights of the data are multiplied with.
    """
    is_taken = split.codes >= 0
    row_weights = None if split.data.weights is None else split.data.weights[is_taken]
    encoded = Encoded(split.names, split.codes[is_taken])
    counts = count({split.attribute: encoded}, split.outcomes[is_taken], weights=row_weights)
    # The labels were counted as if they were decisions, without labels beside them; so the axis of labels is summed
    # away.
    table = counts.over((split.attribute,)).tally.weight.sum(axis=1)[:, :2]
    by_cell = reweigh(table)
    weights = np.ones(len(split.codes)) if split.data.weights is None else split.data.weights.copy()
    weights[is_taken] *= by_cell[split.codes[is_taken], split.outcomes[is_taken].astype(np.int64)]
    return table, by_cell, weights


def _measurements(split: groups.Split, table: np.ndarray, by_cell: np.ndarray) -> tuple[Measurement, ...]:
    labels = split.outcomes.astype(np.float64)
    parts = groups.shares("demographic_parity", labels, split)
    (who,) = groups.members("demographic_parity", labels, split)
    who = who._replace(rate="share_of_positive_labels")
    weighted = table * by_cell
    after = Shares(weighted[:, 1], weighted.sum(axis=1))
    shown_weights, n = by_cell[split.is_shown], int(split.rows.sum())
    few = None if len(shown_weights) else "no group may be shown"
    return (
        evaluation.between("label_gap_before", parts, [who], split),
        evaluation.between("label_gap_after", [after], [who._replace(values=after.rates)], split, exact=True),
        Measurement(
            name="smallest_weight", value=None if few else float(shown_weights.min()), reason=few, exact=few is None,
            n=n,
        ),
        Measurement(
            name="largest_weight", value=None if few else float(shown_weights.max()), reason=few, exact=few is None,
            n=n, direction="lower",
        ),
    )  # fmt: skip


def _controls(split: groups.Split, weights: np.ndarray) -> tuple[Control, ...]:
    is_taken = split.codes >= 0
    row_weights = np.ones(len(weights)) if split.data.weights is None else split.data.weights
    return (
        Control.within(
            "labels-independent", "How far are weighted labels from being independent of the group, row by row?",
            dependence(split.codes[is_taken], split.outcomes[is_taken], weights[is_taken]), at_most=1e-9,
            reason="The weights do not do what they are for.",
        ),
        Control.within(
            "weight-kept", "By what share does the sum of the weights change?",
            abs(float(weights.sum() / row_weights.sum()) - 1), at_most=1e-9,
            reason="Weights that add up to something else make the copy more or less bold than its parent.",
        ),
    )  # fmt: skip


def _table(split: groups.Split, by_cell: np.ndarray) -> Table:
    return Table(
        name="weights", title="Weight of a training row, by group and label",
        caption="Above 1: there are fewer such people than there would be if labels did not depend on the group.",
        columns=(
            Column(name="group", title=split.attribute), Column(name="negative", title="negative label"),
            Column(name="positive", title="positive label"),
        ),
        rows=tuple((name, float(by_cell[group, 0]), float(by_cell[group, 1])) for group, name in split.visible),
    )  # fmt: skip


def reweigh(table: np.ndarray) -> np.ndarray:
    """(G, C) weights: how much each person of a group with a label counts, P(group) P(label) / P(group, label).

    Under these weights every group has the same share of each label, every group and every label keeps its total, and
    so does the whole.

    Args:
        table: (G, C) people, or sums of weights, by group and label; every one above 0.

    Source: Kamiran and Calders (2012), Data preprocessing techniques for classification without discrimination,
    Knowledge and Information Systems 33, section 4.2.
    """
    return table.sum(axis=1, keepdims=True) * table.sum(axis=0) / (table.sum() * table)


def dependence(group: np.ndarray, label: np.ndarray, weights: np.ndarray) -> float:
    """The largest |P(group, label) - P(group) P(label)| under weights, row by row; 0 where they are independent.

    Args:
        group: (N,) any values.
        label: (N,) any values.
        weights: (N,) not negative.
    """
    total, worst = weights.sum(), 0.0
    for group_value in np.unique(group):
        for label_value in np.unique(label):
            joint = weights[(group == group_value) & (label == label_value)].sum() / total
            product = weights[group == group_value].sum() / total * weights[label == label_value].sum() / total
            worst = max(worst, abs(float(joint - product)))
    return worst
