"""Values of small games are those of the definition; every coalition is asked about only where it pays."""

from __future__ import annotations

import time

import numpy as np
import pytest

from auditkit.plugins.explanations.shapley import enumeration
from auditkit.plugins.explanations.shapley.enumeration import enumerated, is_enumerated, questions
from auditkit.plugins.explanations.shared.permutation import evaluations, paired_permutations
from auditkit.plugins.explanations.shared.shapley_values import shapley_values
from tests.plugins.explanations.brute import interventional
from tests.plugins.explanations.models import published

RNG = np.random.default_rng(0)


def tangled(rows, owners):
    """Every feature interacts with every other one."""
    return np.prod(rows + 0.3, axis=1) + np.sin(rows.sum(axis=1)) + (rows.max(axis=1) > 1)


@pytest.mark.parametrize("features", [1, 2, 3, 5, 7])
def test_values_are_those_of_the_definition(features):
    x, background = RNG.normal(size=(3, features)), RNG.normal(size=(6, features))
    exact = enumerated(tangled, x, background)
    for row in range(3):
        expected = interventional(lambda mixed: tangled(mixed, None), x[row], background)
        np.testing.assert_allclose(exact.values[row], expected, atol=1e-12)
    np.testing.assert_allclose(exact.base + exact.values.sum(axis=1), tangled(x, None), atol=1e-12)
    assert not exact.errors.any()


def test_the_glove_game_has_its_published_values():
    """One left glove and two right ones: 4/6, 1/6, 1/6 (Shapley and Shubik 1969)."""
    worths = [[float(bool(c & 1) and bool(c & 6)) for c in range(8)]]
    np.testing.assert_allclose(shapley_values(np.array(worths)), [[4 / 6, 1 / 6, 1 / 6]], atol=1e-15)


def test_the_airport_game_has_its_published_values():
    """Runways of 8, 11, 13 and 18, where a coalition pays for its longest: 2, 3, 4, 9 (Littlechild and Owen 1973)."""
    costs = np.array([8.0, 11, 13, 18])
    longest = enumerated(lambda mixed, rows: (mixed * costs).max(axis=1), np.ones((1, 4)), np.zeros((1, 4)))
    np.testing.assert_allclose(longest.values, [[2, 3, 4, 9]], atol=1e-12)


def test_the_published_cooking_game():
    case = published("cooking_game")
    worth = {
        sum(1 << int(player) for player in key.split(",") if player): value for key, value in case["values"].items()
    }
    values = shapley_values(np.array([[worth[coalition] for coalition in range(8)]]))
    np.testing.assert_allclose(values, [case["shapley"]], atol=1e-9)


def test_the_published_relu_net():
    case = published("relu_net_20_0_012")

    def net(mixed, rows):
        total = mixed.sum(axis=1)
        return np.maximum(total - 10, 0) + 3 * np.maximum(total + 1, 0) - 1

    exact = enumerated(net, np.array([case["x"]], float), np.array([case["baseline"]], float))
    np.testing.assert_allclose(exact.values, [case["shapley"]], atol=1e-9)


def test_three_players_are_no_longer_sampled():
    """Two pairs of orders are far off where three interact, and every coalition costs no more."""
    x, background = RNG.normal(size=(20, 3)), RNG.normal(size=(20, 3))

    def product(rows, owners):
        return 5 * np.prod(rows, axis=1)

    assert questions(3, 20) <= evaluations(3, 20, 2) and is_enumerated(product, x, background, 2, seconds=0.0)
    expected = np.array([interventional(lambda mixed: product(mixed, None), row, background) for row in x])
    sampled = paired_permutations(product, x, background, np.random.default_rng(0)).values
    assert (
        np.abs(sampled - expected).max()
        > 0.1
        > 1e-12
        > np.abs(enumerated(product, x, background).values - expected).max()
    )


def test_a_quick_model_is_enumerated_and_a_slow_one_is_not():
    x, background = RNG.normal(size=(100, 8)), RNG.normal(size=(50, 8))

    def slow(rows, owners):
        time.sleep(2e-4 * len(rows))
        return rows.sum(axis=1)

    assert is_enumerated(tangled, x, background, 2, enumeration.SECONDS)
    assert not is_enumerated(slow, x, background, 2, enumeration.SECONDS)
    assert not is_enumerated(tangled, x, background, 2, seconds=1e-3)
    assert not is_enumerated(tangled, RNG.normal(size=(1, 13)), RNG.normal(size=(2, 13)), 2, enumeration.SECONDS)


def test_many_coalitions_are_asked_about_in_parts(monkeypatch):
    x, background = RNG.normal(size=(2, 6)), RNG.normal(size=(4, 6))
    whole = enumerated(tangled, x, background).values
    monkeypatch.setattr(enumeration, "CELLS", 5 * 4 * 6)
    assert (enumerated(tangled, x, background).values == whole).all()
