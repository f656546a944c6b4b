"""Accuracy and loss under corruptions by group, and whether groups lose alike; intervals on the same rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_among, pairs_behind
from auditkit.plugins.robustness.corruptions.base import MIDDLE
from auditkit.plugins.robustness.corruptions.corrupted_answers import CorruptedAnswers
from auditkit.plugins.robustness.corruptions.parameters import Parameters
from auditkit.plugins.robustness.shares import comparable
from auditkit.results import Interval, Measurement, Test, left_out_text
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
            interval = _interval(own, name, None if data.clusters is None else data.clusters[cell.rows])
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
    members = Members("accuracy_drop", [cell.where for cell in cells], group_means.means, np.bincount(group[is_member]))

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


def _interval(values: np.ndarray, name: str, clusters: np.ndarray | None) -> Any:
    if name == "mean_accuracy":
        return mean_interval(values, clusters=clusters)
    ends = mean_interval((values + 1) / 2, clusters=clusters)  # losses lie between -1 and 1
    low, high = (present(end, "a share has both") for end in (ends.low, ends.high))
    return ends.model_copy(update={"low": 2 * low - 1, "high": 2 * high - 1})


class Losses(NamedTuple):
    """The mean losses of k groups."""

    means: np.ndarray
    """(k,)"""
    errors: np.ndarray
    """(k,) the squared standard errors of the means."""
    sizes: np.ndarray
    """(k,) rows."""


def losses(values: np.ndarray, group: np.ndarray) -> Losses:
    """The mean loss of each group, its error taken as if one more row were off by 1.

    So a group that happens not to vary is not taken as certain.

    Args:
        values: (n,) the loss of each row, between -1 and 1.
        group: (n,) codes 0 to k - 1, each of at least two rows.
    """
    return Losses(*(moment[0] for moment in _moments(values, group[None])))


def widest(group_means: Losses, pairs: stats.Pairs, level: float = 0.95) -> stats.Extreme:
    """The widest difference of the groups' means.

    Intervals of all pairs (Welch's, at Šidák's level) hold at once, so the widest true difference is at least the
    largest low end and at most the largest high end; the low end is 0 unless some pair differs for certain.

    Args:
        group_means: of k groups; k at least 2.
        pairs: those that are compared (`stats.pairs_of`).
        level: the confidence, between 0 and 1.

    Source: Welch (1947), Biometrika 34; Šidák (1967), JASA 62.
    """
    i, j = pairs
    mean, error, size = group_means
    squared_error = error[i] + error[j]
    freedom = squared_error**2 / (error[i] ** 2 / (size[i] - 1) + error[j] ** 2 / (size[j] - 1))
    half = special.stdtrit(freedom, 0.5 + stats.sidak_level(level, len(i)) / 2) * np.sqrt(squared_error)
    gap = np.abs(mean[i] - mean[j])
    method = "Welch" if len(i) == 1 else "Welch, all pairs at once (Šidák)"
    return stats.largest_apart(stats.Apart(pairs, gap, gap - half, gap + half), mean, method, 2.0, level)


def p_value(values: np.ndarray, group: np.ndarray, shuffles: int, rng: np.random.Generator) -> float:
    """How often shuffled groups differ as much; the statistic is the largest difference in standard errors.

    Args:
        values: (n,) the loss of each row.
        group: (n,) codes 0 to k - 1.
        shuffles: how often groups are shuffled.
        rng: the source of chance.

    Source: Janssen (1997), Statistics and Probability Letters 36, for shuffling with a studentized statistic.
    """
    shuffled = rng.permuted(np.broadcast_to(group, (shuffles, len(group))), axis=1)
    observed = float(stats.largest_z_of_means(*_moments(values, group[None])[:2])[0])
    return float(stats.permutation_p(observed, stats.largest_z_of_means(*_moments(values, shuffled)[:2])))


def _moments(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, squared standard errors and sizes, each (B, k), of groups (B, n)."""
    # one pass of bincount over (draw, group) cells: B shuffles cost one loop in C instead of B loops
    draws, k = len(groups), int(groups.max()) + 1
    cell = (groups + np.arange(draws)[:, None] * k).ravel()
    repeated = np.broadcast_to(values, groups.shape).ravel()
    size = np.bincount(cell, minlength=draws * k).astype(float)
    mean = np.bincount(cell, weights=repeated, minlength=draws * k) / size
    square = np.bincount(cell, weights=repeated**2, minlength=draws * k)
    # rounding can carry the sum of squares below 0; the added 1 is the one further row that is off by 1
    spread = (np.maximum(square - size * mean**2, 0) + 1) / (size - 1)
    return tuple(moment.reshape(draws, k) for moment in (mean, spread / size, size))  # type: ignore[return-value]


