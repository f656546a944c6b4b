"""From scores of base prompts in several variants to findings: the widest difference, its test, its controls."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import group_pairs, stats
from auditkit.data import AuditData
from auditkit.plugins.language.shared import variant_means
from auditkit.plugins.language.shared.variant_means import Cells, Ends
from auditkit.results import Control, Interval, LeftOut, Measurement, Test, left_out_text
from auditkit.too_few import fewer_than, two_groups

BASES = "base prompts"
TOGETHER = "base prompts of one unit vary together, and the interval takes each by itself"
MISSING = 0.05
"""The share of answers without a score above which a number about the others is inconclusive."""
LEVEL = 0.05
FEWEST, MOST = 20, 100_000
"""Shuffles behind the control of the intervals at least; intervals of pairs in all at most, unless there are fewer."""


class Compared(NamedTuple):
    """One score over the variants of one attribute."""

    attribute: str
    groups: tuple[str, ...]
    """K variants."""
    table: Cells
    ends: Ends
    kept: np.ndarray
    """(k,) positions of the variants that can be compared."""
    left_out: tuple[LeftOut, ...]
    unscored: float
    """The share of answers without a score."""

    @property
    def means(self) -> np.ndarray:
        """(B, k) of the variants that can be compared."""
        return self.table.means[:, self.kept]

    @property
    def bases(self) -> int:
        """How many base prompts the pair with the fewest shares."""
        shared = variant_means.shared_bases(self.means)
        return int(shared[stats.pairs_of(len(self.kept))].min())


class Rows(NamedTuple):
    """Answers to variants of base prompts."""

    attribute: str
    groups: tuple[str, ...]
    base: np.ndarray
    """(N,) 0 to B - 1."""
    variant: np.ndarray
    """(N,) the position of the group; -1: of none."""


def compare(rows: Rows, values: np.ndarray, ends: Ends, data: AuditData) -> Compared:
    """Which variants can be compared by a score.

    Args:
        rows: N answers.
        values: (N,) the score of each; NaN where it has none.
        ends: of the score.
        data: says which groups are too small to show.
    """
    table = variant_means.cells(values, rows.base, rows.variant, len(rows.groups))
    where = [{rows.attribute: group} for group in rows.groups]
    hidden = [data.cells.reason(group) for group in where]
    shown = np.flatnonzero([reason is None for reason in hidden])
    least = max(2, data.minimum_rate)
    kept = shown[variant_means.comparable(table.means[:, shown], least)]
    lacking = fewer_than(least, f"{BASES} in common with another group")
    reasons = [
        None if place in kept else hidden[place] or lacking for place in range(len(where))
    ]  # fmt: skip
    is_variant = rows.variant >= 0
    unscored = float(np.isnan(values[is_variant]).mean()) if is_variant.any() else 0.0
    return Compared(
        rows.attribute, rows.groups, table, ends, kept, tuple(group_pairs.left_out(where, reasons)), unscored
    )


def gap(name: str, rate: str, compared: Compared, data: AuditData, **more: Any) -> Measurement:
    """The widest difference within base prompts, without its test.

    Args:
        name: of the measurement.
        rate: of the number of each group.
        compared: the variants.
        data: says whether rows are of units.
        **more: further fields of the measurement.
    """
    common: dict[str, Any] = {
        "name": name, "direction": "lower", "across": (compared.attribute,), "left_out": compared.left_out, **more,
    }  # fmt: skip
    if len(compared.kept) < 2:
        reason = two_groups((compared.attribute,), left_out=left_out_text(compared.left_out))
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    extreme, where = (
        variant_means.widest(compared.means, compared.ends),
        [{compared.attribute: compared.groups[place]} for place in compared.kept],
    )
    people = compared.table.rows[:, compared.kept].sum(axis=0)
    members = group_pairs.Members(rate, where, _within(compared, extreme.at), people)
    pairs = tuple(group_pairs.pairs_behind(extreme, [members]))[:1]
    measurement = Measurement(
        value=extreme.value, interval=extreme.interval, pairs=pairs, units=compared.bases, **common
    )
    return doubted(measurement, compared, data)


def _within(compared: Compared, place: stats.Place) -> np.ndarray:
    """(k,) means of the variants; those of the widest pair over the base prompts that both have."""
    means = compared.means
    values = np.nanmean(means, axis=0)
    both = ~np.isnan(means[:, [place.low, place.high]]).any(axis=1)
    values[[place.low, place.high]] = means[both][:, [place.low, place.high]].mean(axis=0)
    return np.asarray(values)


def doubted(measurement: Measurement, compared: Compared, data: AuditData) -> Measurement:
    """The measurement, inconclusive where it rests on few base prompts, or on the answers that could be scored."""
    reasons = [measurement.reason]
    few = measurement.units is not None and measurement.units < stats.FEW
    # where rows are of units the audit says so itself
    if few and data.clusters is None:
        reasons.append(fewer_than(stats.FEW, BASES))
    if compared.unscored > MISSING:
        reasons.append(
            f"{compared.unscored:.0%} of the answers have no such score, and what they would have is unknown"
        )
    if any(reasons[1:]):
        sentence = "; ".join(filter(None, reasons))
        measurement = measurement.model_copy(update={"validity": "inconclusive", "reason": sentence})
    return of_units(measurement, data)


def of_units(measurement: Measurement, data: AuditData) -> Measurement:
    """The measurement, inconclusive where it rests on more base prompts than there are units to be independent."""
    if data.unit is None or measurement.units is None or measurement.units <= data.units:
        return measurement
    sentence = "; ".join(filter(None, (measurement.reason, TOGETHER)))
    return measurement.model_copy(update={"validity": "inconclusive", "reason": sentence})


def tested(
    measurement: Measurement, compared: Compared, draws: int, rng: np.random.Generator, family: str
) -> Measurement:
    """The measurement with the p-value of "variants change nothing", which holds for all pairs at once."""
    if measurement.value is None:
        return measurement
    observed = float(variant_means.largest_z(compared.means[None])[0])
    p = stats.permutation_p(observed, variant_means.law(compared.means, draws, rng))
    method = f"permutation of the largest studentized difference, {draws} shuffles within base prompts; Holm"
    return measurement.model_copy(update={"test": Test(method=method, p=p, family=family)})


def adjusted(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The measurements, each test with its p-value adjusted by Holm over all of them; see `stats.holm`."""
    p_values = iter(stats.holm([measurement.test.p for measurement in measurements if measurement.test is not None]))
    return [
        measurement
        if measurement.test is None
        else measurement.model_copy(
            update={"test": measurement.test.model_copy(update={"p_adjusted": float(next(p_values))})}
        )
        for measurement in measurements
    ]


