"""What is said about calibration: in the large, in bins, and how it differs over groups."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.group_pairs import pairs_among, pairs_behind
from auditkit.plugins.fairness.scores import auc_gaps, calibration, resampling
from auditkit.plugins.fairness.scores.auc_measurements import FAMILY, below, common, members, undefined
from auditkit.plugins.fairness.scores.definitions import DEFINITIONS
from auditkit.plugins.fairness.scores.partition import Partition
from auditkit.plugins.fairness.scores.score_table import ScoreTable
from auditkit.results import Interval, Measurement, Test
from auditkit.variants import Group, variants

NO_PROBABILITIES = "The model's scores are no probabilities"
GROUP = ("calibration_in_the_large", "calibration_error", "calibration_error_by_chance")
GAP = "calibration_in_the_large_difference"


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


def find(
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
        numbers, known = per_group(part, probable, bins, draws, rng)
        measurements += numbers
        if not probable:
            continue
        profiles.append(known)
        if part.attributes:
            gaps, possible = _gaps(part, data, known, draws, tests, rng)
            measurements += gaps
            # The test is the same for all attributes, so the first with room for a shift is enough.
            planted = planted or possible
    return CalibrationFound(measurements, profiles, planted)


def per_group(
    part: Partition, probable: bool, bins: int, draws: int, rng: np.random.Generator
) -> tuple[list[Measurement], dict[int, calibration.Profile]]:
    """Calibration of everyone or of every group, and {group: its profile}; arguments as of `find`."""
    measurements: list[Measurement] = []
    known: dict[int, calibration.Profile] = {}
    for group, where in enumerate(part.where):
        if not probable:
            reason = part.hidden[group] or f"{NO_PROBABILITIES[0].lower()}{NO_PROBABILITIES[1:]}"
            measurements.append(_missing(GROUP[0], where, reason))
            continue
        few = part.reason(group)
        if few is not None:
            measurements += [_missing(name, where, few) for name in GROUP]
            continue
        known[group] = calibration.profile(part.score_tables[group], bins, part.minimum)
        measurements += _group(part.score_tables[group], known[group], where, draws, rng)
    return measurements, known


def _missing(name: str, where: dict[str, str], reason: str) -> Measurement:
    return Measurement(
        name=name, value=None, reason=reason, unit="share", direction=DEFINITIONS[name].direction, slice=where
    )


def _group(
    score_table: ScoreTable, levels: calibration.Profile, where: dict[str, str], draws: int, rng: np.random.Generator
) -> list[Measurement]:
    n, bins = int(score_table.people.sum()), calibration.binned(levels)
    large = Measurement(
        name=GROUP[0], value=calibration.in_the_large(score_table),
        interval=calibration.large_interval(score_table), n=n, unit="share", slice=where,
    )  # fmt: skip
    value, null = calibration.error(bins), calibration.errors_by_chance(levels, draws, rng)
    method = f"{draws} draws of labels from the scores; Holm"
    bounds: Interval = calibration.error_interval(bins, draws, rng)
    error = Measurement(
        name=GROUP[1], value=value, interval=bounds, n=n, unit="share", direction="lower", slice=where,
        test=Test(method=method, p=stats.permutation_p(value, null), family=FAMILY),
        conditions={"bins": len(bins.sizes)},
    )  # fmt: skip
    by_chance = Measurement(
        name=GROUP[2], value=float(null.mean()), interval=below(null, "draws"), n=n, unit="share", slice=where,
        conditions={"bins": len(bins.sizes)},
    )  # fmt: skip
    return [large, error, by_chance]


def _gaps(
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
