"""From answers to findings: what `robustness.corruptions` says.

With the grid of corruptions, the fall over severities, groups, and what a severity means, as figures and a table.
"""

from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.robustness.corruptions import self_tests
from auditkit.plugins.robustness.corruptions.base import MIDDLE, SEVERITIES, Suite
from auditkit.plugins.robustness.corruptions.corrupted_answers import CorruptedAnswers, corrupted_answers
from auditkit.plugins.robustness.corruptions.group_losses import by_group, gaps, mean_interval, relative_drop_interval
from auditkit.plugins.robustness.corruptions.parameters import Parameters
from auditkit.plugins.robustness.corruptions.suite import suite
from auditkit.plugins.robustness.shares import share_of
from auditkit.results import Axis, Column, Figure, Interval, Measurement, Scalar, Table, Test

AT = SEVERITIES.index(MIDDLE)


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `robustness.corruptions` says about these rows."""
    offers = parameters.offers("corruptions")
    corruptions = suite(data, context.rng, device=context.device, held=parameters.held, offers=offers)
    names = tuple(name for name in corruptions.names if not parameters.corruptions or name in parameters.corruptions)
    if not names:
        reason = "no corruption fits these inputs"
        missing = Measurement(name="mean_accuracy", value=None, reason=reason, validity="inconclusive", unit="share")
        return Findings(measurements=[missing], notes=corruptions.notes)
    answers = corrupted_answers(corruptions, names, data, context)
    groups = by_group(answers, data, AT)
    # Holm's correction is over all tests of the check, so drops and gaps are adjusted together
    tested = _tested(
        [
            *_drops(answers, data.clusters, parameters.shuffles, context.rng),
            *gaps(answers, data, AT, parameters, context.rng),
        ]
    )
    ignored = [] if data.weights is None else ["Weights are not used here: every row counts alike."]
    return Findings(
        measurements=[*_everyone(answers, data.clusters), *groups, *tested],
        controls=self_tests.controls(answers, model, data, context),
        figures=_figures(answers, groups),
        tables=[_strengths(corruptions, names)],
        notes=[*corruptions.notes, *ignored],
    )


def _everyone(answers: CorruptedAnswers, clusters: np.ndarray | None) -> list[Measurement]:
    """Mean, clean, worst, relative, steady, then each corruption; the first may be all that a report shows."""
    n, rows = len(answers.clean), answers.by_row(slice(None))
    accuracy = answers.accuracy
    corruption, level = np.unravel_index(int(accuracy.argmin()), accuracy.shape)
    return [
        Measurement(
            name="mean_accuracy", value=float(rows.mean()), interval=mean_interval(rows, clusters=clusters), n=n,
            unit="share", direction="higher",
        ),
        share_of("clean_accuracy", answers.clean, clusters=clusters),
        Measurement(
            name="worst_accuracy", value=float(accuracy.min()), interval=_worst_interval(answers, clusters), n=n,
            unit="share", direction="higher",
            conditions={"corruption": answers.names[corruption], "severity": SEVERITIES[level]},
        ),
        _relative(answers.clean, rows, clusters),
        share_of(
            "steady_accuracy", answers.clean & answers.right[:, AT].all(axis=0), conditions={"severity": MIDDLE},
            clusters=clusters,
        ),
        *(
            share_of("accuracy", right, conditions={"corruption": name, "severity": severity}, clusters=clusters)
            for name, levels in zip(answers.names, answers.right, strict=True)
            for severity, right in zip(SEVERITIES, levels, strict=True)
        ),
    ]  # fmt: skip


def _worst_interval(answers: CorruptedAnswers, clusters: np.ndarray | None) -> Interval:
    """The smallest of many shares lies between the smallest low and the smallest high end, where all hold at once."""
    n = len(answers.clean)
    # the worst of many is picked after the fact, so the intervals must hold for all of them
    level = stats.sidak_level(0.95, answers.accuracy.size)
    if clusters is None:
        ends = [stats.wilson(int(hits), n, level) for hits in answers.right.sum(axis=2).ravel()]
    else:
        every = answers.right.reshape(-1, n)
        ends = [present(stats.mean_interval(right, level, clusters=clusters), "a share has one") for right in every]
    by_units = "" if clusters is None else ", by units"
    return Interval(
        low=min(end.low or 0.0 for end in ends), high=min(1.0 if end.high is None else end.high for end in ends),
        method=f"Wilson, all corruptions at once (Šidák){by_units}",
    )  # fmt: skip


def _relative(clean: np.ndarray, rows: np.ndarray, clusters: np.ndarray | None) -> Measurement:
    common: dict[str, Any] = {"name": "relative_drop", "unit": "share", "direction": "lower"}
    if not clean.any():
        return Measurement(value=None, reason="no row is decided rightly as it is, so nothing can be lost", **common)
    value = float(1 - rows.mean() / clean.mean())
    interval = relative_drop_interval(clean, rows, clusters=clusters)
    return Measurement(value=value, interval=interval, n=len(clean), **common)


def _drops(
    answers: CorruptedAnswers, clusters: np.ndarray | None, draws: int, rng: np.random.Generator
) -> list[Measurement]:
    """The loss under each corruption of the middle severity, with McNemar's test; of rows in units, by their signs."""
    measurements = []
    for name, after in zip(answers.names, answers.right[:, AT], strict=True):
        lost, gained = int((answers.clean & ~after).sum()), int((~answers.clean & after).sum())
        interval: Interval | None = stats.paired_difference_interval(lost, gained, len(after))
        test = Test(method="McNemar, exact; Holm", p=stats.mcnemar(lost, gained))
        if clusters is not None:
            moved = answers.clean.astype(float) - after
            interval = stats.student_interval(moved, clusters=clusters)
            p = stats.sign_flip_p(moved, clusters, draws, rng)
            test = Test(method=f"{draws} turns of the signs of whole units, by units; Holm", p=p)
        measurements.append(
            Measurement(
                name="accuracy_drop", value=(lost - gained) / len(after),
                interval=interval, n=len(after), unit="share",
                direction="lower",
                conditions={"corruption": name, "severity": MIDDLE},
                test=test,
            )
        )  # fmt: skip
    return measurements


