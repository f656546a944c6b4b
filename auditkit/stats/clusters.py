"""Rows in clusters, such as the visits of a patient: clusters vary independently of each other, their rows do not.

How much rows in clusters tell is said as a number of independent rows (`cluster_size` of a mean, `cluster_sizes` of
shares), so that every interval and test of shares takes clusters as it takes weights.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from auditkit.results import Interval
from auditkit.stats.weights import FEW, effective_size, weighted_mean

RARER = 20
"""Clusters that hold the rarer outcome under which the spread between clusters is not estimated. Measured over 30 to
100 clusters: with fewer, a 95 % interval from the spread holds in as few as 73 % of samples."""


class ClusterSums(NamedTuple):
    """What each cluster has in each of K groups: M pairs of a group and a cluster."""

    group: np.ndarray
    """(M,) 0 to K - 1."""
    rows: np.ndarray
    """(M,) rows."""
    weight: np.ndarray
    """(M,) sum of weights; rows without weights."""
    hit: np.ndarray
    """(M,) sum of weights of the rows that count."""


def numbered(clusters: np.ndarray) -> np.ndarray:
    """(n,) the clusters as 0, 1, 2 … in the order of their numbers."""
    return np.asarray(np.unique(clusters, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def together(clusters: np.ndarray | None) -> np.ndarray | None:
    """(n,) the clusters; None where no two rows share one, so that each varies by itself."""
    return None if clusters is None or len(np.unique(clusters)) == len(clusters) else clusters


def cluster_sizes(sums: ClusterSums, kish: np.ndarray) -> np.ndarray:
    """(K,) how many independent rows tell as much of a share as the clusters of each group do.

    The rows, divided by how much more the share varies between clusters than it would between rows (never by less than
    1), and by the ratio of the squared t quantiles. Where fewer than `RARER` clusters hold the rarer outcome the rows
    of a cluster are taken as alike: as many as there are clusters, fewer where they are of unequal size.

    Args:
        sums: of the groups.
        kish: (K,) the effective number of rows were each by itself.

    Source: Rao and Scott (1992), A simple method for the analysis of clustered binary data, Biometrics 48; Korn and
    Graubard (1998), Confidence intervals for proportions with small expected number of positive counts estimated from
    survey data, Survey Methodology 24; the variance is the jackknife over clusters of MacKinnon, Nielsen and Webb
    (2023), Fast and reliable jackknife and bootstrap methods for cluster-robust inference, Journal of Applied
    Econometrics 38; degrees of freedom as in Carter, Schnepel and Steigerwald (2017), Review of Economics and
    Statistics 99.
    """
    groups = len(kish)
    occupied = sums.rows > 0
    group, rows, weight, hit = (column[occupied] for column in sums)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=values, minlength=groups)

    count, whole, hits = total(np.ones(len(group))), total(weight), total(hit)
    alike = np.divide(whole**2, total(weight**2), out=np.zeros(groups), where=count > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / whole
        rest = whole[group] - weight
        # what the share loses where one cluster is left out
        pull = np.where(rest > 0, (hit - weight * share[group]) / rest, 0.0)
        between = (count - 1) / count * total(pull**2)
        within = share * (1 - share) / (kish - 1)
        effect = np.where(within > 0, between / within, 1.0)
        quantiles = _t(kish - 1) / _t(alike - 1)
        size = kish / np.maximum(1.0, effect) * np.minimum(1.0, quantiles) ** 2
    # a rounding of weights must not make a cluster of successes one of both kinds
    full = hit >= weight * (1 - 1e-12)
    rarer = np.minimum(total((hit > 0).astype(float)), total((~full).astype(float)))
    size = np.where((rarer < RARER) | ~np.isfinite(size), alike, size)
    return np.where(total(rows.astype(float)) == count, kish, np.minimum(size, kish))


def cluster_size(hits: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> float:
    """`cluster_sizes` of one share of rows.

    Args:
        hits: (n,) bool, or between 0 and 1; one row at least.
        clusters: (n,) whole numbers.
        weights: (n,) positive, or None.
    """
    place = numbered(clusters)
    mass = np.ones(len(hits)) if weights is None else weights
    sums = ClusterSums(
        np.zeros(int(place.max()) + 1, dtype=np.int64), np.bincount(place), np.bincount(place, mass),
        np.bincount(place, mass * hits),
    )  # fmt: skip
    kish = effective_size(len(hits) if weights is None else weights)
    return float(cluster_sizes(sums, np.array([kish]))[0])


def clustered_mean(
    values: np.ndarray, clusters: np.ndarray, level: float = 0.95, weights: np.ndarray | None = None
) -> Interval | None:
    """Student's interval for the mean of numbers in clusters: the jackknife over clusters.

    Where every row is a cluster of its own and none is weighted it is Student's interval for rows. The degrees of
    freedom are the effective number of clusters less one.

    Args:
        values: (n,) finite.
        clusters: (n,) whole numbers.
        level: the confidence, between 0 and 1.
        weights: (n,) positive, or None.

    Returns:
        None below two clusters, and below 30 where all values are the same.

    Source: as `cluster_sizes`.
    """
    moved = cluster_pulls(values, clusters, weights)
    count = len(moved)
    if count < 2 or (count < FEW and np.ptp(values) == 0):
        return None
    mean, error = weighted_mean(values, weights), cluster_error(moved)
    half = float(_t(np.array(cluster_freedom(clusters, weights)), level)) * error
    return Interval(low=mean - half, high=mean + half, level=level, method="jackknife by units, Student t")


def cluster_pulls(values: np.ndarray, clusters: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """(U,) how far the mean of (n,) values moves where one of the U clusters is left out; 0 where it is alone."""
    place = numbered(clusters)
    mass = np.ones(len(values)) if weights is None else weights
    weight = np.bincount(place, mass)
    rest = weight.sum() - weight
    deviations = np.bincount(place, mass * (values - weighted_mean(values, weights)))
    return np.divide(deviations, rest, out=np.zeros(len(weight)), where=rest > 0)


def cluster_error(pulls: np.ndarray) -> float:
    """The standard error of a number from how far it moves where one of the (U,) clusters is left out."""
    return float(np.sqrt((len(pulls) - 1) / len(pulls) * np.sum(pulls**2)))


def cluster_freedom(clusters: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Degrees of freedom of a spread between clusters; of clusters of unequal size fewer than their number less one."""
    return max(1.0, effective_size(np.bincount(numbered(clusters), weights).astype(np.float64)) - 1)


