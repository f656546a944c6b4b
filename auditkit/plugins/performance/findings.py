"""From answers to findings: measurements, controls, figures and tables of quality."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import CapabilityError, present
from auditkit.plugins.performance import alerts, decisions, numbers, probabilities, ranks, self_tests
from auditkit.plugins.performance.definitions import DEFINITIONS
from auditkit.plugins.performance.estimates import Answers, Estimate
from auditkit.plugins.performance.parameters import Parameters
from auditkit.predictions import Predictions
from auditkit.results import Axis, Column, Control, Figure, Level, Measurement, Scalar, Table
from auditkit.smaller import slices_and_smaller

Metric: TypeAlias = Callable[[Answers], Estimate]


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `performance.quality` says about these answers."""
    answers, notes = answers_of(context.predictions, data)
    metrics = metrics_of(parameters, answers, data.task, context.rng)
    if data.order:
        places = context.predictions.ranks_of_classes
        metrics |= {
            "quadratic_weighted_kappa": lambda some: ranks.quadratic_weighted_kappa(some, places),
            "mean_rank_error": lambda some: ranks.mean_rank_error(some, places),
        }
    measurements = [measured(name, metric(answers), {}) for name, metric in metrics.items()]
    if data.task != "regression":
        measurements.append(measured("majority_accuracy", decisions.majority_accuracy(answers), {}))
    looked_into = _looked_into(parameters, answers)
    measurements += looked_into(np.ones(len(answers.truth), dtype=bool), {})
    cells = slices_and_smaller(data)
    for number, cell in enumerate(cells):
        # kept after every group, so that a check that runs out of time leaves what it has
        context.keep(Findings(list(measurements), notes=notes, level=level))
        context.progress(number, len(cells), "groups")
        some = answers.take(cell.rows) if cell.hidden is None else None
        for name, metric in metrics.items():
            estimate = Estimate(None, reason=cell.hidden) if some is None else metric(some)
            measurements.append(measured(name, estimate, cell.where))
        measurements += looked_into(None if some is None else cell.rows, cell.where, cell.hidden)
    return Findings(
        measurements=measurements,
        controls=_controls(parameters, answers, data, context),
        figures=_figures(parameters, measurements, answers, data.task),
        tables=[] if data.task == "regression" else [_confusion_matrix(answers)],
        notes=notes,
        level=level,
    )


def answers_of(predictions: Predictions, data: AuditData) -> tuple[Answers, list[str]]:
    """Truth and answers as the maths wants them, and what is missing among them."""
    if data.task == "regression":
        labels = present(data.labels, "the check needs labels")
        return Answers(
            labels.astype(np.float64),
            predictions.labels,
            weights=data.weights,
            minimum=data.minimum_rate,
            clusters=data.clusters,
        ), []
    notes = []
    scores, chances = None, None
    binary = data.task == "binary"
    try:
        chances = predictions.probabilities
    except CapabilityError:
        notes.append("The model gives no probabilities: log-loss and calibration were not measured.")
    if binary:
        try:
            scores = predictions.scores
        except CapabilityError:
            notes = ["The model gives decisions only: nothing that needs scores or probabilities was measured."]
    positive = predictions.positive if binary else 0
    # a recorded table often holds probabilities in a column that is called a score
    if chances is None and scores is not None and scores.min() >= 0 and scores.max() <= 1:
        chances = np.empty((len(scores), 2))
        chances[:, positive], chances[:, 1 - positive] = scores, 1 - scores
        notes = ["Scores lie between 0 and 1 and are read as probabilities of the positive class."]
    answers = Answers(
        predictions.truth, predictions.codes, tuple(str(label) for label in predictions.classes), positive, scores,
        chances, data.weights, data.minimum_rate, data.people, data.clusters,
    )  # fmt: skip
    return answers, notes


def metrics_of(parameters: Parameters, answers: Answers, task: str, rng: np.random.Generator) -> dict[str, Metric]:
    """{measurement: function} for what this task and these answers allow."""
    if task == "regression":
        return {
            "mean_absolute_error": numbers.mean_absolute_error,
            "root_mean_squared_error": numbers.root_mean_squared_error,
            "r_squared": numbers.r_squared,
        }
    is_binary, has_probabilities = task == "binary", answers.probabilities is not None
    # in the order of the report: decisions, then ranking, then probabilities
    metrics: tuple[tuple[str, Metric, bool], ...] = (
        ("accuracy", decisions.accuracy, True),
        ("balanced_accuracy", decisions.balanced_accuracy, True),
        ("precision", decisions.precision, is_binary),
        ("recall", decisions.recall, is_binary),
        ("macro_f1", lambda some: decisions.macro_f1(some, parameters.resamples, rng), not is_binary),
        ("auc", probabilities.auc, answers.scores is not None),
        ("average_precision", alerts.average_precision, answers.scores is not None),
        ("log_loss", probabilities.log_loss, has_probabilities),
        ("brier_score", probabilities.brier, has_probabilities and is_binary),
        (
            "calibration_error",
            lambda some: probabilities.calibration_error(some, parameters.bins),
            has_probabilities,
        ),
    )
    return {name: metric for name, metric, is_measured in metrics if is_measured}


