"""The check's tests of itself, and its controls: numbers counted again row by row, shuffled groups, planted gaps."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.checks import Context
from auditkit.counts import Encoded
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.metrics.catalogue import RATES
from auditkit.metrics.composites import COMPOSITES
from auditkit.plugins.fairness.groups import disparities
from auditkit.plugins.fairness.groups.comparisons import names_of
from auditkit.plugins.fairness.groups.group_table import Target
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.plugins.fairness.shared.partition import crossed
from auditkit.plugins.fairness.shared.self_tests import false_alarms, share_flagged, too_few
from auditkit.predictions import Predictions
from auditkit.results import Control, Measurement, pairs

ROWS = 20_000
"""People who are shuffled at most: the law under test is the same for any number of them."""


class Rows(NamedTuple):
    """What every row is."""

    selected: np.ndarray
    """(N,) bool: decided for the class; False where there is no decision."""
    decided: np.ndarray
    """(N,) bool"""
    positive: np.ndarray | None
    """(N,) bool: the label is the class; None: there are no labels."""
    known: np.ndarray
    """(N,) bool: whether the label is known."""
    weight: np.ndarray | None
    """(N,) how much a row counts, its people times its weight; None: 1."""

    def take(self, indices: np.ndarray) -> Self:
        """Some of the rows."""
        return type(self)(*(None if column is None else column[indices] for column in self))  # type: ignore[arg-type]


def number(name: str, rows: Rows) -> float | None:
    """A rate or a composite of these rows, from masks over them; None where a denominator is empty."""

    def amount(mask: np.ndarray) -> float:
        return float(np.count_nonzero(mask)) if rows.weight is None else float(rows.weight[mask].sum())

    # From masks and not from counts, so that the recount shares nothing with the table that it tries.
    yes, no, out = rows.decided & rows.selected, rows.decided & ~rows.selected, ~rows.decided
    masks = {"selected": yes, "rejected": no, "decided": rows.decided, "abstained": out, "everyone": yes | no | out}
    if rows.positive is not None:
        good, bad = rows.known & rows.positive, rows.known & ~rows.positive
        masks |= {"tp": good & yes, "fp": bad & yes, "fn": good & no, "tn": bad & no}
        masks |= {"positives": good, "labelled": rows.known}
    if name in RATES:
        below = sum(amount(masks[word]) for word in RATES[name].denominator.split())
        return sum(amount(masks[word]) for word in RATES[name].numerator.split()) / below if below else None
    try:
        return COMPOSITES[name].plain(*(amount(masks[word]) for word in ("tp", "fp", "fn", "tn")))
    except ZeroDivisionError:
        return None


def largest_deviation(
    claims: Sequence[tuple[str, Mapping[str, str], float]], columns: Mapping[str, np.ndarray], rows: Rows
) -> float:
    """The largest difference between numbers shown and the same numbers counted again; relative above 1.

    Args:
        claims: (name, {attribute: value}, the number shown).
        columns: {attribute: (N,) array of str}.
        rows: what the N rows are.
    """
    pairs = {pair for _, where, _ in claims for pair in where.items()}
    # Each value is compared once, however many groups it is in.
    masks = {(name, value): np.asarray(columns[name]) == value for name, value in pairs}
    groups: dict[tuple[tuple[str, str], ...], Rows] = {}
    worst = 0.0
    for name, where, value in claims:
        key = tuple(where.items())
        if key not in groups:
            groups[key] = (
                rows.take(np.flatnonzero(np.logical_and.reduce([masks[pair] for pair in key]))) if key else rows
            )
        again = number(name, groups[key])
        worst = max(worst, math.inf if again is None else abs(again - value) / max(1.0, abs(value)))
    return worst


def share_of_alarms(
    codes: np.ndarray,
    selected: np.ndarray,
    weights: np.ndarray | None,
    shuffles: int,
    rng: np.random.Generator,
    people: np.ndarray | None = None,
) -> float | None:
    """The share of shuffles of the groups, person by person, that the test calls different at the 5 % level.

    None where only one group is left among the rows tried.

    Args:
        codes: (N,) the group of each row, 0 to k - 1.
        selected: (N,) bool.
        weights: (N,), or None.
        shuffles: how many.
        rng: the source of chance.
        people: (N,) how many people each row stands for; None: one.
    """
    some = _some(len(codes), people, rng)
    if some is not None:
        codes, selected = codes[some], selected[some]
        weights = None if weights is None else weights[some]
    weight = np.ones(len(codes)) if weights is None else weights
    present, codes = np.unique(codes, return_inverse=True)
    groups = len(present)
    if groups < 2:
        return None
    part = stats.Shares.of_rows(codes, selected, weight, groups)
    # Shuffling leaves the margins alone (with weights, nearly), and the law hangs on them only: it is drawn once for
    # all trials.
    law = stats.shuffled_z([part], 1999, rng)

    def p_value() -> float:
        mixed = stats.Shares.of_rows(rng.permutation(codes), selected, weight, groups)
        return stats.permutation_p(stats.largest_z([mixed]), law)

    return share_flagged(p_value, shuffles)


def found_when_planted(
    compared: disparities.Compared, gap: float, tests: int, trials: int, rng: np.random.Generator
) -> float:
    """How often the test finds `gap` where it is planted between the two smallest groups and the others are equal.

    Args:
        compared: a comparison of one rate, with its shuffles.
        gap: the difference planted.
        tests: how many tests the p-value is adjusted for.
        trials: how many tables are drawn.
        rng: the source of chance.
    """
    shuffled = present(compared.shuffled, "only comparisons that were tested get here")
    part = compared.parts[0]
    # Effective numbers of rows are not whole, and the binomial law wants whole ones.
    sizes = np.maximum(1, np.round(part.sizes)).astype(np.int64)
    rates = np.full(len(sizes), part.common)
    smallest, second = np.argsort(sizes, kind="stable")[:2]
    rates[smallest], rates[second] = stats.apart(float(rates[0]), float(sizes[smallest]), float(sizes[second]), gap)
    drawn = [stats.Shares(counts, sizes) for counts in rng.binomial(sizes, rates, (trials, len(sizes)))]
    p = [stats.permutation_p(stats.largest_z([shares]), shuffled) * tests for shares in drawn]
    return float(np.mean(np.asarray(p) <= 0.05))


def _some(rows: int, people: np.ndarray | None, rng: np.random.Generator) -> np.ndarray | None:
    """The row of each person who is shuffled, at most `ROWS` of them, drawn at random; None: every row once."""
    if people is None:
        return rng.choice(rows, ROWS, replace=False) if rows > ROWS else None
    # Drawn as a count for each row: writing everybody out first could take more memory than there is.
    if people.sum() > ROWS:
        people = rng.multivariate_hypergeometric(people, ROWS, method="marginals")
    return np.repeat(np.arange(rows), people)


READ = 20_000_000
"""Rows that are read again at most, over all groups that are counted again."""
TRIED = 200
"""Groups that are counted again at most."""


def counted_again(
    measurements: Sequence[Measurement], targets: Sequence[Target], data: AuditData, predictions: Predictions
) -> Control:
    """Whether numbers about groups are the same when they are counted without the table."""
    defined = [measurement for measurement in measurements if measurement.value is not None]
    kinds = {(pairs(measurement.slice), pairs(measurement.conditions)): None for measurement in defined}
    # Each recount reads all rows once, so large data afford fewer of them. They are spread evenly over the groups, for
    # the first ones are all of one attribute.
    tried = max(2, min(TRIED, READ // max(1, len(data))))
    step = max(1, -(-len(kinds) // tried))
    few = set(list(kinds)[::step])
    worst = 0.0
    for target in targets:
        claims = [
            (measurement.name, measurement.slice, float(measurement.value or 0.0))
            for measurement in defined
            if measurement.conditions == target.conditions
            and (pairs(measurement.slice), pairs(measurement.conditions)) in few
            and measurement.name in target.measures
        ]
        if claims:
            worst = max(worst, largest_deviation(claims, data.groups, rows_of(target, data, predictions)))
    return Control.within(
        "recount",
        "Are the rates the same when they are counted again, row by row?",
        worst if np.isfinite(worst) else None,
        at_most=1e-9,
        reason="a rate differs from a second count of the same rows, so none can be trusted",
    )


def rows_of(target: Target, data: AuditData, predictions: Predictions) -> Rows:
    """What each row is to a target, from decisions and labels as the data spells them."""
    decided = ~predictions.abstained
    known = np.ones(len(data), dtype=bool) if data.known is None else data.known
    positive = None
    if target.class_index is None:
        # A right decision plays the part of being selected, and everybody should be.
        labels = present(data.labels, "whether a decision is right was asked only where there are labels")
        selected, positive = predictions.labels == labels, np.ones(len(data), dtype=bool)
    else:
        selected = predictions.labels == predictions.classes[target.class_index]
        if data.labels is not None:
            positive = data.labels == predictions.classes[target.class_index]
    weight = data.weights
    if data.people is not None:
        # A row of several people counts for each of them, with the weight of the row.
        weight = data.people.astype(float) if weight is None else weight * data.people
    return Rows(selected & decided, decided, positive, known, weight)


def tried(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    compared: Sequence[disparities.Tested],
    targets: Sequence[Target],
    tests: int,
    encoded: dict[str, Encoded],
) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted gap; for the first attribute with two groups."""
    tested = [
        comparison for comparison in compared if isinstance(comparison, disparities.Compared) and comparison.comparable
    ]
    # A criterion of several rates takes the larger statistic; the test is the same, and one rate is cheaper to try.
    single = [
        comparison
        for comparison in tested
        if (comparison.trials or len(comparison.parts)) == 1 and comparison.shuffled is not None
    ]
    if not single:
        return []
    names = sorted({name for comparison in tested for name in names_of(comparison)})
    first = next((comparison for comparison in single if comparison.name == "demographic_parity"), single[0])
    of_first = (
        target.class_index
        for target in targets
        if target.conditions == first.conditions and target.class_index is not None
    )
    class_index = next(of_first, 0)
    return [
        _shuffled(parameters, data, context, first, class_index, tuple(names), encoded),
        _planted(parameters, context, first, tests, tuple(names)),
    ]