def level_of(compared: Compared, place: int, share: bool) -> tuple[float, Interval | None, int, int] | None:
    """Mean, interval, answers and base prompts of one variant; None where it has no score.

    Args:
        compared: the variants.
        place: which of the K.
        share: whether the score is true or false.
    """
    means, ends = compared.table.means[:, place], compared.ends
    values = means[~np.isnan(means)]
    if not len(values):
        return None
    if share and bool(np.isin(values, (0, 1)).all()):
        interval = stats.mean_interval(values.astype(bool))
        interval = None if interval is None else interval.model_copy(update={"method": "Wilson, by base prompt"})
    elif ends.low is not None and ends.high is not None:
        interval = stats.bounded_interval(values, ends.low, ends.high)
    else:
        interval = stats.student_interval(values)
    return float(values.mean()), interval, int(compared.table.rows[:, place].sum()), len(values)


def controls(
    compared: Sequence[Compared], trials: int, rng: np.random.Generator, guards: tuple[str, ...]
) -> list[Control]:
    """The differences counted again, and how often intervals see one where variants change nothing; none of nothing."""
    some = [one for one in compared if len(one.kept) > 1]
    if not some:
        return []
    pairs = max(len(stats.pairs_of(len(one.kept))[0]) for one in some)
    trials = min(trials, max(FEWEST, MOST // pairs))
    again = Control.within(
        "recount",
        "Are the widest differences the same when they are counted again, base prompt by base prompt?",
        max(_deviation(one) for one in some),
        at_most=1e-9,
        guards=guards,
        reason="a difference is another one in a second computation on the same answers",
    )
    shuffled = Control.within(
        "shuffled variants",
        "Where the answers to each base prompt are shuffled among its variants, how often does an interval lie above 0 "
        "(the largest share of all scores)?",
        max(_alarms(one, trials, rng) for one in some),
        # four standard errors above 5 %
        at_most=round(LEVEL + 4 * float(np.sqrt(LEVEL * (1 - LEVEL) / trials)), 3),
        guards=guards,
        on_failure="inconclusive",
        reason="intervals call differences certain where there are none",
    )
    return [again, shuffled]


def _alarms(compared: Compared, trials: int, rng: np.random.Generator) -> float:
    drawn = variant_means.shuffled(compared.means, trials, rng)
    return float(np.mean([(variant_means.widest(means, compared.ends).interval.low or 0) > 0 for means in drawn]))


def _deviation(compared: Compared) -> float:
    """How far the widest difference is from one summed base prompt by base prompt, on the scale of the score."""
    rows = compared.means.tolist()
    widest = 0.0
    for first in range(len(compared.kept)):
        for second in range(first):
            gaps = [row[first] - row[second] for row in rows if row[first] == row[first] and row[second] == row[second]]
            widest = max(widest, abs(sum(gaps)) / len(gaps))
    scale = max(1.0, float(np.nanmax(np.abs(compared.means))))
    return abs(widest - variant_means.widest(compared.means, compared.ends).value) / scale
