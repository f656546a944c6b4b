"""How good decisions are: accuracy, balanced accuracy, precision, recall, F1."""

from dataclasses import replace

import numpy as np

from auditkit import stats
from auditkit.counts import ClusterRows, Tally
from auditkit.metrics import composites
from auditkit.metrics.catalogue import BY_UNIT, RATES, interval_method, right_or_not, shares
from auditkit.plugins.performance.estimates import Answers, Estimate, few
from auditkit.results import Interval


def confusion(answers: Answers, weighted: bool = True) -> np.ndarray:
    """(C, C) sums of weights (of people without weights): rows are the truth, columns the decisions."""
    size = len(answers.classes)
    weights = answers.mass if weighted else answers.people
    return np.bincount(answers.truth * size + answers.answers, weights, size * size).reshape(size, size)


def tally(answers: Answers) -> Tally:
    """(1, C + 1, C + 1) counts by label and decision, as the rates and composites of every check are made of."""
    size = len(answers.classes) + 1
    positions = answers.truth * size + answers.answers

    def table(weights: np.ndarray | None) -> np.ndarray:
        return np.bincount(positions, weights, size * size).reshape(1, size, size)

    rows = table(answers.people).astype(np.int64)
    clusters = None
    if answers.clusters is not None:
        mass = np.ones(len(answers)) if answers.weights is None else answers.weights
        one_group = np.zeros(len(answers), dtype=np.int64)
        by_cluster = ClusterRows(one_group, answers.clusters, answers.truth, answers.answers, mass)
        clusters = by_cluster.grouped(one_group)
    if answers.weights is None or answers.mass is None:
        return Tally(rows, rows.astype(float), rows.astype(float), clusters)
    return Tally(rows, table(answers.mass), table(answers.mass * answers.weights), clusters)


def rate(name: str, counts: Tally, answers: Answers, counted: str) -> Estimate:
    """One rate of the catalogue, with Wilson's interval; weighted rows count as Kish's effective number.

    Args:
        name: in `metrics.catalogue.RATES`.
        counts: (1, 3, 3).
        answers: the rows, for the smallest denominator.
        counted: what the denominator counts, in words.
    """
    share = shares(counts, RATES[name])
    if int(share.many[0]) < max(1, answers.minimum):
        return few(int(share.many[0]), answers.minimum, counted)
    low, high = (float(end) for end in stats.wilson_bounds(share.successes[0], share.sizes[0]))
    method = interval_method("Wilson", answers.weights is not None, answers.clusters is not None)
    units = None if share.units is None else int(share.units[0])
    interval = Interval(low=low, high=high, method=method)
    return Estimate(float(share.values[0]), interval, int(share.rows[0]), units=units)


def accuracy(answers: Answers) -> Estimate:
    """The share of right decisions."""
    counts = tally(answers)
    counts = counts.against(answers.positive) if len(answers.classes) == 2 else right_or_not(counts)
    return rate("accuracy", counts, answers, "people")


def majority_accuracy(answers: Answers) -> Estimate:
    """The accuracy of always giving the most common label of these rows."""
    counts = np.bincount(answers.truth, answers.mass, len(answers.classes))
    return rate("prevalence", tally(answers).against(int(np.argmax(counts))), answers, "people")


def precision(answers: Answers) -> Estimate:
    """Among those decided positive, the share that is."""
    counts = tally(answers).against(answers.positive)
    return rate("positive_predictive_value", counts, answers, "people decided positive")


def recall(answers: Answers) -> Estimate:
    """Among the positive, the share that is decided so."""
    return rate("true_positive_rate", tally(answers).against(answers.positive), answers, "people with a positive label")


def balanced_accuracy(answers: Answers) -> Estimate:
    """The mean over classes of the share decided right; see `metrics.composites` for two classes and for more."""
    people = _people_by_label(answers)
    # before any mean is taken: a class without people has no share, and a mean over the rest would be another number
    for name, rows in zip(answers.classes, people.tolist(), strict=True):
        if rows < max(1, answers.minimum):
            return few(rows, answers.minimum, f"people with label {name}")._replace(n=None)
    counts = tally(answers)
    if len(answers.classes) == 2:
        estimates = composites.COMPOSITES["balanced_accuracy"].estimate(counts.against(answers.positive))
    else:
        one_against_others = [counts.against(label) for label in range(len(answers.classes))]
        sensitivity = RATES["true_positive_rate"]
        estimates = composites.mean(
            [composites.bounded(folded, sensitivity) for folded in one_against_others], counts.clusters is not None
        )
    interval = Interval(
        low=float(estimates.low[0]), high=float(estimates.high[0]),
        method=interval_method(estimates.method, answers.weights is not None, answers.clusters is not None),
    )  # fmt: skip
    return Estimate(float(estimates.values[0]), interval, len(answers), units=answers.units)


def macro_f1(answers: Answers, replicates: int, rng: np.random.Generator) -> Estimate:
    """The mean over classes of F1, with a bootstrap interval on the confusion counts.

    Where resamples cannot vary (no error at all) or rows are few, the interval is made of Wilson's for each class, with
    F1 = 2 J / (1 + J) of the share J of rows decided right among those labelled or decided so: wider, and never empty.

    Args:
        answers: the rows.
        replicates: resamples.
        rng: the source of chance.
    """
    counts = confusion(answers, weighted=False)
    for name, rows in zip(answers.classes, _people_by_label(answers).tolist(), strict=True):
        if rows < max(1, answers.minimum):
            return few(rows, answers.minimum, f"people with label {name}")._replace(n=None)
    # weighted counts cannot be resampled as whole people, nor rows that vary together
    interval = (
        stats.percentile_interval(_f1(stats.resampled_counts(counts, replicates, rng)))
        if answers.weights is None and answers.clusters is None and len(answers) >= stats.FEW
        else None
    )
    value = float(_f1(confusion(answers)[None])[0])
    return Estimate(value, interval or _f1_interval(answers), len(answers), units=answers.units)


def _people_by_label(answers: Answers) -> np.ndarray:
    """(C,) people with each label; units where several rows are of one."""
    size = len(answers.classes)
    if answers.clusters is None:
        return np.bincount(answers.truth, answers.people, size).astype(np.int64)
    return np.bincount(np.unique(np.stack([answers.truth, answers.clusters]), axis=1)[0], minlength=size)


def _f1(tables: np.ndarray) -> np.ndarray:
    """(B,) macro F1 of (B, C, C) tables; a class that neither occurs nor is decided leaves the mean."""
    correct = np.diagonal(tables, axis1=1, axis2=2).astype(float)
    total = (tables.sum(axis=1) + tables.sum(axis=2)).astype(float)
    scores = np.divide(2 * correct, total, out=np.full_like(correct, np.nan), where=total > 0)
    return np.nanmean(scores, axis=1)


def _f1_interval(answers: Answers) -> Interval:
    ends = []
    for label in range(len(answers.classes)):
        union = (answers.truth == label) | (answers.answers == label)
        some = replace(answers, scores=None, probabilities=None).take(union)
        right = some.truth == some.answers
        same = stats.weighted_mean(right, some.mass)
        size = some.size if some.clusters is None else stats.cluster_size(right, some.clusters, some.weights)
        ends.append(stats.wilson_bounds(same * size, size))
    low, high = (float(np.mean([2 * bounds[side] / (1 + bounds[side]) for bounds in ends])) for side in (0, 1))
    method = "Wilson per class, mean of the ends"
    return Interval(low=low, high=high, method=method if answers.clusters is None else f"{method}, {BY_UNIT}")
