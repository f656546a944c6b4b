"""Robust accuracy as measurements: of everyone, of each group, and between groups."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.group_pairs import Members
from auditkit.plugins.robustness.evasion.outcome import Outcome
from auditkit.plugins.robustness.shares import ShareGap, comparable, share_of, tested_gaps
from auditkit.results import Measurement, Scalar, left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import two_groups

COUNTED = "attacked rows"


def robust(
    outcome: Outcome, epsilon: float, rows: np.ndarray | None = None, where: dict[str, str] | None = None,
    reason: str | None = None,
) -> Measurement:  # fmt: skip
    """Robust accuracy at an epsilon, on some rows; `reason` is why it may not be said."""
    withstood = outcome.broken_at[rows if rows is not None else slice(None)] > epsilon
    conditions = {"epsilon": epsilon, "norm": outcome.norm}
    return share_of("robust_accuracy", withstood, reason=reason, slice=where or {}, conditions=conditions)


def by_group(outcome: Outcome, data: AuditData, epsilon: float) -> list[Measurement]:
    """Robust accuracy of every group."""
    return [
        robust(outcome, epsilon, cell.rows, cell.where, data.unmeasured(cell, COUNTED))
        for cell in slices_and_smaller(data)
    ]


def differences(
    outcome: Outcome, data: AuditData, epsilon: float, permutations: int, rng: np.random.Generator
) -> list[Measurement]:
    """The widest difference of robust accuracy between groups of each attribute, tested together by Holm's method."""
    withstood = outcome.broken_at > epsilon
    gaps = [_gap(withstood, data, attribute, {"epsilon": epsilon, "norm": outcome.norm}) for attribute in data.groups]
    return tested_gaps(gaps, data, permutations, rng, "robustness.evasion")


def median(distances: np.ndarray, norm: str) -> Measurement:
    """The median of the distances, with the interval that order statistics give."""
    fields: dict[str, Any] = {
        "name": "median_distance", "unit": "ranges", "direction": "higher", "conditions": {"norm": norm}
    }  # fmt: skip
    if not len(distances):
        return Measurement(value=None, reason="no change was found that makes the model wrong", **fields)
    interval = stats.median_interval(distances)
    return Measurement(value=float(np.median(distances)), interval=interval, n=len(distances), **fields)


def _gap(withstood: np.ndarray, data: AuditData, attribute: str, conditions: dict[str, Scalar]) -> ShareGap:
    """Rows that withstand in every group of an attribute that may be shown, and the other groups."""
    cells, hidden = comparable(attribute, data, lambda cell: data.unmeasured(cell, COUNTED))
    hits = np.array([int(withstood[cell.rows].sum()) for cell in cells])
    rows = np.array([int(cell.rows.sum()) for cell in cells])
    members = Members("robust_accuracy", [cell.where for cell in cells], hits / rows, rows, hits)
    fields: dict[str, Any] = {
        "name": "robust_accuracy_difference", "unit": "share", "direction": "lower", "across": (attribute,),
        "conditions": conditions, "left_out": hidden,
    }  # fmt: skip
    reason = two_groups([attribute], "can be assessed", left_out_text(hidden))
    return ShareGap(stats.Shares(members.values * members.people, rows.astype(float)), members, fields, reason)
