"""Sampled Shapley values are those of the definition, and their errors cover the truth."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.explanations.shared.permutation import evaluations, paired_permutations, until_error
from tests.plugins.explanations.brute import interventional, shapley
from tests.plugins.explanations.models import published


def estimate(f, x, background, permutations=2, seed=0):
    return paired_permutations(
        lambda codes, rows: f(codes), np.atleast_2d(x), background, np.random.default_rng(seed), permutations
    )


def smooth(rng, features, order):
    """A random function whose interactions have at most `order` features."""
    terms = [rng.choice(features, size=min(order, features), replace=False) for _ in range(6)]
    weights = rng.normal(size=len(terms))
    return lambda z: sum(w * np.prod(np.tanh(z[:, t]), axis=1) for w, t in zip(weights, terms, strict=True))


def test_the_oracle_gives_the_published_cooking_game():
    case = published("cooking_game")
    game = {frozenset(int(p) for p in key.split(",") if p): value for key, value in case["values"].items()}
    assert shapley(game.__getitem__, 3) == pytest.approx(case["shapley"], abs=case["tol"])


def test_the_published_cooking_game_as_a_model():
    case = published("cooking_game")
    game = {frozenset(int(p) for p in key.split(",") if p): value for key, value in case["values"].items()}
    estimates = estimate(
        lambda z: np.array([game[frozenset(np.flatnonzero(row))] for row in z]),
        np.ones(3), np.zeros((1, 3)), permutations=20_000,
    )  # fmt: skip
    assert np.abs(estimates.values[0] - case["shapley"]).max() < 5 * estimates.errors.max()
    assert estimates.errors.max() < 0.02
    assert estimates.base[0] == 10
    assert estimates.values.sum() == pytest.approx(5, abs=1e-9)


def test_the_published_relu_net():
    case = published("relu_net_20_0_012")

    def f(z):
        s = z.sum(axis=1)
        return np.maximum(s - 10, 0) + 3 * np.maximum(s + 1, 0) - 1

    x, baseline = np.array(case["x"], float), np.array([case["baseline"]], float)
    assert interventional(f, x, baseline) == pytest.approx(case["published_shapley"], abs=case["tol"])
    estimates = estimate(f, x, baseline, permutations=6000)
    assert np.abs(estimates.values[0] - case["published_shapley"]).max() < 5 * estimates.errors.max() < 1


@given(st.integers(0, 10_000), st.integers(1, 8))
@settings(max_examples=25, deadline=None)
def test_one_pair_is_exact_up_to_interactions_of_two(seed, features):
    rng = np.random.default_rng(seed)
    f = smooth(rng, features, 2)
    x, background = rng.normal(size=features), rng.normal(size=(4, features))
    estimates = estimate(f, x, background)
    assert estimates.values[0] == pytest.approx(interventional(f, x, background), abs=1e-10)
    assert estimates.errors.max() < 1e-10


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_additive_functions_are_recovered_and_values_always_add_up(seed):
    rng = np.random.default_rng(seed)
    x, background = rng.normal(size=(2, 5)), rng.normal(size=(7, 5))
    additive = estimate(lambda z: (z**3).sum(axis=1), x, background)
    assert additive.values == pytest.approx(x**3 - (background**3).mean(axis=0), abs=1e-9)
    function = smooth(rng, 5, 5)
    wild = estimate(function, x, background)
    assert wild.base + wild.values.sum(axis=1) == pytest.approx(function(x), abs=1e-12)


def test_the_standard_errors_cover_the_truth():
    rng = np.random.default_rng(3)
    f = smooth(rng, 6, 6)
    x, background = rng.normal(size=6), rng.normal(size=(10, 6))
    truth = interventional(f, x, background)
    scores = []
    for seed in range(60):
        estimates = estimate(f, x, background, permutations=4, seed=seed)
        scores.append((estimates.values[0] - truth) / estimates.errors[0])
    assert np.abs(np.mean(scores, axis=0)).max() < 0.6, "unbiased"
    assert 0.6 < np.std(scores) < 1.6, "errors of the right size"


def test_missing_values_travel_and_repeats_are_asked_once():
    sizes = []

    def f(z):
        sizes.append(len(z))
        return np.nan_to_num(z, nan=-1).sum(axis=1)

    x, background = np.array([np.nan, 1.0, 2.0]), np.array([[5.0, 1.0, 2.0]] * 20)
    estimates = estimate(f, x, background)
    assert estimates.values[0] == pytest.approx([-6, 0, 0])
    assert sum(sizes) <= 1 + 20 + 2, "of 160 mixtures only two are distinct"
    assert evaluations(3, 20, 2) == 160 + 21


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    f, x, background = smooth(rng, 6, 6), rng.normal(size=(2, 6)), rng.normal(size=(9, 6))
    whole = estimate(f, x, background)
    monkeypatch.setattr("auditkit.plugins.explanations.shared.permutation.CELLS", 200)
    parts = estimate(f, x, background)
    assert np.array_equal(whole.values, parts.values) and np.array_equal(whole.errors, parts.errors)


def test_one_permutation_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        estimate(lambda z: z.sum(axis=1), np.ones(2), np.zeros((1, 2)), permutations=1)


WANTED = 0.3


def test_errors_cover_the_truth_also_where_pairs_were_added_until_they_were_small():
    rng = np.random.default_rng(4)
    f = smooth(rng, 6, 6)
    x, background = rng.normal(size=(3, 6)), rng.normal(size=(10, 6))
    truth = np.array([interventional(f, row, background) for row in x])
    scores, pairs = [], []
    for seed in range(40):
        sample = partial(paired_permutations, lambda codes, rows: f(codes), x, background, np.random.default_rng(seed))
        drawn, number = until_error(sample, WANTED, 2, 64)
        scores.append((drawn.values - truth) / drawn.errors)
        pairs.append(number)
        np.testing.assert_allclose(drawn.base + drawn.values.sum(axis=1), f(x), atol=1e-12)
    assert 2 < np.mean(pairs) < 64
    assert np.abs(np.mean(scores, axis=0)).max() < 0.7, "unbiased"
    assert 0.9 < np.mean(np.abs(scores) < 1.96) < 0.99, "of 100 intervals, about 95 hold the truth"


def test_no_pair_is_added_where_nothing_is_left_or_nothing_may_be():
    x, background = np.ones((2, 3)), np.zeros((4, 3))
    for f, most, expected in ((lambda z: z.sum(axis=1), 64, 2), (lambda z: np.zeros(len(z)), 64, 2), (np.prod, 2, 2)):
        given = (lambda codes, rows, f=f: f(codes) if f is not np.prod else codes.prod(axis=1)), x, background
        sample = lambda k, given=given: paired_permutations(*given, np.random.default_rng(0), k)  # noqa: E731
        assert until_error(sample, 0.01, 2, most)[1] == expected
