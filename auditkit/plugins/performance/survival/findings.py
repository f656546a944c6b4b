"""From times until an event to findings: measurements for everyone and groups, a control, figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.metrics.survival import MEASURES, RISKS_ONLY, People, estimate
from auditkit.plugins.performance.survival.definitions import DEFINITIONS
from auditkit.plugins.performance.survival.parameters import Parameters
from auditkit.plugins.performance.survival.self_tests import shuffled_risks
from auditkit.results import Figure, Level, Measurement
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import lacking


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `performance.survival` says about these predictions."""
    known, answers = present(data.survival, "the check needs times"), context.predictions.answers
    people = People(
        known.times,
        known.events,
        context.predictions.scores,
        answers.alive,
        known.horizons,
        data.weights,
        data.clusters,
    )
    everyone: tuple[dict[str, str], Any, str | None] = ({}, np.ones(len(data), dtype=bool), None)
    cells = [everyone, *((dict(cell.where), cell.rows, cell.hidden) for cell in slices_and_smaller(data))]
    measurements: list[Measurement] = []
    for number, (where, rows, hidden) in enumerate(cells):
        context.progress(number, len(cells), "concordance and calibration")
        measurements += _of_cell(where, people.take(rows), hidden, data)
    notes = ["People who were last seen without the event are kept, and count until then."]
    if not known.horizons:
        notes.append("No horizons are stated: say horizons = [12, 24] under [data] for Brier scores and calibration.")
    elif answers.alive is None:
        notes.append(f"No Brier score and no calibration: {RISKS_ONLY}.")
    return Findings(
        measurements=measurements, controls=[shuffled_risks(people, parameters.trials, context.rng)], notes=notes,
        figures=_figures(measurements, known.horizons), level=level,
    )  # fmt: skip


def _of_cell(where: dict[str, str], people: People, hidden: str | None, data: AuditData) -> list[Measurement]:
    least = data.minimum_rate if where else 2
    measurements = []
    for name, measure in MEASURES.items():
        meaning = DEFINITIONS[name]
        for place in range(len(people.horizons) if measure.at_horizons else 1):
            common: dict[str, Any] = {
                "name": name, "slice": where, "unit": meaning.unit, "direction": meaning.direction,
                "conditions": {"horizon": people.horizons[place]} if measure.at_horizons else {},
            }  # fmt: skip
            number = None if hidden else estimate(measure, people, place, least)
            if number is None or number.value is None:
                measurements.append(
                    Measurement(value=None, reason=hidden or (number.reason if number else ""), **common)
                )
                continue
            undecided: dict[str, Any] = (
                {} if number.reason is None else {"reason": number.reason, "validity": "inconclusive"}
            )
            measurements.append(
                Measurement(value=number.value, interval=number.interval, n=len(people.times), **common, **undecided)
            )
    measurements.append(_censored(where, people, hidden, least))
    return measurements


def _censored(where: dict[str, str], people: People, hidden: str | None, least: int) -> Measurement:
    common: dict[str, Any] = {"name": "censored_share", "slice": where, "unit": "share"}
    why = hidden or lacking(len(people.times), least, "people")
    if why:
        return Measurement(value=None, reason=why, **common)
    hits = ~people.events
    interval = stats.mean_interval(hits, weights=people.weights, clusters=people.unit)
    value = stats.weighted_mean(hits, people.weights)
    return Measurement(value=value, interval=interval, n=len(hits), **common)


def _figures(measurements: Sequence[Measurement], horizons: tuple[float, ...]) -> list[Figure]:
    drawn = []
    for name in ("harrell_concordance", "uno_concordance"):
        drawn.append(figures.per_group(name, DEFINITIONS[name], measurements))
    for name in ("survival_brier_score", "risk_calibration"):
        for place, horizon in enumerate(horizons):
            own = [one for one in measurements if one.conditions == {"horizon": horizon}]
            caption = f"Until {horizon:g}, with 95 % intervals."
            figure = figures.per_group(name, DEFINITIONS[name], own, caption)
            drawn.append(None if figure is None else figure.model_copy(update={"name": f"{name}_{place}"}))
    return [figure for figure in drawn if figure is not None]