def _tested(measurements: list[Measurement]) -> list[Measurement]:
    """The same with p-values adjusted by Holm over all tests of this check."""
    tests = [measurement.test for measurement in measurements if measurement.test is not None]
    adjusted = iter(stats.holm([test.p for test in tests]).tolist() if tests else [])
    family = f"all {len(tests)} tests of robustness.corruptions"
    return [
        measurement
        if measurement.test is None
        else measurement.model_copy(
            update={"test": measurement.test.model_copy(update={"p_adjusted": next(adjusted), "family": family})}
        )
        for measurement in measurements
    ]


def _figures(answers: CorruptedAnswers, groups: list[Measurement]) -> list[Figure]:
    """A heat map, a curve, and dots by group where groups may be shown."""
    charts = [_grid(answers), _fall(answers)]
    dots = figures.dot_whisker(
        "accuracy-by-group", f"Mean accuracy under corruptions of severity {MIDDLE}, by group",
        [group.model_copy(update={"conditions": {}}) for group in groups if group.name == "mean_accuracy"],
        axis=Axis(field="value", title="Mean accuracy", percent=True, domain=(0, 1)),
        caption="Averaged over the corruptions. Lines are 95 % intervals.",
    )  # fmt: skip
    return [*charts, dots] if dots else charts


def _strengths(suite: Suite, names: tuple[str, ...]) -> Table:
    """What each severity of each corruption does, in words."""
    return Table(
        name="strengths", title="What the severities mean",
        columns=(
            Column(name="corruption", title="Corruption"),
            *(Column(name=f"severity_{severity}", title=f"Severity {severity}") for severity in SEVERITIES),
        ),
        rows=tuple((name, *(suite.strength(name, severity) for severity in SEVERITIES)) for name in names),
    )  # fmt: skip


def _grid(answers: CorruptedAnswers) -> Figure:
    cells: list[dict[str, Scalar]] = [
        {"corruption": name, "severity": str(severity), "accuracy": float(answers.accuracy[corruption, level])}
        for corruption, name in enumerate(answers.names)
        for level, severity in enumerate(SEVERITIES)
    ]
    return figures.heat_map(
        "corruption-grid", "Accuracy under each corruption", cells, x=Axis(field="severity", title="Severity"),
        y=Axis(field="corruption", title="Corruption"), value=Axis(field="accuracy", title="Accuracy", percent=True),
        caption=f"Without a corruption {answers.clean.mean():.1%} of the same rows are decided rightly.",
    )  # fmt: skip


def _fall(answers: CorruptedAnswers) -> Figure:
    points: list[dict[str, Scalar]] = []
    for level, severity in enumerate((0, *SEVERITIES)):
        rows = answers.by_row(slice(level - 1, level)) if level else answers.clean.astype(float)
        ends = mean_interval(rows)
        # the smallest of many shares has no simple interval, so the line has no band
        worst = float(answers.accuracy[:, level - 1].min()) if level else float(answers.clean.mean())
        points += [
            {"which": "mean", "severity": severity, "accuracy": float(rows.mean()), "low": ends.low, "high": ends.high},
            {"which": "worst", "severity": severity, "accuracy": worst, "low": None, "high": None},
        ]
    return figures.curve(
        "accuracy-over-severity", "Accuracy over the severity of corruptions", points,
        x=Axis(field="severity", title="Severity"),
        y=Axis(field="accuracy", title="Accuracy", percent=True, domain=(0, 1)),
        series=Axis(field="which", title="Over the corruptions"), low="low", high="high",
        caption="Severity 0 is without a corruption. The band is a 95 % interval of the mean; the worst has none here.",
    )  # fmt: skip
