"""The check's tests of itself: the same number by another road, and shuffled answers that must score like chance."""

import dataclasses

import numpy as np

from auditkit.errors import present
from auditkit.plugins.performance import decisions, numbers, probabilities
from auditkit.plugins.performance.estimates import Answers

ROWS = 20_000
"""Rows that are shuffled at most."""


def accuracy_deviation(answers: Answers, decided: np.ndarray, labels: np.ndarray) -> float:
    """How far the accuracy from the confusion counts lies from the share of equal values in the data's own words.

    Args:
        answers: the rows, as positions.
        decided: (n,) decisions in the vocabulary of the labels.
        labels: (n,) labels.
    """
    counts = decisions.confusion(answers)
    accuracy = present(decisions.accuracy(dataclasses.replace(answers, minimum=1)).value, "there is a row")
    recount = float(np.average(decided == labels, weights=answers.mass))
    return max(abs(float(np.trace(counts) / counts.sum()) - recount), abs(accuracy - recount))


def error_deviation(answers: Answers) -> float:
    """How far the mean squared error lies from bias² + variance of the errors, relative to it."""
    estimate = numbers.root_mean_squared_error(dataclasses.replace(answers, minimum=1))
    root_error = present(estimate.value, "there is a row")
    errors, weights = answers.answers - answers.truth, answers.weights
    bias = float(np.average(errors, weights=weights))
    variance = float(np.average((errors - bias) ** 2, weights=weights))
    return abs(root_error**2 - bias**2 - variance) / max(root_error**2, np.finfo(float).tiny)


def shuffled_scores(answers: Answers, shuffles: int, rng: np.random.Generator) -> float:
    """How far shuffled answers score from chance, in standard errors; the larger of accuracy and area under the curve.

    Chance for the accuracy is the sum over classes of (share of the label) x (share of the decision).
    """
    sample = _drawn_people(answers, rng)
    size = len(sample.classes)
    labels, decided = (np.bincount(codes, minlength=size) / len(sample) for codes in (sample.truth, sample.answers))
    chance = float(np.dot(labels, decided))
    accuracies, areas = np.empty(shuffles), np.full(shuffles, 0.5)
    for number in range(shuffles):
        # decisions and scores of a row move together, so that a score still fits its decision
        order = rng.permutation(len(sample))
        scores = None if sample.scores is None else sample.scores[order]
        mixed = dataclasses.replace(sample, answers=sample.answers[order], scores=scores)
        accuracies[number] = decisions.accuracy(mixed).value
        area = None if scores is None else probabilities.auc(mixed).value
        areas[number] = 0.5 if area is None else area
    return max(_standard_errors(accuracies - chance), _standard_errors(areas - 0.5))


def shuffled_fit(answers: Answers, shuffles: int, rng: np.random.Generator) -> float | None:
    """The mean R² of shuffled predictions: 0 or less, but for chance; None where R² is undefined."""
    sample = _drawn_people(answers, rng)
    mixed = (dataclasses.replace(sample, answers=rng.permutation(sample.answers)) for _ in range(shuffles))
    fits = [numbers.r_squared(answers).value for answers in mixed]
    defined = [fit for fit in fits if fit is not None]
    return float(np.mean(defined)) if defined else None


def _drawn_people(answers: Answers, rng: np.random.Generator) -> Answers:
    """At most ROWS people, a row each, without weights: a shuffled answer is as good whatever it weighs."""
    rows = np.arange(len(answers.truth))
    if answers.people is not None:
        many = answers.people if len(answers) <= ROWS else rng.multinomial(ROWS, answers.people / len(answers))
        rows = np.repeat(rows, many)
    elif len(rows) > ROWS:
        rows = rng.choice(rows, ROWS, replace=False)
    return dataclasses.replace(answers.take(rows), weights=None, people=None, clusters=None, minimum=1)


def _standard_errors(off: np.ndarray) -> float:
    error = float(off.std(ddof=1)) / np.sqrt(len(off))
    mean = abs(float(off.mean()))
    # answers that are all alike score exactly like chance, with no spread to divide by
    return 0.0 if mean < 1e-12 else mean / max(error, 1e-12)
