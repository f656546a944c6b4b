"""How good decisions are: accuracy, balanced accuracy, precision, recall, F1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from auditkit import stats
from auditkit.plugins.performance.estimates import Answers, Estimate, few
from auditkit.results import Interval


def confusion(answers: Answers, weighted: bool = True) -> np.ndarray:
    """(C, C) sums of weights (of people without weights): rows are the truth, columns the decisions."""
    size = len(answers.classes)
    weights = answers.mass if weighted else answers.people
    return np.bincount(answers.truth * size + answers.answers, weights, size * size).reshape(size, size)


def share(hits: np.ndarray, answers: Answers, what: str, among: np.ndarray | None = None) -> Estimate:
    """The share of rows with a hit, with Wilson's interval; weighted rows count as Kish's effective number.

    Args:
        hits: (n,) bool.
        answers: the rows, for weights and the smallest denominator.
        what: what the denominator counts, in words.
        among: (n,) bool: the denominator; None: all rows.
    """
    if among is not None:
        hits, answers = hits[among], _decided(answers, among)
    if len(answers) < max(1, answers.minimum):
        return few(len(answers), answers.minimum, what)
    value, size = stats.weighted_mean(hits, answers.mass), answers.size
    return Estimate(value, stats.wilson(min(size, size * value), size), len(answers))


def _decided(answers: Answers, rows: np.ndarray) -> Answers:
    """Labels and decisions of some rows, without their scores."""
    return replace(answers, scores=None, probabilities=None).take(rows)


def accuracy(answers: Answers) -> Estimate:
    """The share of right decisions."""
    return share(answers.truth == answers.answers, answers, "people")


def majority_accuracy(answers: Answers) -> Estimate:
    """The accuracy of always giving the most common label of these rows."""
    counts = np.bincount(answers.truth, answers.mass, len(answers.classes))
    return share(answers.truth == int(np.argmax(counts)), answers, "people")


def precision(answers: Answers) -> Estimate:
    """Among those decided positive, the share that is."""
    chosen = answers.answers == answers.positive
    return share(answers.truth == answers.positive, answers, "people decided positive", chosen)


def recall(answers: Answers) -> Estimate:
    """Among the positive, the share that is decided so."""
    right = answers.answers == answers.positive
    return share(right, answers, "people with a positive label", answers.truth == answers.positive)


def balanced_accuracy(answers: Answers) -> Estimate:
    """The mean over classes of the share decided right.

    Every class has its Wilson interval; that of the mean follows by MOVER.

    Source: Donner and Zou (2012), Closed-form confidence intervals for functions of the normal mean and standard
    deviation, Statistical Methods in Medical Research 21.
    """
    found = [
        share(answers.answers == at, answers, f"people with label {name}", answers.truth == at)
        for at, name in enumerate(answers.classes)
    ]
    gap = next((each for each in found if each.value is None), None)
    if gap is not None:
        return gap._replace(n=None)
    values = np.array([each.value for each in found], dtype=float)
    ends = np.array([(each.interval.low, each.interval.high) for each in found if each.interval], dtype=float)
    below, above = (float(np.sqrt(np.sum((ends[:, side] - values) ** 2))) / len(found) for side in (0, 1))
    mean = float(values.mean())
    interval = Interval(low=mean - below, high=mean + above, method="MOVER of Wilson intervals per class")
    return Estimate(mean, interval, len(answers))


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
    for at, name in enumerate(answers.classes):
        if counts[at].sum() < max(1, answers.minimum):
            return few(int(counts[at].sum()), answers.minimum, f"people with label {name}")._replace(n=None)
    value = float(_f1(confusion(answers)[None])[0])
    interval = None
    if answers.weights is None and len(answers) >= stats.FEW:
        interval = stats.percentile_interval(_f1(stats.resampled_counts(counts, replicates, rng)))
    return Estimate(value, interval or _f1_interval(answers), len(answers))


def _f1(tables: np.ndarray) -> np.ndarray:
    """(B,) macro F1 of (B, C, C) tables; a class that neither occurs nor is decided leaves the mean."""
    right = np.diagonal(tables, axis1=1, axis2=2).astype(float)
    total = (tables.sum(axis=1) + tables.sum(axis=2)).astype(float)
    scores = np.divide(2 * right, total, out=np.full_like(right, np.nan), where=total > 0)
    return np.nanmean(scores, axis=1)


def _f1_interval(answers: Answers) -> Interval:
    ends = []
    for at in range(len(answers.classes)):
        union = (answers.truth == at) | (answers.answers == at)
        some = _decided(answers, union)
        size, same = some.size, stats.weighted_mean(some.truth == some.answers, some.mass)
        ends.append(stats.wilson_bounds(same * size, size))
    low, high = (float(np.mean([2 * each[side] / (1 + each[side]) for each in ends])) for side in (0, 1))
    return Interval(low=low, high=high, method="Wilson per class, mean of the ends")
