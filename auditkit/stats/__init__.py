"""Intervals, tests, bootstrap, multiple testing, power: plain functions on counts and arrays, each with its source.

proportions.py      one share, the difference and the ratio of two
weights.py          what weights make of rows
clusters.py         rows that vary together, such as those of one person
means.py            a mean, a median
score_means.py      a mean and a quantile of scores that are bounded, or skewed
paired.py           two decisions about the same rows: how far a share or a disparity moved
gaps.py             the widest difference and the smallest ratio over several groups, their test and power
leading_pair.py     the pair of very many groups that is farthest apart
extremes.py         their intervals, and which two groups make them; the same for any number
mover.py            the interval of a difference or a mean, from an interval for each number
auc.py              the area under the ROC curve
follow_up.py        how long people are followed whose event is not known, and who stands for them
concordance.py      how well risks order times until an event
resampling.py       the bootstrap on counts
multiplicity.py     many tests at once
wider_interval.py   a given interval at a higher level
exchangeable.py     whether repeats differ as chance makes them differ
"""

from auditkit.stats.auc import Auc, auc, auc_gain, auc_interval, pooled_error
from auditkit.stats.clusters import (
    RARER,
    ClusterSums,
    cluster_error,
    cluster_freedom,
    cluster_pulls,
    cluster_size,
    cluster_sizes,
    drawn_clusters,
    numbered,
    shuffler,
    sign_flip_p,
    together,
)
from auditkit.stats.exchangeable import order_p, split_p
from auditkit.stats.extremes import (
    Apart,
    Extreme,
    Pairs,
    Place,
    largest_apart,
    pair_numbers,
    pairs_of,
    smallest,
    smallest_apart,
    square_and_add,
    widest,
)
from auditkit.stats.gaps import (
    PAIRWISE,
    Shares,
    apart,
    detectable_among,
    detectable_gap,
    largest_z,
    largest_z_of_means,
    permutation_p,
    shuffled_z,
    widest_gap,
)
from auditkit.stats.means import mean_interval, median_interval, student_interval
from auditkit.stats.multiplicity import benjamini_hochberg, holm, sidak_level
from auditkit.stats.paired import (
    Shift,
    disparity_shift,
    mcnemar,
    paired_difference_interval,
    paired_score,
    predictive_shift,
)
from auditkit.stats.proportions import (
    Bounds,
    clopper_pearson,
    critical,
    difference_interval,
    ratio_interval,
    score_difference,
    score_ratio,
    wilson,
    wilson_bounds,
)
from auditkit.stats.resampling import chunks, percentile_interval, resampled_counts
from auditkit.stats.score_means import bounded_interval, dominated, quantile_interval, skewed_interval, with_added
from auditkit.stats.weights import FEW, effective_size, weighted_mean
from auditkit.stats.wider_interval import widened

__all__ = [
    "FEW",
    "PAIRWISE",
    "RARER",
    "Apart",
    "Auc",
    "Bounds",
    "ClusterSums",
    "Extreme",
    "Pairs",
    "Place",
    "Shares",
    "Shift",
    "apart",
    "auc",
    "auc_gain",
    "auc_interval",
    "benjamini_hochberg",
    "bounded_interval",
    "chunks",
    "clopper_pearson",
    "cluster_error",
    "cluster_freedom",
    "cluster_pulls",
    "cluster_size",
    "cluster_sizes",
    "critical",
    "detectable_among",
    "detectable_gap",
    "difference_interval",
    "disparity_shift",
    "dominated",
    "drawn_clusters",
    "effective_size",
    "holm",
    "largest_apart",
    "largest_z",
    "largest_z_of_means",
    "mcnemar",
    "mean_interval",
    "median_interval",
    "numbered",
    "order_p",
    "pair_numbers",
    "paired_difference_interval",
    "paired_score",
    "pairs_of",
    "percentile_interval",
    "permutation_p",
    "pooled_error",
    "predictive_shift",
    "quantile_interval",
    "ratio_interval",
    "resampled_counts",
    "score_difference",
    "score_ratio",
    "shuffled_z",
    "shuffler",
    "sidak_level",
    "sign_flip_p",
    "skewed_interval",
    "smallest",
    "smallest_apart",
    "split_p",
    "square_and_add",
    "student_interval",
    "together",
    "weighted_mean",
    "widened",
    "widest",
    "widest_gap",
    "wilson",
    "wilson_bounds",
    "with_added",
]
