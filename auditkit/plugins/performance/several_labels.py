"""From answers about several labels to findings: each label as a question of its own, then all of them together."""

from dataclasses import replace

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.performance import label_sets, self_tests
from auditkit.plugins.performance.definitions import DEFINITIONS
from auditkit.plugins.performance.estimates import Answers, Estimate
from auditkit.plugins.performance.findings import answers_of, measured, metrics_of
from auditkit.plugins.performance.label_sets import LabelSets
from auditkit.plugins.performance.parameters import Parameters
from auditkit.results import Axis, Column, Control, Figure, Level, Measurement, Table
from auditkit.smaller import slices_and_smaller
from auditkit.text import number_of

TRIED = 5
"""Labels whose answers are shuffled for the placebo control."""
DRAWN = 30
"""Labels that are drawn at most, those with the lowest F1 first."""


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `performance.quality` says about answers of several labels."""
    questions = [context.predictions.of_label(place) for place in range(len(data.outputs))]
    answers, notes = [], ["Each label is a question of its own, under the condition `class`."]
    for question in questions:
        of_label, sentences = answers_of(question, question.data)
        answers.append(of_label)
        notes += sentences
    sets = LabelSets(
        data.label_sets, _decided(answers), data.outputs, data.weights, data.minimum_rate, data.clusters,
    )  # fmt: skip
    everyone: tuple[dict[str, str], np.ndarray, str | None] = {}, np.arange(len(data)), None
    cells = [everyone, *((cell.where, np.flatnonzero(cell.rows), cell.hidden) for cell in slices_and_smaller(data))]
    measurements: list[Measurement] = []
    for number, (where, rows, hidden) in enumerate(cells):
        # kept after every group, so that a check that runs out of time leaves what it has
        context.keep(Findings(list(measurements), notes=notes, level=level))
        context.progress(number, len(cells), "groups")
        for name, make in label_sets.NUMBERS.items():
            estimate = Estimate(None, reason=hidden) if hidden else make(sets.take(rows))
            measurements.append(measured(name, estimate, where))
        for label, of_label in zip(data.outputs, answers, strict=True):
            some = None if hidden else of_label.take(rows)
            for name, metric in metrics_of(parameters, of_label, "binary", context.rng).items():
                estimate = Estimate(None, reason=hidden) if some is None else metric(some)
                measurements.append(_of_label(measured(name, estimate, where), label))
    return Findings(
        measurements=measurements,
        controls=_controls(parameters, answers, sets, context),
        figures=_figures(measurements),
        tables=[_table(sets)],
        notes=list(dict.fromkeys(notes)),
        level=level,
    )


def _decided(answers: list[Answers]) -> np.ndarray:
    """(n, L) bool: which labels each person was given."""
    return np.column_stack([one.answers == one.positive for one in answers])


def _of_label(measurement: Measurement, label: str) -> Measurement:
    return measurement.model_copy(update={"conditions": {"class": label}})


def _controls(parameters: Parameters, answers: list[Answers], sets: LabelSets, context: Context) -> list[Control]:
    sum_of_labels = sum(
        float(np.average(one.answers != one.truth, weights=sets.weights)) for one in answers
    )  # fmt: skip
    loss = present(label_sets.hamming_loss(replace(sets, minimum=1)).value, "there is a row")
    again = Control.within(
        "recount",
        "Is the Hamming loss the mean over labels of the share of wrong decisions, each counted by itself?",
        abs(loss - sum_of_labels / len(answers)),
        at_most=1e-9,
        reason="two ways of counting the same rows disagree",
    )
    tried = answers[:: max(1, len(answers) // TRIED)][:TRIED]
    placebo = Control.within(
        "shuffled answers",
        f"How many standard errors from chance do shuffled answers of {number_of(len(tried), 'label')} score at most?",
        max(self_tests.shuffled_scores(one, parameters.shuffles, context.rng) for one in tried),
        at_most=4.5,
        reason="shuffled answers do not score like chance, so the real ones cannot be believed",
    )
    return [again, placebo]


def _figures(measurements: list[Measurement]) -> list[Figure]:
    """Recall and precision of each label for everyone, and micro F1 of each group."""
    everyone = [measurement for measurement in measurements if not measurement.slice]
    drawn = []
    for name in ("recall", "precision"):
        own = [measurement for measurement in everyone if measurement.name == name]
        title = f"{DEFINITIONS[name].title} of each label"
        if len(own) > DRAWN:
            own = sorted(own, key=lambda one: -1.0 if one.value is None else one.value)[:DRAWN]
            title += f", the {DRAWN} lowest"
        axis = Axis(field="value", title=DEFINITIONS[name].title, unit="share", percent=True)
        drawn.append(figures.dot_whisker(f"{name}_of_labels", title, own, axis=axis, caption="95 % intervals."))
    drawn.append(figures.per_group("micro_f1", DEFINITIONS["micro_f1"], measurements, "95 % intervals."))
    return [figure for figure in drawn if figure is not None]


def _table(sets: LabelSets) -> Table:
    """How many people have each label, and were given it."""
    both = (sets.truth & sets.decided).sum(axis=0)
    counts = np.column_stack([sets.truth.sum(axis=0), sets.decided.sum(axis=0), both]).tolist()
    return Table(
        name="labels", title="Labels", caption="People by label, unweighted.",
        columns=(
            Column(name="label", title="Label"), Column(name="people", title="People with it"),
            Column(name="decided", title="Decided to have it"), Column(name="right", title="Both"),
        ),
        rows=tuple((name, *row) for name, row in zip(sets.names, counts, strict=True)),
        made_of="tp fp fn tn",
    )  # fmt: skip
