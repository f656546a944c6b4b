"""What a test of means promises, tried on the rows themselves: false alarms on shuffled groups, planted gaps."""

from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.plugins.fairness.shared import moments, permutation
from auditkit.plugins.fairness.shared.self_tests import share_flagged

ROWS = 5_000
"""Rows that are shuffled at most: the law under test is the same for any number of them."""
DRAWS = 999


class Sample(NamedTuple):
    """Some rows that are in a group."""

    codes: np.ndarray
    """(N,) the group of each row, 0 to K - 1."""
    values: np.ndarray
    """(N,) finite numbers."""
    weights: np.ndarray | None
    """(N,) positive, or None."""

    def take(self, rows: np.ndarray) -> Self:
        """Some of them."""
        return type(self)(self.codes[rows], self.values[rows], None if self.weights is None else self.weights[rows])

    def few(self, rng: np.random.Generator) -> Self:
        """At most `ROWS` of them, drawn at random."""
        return self if len(self.codes) <= ROWS else self.take(rng.choice(len(self.codes), ROWS, replace=False))


def false_alarms(sample: Sample, trials: int, rng: np.random.Generator) -> float | None:
    """The share of shuffles of the groups that the test of means calls different at the 5 % level.

    None where fewer than two groups have two rows among those tried.

    Args:
        sample: the rows.
        trials: how many.
        rng: the source of chance.
    """
    sample = sample.few(rng)
    # One row has no spread, so a group of one is in no test of means.
    groups, codes, values, weights = dense(sample.take(np.bincount(sample.codes)[sample.codes] > 1))
    if groups < 2:
        return None
    law = permutation.shuffled_z(codes, values, weights, groups, DRAWS, rng)

    def p_value() -> float:
        means = moments.means(rng.permutation(codes), values, weights, groups)
        return stats.permutation_p(float(stats.largest_z_of_means(means.values[None], means.errors[None])[0]), law)

    return share_flagged(p_value, trials)


def found_when_planted(
    sample: Sample, gap: float, law: np.ndarray, tests: int, trials: int, rng: np.random.Generator
) -> float:
    """How often the test finds `gap` where the means are made equal and one group is then moved by it.

    Groups up to 1,000 rows are drawn anew from their own rows; the means of larger ones from the normal law. The group
    that is moved is the one whose mean is least sure.

    Args:
        sample: the rows.
        gap: the difference of means.
        law: the test's statistic where groups are shuffled.
        tests: how many tests the p-value is adjusted for.
        trials: how many data sets are drawn.
        rng: the source of chance.
    """
    codes, values, weights = sample
    groups = int(codes.max()) + 1
    group_means = moments.means(codes, values, weights, groups)
    drawn, errors = np.empty((trials, groups)), np.empty((trials, groups))
    for group in range(groups):
        # The mean of so many rows follows the normal law, and drawing the rows themselves would cost too much.
        if group_means.rows[group] > 1000:
            drawn[:, group] = np.sqrt(group_means.errors[group]) * rng.standard_normal(trials)
            errors[:, group] = group_means.errors[group]
            continue
        members = np.flatnonzero(codes == group)
        resampled = members[rng.integers(0, len(members), (trials, len(members)))]
        deviations, resampled_weights = (
            values[resampled] - group_means.values[group],
            1.0 if weights is None else weights[resampled],
        )
        total = np.sum(np.ones_like(deviations) * resampled_weights, axis=1)
        drawn[:, group] = (resampled_weights * deviations).sum(axis=1) / total
        spread = ((resampled_weights * (deviations - drawn[:, group, None])) ** 2).sum(axis=1)
        errors[:, group] = len(members) / (len(members) - 1) * spread / total**2
    # The least sure group: of any other the shift is found more often.
    drawn[:, int(np.argmax(group_means.errors))] += gap
    p = [stats.permutation_p(float(z), law) * tests for z in stats.largest_z_of_means(drawn, errors)]
    return float(np.mean(np.asarray(p) <= 0.05))


def dense(sample: Sample) -> tuple[int, np.ndarray, np.ndarray, np.ndarray | None]:
    """How many groups occur; and the rows with these groups numbered from 0 without gaps."""
    present, codes = np.unique(sample.codes, return_inverse=True)
    return len(present), codes, sample.values, sample.weights
