"""The check's tests of itself: pairs counted one by one, order kept, shuffled groups, drawn labels, planted shifts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.errors import present
from auditkit.plugins.fairness.scores import auc_gaps, calibration, resampling, score_table
from auditkit.plugins.fairness.scores.measurements import Planted

ROWS = 2_000
"""Rows that are tried at most: a thousand times a thousand pairs."""


class Sample(NamedTuple):
    """Some of the rows, as they came."""

    scores: np.ndarray
    """(n,)"""
    outcomes: np.ndarray
    """(n,) bool"""
    weights: np.ndarray | None
    groups: Mapping[str, np.ndarray]

    @classmethod
    def of(
        cls, scores: np.ndarray, outcomes: np.ndarray, weights: np.ndarray | None, groups: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> Self:  # fmt: skip
        """All rows, or 2,000 of them."""
        rows = np.arange(len(scores))
        if len(rows) > ROWS:
            rows = rng.choice(len(rows), ROWS, replace=False)
        groups_of_rows = {name: np.asarray(column)[rows].astype(str) for name, column in groups.items()}
        return cls(scores[rows], outcomes[rows], None if weights is None else weights[rows], groups_of_rows)

    def score_tables(self, codes: np.ndarray, scores: np.ndarray | None = None) -> list[score_table.ScoreTable]:
        """A table for each code from 0 up."""
        rows = score_table.sort(self.scores if scores is None else scores, self.outcomes, self.weights)
        return score_table.score_tables(rows, codes, int(codes.max()) + 1)

    def codes(self) -> list[np.ndarray]:
        """(n,) codes of everyone, then of each attribute."""
        split = [np.unique(column, return_inverse=True)[1] for column in self.groups.values()]
        return [np.zeros(len(self.scores), dtype=np.int64), *split]


def pair_deviation(sample: Sample) -> float | None:
    """The largest difference between an area under the curve and a count of all pairs; None where there is no pair."""
    gaps = []
    for codes in sample.codes():
        for group, table in enumerate(sample.score_tables(codes)):
            measured = score_table.area(table)
            if measured is not None:
                gaps.append(abs(measured.value - _pairs(sample, codes == group)))
    return max(gaps, default=None)


def order_deviation(sample: Sample) -> float | None:
    """The largest change of an area under or between curves where every score becomes the square of its rank."""
    # The square of the rank keeps the order of the scores and nothing else of them.
    ranks = np.unique(sample.scores, return_inverse=True)[1].astype(float) + 1
    gaps: list[float] = []
    for codes in sample.codes():
        before, after = (
            [table for table in sample.score_tables(codes, scores) if table.people.all()] for scores in (None, ranks**2)
        )
        gaps += [abs(_area(as_is) - _area(transformed)) for as_is, transformed in zip(before, after, strict=True)]
        # Of more groups no curves are compared.
        if 1 < len(before) <= stats.PAIRWISE:
            gaps.append(float(np.abs(auc_gaps.pair_gaps(before) - auc_gaps.pair_gaps(after)).max()))
    return max(gaps, default=None)


def false_alarms(
    sample: Sample, name: str, compared_groups: Sequence[str], trials: int, rng: np.random.Generator
) -> float | None:
    """How often shuffled groups are called different at 5 %: the larger share of the two tests of ranking.

    Groups are shuffled row by row among rows of equal label, and everything is computed anew from these rows.

    Args:
        sample: the rows.
        name: the attribute.
        compared_groups: its groups that are compared.
        trials: how many shuffles.
        rng: the source of chance.

    Returns:
        None where fewer than two groups have two rows of either label in the sample.
    """
    column = sample.groups[name]
    codes = np.full(len(column), -1)
    count = 0
    for value in compared_groups:
        is_member = column == value
        if min(int((is_member & sample.outcomes).sum()), int((is_member & ~sample.outcomes).sum())) >= 2:
            codes[is_member], count = count, count + 1
    if count < 2:
        return None
    is_used = codes >= 0
    weights = None if sample.weights is None else sample.weights[is_used]
    used, codes = Sample(sample.scores[is_used], sample.outcomes[is_used], weights, {}), codes[is_used]
    law, alarms = None, np.zeros(2)
    for _ in range(trials):
        for label in (False, True):
            rows_of_label = np.flatnonzero(used.outcomes == label)
            codes[rows_of_label] = codes[rng.permutation(rows_of_label)]
        scale = resampling.common_scale(used.score_tables(codes))
        # The law hangs on sizes and ties, which shuffling hardly changes, so it is drawn once.
        law = auc_gaps.shuffled(scale, 499, rng) if law is None else law
        alarms += [p is not None and p <= 0.05 for p in auc_gaps.p_values(auc_gaps.observed(scale), law)]
    return float(alarms.max() / trials)


def calibrated_alarms(everyone: calibration.Profile, bins: int, trials: int, rng: np.random.Generator) -> float:
    """How often the test calls scores miscalibrated where labels are drawn from them, row by row.

    Args:
        everyone: the levels of score of all people; as many rows as the check tries are drawn from them.
        bins: bins, at most.
        trials: how many draws.
        rng: the source of chance.
    """
    size = min(ROWS, max(1, round(float(everyone.sizes.sum()))))
    scores = np.clip(rng.choice(everyone.scores, size, p=everyone.sizes / everyone.sizes.sum()), 0, 1)
    nobody = np.zeros(size, dtype=np.int64)
    null, alarms = None, 0
    for _ in range(trials):
        rows = score_table.sort(scores, rng.random(size) < scores)
        levels = calibration.profile(score_table.score_tables(rows, nobody, 1)[0], bins, 1)
        null = calibration.errors_by_chance(levels, 999, rng) if null is None else null
        alarms += stats.permutation_p(calibration.error(calibration.binned(levels)), null) <= 0.05
    return alarms / trials


def shift_found(planted: Planted, trials: int, tests: int, rng: np.random.Generator) -> float | None:
    """How often the test finds the shift where labels are drawn from the scores, and in one group from shifted ones.

    None where the scores of that group leave no room for the shift.

    Args:
        planted: the groups and the shift.
        trials: how many data sets are drawn.
        tests: for how many tests the p-value is adjusted.
        rng: the source of chance.
    """
    spread = [
        float(profile.sizes @ (profile.scores * (1 - profile.scores)) / profile.sizes.sum() ** 2)
        for profile in planted.profiles
    ]
    shifted = int(np.argmax(spread))
    means, variances = [], []
    for index, profile in enumerate(planted.profiles):
        sizes = resampling.rounded_to(profile.sizes, max(1, round(float(profile.sizes.sum()))))
        chances = np.clip(profile.scores, 0, 1)
        if index == shifted:
            # Toward the side with more room and in proportion to it, so that no chance leaves 0 to 1.
            room = 1 - chances if sizes @ chances < sizes.sum() / 2 else -chances
            share = planted.gap * sizes.sum() / abs(float(sizes @ room))
            # Written so that NaN is refused too.
            if not share <= 1:
                return None
            chances = np.clip(chances + share * room, 0, 1)
        positives = rng.binomial(sizes, chances, (trials, len(sizes)))
        total = sizes.sum()
        mean = ((sizes - positives) @ profile.scores + positives @ (profile.scores - 1)) / total
        square = ((sizes - positives) @ profile.scores**2 + positives @ (profile.scores - 1) ** 2) / total
        means.append(mean)
        variances.append(np.maximum(square - mean**2, 0) / max(total - 1, 1))
    z = stats.largest_z_of_means(np.stack(means, axis=1), np.stack(variances, axis=1), resampling.SPECK)
    p = np.array([stats.permutation_p(float(z_value), planted.law) for z_value in z])
    return float(np.mean(p * tests <= 0.05))


def _area(table: score_table.ScoreTable) -> float:
    return present(score_table.area(table), "both labels are there").value


def _pairs(sample: Sample, is_member: np.ndarray) -> float:
    """The area under the curve of some rows, pair by pair."""
    good, bad = is_member & sample.outcomes, is_member & ~sample.outcomes
    weights = np.ones(len(is_member)) if sample.weights is None else sample.weights
    above = np.sign(sample.scores[good][:, None] - sample.scores[bad][None, :])
    return float(weights[good] @ (above + 1) @ weights[bad] / (2 * weights[good].sum() * weights[bad].sum()))
