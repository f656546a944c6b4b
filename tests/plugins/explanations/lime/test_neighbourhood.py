"""Neighbours of rows of a table against those of the package lime."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from lime.lime_tabular import LimeTabularExplainer

from auditkit.plugins.explanations.lime.neighbourhood import Neighbourhood, weights

RNG = np.random.default_rng(0)
TRAIN = np.column_stack(
    [
        RNG.normal(size=400),
        RNG.integers(0, 3, 400),  # a category
        np.exp(RNG.normal(size=400)),
        np.where(RNG.random(400) < 0.7, 0.0, RNG.normal(size=400)),  # quartiles that coincide
    ]
)
IS_CATEGORY = np.array([False, True, False, False])


def neighbours_of_lime(count, seed=0):
    asked = []

    def ask(rows):
        asked.append(rows.copy())
        return np.column_stack([np.zeros(len(rows)), np.ones(len(rows))])

    explainer = LimeTabularExplainer(TRAIN, categorical_features=[1], random_state=seed)
    explainer.explain_instance(TRAIN[0], ask, num_features=4, num_samples=count + 1)
    return asked[0][1:]


def test_each_column_has_the_law_of_lime():
    drawn = Neighbourhood(TRAIN, IS_CATEGORY).draw(3000, np.random.default_rng(1)).codes
    other = neighbours_of_lime(3000)
    for column in range(4):
        assert scipy.stats.ks_2samp(drawn[:, column], other[:, column]).pvalue > 1e-3, column
    # columns are drawn each by itself
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.08


def test_the_piece_of_a_neighbour_is_the_piece_that_its_value_falls_into():
    neighbourhood = Neighbourhood(TRAIN, IS_CATEGORY)
    drawn = neighbourhood.draw(500, np.random.default_rng(0))
    assert (neighbourhood.pieces(drawn.codes) == drawn.pieces).mean() > 0.999


def test_pieces_are_those_of_lime():
    explainer = LimeTabularExplainer(TRAIN, categorical_features=[1])
    np.testing.assert_array_equal(
        Neighbourhood(TRAIN, IS_CATEGORY).pieces(TRAIN), explainer.discretizer.discretize(TRAIN)
    )


def test_the_kernel_is_that_of_lime():
    explainer = LimeTabularExplainer(TRAIN, categorical_features=[1])
    apart = np.arange(5)
    assert weights(4 - apart, 4) == pytest.approx(explainer.base.kernel_fn(np.sqrt(apart)))


def test_missing_values_and_categories_that_are_new_are_pieces_of_their_own():
    train = np.array([[np.nan, 0.0], [1.0, 1.0], [2.0, np.nan], [3.0, 1.0]])
    neighbourhood = Neighbourhood(train, np.array([False, True]))
    drawn = neighbourhood.draw(2000, np.random.default_rng(0))
    assert np.isnan(drawn.codes).mean(axis=0) == pytest.approx([0.25, 0.25], abs=0.04)
    pieces = neighbourhood.pieces(np.array([[np.nan, 7.0], [1.0, np.nan]]))
    assert pieces[0, 1] == -1 and not (drawn.pieces[:, 1] == -1).any()
    assert pieces[0, 0] == drawn.pieces[:, 0].max() and pieces[1, 1] == drawn.pieces[:, 1].max()


def test_columns_that_are_constant_or_empty_are_drawn_as_they_are():
    train = np.column_stack([np.full(20, 4.0), np.full(20, np.nan)])
    drawn = Neighbourhood(train, np.array([False, False])).draw(50, np.random.default_rng(0))
    assert (drawn.codes[:, 0] == 4).all() and np.isnan(drawn.codes[:, 1]).all()
