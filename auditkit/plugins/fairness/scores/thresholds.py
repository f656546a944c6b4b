"""What is said about thresholds: gaps at the model's own, the worst nearby, and whether the verdict hangs on it."""

import itertools
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.group_pairs import pair, pairs_among, widest_among
from auditkit.plugins.fairness.scores import sweep
from auditkit.plugins.fairness.scores.leading_pairs import leading
from auditkit.plugins.fairness.scores.measurements import common, undefined
from auditkit.plugins.fairness.scores.parameters import Parameters
from auditkit.plugins.fairness.scores.score_table import Labels, Partition
from auditkit.results import Column, GroupPair, Measurement, Scalar, Table
from auditkit.variants import Group, is_comparable, variants

CRITERIA: Final = (
    ("demographic_parity", "Demographic parity", ((),)),
    ("equalized_odds", "Equalized odds", ((1,), (0,))),
)
"""(name, title, for each of its rates the label of those that it is a share of; none: of all people)"""
ENDINGS = ("at_threshold", "worst_nearby")
"""Of the names of a criterion's measurements."""
TRIED = 11
"""Thresholds nearby at which it is asked whether a difference is certain."""
GRID = 33
"""Thresholds of the figure: quantiles of all scores, beside the model's own."""
COLUMNS = (
    Column(name="groups", title="Groups"),
    Column(name="criterion", title="Difference in"),
    Column(name="own", title="At the model's threshold", unit="share", percent=True),
    Column(name="least", title="Smallest nearby", unit="share", percent=True),
    Column(name="most", title="Largest nearby", unit="share", percent=True),
    Column(name="at", title="Largest at threshold"),
    Column(name="depends", title="Whether a difference is certain depends on the threshold"),
)


class Window(NamedTuple):
    """The model's threshold and what is near it."""

    threshold: float
    low: float
    high: float


class Near(NamedTuple):
    """What was found about thresholds."""

    measurements: list[Measurement]
    table: Table
    notes: list[str]
    curves: dict[str, list[dict[str, Scalar]]]
    """For each criterion the points of its figure."""


def find(
    parameters: Parameters,
    parts: list[Partition],
    data: AuditData,
    threshold: sweep.Threshold,
    probable: bool,
    scores: np.ndarray,
) -> Near:
    """Gaps of every partition at the model's threshold and nearby.

    Args:
        parameters: its parameters.
        parts: everyone, then the groups of each set of attributes.
        data: says which groups are large, and which is the reference.
        threshold: the model's threshold.
        probable: whether scores are probabilities.
        scores: (N,) of everyone, ascending.
    """
    measurements: list[Measurement] = []
    rows: list[tuple[Scalar, ...]] = []
    window = None
    notes = [f"Gaps at a threshold were not measured: {threshold.source}."]
    if threshold.value is not None:
        window = Window(threshold.value, *sweep.around(threshold.value, parameters.window, probable, scores))
        notes = [
            f"Threshold: {threshold.value:.6g}, {threshold.source}; nearby is {window.low:.6g} to {window.high:.6g}."
        ]
    # At quantiles, so that the points of the figure lie where the people are.
    grid = np.unique(
        np.append(np.quantile(scores, np.arange(1, GRID + 1) / (GRID + 1)), window.threshold if window else [])
    )
    curves: dict[str, list[dict[str, Scalar]]] = {name: [] for name, *_ in CRITERIA}
    for part in parts[1:]:
        for name, title, labels in CRITERIA:
            compared, rates = _compared(part, labels)
            if rates:
                curves[name] += _points(compared, rates, grid)
            if window is None or not rates:
                measurements += _unmeasured(name, compared, threshold.source, data)
                continue
            measured, row = _nearby(name, compared, rates, window, data)
            measurements += measured
            rows.append((" and ".join(part.attributes), title, *row))
            if row[-1] == "yes":
                notes.append(
                    f"{title} over {' and '.join(part.attributes)}: whether a difference is certain depends on the "
                    f"threshold; nearby it lies between {row[1]:.3f} and {row[2]:.3f}."
                )
    table = Table(
        name="thresholds",
        title="Gaps near the model's threshold",
        caption="Largest differences between groups at every threshold of the window. A difference is certain at "
        "a threshold where its interval does not include 0.",
        columns=COLUMNS,
        rows=tuple(rows),
    )
    return Near(measurements, table, notes, curves)


