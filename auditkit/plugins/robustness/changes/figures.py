"""Pictures and the table: the curve of flip costs, the features that flip most, and the groups."""

from typing import NamedTuple

import numpy as np

from auditkit import figures
from auditkit.data import AuditData
from auditkit.plugins.robustness.changes import shares
from auditkit.plugins.robustness.changes.moves import Moves
from auditkit.plugins.robustness.changes.parameters import Parameters
from auditkit.plugins.robustness.changes.search import Singles
from auditkit.results import Axis, Column, Figure, Measurement, Scalar, Table

POINTS = 21
"""Costs of the curve."""
SHOWN = 15
"""Features in the figure."""


class Row(NamedTuple):
    """What changing one feature alone does."""

    name: str
    kind: str
    near: dict[str, float | None]
    """Share of rows it flips within the cost at which groups are compared; without numbers where these are too few."""
    ever: float | None
    """At any cost that was tried."""
    median: float | None
    """The median cost over the rows that it flips."""
    cheapest: float | None
    """Share of rows for which no other feature flips more cheaply."""


def by_feature(moves: Moves, single: Singles, data: AuditData, cost: float) -> list[Row]:
    """A row for each feature, those that flip most first."""
    costs = single.cheapest(moves)
    least = costs.min(axis=1)
    rows = []
    for column, field in enumerate(moves.fields):
        feature_costs = costs[:, column]
        flips_near, flips_ever = feature_costs <= cost * (1 + 1e-9), np.isfinite(feature_costs)
        is_cheapest = flips_ever & (feature_costs <= least * (1 + 1e-9))  # ties count for every feature that ties
        kind = "category" if not field.numeric else "whole number" if field.whole else "number"
        enough = flips_ever.sum() >= max(1, data.minimum_rate)
        rows.append(
            Row(
                field.name, kind, _share(flips_near, data), _share(flips_ever, data)["share"],
                float(f"{np.median(feature_costs[flips_ever]):.4g}") if enough else None,
                _share(is_cheapest, data)["share"],
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-(row.near["share"] or 0.0), -(row.ever or 0.0), row.name))


def table(rows: list[Row], cost: float) -> Table:
    """What each feature alone does."""
    return Table(
        name="features",
        title="What changing one feature alone does",
        caption=f"Shares of the rows that were changed. Near: at a cost of at most {cost:g}. Median: over the rows "
        "that the feature flips. Shares of a few rows only are left empty, so that no person can be recognised.",
        columns=(
            Column(name="feature", title="Feature"),
            Column(name="kind", title="Kind"),
            Column(name="near", title="Flips near", unit="share", percent=True),
            Column(name="ever", title="Flips at all", unit="share", percent=True),
            Column(name="median", title="Median cost", unit="cost"),
            Column(name="cheapest", title="Is the cheapest flip", unit="share", percent=True),
        ),
        rows=tuple((row.name, row.kind, row.near["share"], row.ever, row.median, row.cheapest) for row in rows),
    )


def pictures(
    parameters: Parameters,
    alone: np.ndarray,
    best: np.ndarray,
    data: AuditData,
    groups: list[Measurement],
    rows: list[Row],
) -> list[Figure]:
    """The curve with its band, bars by feature, dots by group."""
    charts = [_curve(parameters, alone, best, data)]
    bars = [{"feature": row.name, **row.near} for row in rows if row.near["share"]]
    if bars:
        charts.append(
            figures.bars(
                "features-that-flip", "Decisions that one feature alone flips", bars[:SHOWN],
                label=Axis(field="feature", title="Feature"),
                value=Axis(field="share", title="Share of decisions", percent=True), low="low", high="high",
                caption=f"At a cost of at most {parameters.group_cost:g}. Lines are 95 % Wilson intervals.",
            )
        )  # fmt: skip
    dots = figures.dot_whisker(
        "withstanding-by-group", "Decisions that withstand every change found, by group",
        [group for group in groups if group.name == "withstanding_share" and group.value is not None],
        axis=Axis(field="value", title="Share of decisions", percent=True, domain=(0, 1)),
        caption=f"Changes of up to {parameters.depth} features that cost at most {parameters.group_cost:g}.",
    )  # fmt: skip
    return [*charts, dots] if dots else charts


def _curve(parameters: Parameters, alone: np.ndarray, best: np.ndarray, data: AuditData) -> Figure:
    points: list[dict[str, Scalar]] = []
    for name, costs in (("one feature", alone), (f"up to {parameters.depth} features", best)):
        for cost in np.linspace(0, parameters.within[-1], POINTS).tolist():
            measurement = shares.share("withstanding_share", costs > cost * (1 + 1e-9), data, conditions={})
            points.append({"changed": name, "cost": round(cost, 6), **_drawn(measurement)})
    return figures.curve(
        "flip-cost", "Decisions that withstand changes, over their cost", points,
        x=Axis(field="cost", title="Cost of the change"),
        y=Axis(field="share", title="Share of decisions", percent=True, domain=(0, 1)),
        series=Axis(field="changed", title="Changed"), low="low", high="high",
        caption="Changing one feature: exact for the values tried. Changing several: an upper bound. Bands are 95 % "
        "Wilson intervals.",
    )  # fmt: skip


def _share(hits: np.ndarray, data: AuditData) -> dict[str, float | None]:
    """A share of all rows; no numbers where fewer rows than the smallest cell are hit, but some."""
    # a share of so few rows would tell who they are; no row at all tells nobody
    too_few = 0 < hits.sum() < data.minimum_cell
    return _drawn(None if too_few else shares.share("single_flip_share", hits, data, conditions={}))


def _drawn(measurement: Measurement | None) -> dict[str, float | None]:
    """The share and the ends of its interval."""
    ends = measurement.interval if measurement else None
    return {
        "share": measurement.value if measurement else None, "low": ends.low if ends else None,
        "high": ends.high if ends else None,
    }  # fmt: skip
