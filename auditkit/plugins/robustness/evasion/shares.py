"""Robust accuracy as measurements: of everyone, of each group, and between groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import stats
from auditkit.group_pairs import Members, left_out, widest_among
from auditkit.results import LeftOut, Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import fewer_than, two_groups
from auditkit.variants import Group, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.plugins.robustness.evasion.outcome import Outcome


def clean(right: np.ndarray) -> Measurement:
    """Accuracy without an attack, of (N,) bool."""
    return Measurement(
        name="clean_accuracy", value=float(right.mean()), interval=stats.wilson(int(right.sum()), len(right)),
        n=len(right), unit="share", direction="higher",
    )  # fmt: skip


def robust(
    outcome: Outcome, epsilon: float, rows: np.ndarray | None = None, where: dict[str, str] | None = None,
    hidden: str | None = None,
) -> Measurement:  # fmt: skip
    """Robust accuracy at an epsilon, on some rows; `hidden` is why it may not be said."""
    common: dict[str, Any] = {
        "name": "robust_accuracy", "unit": "share", "direction": "higher", "slice": where or {},
        "conditions": {"epsilon": epsilon, "norm": outcome.norm},
    }  # fmt: skip
    if hidden is not None:
        return Measurement(value=None, reason=hidden, **common)
    withstood = outcome.broken_at[rows if rows is not None else slice(None)] > epsilon
    return Measurement(
        value=float(withstood.mean()), interval=stats.wilson(int(withstood.sum()), len(withstood)), n=len(withstood),
        **common,
    )  # fmt: skip


def by_group(outcome: Outcome, data: AuditData, epsilon: float) -> list[Measurement]:
    """Robust accuracy of every group."""
    return [robust(outcome, epsilon, cell.rows, cell.where, unsaid(cell, data)) for cell in slices_and_smaller(data)]


def unsaid(cell: Any, data: AuditData) -> str | None:
    """Why nothing may be said about a group; None where it may."""
    few = fewer_than(data.minimum_rate, "attacked rows")
    return cell.hidden or (few if cell.n < data.minimum_rate else None)


def differences(
    outcome: Outcome, data: AuditData, epsilon: float, permutations: int, rng: np.random.Generator
) -> list[Measurement]:
    """The widest difference of robust accuracy between groups of each attribute, tested together by Holm's method."""
    withstood = outcome.broken_at > epsilon
    found = {attribute: _members(withstood, data, attribute) for attribute in data.groups}
    parts = {
        attribute: stats.Shares(who.values * who.people, who.people.astype(float))
        for attribute, (who, _) in found.items()
    }
    ready = [attribute for attribute, part in parts.items() if len(part.sizes) > 1]
    p = [
        stats.permutation_p(stats.largest_z([parts[each]]), stats.shuffled_z([parts[each]], permutations, rng))
        for each in ready
    ]
    adjusted = dict(zip(ready, zip(p, stats.holm(p).tolist(), strict=True), strict=True)) if p else {}
    measured, beside = [], []
    for attribute, part in parts.items():
        who, lacking = found[attribute]
        common: dict[str, Any] = {
            "name": "robust_accuracy_difference", "unit": "share", "direction": "lower", "across": (attribute,),
            "conditions": {"epsilon": epsilon, "norm": outcome.norm}, "left_out": lacking,
        }  # fmt: skip
        again = partial(_widest, part, who, common)
        (first,) = again(who.where, None)
        beside += variants([first], [who.where], again, data)
        if attribute in adjusted:
            raw, holm = adjusted[attribute]
            how = f"permutation of the largest studentized difference, {permutations} shuffles; Holm"
            family = f"all {len(ready)} differences of robustness.evasion"
            test = Test(method=how, p=raw, p_adjusted=holm, family=family)
            first = first.model_copy(update={"test": test, "detectable": stats.detectable_among(part, len(ready))})
        measured.append(first)
    return [*measured, *beside]


def _widest(
    part: stats.Shares, who: Members, common: dict[str, Any], kept: Sequence[Group], reference: Group | None
) -> list[Measurement]:
    """The widest difference over some groups, untested."""
    if len(kept) < 2:
        reason = two_groups(common["across"][:1], "can be assessed", left_out_text(common["left_out"]))
        return [Measurement(value=None, reason=reason, validity="inconclusive", **common)]
    widest, behind = widest_among([part], [who], kept, reference)
    return [Measurement(value=widest.value, interval=widest.interval, pairs=behind, **common)]


def median(distances: np.ndarray, norm: str) -> Measurement:
    """The median of the distances, with the interval that order statistics give."""
    common: dict[str, Any] = {
        "name": "median_distance", "unit": "ranges", "direction": "higher", "conditions": {"norm": norm}
    }  # fmt: skip
    if not len(distances):
        return Measurement(value=None, reason="no change was found that makes the model wrong", **common)
    interval = stats.median_interval(distances)
    return Measurement(value=float(np.median(distances)), interval=interval, n=len(distances), **common)


def _members(withstood: np.ndarray, data: AuditData, attribute: str) -> tuple[Members, tuple[LeftOut, ...]]:
    """Rows that withstand in every group of an attribute that may be shown, and the other groups."""
    cells = [cell for cell in data.slices() if tuple(cell.where) == (attribute,)]
    reasons = [unsaid(cell, data) for cell in cells]
    shown = [cell for cell, reason in zip(cells, reasons, strict=True) if reason is None]
    hits = np.array([int(withstood[cell.rows].sum()) for cell in shown])
    rows = np.array([int(cell.rows.sum()) for cell in shown])
    who = Members("robust_accuracy", [cell.where for cell in shown], hits / rows, rows, hits)
    return who, tuple(left_out((cell.where for cell in cells), reasons))
