"""Trees that learn answers on real rows."""

import numpy as np
import pytest

from auditkit.plugins.explanations.fairwashing.surrogate import surrogate

X = np.random.default_rng(0).normal(size=(400, 3))


def test_trees_know_what_can_be_learnt_and_say_so_where_nothing_can():
    steps = np.sign(X[:, 0]) + 2 * np.sign(X[:, 1])
    learnt = surrogate(X, steps, X[:40], X[-50:])
    assert learnt.explained > 0.95
    # by the definition: each step's own distance from its mean over the background
    expected = np.sign(X[:40, :2]) - np.sign(X[-50:, :2]).mean(axis=0)
    np.testing.assert_allclose(learnt.values[:, :2], expected * [1, 2], atol=0.25)
    assert np.abs(learnt.values[:, 2]).max() < 0.1
    assert surrogate(X, np.random.default_rng(1).normal(size=400), X[:4], X[-50:]).explained < 0


def test_equal_rows_give_equal_trees():
    first, again = (surrogate(X, X[:, 0], X[:4], X[-9:]) for _ in range(2))
    assert first.explained == again.explained and first.values == pytest.approx(again.values, abs=0)
