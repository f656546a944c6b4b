"""The deletion test on models whose attributions are right, and on attributions that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from auditkit.plugins.explanations.quality.deletion import FOLLOWS, Deletion, _moves, correlation, deletion
from auditkit.plugins.explanations.shared.permutation import paired_permutations

Answer = Callable[[np.ndarray], np.ndarray]


class Sort(NamedTuple):
    make: Callable[[], Any]
    rows: int
    features: int
    related: float = 0.0
    """Correlation of the features."""
    truth: str = "interactions"


SORTS = {
    "logistic": Sort(LogisticRegression, 20, 3, truth="sum"),
    "logistic, four": Sort(LogisticRegression, 40, 4, truth="sum"),
    "logistic, correlated": Sort(LogisticRegression, 100, 10, 0.8, "sum"),
    "logistic, more features than rows": Sort(LogisticRegression, 20, 30, truth="sum"),
    "logistic, nearly constant": Sort(lambda: LogisticRegression(C=1e-6), 100, 8, truth="sum"),
    "ridge": Sort(Ridge, 30, 5, truth="sum"),
    "ridge, correlated": Sort(Ridge, 100, 30, 0.9, "sum"),
    "stump": Sort(lambda: DecisionTreeClassifier(max_depth=1), 60, 6, truth="sum"),
    "tree": Sort(lambda: DecisionTreeClassifier(max_depth=3, random_state=0), 50, 4),
    "tree, few rows": Sort(lambda: DecisionTreeClassifier(max_depth=4, random_state=0), 20, 10),
    "tree, nearly constant": Sort(lambda: DecisionTreeClassifier(max_depth=2, random_state=0), 100, 6, truth="rare"),
    "tree of numbers": Sort(lambda: DecisionTreeRegressor(max_depth=6, random_state=0), 100, 8, 0.5),
    "forest": Sort(lambda: RandomForestClassifier(10, random_state=0), 30, 4),
    "forest, correlated": Sort(lambda: RandomForestClassifier(10, random_state=0), 60, 12, 0.8),
    "booster": Sort(lambda: GradientBoostingClassifier(n_estimators=50, random_state=0), 100, 5),
    "booster, correlated": Sort(lambda: GradientBoostingClassifier(n_estimators=50, random_state=0), 50, 20, 0.7),
    "booster of numbers": Sort(lambda: HistGradientBoostingRegressor(max_iter=30, random_state=0), 300, 5),
    "booster of numbers, few rows": Sort(lambda: HistGradientBoostingRegressor(max_iter=30, random_state=0), 20, 3),
    "network": Sort(lambda: MLPClassifier((16,), early_stopping=True, random_state=0), 40, 4),
    "network, many": Sort(lambda: MLPClassifier((32,), early_stopping=True, random_state=0), 100, 15, 0.3),
    "network, correlated": Sort(lambda: MLPClassifier((32,), early_stopping=True, random_state=0), 30, 30, 0.8),
}


class Tried(NamedTuple):
    answer: Answer
    x: np.ndarray
    background: np.ndarray
    right: np.ndarray
    other: np.ndarray
    """Attributions of a model of the same kind that was fitted to something else."""


def tried(sort: Sort, seed: int) -> Tried:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(400 + sort.rows, 1))
    x = np.sqrt(1 - sort.related) * rng.normal(size=(len(common), sort.features)) + np.sqrt(sort.related) * common
    models = [fitted(sort, x[:400], rng) for _ in range(2)]
    rows, background = x[400:], x[:25]
    right, other = (paired_permutations(lambda z, _, f=f: f(z), rows, background, rng).values for f in models)
    return Tried(models[0], rows, background, right, other)


def fitted(sort: Sort, x: np.ndarray, rng: np.random.Generator) -> Answer:
    score = x @ rng.normal(size=sort.features) + 0.3 * rng.normal(size=len(x))
    if sort.truth == "interactions":
        score += 2 * x[:, 0] * x[:, 1] + np.abs(x[:, -1])
    model = sort.make()
    if not hasattr(model, "predict_proba"):
        return model.fit(x, score).predict
    model.fit(x, score > np.quantile(score, 0.98 if sort.truth == "rare" else 0.5))
    return lambda z: model.predict_proba(z)[:, 1]


def deletion_of(case: Tried, values: np.ndarray) -> Deletion | None:
    return deletion(lambda z, _: case.answer(z), case.x, case.background, values, np.random.default_rng(0))


def passes(curve: Deletion | None) -> bool:
    assert curve is not None and curve.has_power
    return curve.correlation >= FOLLOWS


@pytest.fixture(scope="module")
def cases() -> dict[str, Tried]:
    return {name: tried(sort, seed) for seed, (name, sort) in enumerate(SORTS.items())}


def test_right_attributions_of_twenty_one_models_raise_no_alarm(cases: dict[str, Tried]) -> None:
    assert [name for name, case in cases.items() if not passes(deletion_of(case, case.right))] == []


@pytest.mark.parametrize("name", SORTS)
def test_attributions_that_are_random_of_other_rows_or_turned_round_are_caught(
    name: str, cases: dict[str, Tried]
) -> None:
    case, rng = cases[name], np.random.default_rng(1)
    assert not passes(deletion_of(case, rng.normal(size=case.x.shape)))
    assert not passes(deletion_of(case, np.roll(case.right, 1, axis=0)))
    assert not passes(deletion_of(case, -case.right))
    # the same importance in every row says nothing about any row
    assert not passes(deletion_of(case, np.tile(np.abs(case.right).mean(axis=0), (len(case.x), 1))))
    # neither does the row's sum spread over its features say anything about them
    assert not passes(deletion_of(case, np.repeat(case.right.mean(axis=1, keepdims=True), case.x.shape[1], axis=1)))


def test_attributions_of_another_model_are_caught_unless_the_two_agree(cases: dict[str, Tried]) -> None:
    caught = [name for name, case in cases.items() if not passes(deletion_of(case, case.other))]
    assert len(caught) >= 19, sorted(set(cases) - set(caught))


def test_a_linear_model_by_hand() -> None:
    x = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    trial = deletion(lambda z, _: z @ [1.0, 3.0], x, x, (x - 1) * [1.0, 3.0], np.random.default_rng(0))
    assert trial is not None and trial.correlation == pytest.approx(1)
    # moves are ±1 and ±3; these attributions are ±3 and ±1: (3 + 3) / (1 + 9)
    trial = deletion(lambda z, _: z @ [1.0, 3.0], x, x, (x - 1) * [3.0, 1.0], np.random.default_rng(0))
    assert trial is not None and trial.correlation == pytest.approx(0.6)


def test_where_no_attribution_could_be_told_from_another_nothing_is_judged() -> None:
    x = np.random.default_rng(0).normal(size=(40, 5))
    assert deletion(lambda z, _: np.zeros(len(z)), x, x, x, np.random.default_rng(0)) is None
    few = deletion(lambda z, _: z.sum(axis=1), x[:3], x, x[:3], np.random.default_rng(0))
    assert few is None or not few.has_power


def test_wide_tables_try_some_features_within_the_budget() -> None:
    x = np.random.default_rng(0).normal(size=(30, 400))
    weights, rows_asked = np.zeros(400), 0
    weights[:5] = (5, 4, 3, 2, 1)

    def ask(z: np.ndarray, _: np.ndarray) -> np.ndarray:
        nonlocal rows_asked
        rows_asked += len(z)
        return z @ weights

    right = (x - x.mean(axis=0)) * weights
    agreement = deletion(ask, x, x, right, np.random.default_rng(0))
    assert agreement is not None and agreement.has_power and agreement.correlation > 0.99 and rows_asked <= 310 * len(x)
    shuffled = deletion(ask, x, x, np.roll(right, 1, axis=0), np.random.default_rng(0))
    assert shuffled is not None and shuffled.correlation < FOLLOWS


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(1e-6, 1e6))
def test_linear_attributions_follow_whatever_the_weights_and_the_scale(seed: int, features: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=(30, features)), scale * rng.normal(size=features)
    values = (x - x.mean(axis=0)) * weights
    trial = deletion(lambda z, _: z @ weights, x, x, values, np.random.default_rng(0))
    assert trial is not None and trial.correlation == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("features", [4, 5])
def test_features_that_only_matter_all_together_raise_no_alarm(features: int) -> None:
    rng = np.random.default_rng(features)
    x, background = rng.normal(size=(40, features)), rng.normal(size=(60, features))

    def ask(z: np.ndarray, _: np.ndarray) -> np.ndarray:
        return np.prod(np.sign(z), axis=1)

    right = paired_permutations(ask, x, background, rng, 10).values
    trial = deletion(ask, x, background, right, np.random.default_rng(0))
    assert trial is None or not trial.has_power or trial.correlation >= FOLLOWS
    wrong = deletion(ask, x, background, np.roll(right, 1, axis=0), np.random.default_rng(0))
    assert wrong is None or not wrong.has_power or wrong.correlation < FOLLOWS


def test_moves_are_shapley_values_whatever_interacts() -> None:
    # against zeros the product of four is shared out evenly: 24 / 4 and 16 / 4
    x, zeros = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 2.0]]), np.zeros((4000, 4))
    moves = _moves(lambda z, _: np.prod(z, axis=1), x, zeros, np.arange(4), np.random.default_rng(0))
    assert moves == pytest.approx(np.tile([[6.0], [4.0]], 4), rel=0.1)


@pytest.mark.parametrize("features", [2, 3, 5])
def test_importance_spread_evenly_over_what_matters_and_what_does_not_is_caught(features: int) -> None:
    x = np.random.default_rng(0).normal(size=(30, features))
    right = np.zeros_like(x)
    right[:, 0] = x[:, 0] - x[:, 0].mean()
    even = np.tile(right[:, :1] / features, (1, features))  # adds up just as well
    results = [deletion(lambda z, _: z[:, 0], x, x, values, np.random.default_rng(0)) for values in (right, even)]
    assert [passes(result) for result in results] == [True, False]


def test_moves_that_are_mostly_noise_judge_nothing() -> None:
    rng = np.random.default_rng(0)
    x = np.exp(2 * rng.normal(size=(20, 8)))
    trial = deletion(lambda z, _: np.prod(z, axis=1), x, x, x, rng)
    assert trial is None or not trial.has_power


def test_the_correlation_of_nothing_is_nothing() -> None:
    assert correlation(np.zeros((2, 2)), np.ones((2, 2))) == 0
