"""Who has no counterfactual, and what the others' cost: for everyone, for each group, and between groups."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import AuditData, Cell
from auditkit.group_pairs import Members, left_out, pairs_behind, widest_among
from auditkit.plugins.explanations.counterfactuals.definitions import DEFINITIONS
from auditkit.results import Measurement
from auditkit.too_few import lacking, two_groups

COUNTED = "people with the other outcome"
CONSTANT = "all costs are the same, among too few people to tell how much they vary"


def group_numbers(
    data: AuditData, people: np.ndarray, is_found: np.ndarray, costs: np.ndarray | None
) -> list[Measurement]:
    """All shares and means, then the differences of each attribute.

    Args:
        data: the rows drawn.
        people: (n,) positions of those with the other outcome.
        is_found: (n,) bool.
        costs: (n,) who has none counts at the largest; None: nobody has any.
    """
    everyone = Cell({}, np.arange(len(data)), len(data), len(data), None)
    numbers: list[Measurement] = []
    for cell in (everyone, *data.slices()):
        inside = cell.rows[people]
        few = (data.unmeasured(cell, "rows drawn") if cell.where else None) or lacking(
            int(inside.sum()), data.minimum_rate if cell.where else 1, COUNTED
        )
        numbers += [_mean(cell, None if costs is None else costs[inside], few), _share(cell, is_found[inside], few)]
    for attribute in data.groups:
        cells = [cell for cell in data.slices() if tuple(cell.where) == (attribute,)]
        numbers += _gaps(attribute, cells, data, people, is_found, costs)
    return numbers


def _share(cell: Cell, is_found: np.ndarray, few: str | None) -> Measurement:
    missing = int((~is_found).sum())
    known: dict[str, Any] = {"value": None, "reason": few}
    if few is None:
        interval = stats.wilson(missing, len(is_found))
        known = {"value": missing / len(is_found), "interval": interval, "n": len(is_found)}
    return Measurement(name="none_found", unit="share", direction="lower", slice=cell.where, **known)


def _mean(cell: Cell, costs: np.ndarray | None, few: str | None) -> Measurement:
    known: dict[str, Any] = {"value": None, "reason": few or "nobody has a counterfactual"}
    if few is None and costs is not None:
        interval = stats.student_interval(costs)
        known = {"value": float(costs.mean()), "interval": interval, "n": len(costs)}
        if interval is None:
            known |= {"validity": "inconclusive", "reason": CONSTANT}
    return Measurement(name="recourse_cost", unit="spreads", direction="lower", slice=cell.where, **known)


def _gaps(
    attribute: str,
    cells: list[Cell],
    data: AuditData,
    people: np.ndarray,
    is_found: np.ndarray,
    costs: np.ndarray | None,
) -> list[Measurement]:
    inside = [cell.rows[people] for cell in cells]
    few = [
        data.unmeasured(cell, "rows drawn") or lacking(int(rows.sum()), max(2, data.minimum_rate), COUNTED)
        for cell, rows in zip(cells, inside, strict=True)
    ]
    kept = [number for number, reason in enumerate(few) if reason is None]
    missing = left_out((cell.where for cell in cells), few)
    where, rows = [cells[number].where for number in kept], [inside[number] for number in kept]
    fields: dict[str, Any] = {"across": (attribute,), "left_out": tuple(missing)}
    return [_share_gap(where, rows, is_found, fields), _cost_gap(where, rows, costs, fields)]


def _share_gap(
    where: list[dict[str, str]], rows: list[np.ndarray], is_found: np.ndarray, fields: dict[str, Any]
) -> Measurement:
    if len(where) < 2:
        return _undefined("none_found_difference", two_groups(fields["across"]), fields)
    sizes, counts = np.array([part.sum() for part in rows]), np.array([(~is_found[part]).sum() for part in rows])
    shares = stats.Shares(counts.astype(float), sizes.astype(float))
    extreme, pairs = widest_among([shares], [Members("none_found", where, shares.rates, sizes, counts)], where)
    return Measurement(
        name="none_found_difference", value=extreme.value, interval=extreme.interval, n=int(sizes.sum()), unit="share",
        direction="lower", pairs=pairs, **fields,
    )  # fmt: skip


def _cost_gap(
    where: list[dict[str, str]], rows: list[np.ndarray], costs: np.ndarray | None, fields: dict[str, Any]
) -> Measurement:
    name = "recourse_cost_difference"
    if len(where) < 2 or costs is None:
        return _undefined(
            name, "nobody has a counterfactual" if costs is None else two_groups(fields["across"]), fields
        )
    pairs = stats.pairs_of(len(where))
    level = stats.sidak_level(0.95, len(pairs[0]))
    intervals = [stats.student_interval(costs[part], level) for part in rows]
    if any(interval is None for interval in intervals):
        return _undefined(name, CONSTANT, fields)
    values = np.array([costs[part].mean() for part in rows])
    low, high = (np.array([getattr(interval, end) for interval in intervals]) for end in ("low", "high"))
    members = Members("recourse_cost", where, values, np.array([int(part.sum()) for part in rows]))
    method = "simultaneous intervals of all pairs' differences, from Student t of each group (MOVER, Šidák)"
    extreme = stats.largest_apart(stats.square_and_add(values, low, high, pairs), values, method)
    return Measurement(
        name=name, value=extreme.value, interval=extreme.interval, n=int(members.people.sum()), unit="spreads",
        direction="lower", pairs=tuple(pairs_behind(extreme, [members])), **fields,
    )  # fmt: skip


def _undefined(name: str, reason: str, fields: dict[str, Any]) -> Measurement:
    unit = DEFINITIONS[name].unit
    return Measurement(
        name=name, value=None, reason=reason, validity="inconclusive", unit=unit, direction="lower", **fields
    )
