"""Measurements, controls, figures and notes of what was proven."""

from typing import Any

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.robustness.certificates.parameters import Parameters
from auditkit.plugins.robustness.certificates.proofs import Proven, prove
from auditkit.plugins.robustness.shares import share_of
from auditkit.results import Axis, Control, Figure, Measurement
from auditkit.smaller import slices_and_smaller


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """All findings of the check."""
    truth = context.predictions.truth
    clean = share_of("clean_accuracy", context.predictions.codes == truth, clusters=data.clusters)
    context.keep(Findings(measurements=[clean]))
    proven = prove(parameters, model, data, context)
    right = proven.smoothed.decided == truth
    curve = [
        _smoothed(parameters, proven, right, radius, clusters=data.clusters) for radius in (0.0, *parameters.radii)
    ]
    unsmoothed = _bare(parameters, proven, data.clusters)
    measurements = [
        # what groups are compared by comes first: a report may show the first number alone
        *sorted(
            curve, key=lambda measurement: measurement.conditions["radius"] == parameters.group_radius, reverse=True
        ),
        *(
            _smoothed(
                parameters, proven, right, parameters.group_radius, rows=cell.rows, slice=cell.where,
                clusters=data.clusters, reason=data.unmeasured(cell, "certified rows"),
            )
            for cell in slices_and_smaller(data)
        ),
        share_of(
            "abstentions", proven.smoothed.abstained, direction="lower", conditions={"sigma": parameters.sigma},
            clusters=data.clusters,
        ),
        Measurement(
            name="samples_per_row", value=float(proven.smoothed.samples.mean()), exact=True, n=len(data), unit="copies"
        ),
        *unsmoothed,
        clean,
    ]  # fmt: skip
    return Findings(
        measurements=measurements,
        controls=_controls(proven),
        figures=_figures(curve, clean, unsmoothed),
        notes=_notes(parameters, proven, model),
        level="queries" if proven.bounded.reason else "model",
        higher_level=None if proven.bounded.reason else "",
    )


def _smoothed(parameters: Parameters, proven: Proven, right: np.ndarray, radius: float, **fields: Any) -> Measurement:
    rows, clusters = fields.pop("rows", slice(None)), fields.pop("clusters", None)
    flags = (right & (proven.smoothed.radius > radius))[rows]
    fields["clusters"] = None if clusters is None else clusters[rows]
    conditions = {"radius": radius, "norm": proven.noise_space.norm, "sigma": parameters.sigma}
    return share_of("smoothed_certified_accuracy", flags, conditions=conditions, **fields)


def _bare(parameters: Parameters, proven: Proven, clusters: np.ndarray | None) -> list[Measurement]:
    """Certified and attacked accuracy of the model itself, for each epsilon; without values where nothing was read."""
    bounded, conditions = proven.bounded, [{"epsilon": epsilon, "norm": "Linf"} for epsilon in parameters.epsilons]
    if bounded.reason is not None:
        nothing = np.zeros(0, dtype=bool)
        return [share_of("certified_accuracy", nothing, reason=bounded.reason, conditions=at) for at in conditions]
    return [
        share_of(name, flags, conditions=at, clusters=clusters)
        for at, certified, withstood in zip(conditions, bounded.certified, bounded.withstood, strict=True)
        for name, flags in (("certified_accuracy", certified), ("attacked_accuracy", withstood))
    ]


