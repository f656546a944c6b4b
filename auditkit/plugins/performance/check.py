"""The check of performance."""

import numpy as np

from auditkit.checks import WRITTEN_OUT, Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import Mend, Refusal
from auditkit.models import Capability, Model
from auditkit.plugins.performance.definitions import DEFINITIONS, TASKS
from auditkit.plugins.performance.parameters import Parameters

AT_ALERT_RATE = ("recall_at_alert_rate", "precision_at_alert_rate", "cost_per_alert")
ORDERED = ("quadratic_weighted_kappa", "mean_rank_error")
SCORED, LIKELY = frozenset({Capability.SCORES}), frozenset({Capability.PROBABILITIES})


def by_person(data: AuditData) -> bool:
    """Whether a row for each person is needed: there are scores, or numbers to predict."""
    return (
        data.task == "regression"
        or bool(data.order)
        or (data.recorded is not None and data.recorded.scores is not None)
    )


class Quality(Parameters, Check):
    """How good are the answers, for everyone and for every group?

    Every other finding is read against the quality of the model: a fair but useless model is no better than a coin. A
    model that is good on the whole may be poor for one group.

    Binary: accuracy, balanced accuracy, precision, recall; with scores the area under the ROC curve (DeLong) and
    average precision, and where an alert rate is set, recall, precision and cost among the people with the highest
    scores; with probabilities log-loss, Brier score and calibration error. More classes: accuracy, balanced accuracy,
    macro F1, log-loss, calibration error of the likeliest class; where they have an order, quadratic weighted kappa and
    the mean error of ranks. Several labels: the numbers of two classes for each
    label, and over all of them micro and macro averages, subset accuracy, Hamming loss. Numbers: mean absolute error,
    root mean squared error, R². Each with a 95 % interval, overall and per group, beside the accuracy of always giving
    the most common label.

    Quality is measured on these rows, and says nothing about other people or other times. Labels are taken as true.
    """

    id = "performance.quality"
    title = "Quality of the answers"
    reference = "DeLong et al. (1988), Biometrics 44; Guo et al. (2017), arXiv:1706.04599; Wilson (1927), JASA 22"
    needs = frozenset({"labels", "binary", "multiclass", "multilabel", "regression"})
    handles = frozenset({"alike rows", "people"})
    presets = {"quick": {"resamples": 200}, "thorough": {"resamples": 5000}}
    definitions = DEFINITIONS
    conditions = frozenset({"class"})
    for_groups = frozenset(DEFINITIONS) - {"majority_accuracy", "cost_per_alert"}
    asks = {
        **dict.fromkeys(("auc", "average_precision", *AT_ALERT_RATE), SCORED),
        **dict.fromkeys(("log_loss", "brier_score", "calibration_error"), SCORED | LIKELY),
    }
    touches = {"bins": ("calibration_error",), "alert_rate": AT_ALERT_RATE, "alert_cost": ("cost_per_alert",),
               "missed_cost": ("cost_per_alert",)}  # fmt: skip
    higher_level = "Answers on demand would show how quality changes when inputs do."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """A number that is for another task."""
        if name in ORDERED and data.task == "multiclass" and not data.order:
            return 'is measured of classes whose order is stated; write order = ["LOWEST", …, "HIGHEST"] under [data]'
        if data.task in TASKS.get(name, (data.task,)):
            return self._not_set(name)
        measured = [measured_name for measured_name, tasks in TASKS.items() if data.task in tasks]
        return f"is not measured of a {data.task} task; there is: {', '.join(measured)}"

    def _not_set(self, name: str) -> str:
        if name in AT_ALERT_RATE and self.alert_rate is None:
            why = "is measured where the share of people who can be looked into is set"
            return Refusal(why, [Mend(f'checks."{self.id}".alert_rate', 0.01)])
        if name == "cost_per_alert" and self.missed_cost is None:
            return Refusal(
                "is measured where the cost of a missed positive is set", [Mend(f'checks."{self.id}".missed_cost', 10)]
            )
        return ""

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The labels, where there are several; numbers over all of them name none."""
        of_label = data.task == "multilabel" and "binary" in TASKS.get(name, ())
        return {"class": MeasuredAt(data.outputs if of_label else ())}

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Scores and numbers of more people than can be given a row each are not measured."""
        if data.people is None or data.size <= WRITTEN_OUT or not by_person(data):
            return None
        return f"needs a row for each person where there are scores or numbers, and there are over {WRITTEN_OUT:,}"

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measurements overall and per group, controls, figures, the confusion matrix."""
        from auditkit.plugins.performance import findings, several_labels

        # decisions are counted whole rows at a time; the maths of scores and of numbers take a row for each person
        if data.people is not None and by_person(data):
            rows = np.repeat(np.arange(len(data)), data.people)
            data = data.one_row_each()
            context.predictions = context.predictions.take(rows, data)
        find = several_labels.find if data.task == "multilabel" else findings.find
        return find(self, data, context, "queries" if Capability.QUERIES in model.capabilities else "recorded")