def mean_interval(values: np.ndarray, level: float = 0.95, clusters: np.ndarray | None = None) -> Interval:
    """An interval for the mean of (n,) shares between 0 and 1: Student's, or Wilson's where they do not vary.

    Wilson's is never too narrow for such values, as none varies more than a yes or no of the same mean. Of rows in (n,)
    clusters it is for as many rows as there are clusters.
    """
    masses = None if clusters is None else np.bincount(stats.numbered(clusters)).astype(float)
    size = float(len(values)) if masses is None else float(stats.effective_size(masses))
    if (len(values) if masses is None else len(masses)) < stats.FEW or np.ptp(values) == 0:
        wilson = stats.wilson(float(np.clip(values.mean(), 0, 1)) * size, size, level)
        return wilson if clusters is None else wilson.model_copy(update={"method": f"{wilson.method}, by units"})
    interval = present(stats.student_interval(values, level, clusters=clusters), "values that vary have one")
    low, high = (present(end, "values that vary have both") for end in (interval.low, interval.high))
    return interval.model_copy(update={"low": max(0.0, low), "high": min(1.0, high)})


def relative_drop_interval(
    before: np.ndarray, after: np.ndarray, level: float = 0.95, clusters: np.ndarray | None = None
) -> Interval | None:
    """An interval for 1 - mean(after) / mean(before) on the same rows; at most 1.

    Args:
        before: (n,) bool or 0 and 1, not all 0.
        after: (n,) shares between 0 and 1.
        level: the confidence, between 0 and 1.
        clusters: (n,) whole numbers, the same for rows that vary together: the spread is then that of the jackknife
            over clusters. None: each by itself.

    Returns:
        None where the mean before is so near to 0 that the interval has no ends, and under 30 rows or clusters.

    Source: Fieller (1954), Some problems in interval estimation, JRSS B 16.
    """
    both = np.vstack([before, after]).astype(float)
    n, spread = len(before), np.cov(both) / len(before)
    if clusters is not None:
        pulls = np.vstack([stats.cluster_pulls(side, clusters) for side in both])
        n, spread = pulls.shape[1], (pulls.shape[1] - 1) / pulls.shape[1] * pulls @ pulls.T
    if n < stats.FEW:
        return None
    x, y = both.mean(axis=1)
    t2 = float(special.stdtrit(n - 1, 0.5 + level / 2)) ** 2
    # ratios r with (y - r x)^2 <= t2 (s_yy - 2 r s_xy + r^2 s_xx); without spread: as for one row that differs
    slack = max(float(spread[1, 1]), 1 / n**2)
    a, b, c = x * x - t2 * spread[0, 0], x * y - t2 * spread[0, 1], y * y - t2 * slack
    if a <= 0:
        return None
    half = np.sqrt(max(b * b - a * c, 0.0))
    method = "Fieller, paired" if clusters is None else "Fieller, paired, by units"
    return Interval(low=float(1 - (b + half) / a), high=float(min(1.0, 1 - (b - half) / a)), level=level, method=method)
