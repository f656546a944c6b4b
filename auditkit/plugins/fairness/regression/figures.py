"""The figures of fairness of predicted numbers."""

from collections.abc import Sequence

import numpy as np

from auditkit import figures
from auditkit.plugins.fairness.regression.definitions import DEFINITIONS, KS
from auditkit.plugins.fairness.shared.partition import Split
from auditkit.results import Axis, Figure, Measurement, Rule
from auditkit.too_few import fewer_than

BEYOND = 10
"""People who must lie beyond a quantile that is drawn, and between two of them."""
POINTS = 99


def draw(
    per_group: Sequence[Measurement],
    between: Sequence[Measurement],
    splits: Sequence[Split],
    predicted: np.ndarray,
    weights: np.ndarray | None,
    minimum: int,
) -> list[Figure]:
    """Residuals per group, quantiles of predictions, disparities."""
    residuals = [
        measurement for measurement in per_group if measurement.name == "mean_residual" and len(measurement.slice) <= 1
    ]
    dots = figures.dot_whisker(
        "mean_residual", "Mean residual per group", residuals,
        axis=Axis(field="value", title="Mean residual (prediction - label)", unit="label units"),
        caption="Dots are means of prediction - label, lines 95 % Student intervals. Above 0: predicted too high.",
        rules=[Rule(value=0.0, label="no error on average")],
    )  # fmt: skip
    curves = [
        _quantiles(split, predicted, weights, max(BEYOND, minimum)) for split in splits if len(split.attributes) == 1
    ]
    forests = [
        figures.forest(
            name, title, [measurement for measurement in between if measurement.name in names],
            axis=Axis(field="value", title=title), rules=[Rule(value=still, label=label)],
            caption=f"Lines are 95 % intervals that hold for all pairs of groups at once. At {still:.0f} all are "
            "equal.",
        )
        for name, title, names, still, label in (
            ("differences", "Differences, in units of the label",
             [name for name, definition in DEFINITIONS.items() if definition.direction == "lower" and name != KS], 0.0,
             "no difference"),
            ("distances", "Kolmogorov-Smirnov distances", [KS], 0.0, "no difference"),
            ("ratios", "Ratios of errors",
             [name for name, definition in DEFINITIONS.items() if definition.direction == "higher"],
             1.0, "equal"),
        )
    ]  # fmt: skip
    return [figure for figure in (dots, *curves, *forests) if figure is not None]


def _quantiles(split: Split, predicted: np.ndarray, weights: np.ndarray | None, beyond: int) -> Figure | None:
    """Quantiles of the predictions of every group that may be shown; none that fewer than `beyond` people exceed."""
    points: list[dict[str, str | float]] = []
    for group, name in enumerate(split.names):
        is_member = split.codes == group
        values, group_weights = predicted[is_member], None if weights is None else weights[is_member]
        shares = inner_shares(len(values), beyond)
        if len(shares):
            heights = quantiles(values, group_weights, shares)
            points += [
                {"share": float(share), "prediction": float(value), "group": name}
                for share, value in zip(shares, heights, strict=True)
            ]
    if not points:
        return None
    return figures.curve(
        f"quantiles_{split.attributes[0]}",
        f"Quantiles of predictions per {split.attributes[0]}",
        points,
        x=Axis(field="share", title="Share of the group at or below", percent=True, domain=(0, 1)),
        y=Axis(field="prediction", title="Prediction", unit="label units"),
        series=Axis(field="group", title="Group"),
        caption=f"Where curves lie apart, groups get different predictions. Ends with {fewer_than(beyond, 'people')} "
        "beyond them are not drawn.",
    )


def inner_shares(people: int, beyond: int) -> np.ndarray:
    """At most 99 shares between 0 and 1 with at least `beyond` people on either side and between two of them."""
    # A quantile near an end is nearly somebody's own prediction.
    count = min(POINTS, people // beyond - 1)
    return np.linspace(beyond / people, 1 - beyond / people, count) if count > 1 else np.full(max(0, count), 0.5)


def quantiles(values: np.ndarray, weights: np.ndarray | None, shares: np.ndarray) -> np.ndarray:
    """The values with these shares of the rows (of the weight) at or below; between two rows in a straight line.

    With weights a share counts rows for what may be drawn, and weight for where it is drawn.
    """
    if weights is None:
        return np.asarray(np.quantile(values, shares))
    order = np.argsort(values, kind="stable")
    # A row stands in the middle of its own weight, so that the ends are not drawn out to the extremes.
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    rows = (np.arange(len(values)) + 0.5) / len(values)
    low, high = np.interp([shares[0], shares[-1]], rows, reached)
    return np.asarray(np.interp(np.clip(shares, low, high), reached, values[order]))
