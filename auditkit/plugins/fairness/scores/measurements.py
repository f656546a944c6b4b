"""What is said about ranking and about calibration: per group, and how it differs over groups."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import Members, pairs_among, pairs_behind
from auditkit.plugins.fairness.scores import auc_gaps, calibration, resampling
from auditkit.plugins.fairness.scores.definitions import DEFINITIONS
from auditkit.plugins.fairness.scores.score_table import BOTH, Area, Partition, ScoreTable, area
from auditkit.results import Interval, Measurement, Test, left_out_text
from auditkit.too_few import two_groups
from auditkit.variants import Group, variants

TOO_MANY = f"with more than {stats.PAIRWISE} groups there are too many pairs of curves to compare"
FAMILY = "all tests of fairness.scores"
NO_PROBABILITIES = "The model's scores are no probabilities"
GROUP = ("calibration_in_the_large", "calibration_error", "calibration_error_by_chance")
GAP = "calibration_in_the_large_difference"


class Ranked(NamedTuple):
    """The comparison of the groups of some attributes."""

    compared: Partition
    law: auc_gaps.Law | None
    """What shuffled groups show; None where fewer than two groups can be compared."""
    measurements: list[Measurement]


def areas_per_group(part: Partition) -> list[Measurement]:
    """The area under the curve of everyone or of every group."""
    measurements = []
    for index, where in enumerate(part.where):
        reason, score_table = part.reason(index, BOTH), part.score_tables[index]
        value, interval, n = None, None, None
        measured = area(score_table) if reason is None else None
        if measured is not None:
            value, n = measured.value, int(score_table.people.sum())
            interval = measured.interval()
        measurements.append(
            Measurement(
                name="auc", value=value, reason=reason, interval=interval, n=n, direction="higher", slice=where
            )
        )  # fmt: skip
    return measurements


def ranking_gaps(part: Partition, data: AuditData, draws: int, tests: int, rng: np.random.Generator) -> Ranked:
    """The difference of the areas, the largest area between two curves and what chance makes of it."""
    compared = part.comparable(BOTH)
    if len(compared.where) < 2:
        names = ("auc_difference", "abroca", "abroca_by_chance")
        measurements = [undefined(name, compared, "lower") for name in names]
        return Ranked(compared, None, [*measurements, *variants(measurements[:2], [compared.where], None, data)])
    scale = resampling.common_scale(compared.score_tables)
    law = auc_gaps.shuffled(scale, draws, rng)
    auc_p, abroca_p = auc_gaps.p_values(auc_gaps.observed(scale), law)
    ranking = _ranking(compared, draws, rng)

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        # Of fewer groups the curves can be compared, where those of all are too many.
        few = ranking.curves is None and reference is None and len(groups) <= stats.PAIRWISE
        some = _ranking(compared.among(groups), draws, rng) if few else ranking
        return _ranking_between(some, groups, reference)

    first = again(compared.where, None)
    shuffles = f"{draws} shuffles among people of equal label, on the groups' own ranks"
    detectable = auc_gaps.detectable_gap(np.array([area_.error for area_ in ranking.areas]), tests)
    difference = _tested(first[0], f"permutation of the largest studentized difference, {shuffles}", auc_p)
    between = [_too_many("abroca", compared), _too_many("abroca_by_chance", compared, "none")]
    if law.gaps is not None and abroca_p is not None:
        largest = law.gaps.max(axis=1)
        by_chance = Measurement(
            name="abroca_by_chance", value=float(largest.mean()), interval=below(largest, "shuffles"),
            **common(compared, compared.where),
        )  # fmt: skip
        method = f"permutation of the largest area between two curves, {shuffles}"
        between = [_tested(first[1], method, abroca_p), by_chance]
    measurements = [difference.model_copy(update={"detectable": detectable}), *between]
    return Ranked(compared, law, [*measurements, *variants(first, [compared.where], again, data)])


class _Ranking(NamedTuple):
    """How well groups are ranked."""

    compared: Partition
    areas: list[Area]
    members: Members
    curves: tuple[np.ndarray, tuple[np.ndarray, np.ndarray]] | None
    """Areas between the curves of every pair and their errors, as `auc_gaps.abroca` takes them; None: too many."""


def _ranking(compared: Partition, draws: int, rng: np.random.Generator) -> _Ranking:
    areas = [present(area(score_table), "both labels are there") for score_table in compared.score_tables]
    ranked = members("auc", compared, [area_.value for area_ in areas])
    if len(areas) > stats.PAIRWISE:
        return _Ranking(compared, areas, ranked, None)
    between = auc_gaps.pair_gaps(compared.score_tables)
    errors = auc_gaps.resampled(resampling.common_scale(compared.score_tables), draws, rng)
    return _Ranking(compared, areas, ranked, (between, errors))


def _ranking_between(ranking: _Ranking, groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
    """The difference of the areas and the area between the curves, over some of the groups, without a test."""
    compared, areas, ranked, curves = ranking
    pairs = pairs_among(ranked, groups, reference)
    auc = auc_gaps.auc_gap(areas, pairs)
    extremes = {"auc_difference": auc}
    if curves is not None:
        extremes["abroca"] = auc_gaps.abroca(*curves, ranked.values, pairs, auc)
    measurements = [
        Measurement(
            name=name, value=extreme.value, interval=extreme.interval, direction="lower",
            pairs=tuple(pairs_behind(extreme, [ranked])), **common(compared, groups),
        )
        for name, extreme in extremes.items()
    ]  # fmt: skip
    return measurements if curves is not None else [*measurements, _too_many("abroca", compared)]


def _too_many(name: str, compared: Partition, direction: Any = "lower") -> Measurement:
    return undefined(name, compared, direction).model_copy(update={"reason": TOO_MANY})


def untested(parts: Sequence[Partition], probable: bool) -> list[str]:
    """A note where there are so many groups that none has a test of its own calibration error."""
    many = [" and ".join(part.attributes) for part in parts if _crowded(part)] if probable else []
    rest = "calibration errors of single groups have an interval and what chance gives, and no test"
    return [f"There are more than {stats.PAIRWISE} groups of {of}: {rest}." for of in many]


def _crowded(part: Partition) -> bool:
    return len(part.comparable().where) > stats.PAIRWISE


def _tested(measurement: Measurement, method: str, p: float) -> Measurement:
    return measurement.model_copy(update={"test": Test(method=f"{method}; Holm", p=p, family=FAMILY)})


def below(numbers: np.ndarray, of: str) -> Interval:
    """Where 95 % of numbers that chance alone has made lie: from 0 to their 95th percentile."""
    method = f"95 % of {len(numbers)} {of} lie below the high end"
    # One-sided, as an area between curves is never below 0.
    return Interval(low=0.0, high=float(np.quantile(numbers, 0.95)), level=0.95, method=method)


def common(compared: Partition, groups: Sequence[Group]) -> dict[str, Any]:
    """What every measurement over some of the groups that are compared has."""
    people = sum(int(score_table.people.sum()) for score_table in compared.among(groups).score_tables)
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


class Planted(NamedTuple):
    """Groups in one of which a shift can be planted."""

    attributes: tuple[str, ...]
    profiles: list[calibration.Profile]
    law: np.ndarray
    """(B,) the largest studentized difference among shuffled groups."""
    gap: float
    """The shift called detectable."""


class CalibrationFound(NamedTuple):
    """What was found about calibration."""

    measurements: list[Measurement]
    profiles: list[dict[int, calibration.Profile]]
    """For each partition {group: its profile}; empty where scores are no probabilities."""
    planted: Planted | None


def find_calibration(
    parts: list[Partition], data: AuditData, probable: bool, bins: int, draws: int, tests: int, rng: np.random.Generator
) -> CalibrationFound:
    """Calibration of everyone and of every group, and its difference over the groups.

    Args:
        parts: everyone, then the groups of each set of attributes.
        data: the data.
        probable: whether scores are probabilities.
        bins: of the calibration error, at most.
        draws: how many resamples.
        tests: for how many tests the p-values are adjusted.
        rng: the source of chance.
    """
    measurements, profiles, planted = [], [], None
    for part in parts:
        numbers, known = calibration_per_group(part, probable, bins, draws, rng)
        measurements += numbers
        profiles += [known] if probable else []
        if probable and part.attributes:
            gaps, possible = _calibration_gaps(part, data, known, draws, tests, rng)
            measurements += gaps
            # The test is the same for all attributes, so the first with room for a shift is enough.
            planted = planted or possible
    return CalibrationFound(measurements, profiles, planted)


def calibration_per_group(
    part: Partition, probable: bool, bins: int, draws: int, rng: np.random.Generator
) -> tuple[list[Measurement], dict[int, calibration.Profile]]:
    """Calibration of everyone or of every group, and {group: its profile}; arguments as of `find_calibration`."""
    measurements: list[Measurement] = []
    known: dict[int, calibration.Profile] = {}
    crowded = _crowded(part)
    for group, where in enumerate(part.where):
        few = part.reason(group)
        if not probable:
            reason = part.hidden[group] or f"{NO_PROBABILITIES[0].lower()}{NO_PROBABILITIES[1:]}"
            measurements.append(_missing(GROUP[0], where, reason))
        elif few is not None:
            measurements += [_missing(name, where, few) for name in GROUP]
        else:
            known[group] = calibration.profile(part.score_tables[group], bins, part.minimum)
            numbers = _calibration(part.score_tables[group], known[group], where, draws, rng)
            measurements += [number.model_copy(update={"test": None}) if crowded else number for number in numbers]
    return measurements, known


def _missing(name: str, where: dict[str, str], reason: str) -> Measurement:
    return Measurement(
        name=name, value=None, reason=reason, unit="share", direction=DEFINITIONS[name].direction, slice=where
    )


def _calibration(
    score_table: ScoreTable, levels: calibration.Profile, where: dict[str, str], draws: int, rng: np.random.Generator
) -> list[Measurement]:
    n, bins = int(score_table.people.sum()), calibration.binned(levels)
    large = Measurement(
        name=GROUP[0], value=calibration.in_the_large(score_table),
        interval=calibration.large_interval(score_table), n=n, unit="share", slice=where,
    )  # fmt: skip
    value, null = calibration.error(bins), calibration.errors_by_chance(levels, draws, rng)
    p = stats.permutation_p(value, null)
    error = Measurement(
        name=GROUP[1], value=value, interval=calibration.error_interval(bins, draws, rng), n=n, unit="share",
        direction="lower", slice=where, conditions={"bins": len(bins.sizes)},
        test=Test(method=f"{draws} draws of labels from the scores; Holm", p=p, family=FAMILY),
    )  # fmt: skip
    by_chance = Measurement(
        name=GROUP[2], value=float(null.mean()), interval=below(null, "draws"), n=n, unit="share", slice=where,
        conditions={"bins": len(bins.sizes)},
    )  # fmt: skip
    return [large, error, by_chance]


def _calibration_gaps(
    part: Partition,
    data: AuditData,
    known: dict[int, calibration.Profile],
    draws: int,
    tests: int,
    rng: np.random.Generator,
) -> tuple[list[Measurement], Planted | None]:
    compared = part.comparable()
    score_tables = compared.score_tables
    calibrated = members(GROUP[0], compared, [calibration.in_the_large(score_table) for score_table in score_tables])

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        if len(groups) < 2:
            return [undefined(GAP, compared, "lower", "share")]
        extreme = calibration.gap(score_tables, pairs_among(calibrated, groups, reference))
        return [
            Measurement(
                name=GAP, value=extreme.value, interval=extreme.interval, unit="share", direction="lower",
                pairs=tuple(pairs_behind(extreme, [calibrated])), **common(compared, groups),
            )
        ]  # fmt: skip

    (first,) = again(compared.where, None)
    beside = variants([first], [compared.where], again, data)
    if len(score_tables) < 2:
        return [first, *beside], None
    counts, values = calibration.surplus(score_tables)
    law = np.concatenate(
        [calibration.surplus_z(resampling.shuffled(counts, chunk, rng), values)
         for chunk in stats.chunks(draws, counts.size)]
    )  # fmt: skip
    observed = float(calibration.surplus_z(counts[None], values)[0])
    sizes = counts.sum(axis=1)
    mean = counts @ values / sizes
    spread = np.maximum(counts @ values**2 / sizes - mean**2, 0)
    gap = auc_gaps.detectable_gap(np.sqrt(spread / sizes), tests)
    method = f"permutation of the largest studentized difference of score minus label, {draws} shuffles; Holm"
    test = Test(method=method, p=stats.permutation_p(observed, law), family=FAMILY)
    measured = first.model_copy(update={"detectable": gap, "test": test})
    planted = None if gap is None else Planted(part.attributes, list(known.values()), law, gap)
    return [measured, *beside], planted