def _shuffled(
    parameters: Parameters,
    data: AuditData,
    context: Context,
    first: disparities.Compared,
    class_index: int,
    names: tuple[str, ...],
    encoded: dict[str, Encoded],
) -> Control:
    codes, decided = group_codes(first.across, data, encoded), context.predictions.codes
    is_used = (codes >= 0) & (decided >= 0)
    alarms = share_of_alarms(
        codes[is_used], decided[is_used] == class_index, None if data.weights is None else data.weights[is_used],
        parameters.trials, context.rng, None if data.people is None else data.people[is_used],
    )  # fmt: skip
    over = " and ".join(first.across)
    return false_alarms(
        "shuffled groups",
        f"Where the groups of {over} are shuffled, how often does the test call the selection rates different?",
        alarms, parameters.trials, names,
    )  # fmt: skip


def _planted(
    parameters: Parameters, context: Context, first: disparities.Compared, tests: int, names: tuple[str, ...]
) -> Control:
    gap = disparities.detectable(first.parts[:1], tests)
    power = None if gap is None else found_when_planted(first, gap, tests, parameters.trials, context.rng)
    size = "" if gap is None else f" of {gap:.3f}"
    over = " and ".join(first.across)
    return Control.within(
        "planted gap",
        f"Is a difference{size}, which is called detectable, found when it is planted between two groups of {over}?",
        # Detectable means found 8 times in 10; 0.65 leaves room for the normal approximation and for the chance of the
        # trials.
        power,
        at_least=0.65,
        guards=names,
        on_failure="note",
        reason=too_few(),
    )


def group_codes(across: Sequence[str], data: AuditData, encoded: dict[str, Encoded]) -> np.ndarray:
    """(N,) the position of each row's group among those that may be shown; -1 for the others."""
    where, codes = crossed({name: encoded[name] for name in across}, len(data))
    visible = [data.cells.reason(group) is None for group in where]
    return np.where(visible, np.cumsum(visible) - 1, -1)[codes]
