"""Accuracy and loss under corruptions by group, and whether groups lose alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_among, pairs_behind
from auditkit.plugins.robustness.corruptions.base import MIDDLE
from auditkit.plugins.robustness.corruptions.corrupted_answers import CorruptedAnswers
from auditkit.plugins.robustness.corruptions.group_gap import losses, p_value, widest
from auditkit.plugins.robustness.corruptions.paired import mean_interval
from auditkit.plugins.robustness.corruptions.parameters import Parameters
from auditkit.plugins.robustness.shares import comparable
from auditkit.results import Measurement, Test, left_out_text
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import two_groups
from auditkit.variants import Group, variants

COUNTED = "rows that were corrupted"


def by_group(answers: CorruptedAnswers, data: AuditData, level: int) -> list[Measurement]:
    """Mean accuracy and mean drop over corruptions of one severity, for every group.

    Args:
        answers: of the model.
        data: whose groups.
        level: the index of the severity.
    """
    after = answers.by_row(slice(level, level + 1))
    rates = (("mean_accuracy", after, "higher"), ("accuracy_drop", answers.clean - after, "lower"))
    measurements = []
    for cell in slices_and_smaller(data):
        reason = data.unmeasured(cell, COUNTED)
        for name, values, direction in rates:
            common: dict[str, Any] = {
                "name": name, "unit": "share", "direction": direction, "slice": cell.where,
                "conditions": {"severity": MIDDLE},
            }  # fmt: skip
            if reason is not None:
                measurements.append(Measurement(value=None, reason=reason, **common))
                continue
            own = values[cell.rows]
            interval = _interval(own, name)
            measurements.append(Measurement(value=float(own.mean()), interval=interval, n=len(own), **common))
    return measurements


def gaps(
    answers: CorruptedAnswers, data: AuditData, level: int, parameters: Parameters, rng: np.random.Generator
) -> list[Measurement]:
    """For every attribute the widest difference of two groups' mean drops."""
    drop = answers.clean - answers.by_row(slice(level, level + 1))
    by_attribute = [_gap(attribute, drop, data, parameters.shuffles, rng) for attribute in data.groups]
    # the differences over all groups stand first: a report may show the first measurement alone
    headlines = [headline for headline, *_ in by_attribute]
    return headlines + [measurement for _, *further in by_attribute for measurement in further]


def _gap(
    attribute: str, drop: np.ndarray, data: AuditData, shuffles: int, rng: np.random.Generator
) -> list[Measurement]:
    """The widest difference, tested, and the same beside it of some of the groups."""
    fields: dict[str, Any] = {
        "name": "drop_difference", "unit": "share", "direction": "lower", "across": (attribute,),
        "conditions": {"severity": MIDDLE},
    }  # fmt: skip
    cells, fields["left_out"] = comparable(
        attribute, data, lambda cell: data.unmeasured(cell, COUNTED) or (None if cell.rows.sum() > 1 else "one row")
    )
    if len(cells) < 2:
        reason = two_groups([attribute], "can be assessed", left_out_text(fields["left_out"]))
        none = Measurement(value=None, reason=reason, validity="inconclusive", **fields)
        return [none, *variants([none], [], None, data)]
    group = np.full(len(drop), -1)  # -1: in no group that can be compared
    for code, cell in enumerate(cells):
        group[cell.rows] = code
    is_member = group >= 0
    group_means = losses(drop[is_member], group[is_member])
    where = [cell.where for cell in cells]
    members = Members("accuracy_drop", where, group_means.means, np.bincount(group[is_member]))

    def gap_among(chosen: Sequence[Group], reference: Group | None) -> list[Measurement]:
        gap = widest(group_means, pairs_among(members, chosen, reference))
        pairs = tuple(pairs_behind(gap, [members]))
        return [Measurement(value=gap.value, interval=gap.interval, pairs=pairs, **fields)]

    (first,) = gap_among(members.where, None)
    method = f"permutation of the largest studentized difference, {shuffles} shuffles; Holm"
    test = Test(method=method, p=p_value(drop[is_member], group[is_member], shuffles, rng))
    tested = first.model_copy(update={"test": test, "detectable": _detectable(drop, group, len(cells))})
    return [tested, *variants([first], [members.where], gap_among, data)]


def _detectable(drop: np.ndarray, group: np.ndarray, groups: int) -> float:
    """The difference of two means that the two smallest groups would show with 80 % power, all pairs at once."""
    sizes = np.sort(np.bincount(group[group >= 0], minlength=groups))[:2]
    spread = float(np.std(drop[group >= 0], ddof=1)) if (group >= 0).sum() > 1 else 0.0
    # the level of one pair where the intervals of all pairs hold at once
    level = stats.sidak_level(0.95, groups * (groups - 1) // 2)
    return float((stats.critical(level) + stats.critical(0.6)) * spread * np.sqrt((1 / sizes).sum()))


def _interval(values: np.ndarray, name: str) -> Any:
    if name == "mean_accuracy":
        return mean_interval(values)
    ends = mean_interval((values + 1) / 2)  # losses lie between -1 and 1
    low, high = (present(end, "a share has both") for end in (ends.low, ends.high))
    return ends.model_copy(update={"low": 2 * low - 1, "high": 2 * high - 1})
