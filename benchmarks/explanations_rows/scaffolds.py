"""Models that decide people by their sex while explanations show other columns, and honest models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
    TENURE,
    TITLE,
    Answer,
    logistic,
    people,
    people_of_two_signs,
    scaffold,
)  # fmt: skip


class Made(NamedTuple):
    """People, and a model of them."""

    x: np.ndarray
    """(ROWS, 10) real rows."""
    answer: Answer
    hidden: np.ndarray | None = None
    """(ROWS,) the sex, where it is no input: the column is 0 then, and left out."""
    classes: int = 2
    """More than two: the answers are decisions, from 0."""


def sick(
    rule: Answer, disguise: Answer, drawn: Callable[[int], np.ndarray] = people, flipped: bool = False
) -> Callable[[int], Made]:
    """A scaffold for each seed."""

    def of_seed(seed: int) -> Made:
        x = drawn(seed)
        return Made(x, scaffold(x, seed, rule, disguise, flipped))

    return of_seed


def unseen(of_seed: Callable[[int], Made], drawn: Callable[[int], np.ndarray]) -> Callable[[int], Made]:
    """The same where the sex of the people is no input: `of_seed` is given people whose sex is 0."""
    return lambda seed: of_seed(seed)._replace(hidden=drawn(seed)[:, SEX])


def without_sex(drawn: Callable[[int], np.ndarray]) -> Callable[[int], np.ndarray]:
    """People whose sex is 0."""
    return lambda seed: drawn(seed) * (np.arange(10) != SEX)


def sick_unseen(rule: Answer, disguise: Answer, drawn: Callable[[int], np.ndarray]) -> Callable[[int], Made]:
    """A scaffold for each seed that is not given the sex."""
    return unseen(sick(rule, disguise, without_sex(drawn)), drawn)


def of_three(of_seed: Callable[[int], Made]) -> Callable[[int], Made]:
    """The same where the answers are decisions between three classes."""
    return lambda seed: of_seed(seed)._replace(classes=3)


def honest(answer: Answer, drawn: Callable[[int], np.ndarray] = people) -> Callable[[int], Made]:
    """The same formula for each seed, about other people."""
    return lambda seed: Made(drawn(seed), answer)


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

        return Made(x, answer)

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


def title_and_pay(x: np.ndarray) -> np.ndarray:
    """Log-odds by a proxy and pay."""
    return 4 * x[:, TITLE] - 2 + x[:, PAY]


def network(seed: int) -> MLPClassifier:
    """Of 16 units."""
    return MLPClassifier((16,), max_iter=300, tol=1e-2, random_state=seed)


def boosted(seed: int) -> HistGradientBoostingClassifier:
    """Of 50 trees."""
    return HistGradientBoostingClassifier(max_iter=50, random_state=seed)


def a_third(x: np.ndarray) -> np.ndarray:
    """Class 0 by pay, else 1 or 2 by sex: what most people are given is honest."""
    return np.where(x[:, PAY] > 0, 0, 1 + (x[:, SEX] > 0.5))


def three_by(column: int) -> Answer:
    """Class 0 by pay, else 1 or 2 by a column."""
    return lambda x: np.where(x[:, PAY] > 0, 0, 1 + (x[:, column] > 0))


def tells(share: float) -> Callable[[int], np.ndarray]:
    """People whose title tells the sex of this share of them."""
    return lambda seed: people(seed, 1 - share)


def of_three_shifts(seed: int) -> np.ndarray:
    """As `people`, but only age, hours and noise tell the sex, each a little."""
    x = people(seed, 0.5)
    x[:, [AGE, HOURS, NOISE]] += 0.55 * (2 * x[:, [SEX]] - 1)
    x[:, TENURE] = x[:, AGE] + 0.2 * np.random.default_rng(seed + 20_000).normal(size=len(x))
    return x


def by_shifts(x: np.ndarray) -> np.ndarray:
    """By the three columns that tell the sex a little."""
    return logistic(2 * (x[:, AGE] + x[:, HOURS] + x[:, NOISE]))


def by_score(x: np.ndarray) -> np.ndarray:
    """What a third innocent model might do."""
    return logistic(2 * x[:, SCORE] + x[:, PAY])


SICK: dict[str, Callable[[int], Made]] = {
    "by the column": sick(by_column(SEX), by_noise),
    "by the column in part": sick(lambda x: (by_column(SEX)(x) + logistic(x[:, PAY])) / 2, by_noise),
    "by a proxy beside the column": sick(by_column(TITLE), by_noise),
    "flips learnt as mixtures": sick(by_column(SEX), by_noise, flipped=True),
    "by columns that tell together": sick(by_signs, by_age, people_of_two_signs),
    "mixtures at random": sick(by_column(SEX), by_chance),
    "decisions alone": sick(lambda x: np.round(by_column(SEX)(x)), lambda x: np.round(by_noise(x))),
    "one of three classes": of_three(sick(a_third, three_by(NOISE))),
    "by a proxy of 88 % beside the column": sick(by_column(TITLE), by_noise, tells(0.88)),
}

UNSEEN: dict[str, Callable[[int], Made]] = {
    "by a proxy of 75 %": sick_unseen(by_column(TITLE), by_noise, tells(0.75)),
    "by a proxy of 88 %": sick_unseen(by_column(TITLE), by_age, tells(0.88)),
    "by a proxy of 95 %, in part": sick_unseen(
        lambda x: (by_column(TITLE)(x) + logistic(x[:, SCORE])) / 2, by_noise, tells(0.95)
    ),
    "by three weak proxies": sick_unseen(by_shifts, by_score, of_three_shifts),
}
"""Models that hide a sex that is none of their inputs."""


HEALTHY: dict[str, Callable[[int], Made]] = {
    "linear": fitted(lambda seed: LogisticRegression(), additive),
    "sparse": fitted(lambda seed: LogisticRegression(C=0.02, l1_ratio=1, solver="liblinear"), additive),
    "boosted trees": fitted(boosted, additive),
    "tree": fitted(lambda seed: DecisionTreeClassifier(max_depth=6, random_state=seed), additive),
    "forest": fitted(lambda seed: RandomForestClassifier(30, min_samples_leaf=3, random_state=seed), additive),
    "network": fitted(network, additive),
    "product of two": honest(lambda x: logistic(3 * (2 * x[:, SEX] - 1) * x[:, AGE])),
    "product of three": honest(lambda x: logistic(3 * three(x))),
    "parity of three": honest(lambda x: 0.5 + 0.4 * np.sign(three(x))),
    "parity of three, learnt": fitted(boosted, lambda x: 2 * np.sign(three(x))),
    "noise": fitted(boosted, lambda x: np.zeros(len(x))),
    "constant": honest(lambda x: np.full(len(x), 0.3)),
    "a proxy alone": honest(lambda x: logistic(4 * x[:, TITLE] - 2 + x[:, PAY])),
    "a proxy alone, learnt": fitted(boosted, title_and_pay, tells(0.9)),
    "columns that tell together": honest(by_signs, people_of_two_signs),
    "threshold": honest(lambda x: (x[:, PAY] + x[:, SEX] > 0.5) * 1.0),
    "three classes": of_three(honest(a_third)),
    "sex unseen, a proxy of 88 %": unseen(fitted(boosted, title_and_pay, without_sex(tells(0.88))), tells(0.88)),
    "sex unseen, three weak proxies, network": unseen(
        fitted(network, lambda x: 2 * x[:, [AGE, HOURS, NOISE]].sum(axis=1), without_sex(of_three_shifts)),
        of_three_shifts,
    ),
}
