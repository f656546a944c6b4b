"""What chance would give: the law of a statistic where groups are shuffled among the rows."""

from collections.abc import Iterator

import numpy as np
import scipy

from auditkit import stats

CHUNK = 2_000_000
"""Numbers shuffled at once."""
CROWDED = 1_000
"""People in the mean group above which many groups are shuffled group by group, and no longer person by person."""


def shuffled_z(
    codes: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray | None,
    groups: int,
    draws: int,
    rng: np.random.Generator,
    logs: bool = False,
) -> np.ndarray:
    """Values of the largest studentized difference of means where the groups are shuffled, at least `draws` of them.

    Studentized, so that groups whose means agree and whose spreads differ are not called different, up to an error
    that goes to 0 with their sizes.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        values: (N,) finite numbers.
        weights: (N,) positive, or None; a weight is shuffled along with its value.
        groups: K.
        draws: how many shuffles at least, where there are as many rows.
        rng: the source of chance.
        logs: differences of the logarithms of means.

    Source: Janssen (1997), Studentized permutation tests for non-iid hypotheses, Statistics & Probability Letters 36;
    Chung and Romano (2013), Exact and asymptotically robust permutation tests, arXiv:1304.5939.
    """
    # Squares of large numbers lose a small spread to rounding, so the mean is taken off first; logarithms need it.
    centre = 0.0 if logs else float(values.mean())
    v = values - centre
    rows = np.bincount(codes, minlength=groups).astype(float)
    columns = [v, v**2] if weights is None else [weights, weights * v, weights**2, weights**2 * v, (weights * v) ** 2]
    sums = shuffled_sums(codes, np.stack(columns), groups, draws, rng)
    if weights is None:
        total = weight = np.broadcast_to(rows, sums[0].shape)
        first, second = sums
        heavy = first
    else:
        total, first, weight, heavy, second = sums
    mean = first / total
    spread = np.maximum(0, second - 2 * mean * heavy + mean**2 * weight)
    error = rows / (rows - 1) * spread / total**2
    if logs:
        with np.errstate(divide="ignore", invalid="ignore"):
            usable = mean > 0
            mean, error = np.where(usable, np.log(mean), -np.inf), np.where(usable, error / mean**2, 0.0)
        # Infinite less infinite is no number, and so far out every difference is the largest.
        mean = np.maximum(mean, -1e300)
    return stats.largest_z_of_means(mean, error)


def shuffled_sums(
    codes: np.ndarray, columns: np.ndarray, groups: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """(C, B, K) sums of each column over each group, for B shuffles of the groups among the rows.

    Up to `draws` rows each shuffle is a random permutation. Above, the rows are put in random order once and cut into
    blocks of more than `draws`; the groups are then moved along every block by 1, 2, 3 … places. These moves form a
    group, so a test by them is as exact as one by all permutations; all of them together cost one Fourier transform.

    Args:
        codes: (N,) the group of each row, 0 to K - 1.
        columns: (C, N).
        groups: K.
        draws: how many shuffles at least.
        rng: the source of chance.

    Source: Hemerik and Goeman (2018), Exact testing with random permutations, TEST 27, for subgroups of permutations.
    """
    if len(codes) <= draws:
        return np.concatenate(list(_permuted(codes, columns, groups, draws, rng)), axis=1)
    return _moved(codes, columns, groups, draws, rng)


def _permuted(
    codes: np.ndarray, columns: np.ndarray, groups: int, draws: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    for count in stats.chunks(draws, len(codes), CHUNK):
        mixed = rng.permuted(np.tile(codes, (count, 1)), axis=1)
        # Each shuffle has cells of its own, so that one count serves all of them.
        cells = (mixed + groups * np.arange(count)[:, None]).ravel()
        size = count * groups
        yield np.stack(
            [
                np.bincount(cells, weights=np.tile(column, count), minlength=size).reshape(count, groups)
                for column in columns
            ]
        )


def _moved(codes: np.ndarray, columns: np.ndarray, groups: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    rows = len(codes)
    blocks = rows // (draws + 1)
    length = rows // blocks
    # The moves alone would keep any order that the rows came in.
    order = rng.permutation(rows)
    inside, rest = order[: blocks * length], order[blocks * length :]
    small = codes[inside].reshape(blocks, length)
    sums = np.empty((len(columns), length - 1, groups))
    # A product of transforms is the sum over the group for every shift at once.
    heights = [scipy.fft.rfft(column[inside].reshape(blocks, length), axis=1) for column in columns]
    for group in range(groups):
        members = scipy.fft.rfft((small == group).astype(np.float64), axis=1).conj()
        for column_index, height in enumerate(heights):
            moved = scipy.fft.irfft(np.einsum("bl,bl->l", members, height), n=length)
            sums[column_index, :, group] = moved[1:]  # not moved at all is what was observed
    for column_index, column in enumerate(columns):
        sums[column_index] += np.bincount(codes[rest], weights=column[rest], minlength=groups)
    return sums


def shuffled_counts(bins: np.ndarray, sizes: np.ndarray, draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Chunks of (b, K, M) tables: how many rows of each group fall in each bin if the groups are shuffled.

    Rows that share a bin are alike, so a shuffle is a draw without replacement, bin by bin: the multivariate
    hypergeometric law, exactly, at a cost that does not grow with the rows. Of many groups each table is drawn by
    itself, for few of them fit in memory at once.

    Args:
        bins: (M,) whole numbers: the rows of all groups in each bin; below 10^9 in all.
        sizes: (K,) whole numbers: the rows of each group; they sum to those of the bins.
        draws: how many tables in all.
        rng: the source of chance.
    """
    for count in stats.chunks(draws, len(bins) * len(sizes), CHUNK):
        if len(sizes) > stats.PAIRWISE:
            yield np.stack([shuffled_table(sizes, bins.astype(np.int64), rng) for _ in range(count)])
            continue
        tables = np.zeros((count, len(sizes), len(bins)), dtype=np.int64)
        rest = np.tile(bins.astype(np.int64), (count, 1))
        for group, size in enumerate(sizes[:-1]):
            unplaced = np.full(count, int(size))
            in_later_bins = rest.sum(axis=1)
            for bin_index in range(len(bins)):
                # One draw from an urn of two kinds: the rows of this bin, and those of the bins that are still to come.
                in_later_bins -= rest[:, bin_index]
                drawn = rng.hypergeometric(rest[:, bin_index], in_later_bins, unplaced)
                tables[:, group, bin_index] = drawn
                unplaced -= drawn
            rest -= tables[:, group]
        tables[:, -1] = rest
        yield tables


def shuffled_table(sizes: np.ndarray, bins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(K, M) rows of each group in each bin if the rows of many groups are shuffled.

    Args:
        sizes: (K,) whole numbers: the rows of each group.
        bins: (M,) whole numbers: the rows in each bin; they sum to those of the groups.
        rng: the source of chance.
    """
    return (_person_by_person if sizes.mean() <= CROWDED else _group_by_group)(sizes, bins, rng)


def _person_by_person(sizes: np.ndarray, bins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    cells = groups * len(bins) + np.repeat(np.arange(len(bins)), bins)
    return np.bincount(cells, minlength=len(sizes) * len(bins)).reshape(len(sizes), len(bins))


def _group_by_group(sizes: np.ndarray, bins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same, at a cost that does not grow with the people."""
    table, rest = np.zeros((len(sizes), len(bins)), dtype=np.int64), bins.copy()
    for group, size in enumerate(sizes):
        # numpy's other method, "count", holds every row in memory
        table[group] = rng.multivariate_hypergeometric(rest, size, method="marginals")
        rest -= table[group]
    return table
