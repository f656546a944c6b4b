"""The figures: ROC curves, areas, calibration, disparities, gaps over thresholds. Hidden groups are never drawn."""

import numpy as np

from auditkit import figures, stats
from auditkit.plugins.fairness.scores import auc_gaps, calibration
from auditkit.plugins.fairness.scores.measurements import CalibrationFound
from auditkit.plugins.fairness.scores.score_table import BOTH, Partition
from auditkit.plugins.fairness.scores.sweep import Threshold
from auditkit.plugins.fairness.scores.thresholds import CRITERIA, Near
from auditkit.results import Axis, Figure, Measurement, Rule, Scalar

POINTS = 32
"""Points of one curve: some of its own, spread evenly along it."""
DISPARITIES = ("auc_difference", "abroca", "calibration_in_the_large_difference")


def draw(
    measurements: list[Measurement],
    parts: list[Partition],
    calibrated: CalibrationFound,
    near: Near,
    threshold: Threshold,
) -> list[Figure]:
    """Every figure for which there is something to show."""
    areas = [measurement for measurement in measurements if measurement.name == "auc" and len(measurement.slice) <= 1]
    between = [measurement for measurement in measurements if measurement.name in DISPARITIES]
    drawings = (
        figures.dot_whisker(
            "auc", "Area under the ROC curve per group", areas,
            axis=Axis(field="value", title="Area under the ROC curve"), rules=[Rule(value=0.5, label="chance")],
            caption="95 % intervals (DeLong).",
        ),
        *(_roc(part) for part in parts if len(part.attributes) == 1),
        *(
            # Where scores are no probabilities there is no profile.
            _calibration(part, known) for part, known in zip(parts, calibrated.profiles, strict=False)
            if len(part.attributes) == 1
        ),
        figures.forest(
            "disparities", "Differences of scores over groups", between,
            axis=Axis(field="value", title="Difference over groups"), rules=[Rule(value=0.0, label="no difference")],
            caption="Lines are 95 % intervals that hold for all pairs of groups at once.",
        ),
        *(_sweep(name, title, near.curves[name], threshold) for name, title, _ in CRITERIA),
    )  # fmt: skip
    return list(filter(None, drawings))


def _roc(part: Partition) -> Figure | None:
    points: list[dict[str, Scalar]] = []
    for group, name in enumerate(part.names):
        if part.reason(group, BOTH) is None:
            rates = auc_gaps.thinned(part.score_tables[group], POINTS)
            points += [
                {"group": name, "false": round(false, 4), "true": round(true, 4)}
                for false, true in rates.T.tolist()
            ]  # fmt: skip
    if not points:
        return None
    (attribute,) = part.attributes
    return figures.curve(
        f"roc-{attribute}", f"ROC curves by {attribute}", points,
        x=Axis(field="false", title="False positive rate", unit="share", percent=True, domain=(0, 1)),
        y=Axis(field="true", title="True positive rate", unit="share", percent=True, domain=(0, 1)),
        series=Axis(field="group", title=attribute),
        caption="One point for each threshold, at most 32 of a group. Where the curves of two groups lie apart, "
        "the scores rank one group better.",
    )  # fmt: skip


def _calibration(part: Partition, known: dict[int, calibration.Profile]) -> Figure | None:
    points: list[dict[str, Scalar]] = []
    ends: list[float] = []
    names = part.names
    for group, levels in known.items():
        bins = calibration.binned(levels)
        low, high = stats.wilson_bounds(bins.rates * bins.sizes, bins.sizes)
        points += [
            {"group": names[group], **dict(zip(("score", "rate", "low", "high"), values, strict=True))}
            for values in np.round(np.stack([bins.scores, bins.rates, low, high], axis=1), 6).tolist()
        ]
        ends += [float(bins.scores.min()), float(bins.scores.max())]
    if not points:
        return None
    points += [
        {"group": "calibrated", "score": end, "rate": end, "low": end, "high": end}
        for end in (round(min(ends), 6), round(max(ends), 6))
    ]
    (attribute,) = part.attributes
    return figures.curve(
        f"calibration-{attribute}", f"Calibration by {attribute}", points,
        x=Axis(field="score", title="Mean score", unit="share", percent=True),
        y=Axis(field="rate", title="Share with a positive label", unit="share", percent=True),
        series=Axis(field="group", title=attribute), low="low", high="high",
        caption="Bins of about equally many people, 95 % Wilson intervals. Below the line of calibration, scores are "
        "too high.",
    )  # fmt: skip


def _sweep(name: str, title: str, points: list[dict[str, Scalar]], threshold: Threshold) -> Figure | None:
    if not points:
        return None
    rules = [] if threshold.value is None else [Rule(value=threshold.value, label="the model's threshold")]
    return figures.curve(
        f"{name}-by-threshold", f"{title} difference at every threshold", points,
        x=Axis(field="threshold", title="Threshold"),
        y=Axis(field="gap", title=f"{title} difference", unit="share", percent=True),
        series=Axis(field="groups", title="over"), rules=rules,
        caption="At 33 quantiles of the scores and at the model's threshold.",
    )  # fmt: skip
