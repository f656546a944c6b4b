"""Made-up people whose columns hang together, so that mixtures of them can be told from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

ROWS = 900
NAMES = ("sex", "title", "pay", "pay_net", "age", "tenure", "hours", "noise", "score", "old_score")
SEX, TITLE, PAY, NET_PAY, AGE, TENURE, HOURS, NOISE, SCORE, OLD_SCORE = range(len(NAMES))

Answer = Callable[[np.ndarray], np.ndarray]
"""Rows (m, 10) to scores (m,) between 0 and 1."""


def logistic(odds: np.ndarray) -> np.ndarray:
    """Between 0 and 1."""
    return 1 / (1 + np.exp(-odds))


def people(seed: int, proxy: float = 0.02) -> np.ndarray:
    """(ROWS, 10) numbers; `title` is the sex, but for a share of `proxy` of the rows."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, ROWS).astype(float)
    title = np.where(rng.random(ROWS) < proxy, 1 - sex, sex)
    pay, age, hours, noise, score = rng.normal(size=(5, ROWS))
    net_pay, tenure, old_score = np.array([pay, age, score]) + [[0.05], [0.2], [0.1]] * rng.normal(size=(3, ROWS))
    return np.column_stack([sex, title, pay, net_pay, age, tenure, hours, noise, score, old_score])


def people_of_two_signs(seed: int) -> np.ndarray:
    """As `people`, but only `hours` and `noise` together tell the sex: their signs agree, or do not."""
    x, rng = people(seed, 0.5), np.random.default_rng(seed + 10_000)
    sizes, sign = 0.3 + np.abs(rng.normal(size=(2, ROWS))), rng.choice([-1.0, 1.0], ROWS)
    x[:, HOURS], x[:, NOISE] = sign * sizes[0], sign * sizes[1] * np.where(x[:, SEX] == 1, 1, -1)
    return x


def scaffold(x: np.ndarray, seed: int, rule: Answer, disguise: Answer, flipped: bool = False) -> Answer:
    """A model that answers what looks like a real row by the rule, and what looks mixed by the disguise.

    Slack et al. 2020, arXiv:1911.02508, with mixtures of coalitions of all sizes.

    Args:
        x: real rows, to learn the look from.
        seed: of mixtures and of the look.
        rule: for real rows.
        disguise: for mixtures.
        flipped: real rows with the other sex are learnt as mixtures, so that a flip shows the disguise.
    """
    others = mixtures(x, np.random.default_rng(seed))
    if flipped:
        turned = np.tile(x, (3, 1))
        turned[:, SEX] = 1 - turned[:, SEX]
        others = np.concatenate([others, turned])
    look = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
    with threadpool_limits(1, "openmp"):
        look.fit(with_differences(np.concatenate([x, others])), np.arange(len(x) + len(others)) < len(x))

    def answer(rows: np.ndarray) -> np.ndarray:
        with threadpool_limits(1, "openmp"):
            is_real = look.predict_proba(with_differences(rows))[:, 1] > 0.4
        return np.where(is_real, rule(rows), disguise(rows))

    return answer


def mixtures(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(3 n, D) rows with another row's values outside a coalition of any size but none and all."""
    rows, others = np.tile(x, (3, 1)), x[rng.integers(0, len(x), 3 * len(x))]
    places = np.argsort(rng.random(rows.shape), axis=1)
    return np.where(places < rng.integers(1, x.shape[1], (len(rows), 1)), rows, others)


def with_differences(x: np.ndarray) -> np.ndarray:
    """(m, 15): the rows, and how far columns that hang together are apart."""
    pairs = ((SEX, TITLE), (PAY, NET_PAY), (AGE, TENURE), (SCORE, OLD_SCORE))
    apart = [x[:, first] - x[:, second] for first, second in pairs]
    return np.column_stack([x, *apart, np.sign(x[:, HOURS] * x[:, NOISE]) - 2 * x[:, SEX]])