def _controls(proven: Proven) -> list[Control]:
    of_smoothing = ("smoothed_certified_accuracy", "abstentions")
    controls = [
        Control.within(
            "known-radius", "What is the largest certified over true radius for linear models, where it is known?",
            proven.known, at_most=1.0, guards=of_smoothing,
            reason="A radius was certified that is larger than the true one.",
        ),
        Control.within(
            "smoothed-attack", "Of the certified rows that were attacked within their radius, how many were broken?",
            proven.smoothed_broken, at_most=0, guards=of_smoothing,
            reason="A point within a certified radius is decided otherwise, so the certificates are wrong.",
        ),
        Control.within(
            "certificates-tried", "How many certificates were there to attack?", proven.tried, at_least=1,
            guards=of_smoothing, on_failure="note",
            reason="No row was certified, so the attack on certificates had nothing to try.",
        ),
    ]  # fmt: skip
    if proven.bounded.reason is not None:
        return controls
    # a proof and an attack about the same rows: both cannot be right about one row
    pairs = zip(proven.bounded.certified, proven.bounded.withstood, strict=True)
    crossed = sum(int((certified & ~withstood).sum()) for certified, withstood in pairs)
    of_bounds = ("certified_accuracy",)
    return [
        *controls,
        Control.within(
            "within-attacked", "How many rows are certified at an epsilon at which an attack breaks them?", crossed,
            at_most=0, guards=of_bounds,
            reason="Certified accuracy cannot exceed attacked accuracy; one of both is wrong.",
        ),
        Control.within(
            "same-function", "How far are bounds of no width from the model's own margins, relative to their median?",
            proven.bounded.apart, at_most=1e-3, guards=of_bounds,
            reason="The layers were read as another function than the model computes.",
        ),
        Control.within(
            "known-linear", "By how much do certified epsilons of a linear model miss the closed form, relatively?",
            proven.bounded.linear, at_most=1e-6, guards=of_bounds, reason="The bounds miss a known answer.",
        ),
    ]  # fmt: skip


def _figures(curve: list[Measurement], clean: Measurement, unsmoothed: list[Measurement]) -> list[Figure]:
    charts = [
        figures.curve(
            "smoothed-certified-accuracy", "Certified accuracy of the smoothed model over the radius",
            [_point("certified", measurement, "radius") for measurement in curve],
            x=Axis(field="radius", title="radius", unit=str(curve[0].conditions["norm"])),
            y=Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)), low="low", high="high",
            caption="Proven for the smoothed model, not for the model as it is used. Radius 0: decided rightly with a "
            "proven majority. The band is a 95 % interval over rows.",
        )
    ]  # fmt: skip
    measured = [measurement for measurement in unsmoothed if measurement.value is not None]
    if measured:
        names = {"certified_accuracy": "certified", "attacked_accuracy": "attacked"}
        points = [_point(name, clean, "epsilon") for name in names.values()]
        points += [_point(names[measurement.name], measurement, "epsilon") for measurement in measured]
        # the attacked curve lies above the certified one, and is named first in the legend
        points.sort(key=lambda point: (str(point["series"]) != "attacked", float(str(point["epsilon"]))))
        charts.append(
            figures.curve(
                "certified-accuracy", "Certified and attacked accuracy of the model over the size of the change",
                points, x=Axis(field="epsilon", title="epsilon", unit="Linf"),
                y=Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)),
                series=Axis(field="series", title=""), low="low", high="high",
                caption="The truth lies between the two curves; bands are 95 % intervals over rows. Epsilon 0 is "
                "accuracy without a change.",
            )
        )  # fmt: skip
    return charts


def _point(series: str, measurement: Measurement, field: str) -> dict[str, Any]:
    interval = present(measurement.interval, "every share has one")
    position = float(measurement.conditions.get(field) or 0)
    return {
        field: position, "accuracy": measurement.value, "low": interval.low, "high": interval.high, "series": series,
    }  # fmt: skip


def _notes(parameters: Parameters, proven: Proven, model: Model) -> list[str]:
    rows = len(proven.smoothed.decided)
    sentences = [
        "Smoothing certifies the smoothed model, which decides by the majority over noisy copies, not the model as it "
        "is used.",
        f"With probability at least {1 - parameters.alpha:g} all {rows} smoothing certificates hold at once (each "
        f"row's may be wrong with probability {parameters.alpha / rows:.2g}).",
        f"Noise was drawn on {proven.device}; outputs were read as {model.output or 'decisions'}.",
    ]
    space = proven.noise_space.space
    held = f"{int((~space.free).sum())} of {len(space.free)} features are held as they are."
    further = ((held, not space.free.all()), (f"No interval bounds: {proven.bounded.reason}.", proven.bounded.reason))
    return [*sentences, *(sentence for sentence, holds in further if holds)]
