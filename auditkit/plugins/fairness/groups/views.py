"""What the decisions of a model are about: one question for everybody, or of several labels one question for each."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from auditkit.checks import Context
from auditkit.counts import Counts, Encoded, count
from auditkit.data import AuditData
from auditkit.errors import DataError, closest
from auditkit.plugins.fairness.groups.definitions import WHOLE
from auditkit.plugins.fairness.groups.group_table import Groups, Target, tabulate, targets
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.predictions import Predictions
from auditkit.value_spelling import spelling


class View(NamedTuple):
    """One question, with the people counted by group, label and decision."""

    data: AuditData
    """The audit data; of several labels with one of them as the label."""
    predictions: Predictions
    counts: Counts
    tables: list[Groups]
    """Everyone, then the groups of every set of attributes."""
    targets: list[Target]

    def within(self, context: Context) -> Context:
        """The context with the answers to this question."""
        return replace(context, predictions=self.predictions)


def views(parameters: Parameters, data: AuditData, predictions: Predictions, encoded: dict[str, Encoded]) -> list[View]:
    """The one question; of the task multilabel one for each label that is looked at.

    Raises:
        DataError: the parameter `classes` names a label or class that is none.
    """
    if data.order:
        return _ordered(parameters, data, predictions, encoded)
    if data.task != "multilabel":
        return [_view(parameters, data, predictions, encoded, None)]
    for name in parameters.classes:
        if name not in data.outputs:
            raise DataError(
                f"fairness.groups: classes names {name!r}, which is no label; {closest(name, data.outputs)}"
            )
    asked = parameters.model_copy(update={"classes": ()})
    return [
        _view(asked, data.of_label(place), predictions.of_label(place), encoded, name)
        for place, name in enumerate(data.outputs)
        if name in (parameters.classes or data.outputs)
    ]


def _ordered(
    parameters: Parameters, data: AuditData, predictions: Predictions, encoded: dict[str, Encoded]
) -> list[View]:
    """Of ordered classes what is about all of them, and for each but the lowest whether it is reached."""
    whole = _view(parameters, data, predictions, encoded, None)
    whole = whole._replace(targets=[target for target in whole.targets if target.class_index is None])
    asked = parameters.model_copy(update={"classes": ()})
    reached = [
        _view(asked, data.at_least(rank), predictions.at_least(rank), encoded, f"at least {spelling(name)}")
        for rank, name in enumerate(data.order)
        if rank and (not parameters.classes or spelling(name) in parameters.classes)
    ]
    # with whole decisions left out of a rate, who abstained is counted once, with what is about all classes
    for view in reached:
        view.targets[:] = [
            target._replace(measures=tuple(m for m in target.measures if m not in WHOLE)) for target in view.targets
        ]
    return [whole, *reached]


def _view(
    parameters: Parameters, data: AuditData, predictions: Predictions, encoded: dict[str, Encoded], label: str | None
) -> View:
    counts = count(
        encoded, predictions.codes, None if data.labels is None else predictions.truth,
        classes=[spelling(name) for name in predictions.classes], weights=data.weights, people=data.people,
        clusters=data.clusters,
    )  # fmt: skip
    looked_at: Sequence[Target] = targets(parameters, counts, predictions, data.task)
    if label is not None:
        looked_at = [target._replace(conditions={"class": label}) for target in looked_at]
    return View(data, predictions, counts, tabulate(counts, parameters, data), list(looked_at))
