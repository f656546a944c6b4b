"""The check's tests of itself: the same number by another road, and shuffled answers that must score like chance."""

from __future__ import annotations

import dataclasses

import numpy as np

from auditkit.errors import present
from auditkit.plugins.performance import decisions, numbers, probabilities
from auditkit.plugins.performance.estimates import Answers

ROWS = 20_000
"""Rows that are shuffled at most."""


def accuracy_deviation(answers: Answers, said: np.ndarray, true: np.ndarray) -> float:
    """How far the accuracy from the confusion counts lies from the share of equal values in the data's own words.

    Args:
        answers: the rows, as positions.
        said: (n,) decisions in the vocabulary of the labels.
        true: (n,) labels.
    """
    counts = decisions.confusion(answers)
    shown = decisions.accuracy(dataclasses.replace(answers, minimum=1)).value
    again = float(np.average(said == true, weights=answers.mass))
    shown = present(shown, "there is a row")
    return max(abs(float(np.trace(counts) / counts.sum()) - again), abs(shown - again))


def error_deviation(answers: Answers) -> float:
    """How far the mean squared error lies from bias² + variance of the errors, relative to it."""
    shown = present(numbers.root_mean_squared_error(dataclasses.replace(answers, minimum=1)).value, "there is a row")
    errors, weights = answers.answers - answers.truth, answers.weights
    bias = float(np.average(errors, weights=weights))
    variance = float(np.average((errors - bias) ** 2, weights=weights))
    return abs(shown**2 - bias**2 - variance) / max(shown**2, np.finfo(float).tiny)


def shuffled_scores(answers: Answers, shuffles: int, rng: np.random.Generator) -> float:
    """How far shuffled answers score from chance, in standard errors; the larger of accuracy and area under the curve.

    Chance for the accuracy is the sum over classes of (share of the label) x (share of the decision).
    """
    few = _sample(answers, rng)
    size = len(few.classes)
    truth, said = (np.bincount(array, minlength=size) / len(few) for array in (few.truth, few.answers))
    chance = float(np.dot(truth, said))
    arrays = {"accuracy": np.empty(shuffles), "auc": np.full(shuffles, 0.5)}
    for at in range(shuffles):
        mixed = few.take(np.arange(len(few)))
        order = rng.permutation(len(few))
        mixed = dataclasses.replace(
            mixed, answers=few.answers[order], scores=None if few.scores is None else few.scores[order]
        )
        arrays["accuracy"][at] = decisions.accuracy(mixed).value
        if few.scores is not None:
            area = probabilities.auc(mixed).value
            arrays["auc"][at] = 0.5 if area is None else area
    return max(_far(arrays["accuracy"] - chance), _far(arrays["auc"] - 0.5))


def shuffled_fit(answers: Answers, shuffles: int, rng: np.random.Generator) -> float | None:
    """The mean R² of shuffled predictions: 0 or less, but for chance; None where R² is undefined."""
    few = _sample(answers, rng)
    found = [
        numbers.r_squared(dataclasses.replace(few, answers=rng.permutation(few.answers))).value for _ in range(shuffles)
    ]
    known = [number for number in found if number is not None]
    return float(np.mean(known)) if known else None


def _sample(answers: Answers, rng: np.random.Generator) -> Answers:
    """At most ROWS people, a row each, without weights: a shuffled answer is as good whatever it weighs."""
    rows = np.arange(len(answers.truth))
    if answers.people is not None:
        many = answers.people if len(answers) <= ROWS else rng.multinomial(ROWS, answers.people / len(answers))
        rows = np.repeat(rows, many)
    elif len(rows) > ROWS:
        rows = rng.choice(rows, ROWS, replace=False)
    return dataclasses.replace(answers.take(rows), weights=None, people=None, minimum=1)


def _far(off: np.ndarray) -> float:
    error = float(off.std(ddof=1)) / np.sqrt(len(off))
    mean = abs(float(off.mean()))
    return 0.0 if mean < 1e-12 else mean / max(error, 1e-12)
