"""Whether repeated answers differ as chance alone makes them differ: permutation tests on a few long vectors.

Under chance alone the repeats are exchangeable, so that neither their order in time nor a split of them into two kinds
tells anything. Numbers within one repeat may depend on one another in any way.
"""

import itertools

import numpy as np

DRAWS = 20_000
"""Random permutations, where there are too many to try them all."""
CYCLE = 4
"""The longest cycle looked for in the order of repeats."""


def split_p(repeats: np.ndarray, first: np.ndarray, seed: int = 0) -> float:
    """The p-value of "which repeats are of the first kind tells nothing".

    Args:
        repeats: (K, D) one row of numbers for each repeat.
        first: (K,) bool: which repeats are of the first kind; at least one, and not all.
        seed: of the permutations, where not every split is tried.

    Returns:
        The share of splits of the same sizes whose two means lie at least as far apart.

    Source: Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, chapter 3.
    """
    kinds = np.asarray(first, dtype=bool)
    count, size = len(kinds), int(kinds.sum())
    centred = repeats - repeats.mean(axis=0)
    # the K x K products give the distance of any two means, so that D numbers are read once and not once a split
    gram = centred @ centred.T
    # one more than DRAWS is enough to know that there are too many to try them all
    splits = list(itertools.islice(itertools.combinations(range(count), size), DRAWS + 1))
    if len(splits) <= DRAWS:
        members = np.zeros((len(splits), count), dtype=bool)
        members[np.repeat(np.arange(len(splits)), size), np.ravel(splits)] = True
    else:
        # the split that was observed is one of them, so that no p-value is 0
        members = np.vstack([kinds, np.argsort(np.random.default_rng(seed).random((DRAWS, count)), axis=1) < size])
    weights = np.where(members, 1 / size, -1 / (count - size))
    distances = np.einsum("si,ij,sj->s", weights, gram, weights)
    weight = np.where(kinds, 1 / size, -1 / (count - size))
    # the observed split, summed in another order, must count as equal to itself
    return float((distances >= weight @ gram @ weight * (1 - 1e-9)).mean())


def order_p(repeats: np.ndarray, seed: int = 0) -> float:
    """The p-value of "the order of the repeats in time tells nothing", against drifts, alternations and short cycles.

    Args:
        repeats: (K, D) one row of numbers for each repeat, in the order of time; K above `CYCLE`.
        seed: of the permutations.

    Returns:
        The smallest share of orders whose repeats one to four apart are at most as unlike, or whose neighbours are at
        least as unlike, times the number of these tests (Bonferroni); 1 at most.

    Source: von Neumann (1941), Distribution of the ratio of the mean square successive difference to the variance,
    Annals of Mathematical Statistics 12, by permutation.
    """
    square = (repeats**2).sum(axis=1)
    between = square[:, None] + square[None, :] - 2 * repeats @ repeats.T
    # as above: equal sums in another order are equal
    slack = 1e-9 * between.max()
    rng = np.random.default_rng(seed)
    orders = np.vstack([np.arange(len(repeats)), np.argsort(rng.random((DRAWS, len(repeats))), axis=1)])
    shares = []
    for lag in range(1, CYCLE + 1):
        steps = between[orders[:, :-lag], orders[:, lag:]].sum(axis=1)
        shares.append((steps <= steps[0] + slack).mean())
        shares += [(steps >= steps[0] - slack).mean()] if lag == 1 else []
    return float(min(1.0, len(shares) * min(shares)))
