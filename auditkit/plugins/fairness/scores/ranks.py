"""What is said about ranking: areas under the curve per group, their difference, the area between curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.pairing import Members, pair, pair_of_extremes
from auditkit.plugins.fairness.scores import chance, ranking
from auditkit.plugins.fairness.scores.ladder import area
from auditkit.plugins.fairness.scores.partition import Chosen, Partition
from auditkit.plugins.fairness.scores.ranking import Law
from auditkit.results import Interval, Measurement, Test
from auditkit.results.between import left_out_text

FAMILY = "all tests of fairness.scores"


class Ranked(NamedTuple):
    """The comparison of the groups of some attributes."""

    part: Partition
    chosen: Chosen
    law: Law | None
    """What shuffled groups show; None where fewer than two groups can be compared."""
    measurements: list[Measurement]


def per_group(part: Partition) -> list[Measurement]:
    """The area under the curve of everyone or of every group."""
    found = []
    for at, where in enumerate(part.where):
        reason, ladder = part.reason(at, both=True), part.ladders[at]
        value, interval, n = None, None, None
        measured = area(ladder) if reason is None else None
        if measured is not None:
            value, n = measured.value, int(ladder.people.sum())
            interval = stats.auc_interval(measured.value, measured.error, measured.smaller)
        found.append(
            Measurement(
                name="auc", value=value, reason=reason, interval=interval, n=n, direction="higher", slice=where
            )
        )  # fmt: skip
    return found


def gaps(part: Partition, draws: int, tests: int, rng: np.random.Generator) -> Ranked:
    """The difference of the areas, the largest area between two curves and what chance makes of it."""
    chosen = part.choose(both=True)
    if len(chosen.at) < 2:
        names = ("auc_difference", "abroca", "abroca_by_chance")
        return Ranked(part, chosen, None, [undefined(name, part, chosen, "lower") for name in names])
    ladders = [part.ladders[at] for at in chosen.at]
    areas = [found for found in (area(ladder) for ladder in ladders) if found is not None]
    scale = chance.common_scale(ladders)
    law = ranking.shuffled(scale, draws, rng)
    p = ranking.p_values(ranking.observed(scale), law)
    pairs = ranking.pair_gaps(ladders)
    wide = ranking.auc_gap_interval(areas)
    how = f"{draws} shuffles among people of equal label, on the groups' own ranks"
    rest = common(part, chosen)
    values = [each.value for each in areas]
    who = members("auc", part, chosen, values)
    first, second = (int(side[int(pairs.argmax())]) for side in np.triu_indices(len(ladders), 1))
    low, high = sorted((first, second), key=lambda at: values[at])
    difference = Measurement(
        name="auc_difference", value=max(values) - min(values), interval=wide, direction="lower",
        test=Test(method=f"permutation of the largest studentized difference, {how}; Holm", p=p.auc, family=FAMILY),
        detectable=ranking.detectable_gap(np.array([each.error for each in areas]), tests),
        pairs=pair_of_extremes(who), **rest,
    )  # fmt: skip
    between = Measurement(
        name="abroca", value=float(pairs.max()), direction="lower",
        interval=ranking.abroca_interval(pairs, scale, draws, rng, wide.high or 0.0),
        test=Test(method=f"permutation of the largest area between two curves, {how}; Holm", p=p.abroca, family=FAMILY),
        pairs=(pair([who], stats.Place(0, low, high)),), **rest,
    )  # fmt: skip
    by_chance = Measurement(
        name="abroca_by_chance", value=float(law.largest.mean()), interval=below(law.largest, "shuffles"), **rest
    )  # fmt: skip
    return Ranked(part, chosen, law, [difference, between, by_chance])


def below(numbers: np.ndarray, of: str) -> Interval:
    """Where 95 % of numbers that chance alone has made lie: from 0 to their 95th percentile."""
    method = f"95 % of {len(numbers)} {of} lie below the high end"
    return Interval(low=0.0, high=float(np.quantile(numbers, 0.95)), level=0.95, method=method)


def common(part: Partition, chosen: Chosen) -> dict[str, Any]:
    """What every measurement over these groups has."""
    people = sum(int(part.ladders[at].people.sum()) for at in chosen.at)
    return {"across": part.attributes, "n": people, "left_out": tuple(chosen.left_out)}


def members(name: str, part: Partition, chosen: Chosen, values: Sequence[float]) -> Members:
    """The groups that are compared, with their numbers."""
    people = np.array([int(part.ladders[at].people.sum()) for at in chosen.at])
    return Members(name, [part.where[at] for at in chosen.at], np.array(values), people)


def undefined(name: str, part: Partition, chosen: Chosen, direction: Any = "none", unit: str = "") -> Measurement:
    """A disparity that has no value, because fewer than two groups can be compared."""
    reason = f"fewer than two groups of {' and '.join(part.attributes)} can be compared"
    left = left_out_text(chosen.left_out)
    reason = f"{reason} ({left})" if left else reason
    return Measurement(
        name=name, value=None, reason=reason, across=part.attributes, validity="inconclusive", direction=direction,
        unit=unit, left_out=tuple(chosen.left_out),
    )  # fmt: skip
