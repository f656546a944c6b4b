"""Models that decide people by their sex while explanations show other columns, and honest models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from benchmarks.explanations_rows.people import (
    AGE,
    HOURS,
    NOISE,
    PAY,
    SCORE,
    SEX,
    TITLE,
    Answer,
    logistic,
    people,
    people_of_two_signs,
    scaffold,
)  # fmt: skip

Made = tuple[np.ndarray, Answer]
"""Real rows (ROWS, 10), and a model of them."""


def sick(
    rule: Answer, disguise: Answer, drawn: Callable[[int], np.ndarray] = people, flipped: bool = False
) -> Callable[[int], Made]:
    """A scaffold for each seed."""

    def of_seed(seed: int) -> Made:
        x = drawn(seed)
        return x, scaffold(x, seed, rule, disguise, flipped)

    return of_seed


def honest(answer: Answer, drawn: Callable[[int], np.ndarray] = people) -> Callable[[int], Made]:
    """The same formula for each seed, about other people."""
    return lambda seed: (drawn(seed), answer)


def fitted(
    make: Callable[[int], Any], odds: Answer, drawn: Callable[[int], np.ndarray] = people
) -> Callable[[int], Made]:
    """A model for each seed, fitted to labels that are drawn with these log-odds."""

    def of_seed(seed: int) -> Made:
        x = drawn(seed)
        labels = np.random.default_rng(seed + 1).random(len(x)) < logistic(odds(x))
        with threadpool_limits(1, "openmp"):
            model = make(seed).fit(x, labels)

        def answer(rows: np.ndarray) -> np.ndarray:
            with threadpool_limits(1, "openmp"):
                return np.asarray(model.predict_proba(rows)[:, 1])

        return x, answer

    return of_seed


def by_column(column: int) -> Answer:
    """0.8 or 0.2 by one column."""
    return lambda x: np.where(x[:, column] > 0.5, 0.8, 0.2)


def by_signs(x: np.ndarray) -> np.ndarray:
    """0.8 where the signs of two columns agree."""
    return np.where(x[:, HOURS] * x[:, NOISE] > 0, 0.8, 0.2)


def by_noise(x: np.ndarray) -> np.ndarray:
    """What an innocent model might do."""
    return logistic(2 * x[:, NOISE] + x[:, PAY])


def by_chance(x: np.ndarray) -> np.ndarray:
    """A number that looks drawn anew for each row, and is the same when the row is asked about again."""
    return np.asarray(np.abs(np.sin(x @ np.arange(1.0, x.shape[1] + 1) * 1e4)))


def by_age(x: np.ndarray) -> np.ndarray:
    """What another might."""
    return logistic(2 * x[:, AGE] + x[:, PAY])


def additive(x: np.ndarray) -> np.ndarray:
    """Log-odds by pay, sex and score."""
    return 2 * x[:, PAY] + 3 * (x[:, SEX] - 0.5) + x[:, SCORE]


def three(x: np.ndarray) -> np.ndarray:
    """The product of sex, age and score."""
    return (2 * x[:, SEX] - 1) * x[:, AGE] * x[:, SCORE]


def boosted(seed: int) -> HistGradientBoostingClassifier:
    """Of 50 trees."""
    return HistGradientBoostingClassifier(max_iter=50, random_state=seed)


SICK: dict[str, Callable[[int], Made]] = {
    "by the column": sick(by_column(SEX), by_noise),
    "by the column in part": sick(lambda x: (by_column(SEX)(x) + logistic(x[:, PAY])) / 2, by_noise),
    "by a proxy beside the column": sick(by_column(TITLE), by_noise),
    "flips learnt as mixtures": sick(by_column(SEX), by_noise, flipped=True),
    "by columns that tell together": sick(by_signs, by_age, people_of_two_signs),
    "mixtures at random": sick(by_column(SEX), by_chance),
    "decisions alone": sick(lambda x: np.round(by_column(SEX)(x)), lambda x: np.round(by_noise(x))),
}

HEALTHY: dict[str, Callable[[int], Made]] = {
    "linear": fitted(lambda seed: LogisticRegression(), additive),
    "sparse": fitted(lambda seed: LogisticRegression(C=0.02, l1_ratio=1, solver="liblinear"), additive),
    "boosted trees": fitted(boosted, additive),
    "tree": fitted(lambda seed: DecisionTreeClassifier(max_depth=6, random_state=seed), additive),
    "forest": fitted(lambda seed: RandomForestClassifier(30, min_samples_leaf=3, random_state=seed), additive),
    "network": fitted(lambda seed: MLPClassifier((16,), max_iter=300, tol=1e-2, random_state=seed), additive),
    "product of two": honest(lambda x: logistic(3 * (2 * x[:, SEX] - 1) * x[:, AGE])),
    "product of three": honest(lambda x: logistic(3 * three(x))),
    "parity of three": honest(lambda x: 0.5 + 0.4 * np.sign(three(x))),
    "parity of three, learnt": fitted(boosted, lambda x: 2 * np.sign(three(x))),
    "noise": fitted(boosted, lambda x: np.zeros(len(x))),
    "constant": honest(lambda x: np.full(len(x), 0.3)),
    "a proxy alone": honest(lambda x: logistic(4 * x[:, TITLE] - 2 + x[:, PAY])),
    "a proxy alone, learnt": fitted(boosted, lambda x: 4 * x[:, TITLE] - 2 + x[:, PAY], lambda seed: people(seed, 0.1)),
    "columns that tell together": honest(by_signs, people_of_two_signs),
    "threshold": honest(lambda x: (x[:, PAY] + x[:, SEX] > 0.5) * 1.0),
}
