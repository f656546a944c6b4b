"""Local models of tables: one neighbourhood for all rows, against plain fits and against the package lime."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from lime.lime_tabular import LimeTabularExplainer
from sklearn.linear_model import Ridge

from auditkit.plugins.explanations.lime.neighbourhood import Neighbourhood
from auditkit.plugins.explanations.lime.tables import explain_table

X = np.random.default_rng(0).normal(size=(300, 4))
IS_CATEGORY = np.zeros(4, dtype=bool)


def model(rows):
    score = 1 / (1 + np.exp(-(2 * rows[:, 0] - rows[:, 1] * rows[:, 2])))
    return np.column_stack([1 - score, score])


def explained(rows, seed, samples=400, target=1):
    neighbourhood = Neighbourhood(X, IS_CATEGORY)
    drawn = neighbourhood.draw(samples - 1, np.random.default_rng(seed))
    return explain_table(drawn, model(drawn.codes), neighbourhood.pieces(rows), model(rows), np.full(len(rows), target))


def test_each_row_is_what_a_plain_fit_of_the_same_neighbours_gives():
    neighbourhood = Neighbourhood(X, IS_CATEGORY)
    drawn = neighbourhood.draw(200, np.random.default_rng(0))
    local = explain_table(drawn, model(drawn.codes), neighbourhood.pieces(X[:5]), model(X[:5]), np.ones(5, dtype=int))
    for row in range(5):
        shared = np.vstack([np.ones(4), drawn.pieces == neighbourhood.pieces(X[row : row + 1])])
        kernel = np.sqrt(np.exp(-(4 - shared.sum(axis=1)) / (0.75 * 2) ** 2))
        answers = np.append(model(X[row : row + 1])[:, 1], model(drawn.codes)[:, 1])
        slow = Ridge(alpha=1).fit(shared, answers, sample_weight=kernel)
        np.testing.assert_allclose(local.values[row], slow.coef_, atol=1e-10)
        assert local.r2[row] == pytest.approx(slow.score(shared, answers, sample_weight=kernel))


def test_over_seeds_a_row_has_the_law_of_lime():
    own, other = [], []
    for seed in range(25):
        local = explained(X[:3], seed)
        own.append([*local.values[0], local.r2[0]])
        explainer = LimeTabularExplainer(X, random_state=seed)
        outcome = explainer.explain_instance(X[0], model, num_features=4, num_samples=400)
        other.append([*(dict(outcome.local_exp[1])[column] for column in range(4)), outcome.score])
    for column in range(5):
        p = scipy.stats.ks_2samp(np.array(own)[:, column], np.array(other)[:, column]).pvalue
        assert p > 1e-3, column


def test_every_class_has_its_own_coefficients():
    first, second = explained(X[:4], 0, target=0), explained(X[:4], 0, target=1)
    np.testing.assert_allclose(first.values, -second.values, atol=1e-12)


def test_a_row_is_explained_alike_whatever_is_explained_beside_it():
    together, alone = explained(X[:10], 3), explained(X[4:5], 3)
    np.testing.assert_allclose(together.values[4], alone.values[0], atol=1e-12)
