"""Whether explanations follow the model as well for one group as for another."""

from collections.abc import Sequence

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.explanations.shared.attributions import mean_of
from auditkit.results import Definition, Interval, Measurement, Scalar

DEFINITIONS = {
    "explanation_quality_gap": Definition(
        title="Difference of the deletion gain between groups",
        formula="deletion gain of the group where it is largest - that of the group where it is least, with marginal "
        "fill-in",
        range="0 or more; 0: explanations follow the model equally well for all groups",
        direction="lower",
        unit="share",
        reference="Dai et al. 2022, Fairness via Explanation Quality, arXiv:2205.07277",
        pitfalls="The largest of several differences is above 0 by chance alone. Groups whose outputs hardly move have "
        "less to gain.",
    ),
}


def quality_gap(attribute: str, gained: np.ndarray, groups: Sequence[np.ndarray]) -> Measurement:
    """The difference between the groups with the largest and with the least mean gain.

    Args:
        attribute: of the groups.
        gained: (n,) of each row, of a deletion curve.
        groups: of each group that may be measured, (n,) bool; with fewer than two there is no value.
    """
    means = sorted((mean_of(gained[inside]) for inside in groups if inside.sum() > 1), key=lambda mean: mean.value)
    conditions: dict[str, Scalar] = {"feature": attribute}
    if len(means) < 2:
        why = "no two groups have enough people among the rows whose curves were asked for"
        return Measurement(
            name="explanation_quality_gap", value=None, reason=why, unit="share", direction="lower",
            conditions=conditions,
        )  # fmt: skip
    least, largest = means[0], means[-1]
    # two independent samples: their errors add up in squares
    half = float(np.linalg.norm([mean.value - mean.low for mean in (least, largest) if mean.low is not None]))
    gap = largest.value - least.value
    return Measurement(
        name="explanation_quality_gap", value=gap, n=len(gained), unit="share", direction="lower",
        interval=Interval(low=max(0.0, gap - half), high=gap + half, method="Student t over rows of two groups"),
        conditions=conditions,
    )  # fmt: skip


def measured_groups(data: AuditData) -> dict[str, list[np.ndarray]]:
    """{attribute: masks (n,) of the groups of which a rate may be measured}."""
    masks: dict[str, list[np.ndarray]] = {attribute: [] for attribute in data.groups}
    for cell in data.slices(1):
        (attribute,) = cell.where
        if data.unmeasured(cell, "rows") is None:
            masks[attribute].append(cell.rows)
    return masks
