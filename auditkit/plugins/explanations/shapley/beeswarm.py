"""Figures of many rows' attributions, by counts alone: a beeswarm in bins, and how attributions go with a value."""

import itertools
from collections.abc import Sequence

import numpy as np

from auditkit.figures import curve, heat_map
from auditkit.plugins.explanations.shared.attributions import mean_of
from auditkit.results import Axis, Figure, Scalar
from auditkit.too_few import fewer_than

SHOWN = 8
"""Features of the beeswarm, the most influential first."""
CURVES = 4
"""Features whose dependence is drawn."""
SWARM_BINS, VALUE_BINS = 7, 5
OUTER = 0.9
"""The share of the sizes of attributions that lie within the outer edges."""


def beeswarm(values: np.ndarray, names: Sequence[str], unit: str, minimum: int) -> Figure | None:
    """How many rows have which attribution of each feature: a beeswarm whose points are counted and not drawn.

    Args:
        values: (n, D) attributions.
        names: (D,) of the features.
        unit: of the attributions.
        minimum: cells of fewer rows are left empty.

    Returns:
        None where nine in ten attributions are 0, or no cell is filled.

    Source: Lundberg et al. 2020, From local explanations to global understanding, doi:10.1038/s42256-019-0138-9.
    """
    order = _most_influential(values)[:SHOWN]
    # a share of the rows lies in the outer bins, so that no edge is one row's own number
    top = float(np.quantile(np.abs(values[:, order]), OUTER))
    if top == 0:
        return None
    edges = np.linspace(-top, top, SWARM_BINS - 1)
    spans = [
        f"under {edges[0]:.2g}",
        *(f"{low:.2g} to {high:.2g}" for low, high in itertools.pairwise(edges)),
        f"{edges[-1]:.2g} or more",
    ]
    cells: list[dict[str, Scalar]] = []
    for column in order:
        counts = np.bincount(np.searchsorted(edges, values[:, column], side="right"), minlength=SWARM_BINS)
        for span, count in zip(spans, counts, strict=True):
            share = int(count) / len(values) if count >= minimum else None
            cells.append({"feature": names[column], "attribution": span, "share": share})
    if all(cell["share"] is None for cell in cells):
        return None
    return heat_map(
        "beeswarm",
        "Attributions of the rows",
        cells,
        x=Axis(field="attribution", title="Attribution", unit=unit),
        y=Axis(field="feature", title="Feature"),
        value=Axis(field="share", title="Share of the rows", percent=True),
        caption=f"Each row has one attribution of each feature. Cells of {fewer_than(minimum, 'rows')} are empty.",
    )


def dependence(
    values: np.ndarray, codes: np.ndarray, names: Sequence[str], is_category: np.ndarray, unit: str, minimum: int
) -> Figure | None:
    """The mean attribution of the most influential numbers among the features, over their own values.

    Args:
        values: (n, D) attributions.
        codes: (n, D) the rows.
        names: (D,) of the features.
        is_category: (D,) bool; categories have no order.
        unit: of the attributions.
        minimum: each point is the mean of at least as many rows.

    Returns:
        None where no number has two points.

    Source: Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, SHAP dependence plots, with means in place of points.
    """
    chosen = [column for column in _most_influential(values) if not is_category[column]][:CURVES]
    rows: list[dict[str, Scalar]] = []
    for column in chosen:
        drawn = _points(values[:, column], codes[:, column], minimum)
        if len(drawn) > 1:
            rows += [{"feature": names[column], **point} for point in drawn]
    if not rows:
        return None
    return curve(
        "dependence",
        "Attributions over the value of the feature",
        rows,
        x=Axis(field="place", title="Rank of the value among the rows", percent=True),
        y=Axis(field="attribution", title="Mean attribution", unit=unit),
        series=Axis(field="feature", title="Feature"),
        low="low",
        high="high",
        caption=f"The most influential features that are numbers. Each point is the mean of {minimum} rows or more.",
    )


def _most_influential(values: np.ndarray) -> list[int]:
    return [int(column) for column in np.argsort(-np.abs(values).mean(axis=0), kind="stable")]


def _points(attributions: np.ndarray, column: np.ndarray, minimum: int) -> list[dict[str, Scalar]]:
    """Means over bins of neighbouring values, equal values in one bin, at least `minimum` rows in each."""
    known = np.flatnonzero(~np.isnan(column))
    if not len(known):
        return []
    levels, place, counts = np.unique(column[known], return_inverse=True, return_counts=True)
    # the rank of the middle of each level's rows, so that equal values stand at one place
    ranks = (np.cumsum(counts) - counts / 2) / len(known)
    least = max(minimum, int(np.ceil(len(known) / VALUE_BINS)))
    bins, sizes = np.zeros(len(levels), dtype=int), [0]
    for level, count in enumerate(counts):
        if sizes[-1] >= least:
            sizes.append(0)
        sizes[-1] += int(count)
        bins[level] = len(sizes) - 1
    if len(sizes) > 1 and sizes[-1] < minimum:
        bins[bins == len(sizes) - 1] -= 1
    of_row = bins[place]
    drawn: list[dict[str, Scalar]] = []
    for bin_ in np.unique(of_row):
        inside = of_row == bin_
        if inside.sum() >= minimum:
            mean = mean_of(attributions[known][inside])
            where = float(ranks[place][inside].mean())
            drawn.append({"place": where, "attribution": mean.value, "low": mean.low, "high": mean.high})
    return drawn
