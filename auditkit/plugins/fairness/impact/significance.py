"""Is a difference of selection rates more than chance, and more than a few selections: tests, a simulation, counts."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from auditkit import stats

LINE = 0.8
"""Four fifths, 29 CFR 1607.4(D)."""
SMALL = 2_500
"""Products of two groups' sizes up to which Boschloo's test takes the place of Fisher's; above, it costs too much."""


class Exact(NamedTuple):
    """The outcome of an exact test."""

    method: str
    p: float
    """Two-sided."""


def standard_deviations(x1: int, n1: int, x2: int, n2: int) -> float | None:
    """The difference x1/n1 - x2/n2 in standard deviations under equal rates; None where all or none were selected.

    Source: Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, 2.3, with pooled variance and
    without continuity correction; courts count differences of selection in standard deviations since Hazelwood School
    District v. United States, 433 U.S. 299 (1977).
    """
    pooled = (x1 + x2) / (n1 + n2)
    if x1 + x2 in (0, n1 + n2):
        return None
    return float((x1 / n1 - x2 / n2) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2)))


# Small tables come again and again: in the findings, in the tables of the report and in the self-test.
@functools.lru_cache(maxsize=4096)
def exact_test(x1: int, n1: int, x2: int, n2: int) -> Exact:
    """The two-sided exact test that two groups were selected at equal rates.

    Which test is chosen by the sizes alone, never by the outcome: Boschloo's, which finds more, for small groups.

    Source: Fisher (1935), The logic of inductive inference, JRSS 98; Boschloo (1970), Raised conditional level of
    significance for the 2x2-table, Statistica Neerlandica 24.
    """
    table = [[x1, n1 - x1], [x2, n2 - x2]]
    small = n1 * n2 <= SMALL
    method = "Boschloo's exact test" if small else "Fisher's exact test"
    if x1 + x2 in (0, n1 + n2):
        return Exact(method, 1.0)
    # scipy's Boschloo wants the two samples as columns; Fisher's test is the same for rows and columns.
    outcome = scipy.stats.boschloo_exact(np.transpose(table)) if small else scipy.stats.fisher_exact(table)
    # scipy may return a p-value that is a rounding above 1.
    return Exact(method, float(np.clip(outcome.pvalue, 0, 1)))


def holm_over_pairs(p_values: Sequence[float], pairs: int) -> np.ndarray:
    """Holm's adjustment of tests against the highest group, as if every pair of groups had been tested.

    The highest group is chosen by looking at the rates, so any pair could have been the one tested.

    Args:
        p_values: (m,) of the tests made.
        pairs: of how many pairs of groups they are a choice; at least m.
    """
    return stats.holm([*p_values, *[1.0] * (pairs - len(p_values))])[: len(p_values)]


def below_by_chance(sizes: np.ndarray, rate: float, draws: int, rng: np.random.Generator) -> int:
    """Of `draws` samples with the same true rate in every group, in how many some ratio is below four fifths.

    Each group's selected are binomial, each group for itself, which is the law of selections that are made person by
    person. A sample in which nobody is selected has no ratio and counts as not below.

    Args:
        sizes: (K,) people of each group, above 0.
        rate: between 0 and 1.
        draws: above 0.
        rng: the source of chance.
    """
    below = 0
    for count in stats.chunks(draws, len(sizes)):
        rates = rng.binomial(sizes, rate, (count, len(sizes))) / sizes
        # A ratio of exactly four fifths is not below it, whatever the rounding.
        below += int(np.count_nonzero(rates.min(axis=1) < LINE * rates.max(axis=1) * (1 - 1e-12)))
    return below


def shortfall(x: int, n: int, most: int, of: int) -> int:
    """How many more of the group would have to be selected to reach four fifths, all else being equal.

    Args:
        x: selected in the group.
        n: people of the group, above 0.
        most: selected in the group with the highest rate.
        of: people of that group, above 0.
    """
    return max(0, -((5 * x * of - 4 * most * n) // (5 * of)))


def selections_to_turn(x: int, n: int, most: int, of: int) -> int | None:
    """How many selections, moved between the two groups, would bring the ratio to the other side of four fifths.

    Below it, each move selects one more of the group and one fewer of the highest group; at or above it, the other
    way round. None where no number of such moves does it.

    Args: as `shortfall`.

    Source: the Questions and Answers on the Uniform Guidelines (44 FR no. 43, 2 March 1979) hold numbers too small to
    act on where one different person for one job would shift the result; this counts how many different persons.
    """
    # Below four fifths is 5 x of < 4 most n; each move changes the difference of the two sides by 5 of + 4 n.
    step, gap = 5 * of + 4 * n, 5 * x * of - 4 * most * n
    if gap < 0:
        moves = -(gap // step)
        return moves if moves <= min(n - x, most) else None
    moves = gap // step + 1
    return moves if moves <= min(x, of - most) else None
