"""From three tables to findings: copies, distances, and the check's tests of itself."""

from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.plugins.privacy.copies import self_tests
from auditkit.plugins.privacy.copies.definitions import DEFINITIONS
from auditkit.plugins.privacy.copies.distances import Nearest, closer, near, nearest, ratios
from auditkit.plugins.privacy.copies.parameters import Parameters
from auditkit.plugins.privacy.copies.tables import Points, Tables, among, points_of, read, strange
from auditkit.plugins.privacy.shared.overlap import left_out
from auditkit.results import Axis, Control, Figure, Measurement, Scalar
from auditkit.too_few import fewer_than

LEAST = 100
"""Rows that each table needs."""
ERRORS = 3.5
"""Standard errors from what is expected up to which chance is believed."""
STRANGE = 0.05
"""The share of synthetic rows up to which values that no real row has are believed."""
SIDES = ("training split", "held-out rows")
COMPARED = ("closer_to_training", "near_copies_excess")


def find(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Everything that `privacy.synthetic_copies` says about a table."""
    context.progress(0, 3, "reading the synthetic rows")
    tables = read(data, parameters.synthetic, parameters.reading)
    exact = _exact(tables)
    sides = zip(tables.units, tables.compared, strict=True)
    fewest = min(*(len(np.unique(unit[rows])) for unit, rows in sides), len(tables.synthetic))
    if fewest < LEAST:
        reason = fewer_than(LEAST, "different rows on one side alone, or in the synthetic table")
        return Findings([*(_measured(name, None, reason=reason) for name in COMPARED), *exact])
    points = points_of(tables, parameters.rows, context.rng)
    context.progress(1, 3, "nearest neighbours")
    to = {
        side: nearest(points.synthetic, part, unit)
        for side, part, unit in zip(SIDES, (points.training, points.held_out), points.units, strict=True)
    }
    of_held_out = nearest(points.held_out, points.training, points.units[0])
    threshold = float(np.quantile(of_held_out.first, parameters.near))
    context.progress(2, 3, "trying rows that were never seen, and planted copies")
    controls = [_same_words(tables), *_controls(points, to, threshold, context.rng)]
    notes = [
        f"Compared are {len(points.synthetic):,} synthetic rows with {len(points.training):,} training rows and as "
        "many rows of the audit data, which the generator must not have seen."
    ]
    notes += left_out(*tables.left_out)
    # near copies first: the share that is closer is an average, and hides the few who are copied
    compared = _compared(to, threshold)[::-1]
    return Findings([*compared, *exact, *_medians(to)], controls, [_figure(to)], notes=notes)


def _measured(name: str, value: float | None, **fields: Any) -> Measurement:
    meaning = DEFINITIONS[name]
    return Measurement(name=name, value=value, unit=meaning.unit, direction=meaning.direction, **fields)


def _exact(tables: Tables) -> list[Measurement]:
    n = len(tables.synthetic)
    return [
        _measured("exact_copies", float(among(tables.synthetic, part).mean()), exact=True, n=n, conditions={"to": side})
        for side, part in zip(SIDES, tables[:2], strict=True)
    ]


def _compared(to: dict[str, Nearest], threshold: float) -> list[Measurement]:
    n = len(to[SIDES[0]].first)
    training, held_out = (to[side] for side in SIDES)
    shares = (closer(training, held_out), near(training, held_out, threshold))
    return [
        _measured(name, share.value, interval=share.interval, n=n) for name, share in zip(COMPARED, shares, strict=True)
    ]


def _medians(to: dict[str, Nearest]) -> list[Measurement]:
    numbers = []
    for name, of in (("closest_distance", lambda part: part.first), ("nearest_ratio", ratios)):
        for side, part in to.items():
            values = of(part)
            numbers.append(
                _measured(
                    name, float(np.median(values)), interval=stats.median_interval(values), n=len(values),
                    conditions={"to": side},
                )
            )  # fmt: skip
    return numbers


def _same_words(tables: Tables) -> Control:
    return Control.within(
        "same words", "What share of synthetic rows has a name or a gap where no real row has it?", strange(tables),
        at_most=STRANGE, guards=(*COMPARED, "exact_copies"), on_failure="inconclusive",
        reason="the table may be written or read in another way than the data, and then no copy would be seen; say how "
        "it is read with reading",
    )  # fmt: skip


def _controls(points: Points, to: dict[str, Nearest], threshold: float, rng: np.random.Generator) -> list[Control]:
    everything = (*COMPARED, "closest_distance", "nearest_ratio")
    unseen = self_tests.fresh(points, rng)
    of_fresh, _ = self_tests.seen(unseen, threshold)
    _, of_planted = self_tests.seen(self_tests.planted(unseen, rng), threshold)
    return [
        Control.within(
            "neighbours", "How far are nearest distances of some rows from the least of all, measured one by one?",
            self_tests.neighbour_deviation(points.synthetic, points.training, to[SIDES[0]], rng), at_most=1e-6,
            guards=everything, reason="other rows are nearer than those that were compared with",
        ),
        Control.within(
            "rows never seen",
            "How many standard errors from one half is the share of held-out rows nearer to a training row?",
            self_tests.errors_off(of_fresh, 0.5), at_least=-ERRORS, at_most=ERRORS, guards=COMPARED,
            reason="training and held-out rows differ, so that what lies nearer to either tells of no copy",
        ),
        Control.within(
            "planted copies",
            "What excess of near copies is found where a tenth of held-out rows is replaced by training rows, moved?",
            of_planted.value, at_least=self_tests.PLANTED / 2, guards=COMPARED, on_failure="inconclusive",
            reason="copies that were put there are not seen",
        ),
    ]  # fmt: skip


def _figure(to: dict[str, Nearest]) -> Figure:
    """Quantiles of the distances, without the least and the greatest: these are of single rows."""
    shares = np.arange(1, 100, 2) / 100
    points: list[dict[str, Scalar]] = [
        {"distance": float(distance), "share": float(share), "to": side}
        for side, part in to.items()
        for share, distance in zip(shares, np.quantile(part.first, shares), strict=True)
    ]
    return figures.curve(
        "distances", "Synthetic rows within a distance of a real row", points,
        x=Axis(field="distance", title="Distance"),
        y=Axis(field="share", title="Synthetic rows", unit="share", percent=True), series=Axis(field="to", title="to"),
        caption="Where the curve of the training split lies above the other, synthetic rows lie nearer to it.",
    )  # fmt: skip
