"""The trainer `reweighing`: the same kind of model, fitted on rows whose weights undo what groups say about labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation.definitions import definitions
from auditkit.results import Column, Control, Measurement, Table
from auditkit.trainers import Trained, Trainer

if TYPE_CHECKING:
    from auditkit.plugins.fairness.mitigation.groups import Split

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
        from auditkit.plugins.fairness.mitigation import evaluation, fit, groups, weight_sensitivity

        before = model.fingerprint
        recipe = fit.Recipe(model, context.seed, self.id)
        split = groups.split(context.predictions, self.attribute, self.id)
        table, by_cell, weights = weigh(split)
        context.progress(0, 3, "fitting")
        new = recipe.fit(split.data.inputs, split.labels, weights)
        new.name = f"{model.name} ({self.id})"
        context.progress(1, 3, "controls")
        selected = evaluation.selections(new, split)
        listens = weight_sensitivity.weights_heard(recipe, split, context.rng)
        measurements = evaluation.compared("demographic_parity", split, selected)
        return Trained(
            model=new,
            measurements=(*measurements, *_measurements(split, table, by_cell)),
            controls=(
                *_controls(split, weights),
                listens,
                evaluation.unchanged(model, before),
                evaluation.same_twice(new, split, selected, context.rng),
            ),
            figures=evaluation.pictured(measurements, "demographic_parity"),
            tables=(evaluation.moved(split, selected), _table(split, by_cell)),
            notes=(*evaluation.notes(split, weights_used=True), *recipe.notes),
        )


def weigh(split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People by group and label (G, 2), the weight of each cell (G, 2), and the weight of each row (N,).

    People of groups that are left as they are keep their own weight. Row weights of the data are multiplied with.
    """
    from auditkit.counts import Encoded, count
    from auditkit.plugins.fairness.mitigation.weights import reweigh

    inside = split.codes >= 0
    own = None if split.data.weights is None else split.data.weights[inside]
    encoded = Encoded(split.names, split.codes[inside])
    counts = count({split.attribute: encoded}, split.outcomes[inside], weights=own)
    table = counts.over((split.attribute,)).tally.weight.sum(axis=1)[:, :2]
    by_cell = reweigh(table)
    weights = np.ones(len(split.codes)) if split.data.weights is None else split.data.weights.copy()
    weights[inside] *= by_cell[split.codes[inside], split.outcomes[inside].astype(np.int64)]
    return table, by_cell, weights


def _measurements(split: Split, table: np.ndarray, by_cell: np.ndarray) -> tuple[Measurement, ...]:
    from auditkit.plugins.fairness.mitigation.evaluation import between
    from auditkit.plugins.fairness.mitigation.rates import members, shares
    from auditkit.stats import Shares

    labels = split.outcomes.astype(np.float64)
    parts = shares("demographic_parity", labels, split)
    (who,) = members("demographic_parity", labels, split)
    who = who._replace(rate="share_of_positive_labels")
    weighted = table * by_cell
    after = Shares(weighted[:, 1], weighted.sum(axis=1))
    seen, n = by_cell[split.shown], int(split.rows.sum())
    few = None if len(seen) else "no group may be shown"
    return (
        between("label_gap_before", parts, [who], split),
        between("label_gap_after", [after], [who._replace(values=after.rates)], split, exact=True),
        Measurement(
            name="smallest_weight", value=None if few else float(seen.min()), reason=few, exact=few is None, n=n
        ),
        Measurement(
            name="largest_weight", value=None if few else float(seen.max()), reason=few, exact=few is None, n=n,
            direction="lower",
        ),
    )  # fmt: skip


def _controls(split: Split, weights: np.ndarray) -> tuple[Control, ...]:
    from auditkit.plugins.fairness.mitigation.weights import dependence

    inside = split.codes >= 0
    own = np.ones(len(weights)) if split.data.weights is None else split.data.weights
    return (
        Control.within(
            "labels-independent", "How far are weighted labels from being independent of the group, row by row?",
            dependence(split.codes[inside], split.outcomes[inside], weights[inside]), at_most=1e-9,
            reason="The weights do not do what they are for.",
        ),
        Control.within(
            "weight-kept", "By what share does the sum of the weights change?",
            abs(float(weights.sum() / own.sum()) - 1), at_most=1e-9,
            reason="Weights that add up to something else make the copy more or less bold than its parent.",
        ),
    )  # fmt: skip


def _table(split: Split, by_cell: np.ndarray) -> Table:
    return Table(
        name="weights", title="Weight of a training row, by group and label",
        caption="Above 1: there are fewer such people than there would be if labels did not depend on the group.",
        columns=(
            Column(name="group", title=split.attribute), Column(name="negative", title="negative label"),
            Column(name="positive", title="positive label"),
        ),
        rows=tuple((name, float(by_cell[at, 0]), float(by_cell[at, 1])) for at, name in split.visible),
    )  # fmt: skip
