"""What is said about ranking: areas under the curve per group, their difference, the area between curves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_among, pairs_behind
from auditkit.plugins.fairness.scores import auc_gaps, resampling
from auditkit.plugins.fairness.scores.partition import BOTH, Partition
from auditkit.plugins.fairness.scores.score_table import area
from auditkit.results import Interval, Measurement, Test, left_out_text
from auditkit.too_few import two_groups
from auditkit.variants import Group, variants

FAMILY = "all tests of fairness.scores"


class Ranked(NamedTuple):
    """The comparison of the groups of some attributes."""

    compared: Partition
    law: auc_gaps.Law | None
    """What shuffled groups show; None where fewer than two groups can be compared."""
    measurements: list[Measurement]


def per_group(part: Partition) -> list[Measurement]:
    """The area under the curve of everyone or of every group."""
    measurements = []
    for index, where in enumerate(part.where):
        reason, score_table = part.reason(index, BOTH), part.score_tables[index]
        value, interval, n = None, None, None
        measured = area(score_table) if reason is None else None
        if measured is not None:
            value, n = measured.value, int(score_table.people.sum())
            interval = stats.auc_interval(measured.value, measured.error, measured.smaller)
        measurements.append(
            Measurement(
                name="auc", value=value, reason=reason, interval=interval, n=n, direction="higher", slice=where
            )
        )  # fmt: skip
    return measurements


def gaps(part: Partition, data: AuditData, draws: int, tests: int, rng: np.random.Generator) -> Ranked:
    """The difference of the areas, the largest area between two curves and what chance makes of it."""
    compared = part.comparable(BOTH)
    if len(compared.where) < 2:
        names = ("auc_difference", "abroca", "abroca_by_chance")
        measurements = [undefined(name, compared, "lower") for name in names]
        return Ranked(compared, None, [*measurements, *variants(measurements[:2], [compared.where], None, data)])
    areas = [present(area(score_table), "both labels are there") for score_table in compared.score_tables]
    scale = resampling.common_scale(compared.score_tables)
    law = auc_gaps.shuffled(scale, draws, rng)
    auc_p, abroca_p = auc_gaps.p_values(auc_gaps.observed(scale), law)
    between = auc_gaps.pair_gaps(compared.score_tables)
    errors = auc_gaps.resampled(scale, draws, rng)
    ranked = members("auc", compared, [area_.value for area_ in areas])

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        pairs = pairs_among(ranked, groups, reference)
        auc = auc_gaps.auc_gap(areas, pairs)
        curves = auc_gaps.abroca(between, errors, ranked.values, pairs, auc)
        return [
            Measurement(
                name=name, value=extreme.value, interval=extreme.interval, direction="lower",
                pairs=tuple(pairs_behind(extreme, [ranked])), **common(compared, groups),
            )
            for name, extreme in (("auc_difference", auc), ("abroca", curves))
        ]  # fmt: skip

    first = again(compared.where, None)
    shuffles = f"{draws} shuffles among people of equal label, on the groups' own ranks"
    detectable = auc_gaps.detectable_gap(np.array([area_.error for area_ in areas]), tests)
    difference = _tested(first[0], f"permutation of the largest studentized difference, {shuffles}", auc_p)
    by_chance = Measurement(
        name="abroca_by_chance", value=float(law.largest.mean()), interval=below(law.largest, "shuffles"),
        **common(compared, compared.where),
    )  # fmt: skip
    measurements = [
        difference.model_copy(update={"detectable": detectable}),
        _tested(first[1], f"permutation of the largest area between two curves, {shuffles}", abroca_p), by_chance,
    ]  # fmt: skip
    return Ranked(compared, law, [*measurements, *variants(first, [compared.where], again, data)])


def _tested(measurement: Measurement, method: str, p: float) -> Measurement:
    return measurement.model_copy(update={"test": Test(method=f"{method}; Holm", p=p, family=FAMILY)})


def below(numbers: np.ndarray, of: str) -> Interval:
    """Where 95 % of numbers that chance alone has made lie: from 0 to their 95th percentile."""
    method = f"95 % of {len(numbers)} {of} lie below the high end"
    # One-sided, as an area between curves is never below 0.
    return Interval(low=0.0, high=float(np.quantile(numbers, 0.95)), level=0.95, method=method)


def common(compared: Partition, groups: Sequence[Group]) -> dict[str, Any]:
    """What every measurement over some of the groups that are compared has."""
    numbered = zip(compared.where, compared.score_tables, strict=True)
    people = sum(int(score_table.people.sum()) for where, score_table in numbered if where in groups)
    return {"across": compared.attributes, "n": people, "left_out": compared.left_out}


def members(name: str, compared: Partition, values: Sequence[float]) -> Members:
    """The groups that are compared, with their numbers."""
    people = np.array([int(score_table.people.sum()) for score_table in compared.score_tables])
    return Members(name, compared.where, np.array(values), people)


def undefined(name: str, compared: Partition, direction: Any = "none", unit: str = "") -> Measurement:
    """A disparity that has no value, because fewer than two groups can be compared."""
    reason = two_groups(compared.attributes, left_out=left_out_text(compared.left_out))
    return Measurement(
        name=name, value=None, reason=reason, across=compared.attributes, validity="inconclusive",
        direction=direction, unit=unit, left_out=compared.left_out,
    )  # fmt: skip