def _looked_into(parameters: Parameters, answers: Answers) -> Callable[..., list[Measurement]]:
    """What makes the numbers of some rows at the alert rate; none where no rate or no score is there."""
    if parameters.alert_rate is None or answers.scores is None:
        return lambda *_: []
    # the cut is the same for everyone, so a group's numbers are about those of it who are looked into
    alerted = alerts.Alerts.of(answers.scores, answers.weights, parameters.alert_rate)

    def of_rows(rows: np.ndarray | None, where: dict[str, str], hidden: str | None = None) -> list[Measurement]:
        estimates = {
            name: Estimate(None, reason=hidden) if rows is None else metric(answers, alerted, rows)
            for name, metric in (
                ("recall_at_alert_rate", alerts.recall), ("precision_at_alert_rate", alerts.precision)
            )
        }  # fmt: skip
        if parameters.missed_cost is not None and not where:
            estimates["cost_per_alert"] = alerts.cost_per_alert(
                answers, alerted, parameters.alert_cost, parameters.missed_cost
            )
        return [measured(name, estimate, where) for name, estimate in estimates.items()]

    return of_rows


def measured(name: str, estimate: Estimate, where: dict[str, str]) -> Measurement:
    """One number as a measurement, in the unit and the direction of its definition."""
    meaning = DEFINITIONS[name]
    return Measurement(
        name=name, value=estimate.value, reason=estimate.reason, interval=estimate.interval, n=estimate.n,
        units=estimate.units, unit=meaning.unit, direction=meaning.direction, slice=where,
    )  # fmt: skip


def _controls(parameters: Parameters, answers: Answers, data: AuditData, context: Context) -> list[Control]:
    if data.task == "regression":
        recount = self_tests.error_deviation(answers)
        question = "Is the mean squared error the squared bias plus the variance of the errors?"
        placebo = Control.within(
            "shuffled answers",
            "Do shuffled predictions explain nothing (R² of 0 or less)?",
            self_tests.shuffled_fit(answers, parameters.shuffles, context.rng),
            at_most=0.05,
            guards=("r_squared",),
            reason="shuffled predictions look informative, so the real ones cannot be believed",
        )
    else:
        labels = present(data.labels, "the check needs labels")
        recount = self_tests.accuracy_deviation(answers, context.predictions.labels, labels)
        question = "Is the accuracy from the confusion matrix that of comparing decisions and labels row by row?"
        placebo = Control.within(
            "shuffled answers",
            "How many standard errors from chance do shuffled answers score?",
            self_tests.shuffled_scores(answers, parameters.shuffles, context.rng),
            at_most=4.5,
            reason="shuffled answers do not score like chance, so the real ones cannot be believed",
        )
    again = Control.within(
        "recount", question, recount, at_most=1e-9, reason="two ways of counting the same rows disagree",
    )  # fmt: skip
    return [again, placebo]


def _figures(parameters: Parameters, measurements: list[Measurement], answers: Answers, task: str) -> list[Figure]:
    names = ("mean_absolute_error", "r_squared") if task == "regression" else ("accuracy", "balanced_accuracy", "auc")
    drawn = [figures.per_group(name, DEFINITIONS[name], measurements, "95 % intervals.") for name in names]
    if answers.probabilities is not None and len(answers) >= max(1, answers.minimum):
        drawn.append(_calibration(parameters, answers))
    return [figure for figure in drawn if figure is not None]


def _confusion_matrix(answers: Answers) -> Table:
    """How many people have each label and each decision."""
    counts = decisions.confusion(answers, weighted=False).astype(np.int64)
    decided = [Column(name=f"decided_{code}", title=f"Decided {name}") for code, name in enumerate(answers.classes)]
    return Table(
        name="confusion",
        title="Confusion matrix",
        caption="People by label (rows) and decision (columns), unweighted.",
        columns=(Column(name="label", title="Label"), *decided),
        rows=tuple((name, *row) for name, row in zip(answers.classes, counts.tolist(), strict=True)),
        made_of="tp fp fn tn",
    )


def _calibration(parameters: Parameters, answers: Answers) -> Figure:
    """Observed over predicted share, bin by bin, beside the line of perfect calibration."""
    bins = probabilities.bins(*probabilities.confidence(answers), parameters.bins, answers.weights, answers.clusters)
    points: list[dict[str, Scalar]] = []
    for group in bins:
        # the size is the effective number of people, so that weights widen the bar
        low, high = stats.wilson_bounds(group.observed * group.size, group.size)
        points.append(
            {"series": "observed", "predicted": group.predicted, "observed": group.observed, "low": float(low),
             "high": float(high), "people": group.rows}
        )  # fmt: skip
    points += [
        {"series": "perfect", "predicted": end, "observed": end, "low": None, "high": None, "people": None}
        for end in (min(group.predicted for group in bins), max(group.predicted for group in bins))
    ]
    of_class = "of the positive class" if len(answers.classes) == 2 else "of the likeliest class"
    return figures.curve(
        "calibration",
        "Calibration",
        points,
        x=Axis(field="predicted", title=f"Mean predicted probability {of_class}"),
        y=Axis(field="observed", title="Observed share"),
        series=Axis(field="series", title="Line"),
        low="low",
        high="high",
        caption="Each point is a bin of about equally many people, with Wilson's 95 % interval.",
    )