def _compared(part: Partition, labels: Sequence[Labels]) -> tuple[Partition, list[sweep.Part]]:
    """The groups that a criterion compares, and its rates that two groups or more have.

    A group with people of one label alone is compared by the one rate that it has, and left out of the criterion too.
    """
    by_rate = [(label, part.comparable(label)) for label in labels]
    rates = [sweep.Part(label, some.score_tables, some.where) for label, some in by_rate if len(some.where) > 1]
    lacking = part.comparable(tuple(itertools.chain(*labels)))
    someone = part.among([group for rate in rates for group in rate.where])
    return someone._replace(left_out=lacking.left_out) if rates else lacking, rates


def _unmeasured(name: str, compared: Partition, reason: str, data: AuditData) -> list[Measurement]:
    """The gaps of a criterion without values, where fewer than two groups can be compared or there is no threshold."""
    if len(compared.where) < 2:
        gaps = [undefined(f"{name}_{ending}", compared, "lower", "share") for ending in ENDINGS]
        return [*gaps, *variants(gaps, [compared.where], None, data)]
    gaps = [
        Measurement(
            name=f"{name}_{ending}", value=None, reason=reason, across=compared.attributes, validity="inconclusive",
            unit="share", direction="lower",
        )
        for ending in ENDINGS
    ]  # fmt: skip
    return [*gaps, *variants(gaps, [], None, data)]


def _nearby(
    name: str, compared: Partition, rates: list[sweep.Part], window: Window, data: AuditData
) -> tuple[list[Measurement], tuple[Scalar, ...]]:
    """The gap at the model's threshold and the worst nearby, the same beside them, and their row of the table."""
    shares, members = zip(*(rate.at(window.threshold) for rate in rates), strict=True)
    thresholds = sweep.candidates(rates, window.low, window.high, window.threshold)
    every = [stats.pairs_of(len(part.groups)) for part in rates]
    peaks = sweep.peaks(rates, thresholds, leading(rates, thresholds, every, sweep.radius_of(rates, every)))
    at_own: dict[str, Scalar] = {"threshold": _round(window.threshold)}
    near: dict[str, Scalar] = {"from": _round(window.low), "to": _round(window.high)}

    def worst_among(pairs: Sequence[stats.Pairs]) -> sweep.Worst:
        radius = sweep.radius_of(rates, pairs)
        if max(len(part.groups) for part in rates) <= stats.PAIRWISE:
            return sweep.worst(peaks.of(rates, pairs), radius)
        return sweep.worst(sweep.peaks(rates, thresholds, leading(rates, thresholds, pairs, radius)), radius)

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        kept = [
            at for at, some in enumerate(members)
            if is_comparable([some.where[index] for index in some.positions(groups)], reference)
        ]  # fmt: skip
        own, behind = widest_among([shares[at] for at in kept], [members[at] for at in kept], groups, reference)
        pairs = [
            pairs_among(some, groups, reference) if at in kept else stats.pairs_of(1) for at, some in enumerate(members)
        ]
        worst = worst_among(pairs)
        rest = {**common(compared, groups), "unit": "share", "direction": "lower"}
        return [
            Measurement(
                name=f"{name}_at_threshold", value=own.value, interval=own.interval, conditions=at_own,
                pairs=behind, **rest,
            ),
            Measurement(
                name=f"{name}_worst_nearby", value=worst.value, interval=worst.interval, conditions=near,
                pairs=tuple(_pair(two_groups, rates) for two_groups in worst.behind), **rest,
            ),
        ]  # fmt: skip

    first = again(compared.where, None)
    measurements = [*first, *variants(first, [some.where for some in members], again, data)]
    tried = np.unique(np.append(np.linspace(window.low, window.high, TRIED), window.threshold))
    depends = "yes" if sweep.changes(rates, tried) else "no"
    worst = worst_among(every)
    return measurements, (first[0].value, peaks.least, worst.value, _round(worst.threshold), depends)


def _pair(behind: sweep.Behind, rates: list[sweep.Part]) -> GroupPair:
    """Two groups at the threshold where they are farthest apart."""
    part, *groups = behind.pair
    _, members = rates[part].at(behind.threshold)
    low, high = sorted(groups, key=lambda group: float(members.values[group]))
    return pair([members], stats.Place(0, low, high), behind.end)


def _points(compared: Partition, rates: list[sweep.Part], grid: np.ndarray) -> list[dict[str, Scalar]]:
    gaps, over = sweep.gaps(rates, grid), " and ".join(compared.attributes)
    return [
        {"groups": over, "threshold": _round(threshold), "gap": _round(gap)}
        for threshold, gap in zip(grid.tolist(), gaps.tolist(), strict=True)
    ]


def _round(value: float) -> float:
    return float(f"{value:.6g}")
