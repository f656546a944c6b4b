"""Shares of rows with their intervals, and the widest difference between groups, tested for a whole check at once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData, Cell
from auditkit.errors import present
from auditkit.group_pairs import Members, left_out, widest_among
from auditkit.metrics.catalogue import interval_method
from auditkit.results import Direction, LeftOut, Measurement, Test
from auditkit.variants import Group, variants


def share_of(
    name: str,
    flags: np.ndarray,
    direction: Direction = "higher",
    reason: str | None = None,
    clusters: np.ndarray | None = None,
    **fields: Any,
) -> Measurement:
    """The share of rows (n,) of which a flag holds, with Wilson's interval; `fields` are further ones of the result.

    `reason` is why it may not be said; None: it may. `clusters` (n,) says which rows vary together.
    """
    if reason is not None:
        return Measurement(name=name, value=None, reason=reason, unit="share", direction=direction, **fields)
    interval = stats.wilson(int(flags.sum()), len(flags))
    if clusters is not None:
        interval = present(stats.mean_interval(flags, clusters=clusters), "a share of rows has one")
    return Measurement(
        name=name, value=float(flags.mean()), interval=interval, n=len(flags),
        units=None if clusters is None else len(np.unique(clusters)), unit="share", direction=direction, **fields,
    )  # fmt: skip


def median_distance(
    distances: np.ndarray, conditions: dict[str, Any], none_found: str, *, few_are_exact: bool = False,
    clusters: np.ndarray | None = None,
) -> Measurement:  # fmt: skip
    """The median of the distances (N,) at which the model is wrong, with the interval that order statistics give.

    Args:
        distances: of the rows for which one was found.
        conditions: of the measurement.
        none_found: why there is no median, where there are none.
        few_are_exact: whether a median of too few for an interval is called exact.
        clusters: (N,) which of these rows vary together; None: each varies by itself.
    """
    fields: dict[str, Any] = {
        "name": "median_distance", "unit": "ranges", "direction": "higher", "conditions": conditions
    }  # fmt: skip
    if not len(distances):
        return Measurement(value=None, reason=none_found, **fields)
    interval, value = stats.median_interval(distances, clusters=clusters), float(np.median(distances))
    is_exact = few_are_exact and interval is None
    units = None if clusters is None else len(np.unique(clusters))
    return Measurement(value=value, interval=interval, n=len(distances), units=units, exact=is_exact, **fields)


def comparable(
    attribute: str, data: AuditData, reason_of: Callable[[Cell], str | None]
) -> tuple[list[Cell], tuple[LeftOut, ...]]:
    """The groups of an attribute about which something may be said, and the others, with the reason of each."""
    cells = [cell for cell in data.slices() if tuple(cell.where) == (attribute,)]
    reasons = [reason_of(cell) for cell in cells]
    shown = [cell for cell, reason in zip(cells, reasons, strict=True) if reason is None]
    return shown, tuple(left_out((cell.where for cell in cells), reasons))


class ShareGap(NamedTuple):
    """A share in the groups of one attribute, whose widest difference is looked for."""

    shares: stats.Shares
    members: Members
    fields: dict[str, Any]
    """Of the measurement: name, direction, attributes, conditions and who is left out."""
    reason: str
    """Why there is no difference, where fewer than two groups are compared."""
    by_unit: bool = False
    """Whether rows of one unit vary together, so that sizes are effective numbers of rows."""


class Mass(NamedTuple):
    """What rows count for."""

    weights: np.ndarray | None = None
    """(N,) positive; None: one each."""
    clusters: np.ndarray | None = None
    """(N,) the same number for rows that vary together; None: each varies by itself."""


def share_gap(
    name: str, share: str, hits: np.ndarray, mass: Mass, cells: list[Cell], fields: dict[str, Any], reason: str,
) -> ShareGap:  # fmt: skip
    """The gap `name` of a share, which is that of rows (N,) of which a flag holds in each of some groups.

    Args:
        name: of the measurement.
        share: the name of the share in one group.
        hits: (N,) bool.
        mass: of the rows.
        cells: the groups.
        fields: further ones of the measurement.
        reason: see `ShareGap`.
    """
    values, sizes = np.array([weighed_share(hits, mass, cell.rows) for cell in cells]).reshape(-1, 2).T
    shares = stats.Shares(np.minimum(sizes, values * sizes), sizes)  # the product may round to more than all
    members = Members(
        share, [cell.where for cell in cells], shares.rates, np.array([cell.rows.sum() for cell in cells]),
        np.array([hits[cell.rows].sum() for cell in cells]),
    )  # fmt: skip
    common = {"name": name, "unit": "share", "direction": "lower", **fields}
    return ShareGap(shares, members, common, reason, mass.clusters is not None)


def weighed_share(hits: np.ndarray, mass: Mass, rows: np.ndarray) -> tuple[float, float]:
    """The weighted share of these rows, and the effective number of them."""
    some = None if mass.weights is None else mass.weights[rows]
    value = stats.weighted_mean(hits[rows].astype(float), some)
    if mass.clusters is not None:
        return value, stats.cluster_size(hits[rows], mass.clusters[rows], some)
    return value, float(stats.effective_size(int(rows.sum()) if some is None else some))


def tested_gaps(
    gaps: Sequence[ShareGap], data: AuditData, permutations: int, rng: np.random.Generator, check: str
) -> list[Measurement]:
    """The widest differences, tested together by Holm's method; behind them the same of some of the groups.

    Args:
        gaps: one for each attribute and share.
        data: for the reference and the sizes of groups.
        permutations: shuffles of the groups behind each p-value.
        rng: the source of chance.
        check: the id of the check whose tests are adjusted together.
    """
    tested = [gap for gap in gaps if len(gap.members.where) > 1]
    p_values = [
        stats.permutation_p(stats.largest_z([gap.shares]), stats.shuffled_z([gap.shares], permutations, rng))
        for gap in tested
    ]
    adjusted = iter(zip(p_values, stats.holm(p_values).tolist() if p_values else [], strict=True))
    by_unit = ", by units" if data.clusters is not None else ""
    method = f"permutation of the largest studentized difference, {permutations} shuffles{by_unit}; Holm"
    family = f"all {len(tested)} differences of {check}"
    headlines, further = [], []
    for gap in gaps:
        (headline,) = _widest(gap, gap.members.where, None)
        # the variants are of the untested headline: among some of the groups nothing was tested
        further += variants([headline], [gap.members.where], partial(_widest, gap), data)
        if len(gap.members.where) > 1:
            raw, holm = next(adjusted)
            test = Test(method=method, p=raw, p_adjusted=holm, family=family)
            detectable = stats.detectable_among(gap.shares, len(tested))
            headline = headline.model_copy(update={"test": test, "detectable": detectable})
        headlines.append(headline)
    return [*headlines, *further]


def _widest(gap: ShareGap, groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
    """The widest difference over some groups, untested."""
    if len(groups) < 2:
        return [Measurement(value=None, reason=gap.reason, validity="inconclusive", **gap.fields)]
    widest, pairs = widest_among([gap.shares], [gap.members], groups, reference)
    interval = widest.interval
    if gap.by_unit:
        interval = interval.model_copy(update={"method": interval_method(interval.method, False, by_unit=True)})
    return [Measurement(value=widest.value, interval=interval, pairs=pairs, **gap.fields)]
