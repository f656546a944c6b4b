"""Figures and the table: the grid of corruptions, the fall over severities, groups, and what a severity means."""

from auditkit import figures
from auditkit.plugins.robustness.corruptions.base import MIDDLE, SEVERITIES, Suite
from auditkit.plugins.robustness.corruptions.corrupted_answers import CorruptedAnswers
from auditkit.plugins.robustness.corruptions.group_losses import mean_interval
from auditkit.results import Axis, Column, Figure, Measurement, Scalar, Table


def pictures(answers: CorruptedAnswers, groups: list[Measurement]) -> list[Figure]:
    """A heat map, a curve, and dots by group where groups may be shown."""
    charts = [_grid(answers), _fall(answers)]
    dots = figures.dot_whisker(
        "accuracy-by-group", f"Mean accuracy under corruptions of severity {MIDDLE}, by group",
        [group.model_copy(update={"conditions": {}}) for group in groups if group.name == "mean_accuracy"],
        axis=Axis(field="value", title="Mean accuracy", percent=True, domain=(0, 1)),
        caption="Averaged over the corruptions. Lines are 95 % intervals.",
    )  # fmt: skip
    return [*charts, dots] if dots else charts


def strengths(suite: Suite, names: tuple[str, ...]) -> Table:
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
        points.append(
            {"which": "mean", "severity": severity, "accuracy": float(rows.mean()), "low": ends.low, "high": ends.high}
        )
        points.append({"which": "worst", "severity": severity, "accuracy": worst, "low": None, "high": None})
    return figures.curve(
        "accuracy-over-severity", "Accuracy over the severity of corruptions", points,
        x=Axis(field="severity", title="Severity"),
        y=Axis(field="accuracy", title="Accuracy", percent=True, domain=(0, 1)),
        series=Axis(field="which", title="Over the corruptions"), low="low", high="high",
        caption="Severity 0 is without a corruption. The band is a 95 % interval of the mean; the worst has none here.",
    )  # fmt: skip