def clustered_median(values: np.ndarray, clusters: np.ndarray, level: float = 0.95) -> Interval | None:
    """The interval for a median of numbers in clusters, by order statistics of as many rows as are independent.

    Source: Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47.
    """
    if not len(values):
        return None
    ordered, n = np.sort(values), len(values)
    size = cluster_size(values <= ordered[(n - 1) // 2], clusters)
    rank = int(scipy.stats.binom.ppf((1 - level) / 2, int(size), 0.5))
    if rank < 1:
        return None
    # of the values that stand for the one at that rank, the outermost
    place = int((rank - 1) * n / int(size))
    low, high = (float(end) if np.isfinite(end) else None for end in (ordered[place], ordered[n - 1 - place]))
    return Interval(low=low, high=high, level=level, method="order statistics, by units")


def drawn_clusters(clusters: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """(replicates, n) how often each row is drawn where whole clusters are drawn with replacement.

    Source: Davison and Hinkley (1997), Bootstrap methods and their application, 3.8.
    """
    place = numbered(clusters)
    count = int(place.max()) + 1
    return np.asarray(rng.multinomial(count, np.full(count, 1 / count), size=replicates)[:, place])


def shuffler(codes: np.ndarray, clusters: np.ndarray) -> Callable[[np.random.Generator], np.ndarray]:
    """What shuffles the groups among the rows so that clusters stay whole: called, it gives (n,) shuffled codes.

    Where all rows of a cluster are of one group, the groups are shuffled among the clusters; else among the rows of
    each cluster, so that what clusters differ in stays as it is.

    Args:
        codes: (n,) the group of each row.
        clusters: (n,) whole numbers.

    Source: Good (2005), Permutation, parametric and bootstrap tests of hypotheses, chapter 3; Winkler et al. (2015),
    Multi-level block permutation, NeuroImage 123.
    """
    place = numbered(clusters)
    first = np.unique(place, return_index=True)[1]
    of_cluster = np.asarray(codes)[first]
    if bool((of_cluster[place] == codes).all()):
        return lambda rng: np.asarray(rng.permutation(of_cluster)[place])
    order = np.argsort(place, kind="stable")

    def within(rng: np.random.Generator) -> np.ndarray:
        # sorted by cluster, and by chance inside of each: every cluster keeps its places
        drawn = np.lexsort((rng.random(len(place)), place))
        mixed = np.empty(len(place), dtype=np.asarray(codes).dtype)
        mixed[order] = np.asarray(codes)[drawn]
        return mixed

    return within


def sign_flip_p(values: np.ndarray, clusters: np.ndarray, draws: int, rng: np.random.Generator) -> float:
    """The p-value of "the two numbers of each row differ by chance alone", where the signs of whole clusters are drawn.

    Args:
        values: (n,) the one number less the other.
        clusters: (n,) whole numbers.
        draws: how often; the observed signs count as one more.
        rng: the source of chance.

    Source: Fisher (1935), The design of experiments, 21; Cameron, Gelbach and Miller (2008), Bootstrap-based
    improvements for inference with clustered errors, Review of Economics and Statistics 90, for signs drawn by cluster.
    """
    sums = np.bincount(numbered(clusters), values)
    observed = abs(float(sums.sum()))
    flipped = np.abs(rng.choice([-1.0, 1.0], size=(draws, len(sums))) @ sums)
    return (1 + int(np.sum(flipped >= observed * (1 - 1e-9)))) / (1 + draws)


def _t(freedom: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Student's quantile; of less than one degree of freedom as of one."""
    return np.asarray(scipy.special.stdtrit(np.maximum(1.0, freedom), 0.5 + level / 2))
