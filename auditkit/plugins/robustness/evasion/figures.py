"""The figures of evasion: curves over epsilon, groups at one epsilon."""

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.figures import curve, dot_whisker
from auditkit.plugins.robustness.evasion import shares
from auditkit.plugins.robustness.evasion.outcome import Outcome
from auditkit.plugins.robustness.shares import comparable, share_of
from auditkit.results import Axis, Figure, Measurement, Scalar

ACCURACY = Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1))
LINES = 4
"""Groups of one attribute above which their curves could not be told apart."""


def pictures(
    clean: Measurement, robust: list[Measurement], groups: list[Measurement], outcome: Outcome, data: AuditData
) -> list[Figure]:
    """Robust accuracy over epsilon; where groups may be shown, each group's, and all of them at one epsilon."""
    by_size = sorted(robust, key=lambda measurement: float(measurement.conditions["epsilon"] or 0))
    points = [_point(measurement) for measurement in (clean, *by_size)]
    over_epsilon = curve(
        "robust-accuracy", "Accuracy under attack over the size of the change", points,
        x=Axis(field="epsilon", title="epsilon", unit=outcome.norm), y=ACCURACY, low="low", high="high",
        caption="Epsilon 0 is accuracy without an attack; the band is a 95 % interval.",
    )  # fmt: skip
    charts = [over_epsilon]
    if groups:
        size = f"epsilon {groups[0].conditions['epsilon']:g}, {groups[0].conditions['norm']}"
        unconditioned = [group.model_copy(update={"conditions": {}}) for group in groups]  # said once, in the title
        at_one = dot_whisker("robust-accuracy-by-group", f"Accuracy under attack by group ({size})", unconditioned)
        charts += [] if at_one is None else [at_one]
    epsilons = [float(measurement.conditions["epsilon"] or 0) for measurement in by_size]
    return [*charts, *_by_group(outcome, data, epsilons)]


def _by_group(outcome: Outcome, data: AuditData, epsilons: list[float]) -> list[Figure]:
    """A line for each group, for every attribute with a few groups that may be shown."""
    figures = []
    for attribute in data.groups:
        cells, _ = comparable(attribute, data, lambda cell: data.unmeasured(cell, shares.COUNTED))
        if not 2 <= len(cells) <= LINES:
            continue
        points = [
            {**_point(measurement), "group": cell.where[attribute]}
            for cell in cells
            for measurement in (
                share_of("clean_accuracy", outcome.broken_at[cell.rows] > 0),
                *(shares.robust(outcome, epsilon, cell.rows, cell.where) for epsilon in epsilons),
            )
        ]
        figures.append(
            curve(
                f"robust-accuracy-over-{attribute}", f"Accuracy under attack by {attribute}",
                points, x=Axis(field="epsilon", title="epsilon", unit=outcome.norm),
                y=ACCURACY, series=Axis(field="group", title=attribute),
            )
        )  # fmt: skip
    return figures


def _point(measurement: Measurement) -> dict[str, Scalar]:
    """A share over epsilon, which is 0 without an attack."""
    ends = present(measurement.interval, "every share has one")
    return {
        "epsilon": measurement.conditions.get("epsilon", 0.0), "accuracy": measurement.value, "low": ends.low,
        "high": ends.high, "n": measurement.n,
    }  # fmt: skip
