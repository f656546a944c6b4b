"""What is said about thresholds: gaps at the model's own, the worst nearby, and whether the verdict hangs on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.pairing import Members, pair, pairs_behind
from auditkit.plugins.fairness.scores import sweep
from auditkit.plugins.fairness.scores.partition import Chosen, Partition
from auditkit.plugins.fairness.scores.ranks import common, undefined
from auditkit.plugins.fairness.scores.sweep import Spot, Steps, Threshold, Worst
from auditkit.results import Column, GroupPair, Measurement, Scalar, Table

if TYPE_CHECKING:
    from auditkit.plugins.fairness.scores.check import ScoreFairness

CRITERIA = (("demographic_parity", "Demographic parity", False), ("equalized_odds", "Equalized odds", True))
"""(name, title, whether people of both labels are needed)"""
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

    own: float
    low: float
    high: float


class Near(NamedTuple):
    """What was found about thresholds."""

    measurements: list[Measurement]
    table: Table
    notes: list[str]
    curves: dict[str, list[dict[str, Scalar]]]
    """For each criterion the points of its figure."""


def find(check: ScoreFairness, parts: list[Partition], own: Threshold, probable: bool, scores: np.ndarray) -> Near:
    """Gaps of every partition at the model's threshold and nearby.

    Args:
        check: its parameters.
        parts: everyone, then the groups of each set of attributes.
        own: the model's threshold.
        probable: whether scores are probabilities.
        scores: (N,) of everyone, ascending.
    """
    found: list[Measurement] = []
    rows: list[tuple[Scalar, ...]] = []
    window = None
    notes = [f"Gaps at a threshold were not measured: {own.said}."]
    if own.value is not None:
        window = Window(own.value, *sweep.around(own.value, check.window, probable, scores))
        notes = [f"Threshold: {own.value:.6g}, {own.said}; nearby is {window.low:.6g} to {window.high:.6g}."]
    grid = np.unique(np.append(np.quantile(scores, np.arange(1, GRID + 1) / (GRID + 1)), window.own if window else []))
    curves: dict[str, list[dict[str, Scalar]]] = {name: [] for name, *_ in CRITERIA}
    for part in parts[1:]:
        steps = [sweep.steps(each) for each in part.ladders]
        for name, title, both in CRITERIA:
            chosen = part.choose(both)
            if len(chosen.at) < 2:
                found += [undefined(f"{name}_{what}", part, chosen, "lower", "share") for what in WHATS]
                continue
            groups = [steps[at] for at in chosen.at]
            curves[name] += _points(part, groups, grid, both)
            if window is None:
                found += [_no_threshold(f"{name}_{what}", part, own.said) for what in WHATS]
                continue
            measured, row = _nearby(name, part, chosen, groups, window, both)
            found += measured
            rows.append((" and ".join(part.attributes), title, *row))
            if row[-1] == "yes":
                notes.append(
                    f"{title} over {' and '.join(part.attributes)}: whether a difference is certain depends on the "
                    f"threshold; nearby it lies between {row[1]:.3f} and {row[2]:.3f}."
                )
    return Near(found, _table(rows), notes, curves)


WHATS = ("at_threshold", "worst_nearby")


def _nearby(
    name: str, part: Partition, chosen: Chosen, groups: list[Steps], window: Window, both: bool
) -> tuple[list[Measurement], tuple[Scalar, ...]]:
    """The gap at the model's threshold and the worst nearby, and their row of the table."""
    parts = sweep.shares(groups, np.array([window.own]), both)[0]
    found = stats.widest(parts)
    rest = common(part, chosen)
    members = _members(part, chosen, window.own, both, parts)
    at = Measurement(
        name=f"{name}_at_threshold", value=found.value, interval=found.interval, unit="share", direction="lower",
        conditions={"threshold": _round(window.own)}, pairs=tuple(pairs_behind(found, members)), **rest,
    )  # fmt: skip
    worst = sweep.worst(groups, sweep.candidates(groups, window.low, window.high, window.own), both)
    nearby = Measurement(
        name=f"{name}_worst_nearby", value=worst.value, interval=worst.interval, unit="share", direction="lower",
        conditions={"from": _round(window.low), "to": _round(window.high)},
        pairs=tuple(_pairs(part, chosen, groups, worst, both)), **rest,
    )  # fmt: skip
    tried = np.unique(np.append(np.linspace(window.low, window.high, TRIED), window.own))
    depends = "yes" if sweep.changes(groups, tried, both) else "no"
    return [at, nearby], (at.value, worst.least, worst.value, _round(worst.at.threshold), depends)


def _pairs(part: Partition, chosen: Chosen, groups: list[Steps], worst: Worst, both: bool) -> Iterator[GroupPair]:
    """The two groups that make the worst gap, then those behind the ends of its interval, each at its threshold."""
    ends: tuple[tuple[Literal["low", "high"] | None, Spot], ...] = (
        (None, worst.at), ("low", worst.low), ("high", worst.high)
    )  # fmt: skip
    for end, spot in ends:
        if spot.place is not None and (end is None or spot[1:] != worst.at[1:]):
            parts = sweep.shares(groups, np.array([spot.threshold]), both)[0]
            yield pair(_members(part, chosen, spot.threshold, both, parts), spot.place, end)


def _members(
    part: Partition, chosen: Chosen, threshold: float, both: bool, parts: Sequence[stats.Shares]
) -> list[Members]:
    """Who is compared in each part: how many people, and how many of them stand at or above the threshold."""
    ladders = [part.ladders[at] for at in chosen.at]
    where = [part.where[at] for at in chosen.at]
    people = np.array([each.people for each in ladders])
    above = np.array([each.rows[:, each.scores >= threshold].sum(axis=1) for each in ladders])
    if not both:
        return [Members("selection_rate", where, parts[0].rates, people.sum(axis=1), above.sum(axis=1))]
    return [
        Members("true_positive_rate", where, parts[0].rates, people[:, 1], above[:, 1]),
        Members("false_positive_rate", where, parts[1].rates, people[:, 0], above[:, 0]),
    ]


def _points(part: Partition, groups: list[Steps], grid: np.ndarray, both: bool) -> list[dict[str, Scalar]]:
    found = sweep.rates(groups, grid)
    gaps = sweep.odds(found) if both else sweep.parity(found)
    over = " and ".join(part.attributes)
    return [
        {"groups": over, "threshold": _round(threshold), "gap": _round(gap)}
        for threshold, gap in zip(grid.tolist(), gaps.tolist(), strict=True)
    ]


def _no_threshold(name: str, part: Partition, reason: str) -> Measurement:
    return Measurement(
        name=name, value=None, reason=reason, across=part.attributes, validity="inconclusive", unit="share",
        direction="lower",
    )  # fmt: skip


def _table(rows: list[tuple[Scalar, ...]]) -> Table:
    return Table(
        name="thresholds",
        title="Gaps near the model's threshold",
        caption="Largest differences between groups at every threshold of the window. A difference is certain at a "
        "threshold where its interval does not reach 0.",
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _round(value: float) -> float:
    return float(f"{value:.6g}")
