"""Moves of real rows and of mixtures, by hand."""

import numpy as np
import pytest

from auditkit.plugins.explanations.fairwashing.flips import mixed_flip_ratio, other_values

NOBODY = np.zeros((1, 3))
X = np.column_stack([np.arange(300) % 2, np.ones((300, 2))]).astype(float)
GROUP = np.where(X[:, 0] == 1, "M", "F")


def ratio(function, x=X, background=NOBODY, group=GROUP, seed=0):
    return mixed_flip_ratio(
        lambda rows, owners: function(rows), x, background, 0, group, np.random.default_rng(seed)
    )  # fmt: skip


def test_the_ratio_by_hand():
    # one more unit where both others are the row's own: of the sizes 0, 1, 2 only the last
    assert ratio(lambda z: 3 * z[:, 0] * z[:, 1] * z[:, 2]) == "a model that only decides shows no size of a move"
    assert ratio(lambda z: 3 * z[:, 0] * z[:, 1] * z[:, 2] + 0.1 * z[:, 1]) == pytest.approx(1 / 3, abs=0.02)
    # one other: half of the coalitions hold it
    assert ratio(lambda z: 3 * z[:, 0] * z[:, 1] + 0.1 * z[:, 2]) == pytest.approx(1 / 2, abs=0.02)


def test_a_sum_moves_mixtures_as_far_as_rows_and_so_do_its_log_odds():
    rng = np.random.default_rng(0)
    x, background = np.column_stack([X[:, 0], rng.normal(size=(300, 2))]), rng.normal(size=(50, 3))
    line = x @ [1.0, 2.0, 3.0]
    assert np.ptp(line) > 1 and ratio(lambda z: z @ [1.0, 2.0, 3.0], x, background) == pytest.approx(1)
    # the rows nearest to the threshold alone: a probability moves farther there than anywhere else
    near = np.argsort(np.abs(line))[:80]
    odds = ratio(lambda z: 1 / (1 + np.exp(-(z @ [1.0, 2.0, 3.0]))), x[near], background, GROUP[near])
    assert odds == pytest.approx(1, abs=0.05)


def test_a_column_that_does_nothing_is_not_judged():
    assert "hardly moves" in ratio(lambda z: z[:, 1] + z[:, 2])
    assert "hardly moves" in ratio(lambda z: np.ones(len(z)))


def test_values_are_those_of_real_rows_of_another_group():
    x = np.array([[1.0, 0], [2, 0], [7, 0], [8, 0]])
    taken = [other_values(x, 0, np.array(["a", "a", "b", "b"]), np.random.default_rng(seed)) for seed in range(20)]
    assert {*np.ravel([row[:2] for row in taken])} == {7, 8} and {*np.ravel([row[2:] for row in taken])} == {1, 2}
