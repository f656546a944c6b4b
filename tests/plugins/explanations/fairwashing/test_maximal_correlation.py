"""How nearly one column can stand in for another: by hand, against canonical correlations, and of kinds."""

import numpy as np
import pytest

from auditkit.plugins.explanations.fairwashing.maximal_correlation import maximal_correlations

RNG = np.random.default_rng(0)
ROWS = 900


def of_two(first, second):
    return maximal_correlations(np.column_stack([first, second]).astype(float), [0])[0, 1]


def test_of_two_values_each_it_is_the_correlation():
    one, other = np.array([0, 0, 0, 1, 1, 1] * 10), np.array([0, 0, 1, 1, 1, 0] * 10)
    # two in three agree: (4 - 2) / 6
    assert of_two(one, other) == pytest.approx(1 / 3)
    assert of_two(one, 1 - one) == pytest.approx(1)
    assert of_two(one, np.ones(60)) == pytest.approx(0, abs=1e-9)


def test_of_categories_it_is_the_first_canonical_correlation_of_their_marks():
    one, noise = RNG.integers(0, 4, ROWS), RNG.integers(0, 5, ROWS)
    other = np.where(RNG.random(ROWS) < 0.6, one, noise)
    first, second = (np.eye(column.max() + 1)[column][:, 1:] for column in (one, other))
    bases = [np.linalg.qr(marks - marks.mean(axis=0))[0] for marks in (first, second)]
    expected = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)[0]
    assert of_two(one, other) == pytest.approx(expected)


def test_what_says_the_same_in_other_words_is_near_and_what_does_not_is_far():
    pay, town = RNG.normal(size=ROWS), RNG.integers(0, 6, ROWS)
    assert of_two(pay, np.exp(3 * pay)) > 0.99 and of_two(pay, pay**2) > 0.9
    assert of_two(town, np.array([3, 1, 0, 5, 2, 4])[town]) == pytest.approx(1)
    assert of_two(pay, np.where(RNG.random(ROWS) < 0.5, np.nan, pay)) > 0.5
    assert of_two(pay, RNG.normal(size=ROWS)) < 0.4 and of_two(town, RNG.integers(0, 6, ROWS)) < 0.2


def test_of_few_rows_chance_is_no_kinship():
    assert max(of_two(*np.random.default_rng(seed).normal(size=(2, 60))) for seed in range(50)) < 0.9
