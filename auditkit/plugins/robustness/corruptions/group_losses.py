"""Accuracy and loss under corruptions by group, and whether groups lose alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.group_pairs import Members, left_out, pairs_among, pairs_behind
from auditkit.plugins.robustness.corruptions.base import MIDDLE
from auditkit.plugins.robustness.corruptions.group_gap import losses, p_value, widest
from auditkit.plugins.robustness.corruptions.paired import mean_interval
from auditkit.results import Measurement, Test
from auditkit.results.disparity_text import left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import fewer_than, two_groups
from auditkit.variants import Group, variants

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.data.cells import Cell
    from auditkit.plugins.robustness.corruptions.corrupted_answers import Asked
    from auditkit.plugins.robustness.corruptions.parameters import Parameters


def by_group(asked: Asked, data: AuditData, at: int) -> list[Measurement]:
    """Mean accuracy and mean drop over corruptions of one severity, for every group.

    Args:
        asked: what the model said.
        data: whose groups.
        at: the place of the severity.
    """
    after = asked.by_row(slice(at, at + 1))
    found = []
    for cell in slices_and_smaller(data):
        hidden = _hidden(cell, data)
        for name, values, direction in (
            ("mean_accuracy", after, "higher"),
            ("accuracy_drop", asked.clean - after, "lower"),
        ):
            common: dict[str, Any] = {
                "name": name, "unit": "share", "direction": direction, "slice": cell.where,
                "conditions": {"severity": MIDDLE},
            }  # fmt: skip
            if hidden is not None:
                found.append(Measurement(value=None, reason=hidden, **common))
                continue
            own = values[cell.rows]
            found.append(Measurement(value=float(own.mean()), interval=_interval(own, name), n=len(own), **common))
    return found


def gaps(asked: Asked, data: AuditData, at: int, parameters: Parameters, rng: np.random.Generator) -> list[Measurement]:
    """For every attribute the widest difference of two groups' mean drops."""
    drop = asked.clean - asked.by_row(slice(at, at + 1))
    measurements = [_gap(attribute, drop, data, parameters.shuffles, rng) for attribute in data.groups]
    return [first for first, *_ in measurements] + [
        measurement for _, *beside in measurements for measurement in beside
    ]


def _gap(
    attribute: str, drop: np.ndarray, data: AuditData, shuffles: int, rng: np.random.Generator
) -> list[Measurement]:
    """The widest difference, tested, and the same beside it of some of the groups."""
    common: dict[str, Any] = {
        "name": "drop_difference", "unit": "share", "direction": "lower", "across": (attribute,),
        "conditions": {"severity": MIDDLE},
    }  # fmt: skip
    cells = [cell for cell in data.slices() if tuple(cell.where) == (attribute,)]
    shown = [cell for cell in cells if _hidden(cell, data) is None and cell.rows.sum() > 1]
    lacking = [None if cell in shown else _hidden(cell, data) or "one row" for cell in cells]
    common["left_out"] = tuple(left_out((cell.where for cell in cells), lacking))
    if len(shown) < 2:
        reason = two_groups([attribute], "can be assessed", left_out_text(common["left_out"]))
        none = Measurement(value=None, reason=reason, validity="inconclusive", **common)
        return [none, *variants([none], [], None, data)]
    group = np.full(len(drop), -1)
    for code, cell in enumerate(shown):
        group[cell.rows] = code
    kept = group >= 0
    found = losses(drop[kept], group[kept])
    who = Members("accuracy_drop", [cell.where for cell in shown], found.means, np.bincount(group[kept]))

    def again(some: Sequence[Group], reference: Group | None) -> list[Measurement]:
        gap = widest(found, pairs_among(who, some, reference))
        behind = tuple(pairs_behind(gap, [who]))
        return [Measurement(value=gap.value, interval=gap.interval, pairs=behind, **common)]

    (first,) = again(who.where, None)
    how = f"permutation of the largest studentized difference, {shuffles} shuffles; Holm"
    test = Test(method=how, p=p_value(drop[kept], group[kept], shuffles, rng))
    tested = first.model_copy(update={"test": test, "detectable": _detectable(drop, group, len(shown))})
    return [tested, *variants([first], [who.where], again, data)]


def _detectable(drop: np.ndarray, group: np.ndarray, groups: int) -> float:
    """The difference of two means that the two smallest groups would show with 80 % power, all pairs at once."""
    sizes = np.sort(np.bincount(group[group >= 0], minlength=groups))[:2]
    spread = float(np.std(drop[group >= 0], ddof=1)) if (group >= 0).sum() > 1 else 0.0
    level = stats.sidak_level(0.95, groups * (groups - 1) // 2)
    return float((stats.critical(level) + stats.critical(0.6)) * spread * np.sqrt((1 / sizes).sum()))


def _interval(values: np.ndarray, name: str) -> Any:
    if name == "mean_accuracy":
        return mean_interval(values)
    ends = mean_interval((values + 1) / 2)  # losses lie between -1 and 1
    low = present(ends.low, "a share has both")
    high = present(ends.high, "a share has both")
    return ends.model_copy(update={"low": 2 * low - 1, "high": 2 * high - 1})


def _hidden(cell: Cell, data: AuditData) -> str | None:
    """Why a group is not shown: its own size, another's sake, or too few of its rows among those corrupted."""
    if cell.hidden is not None:
        return cell.hidden
    few = max(1, data.minimum_rate)
    return fewer_than(few, "of the rows that were corrupted") if cell.rows.sum() < few else None
