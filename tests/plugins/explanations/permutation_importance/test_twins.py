"""Near twins: which columns tell nearly the same."""

import numpy as np
import pytest
import scipy

from auditkit.plugins.explanations.permutation_importance.twins import association, cramers_v, twins

RNG = np.random.default_rng(0)
BASE = RNG.normal(size=500)


def test_numbers_by_rank_and_categories_by_cramers_v():
    twin = BASE + 0.1 * RNG.normal(size=500)
    x = np.column_stack([BASE, np.exp(-twin), RNG.normal(size=500), BASE > 0])
    found_pairs = twins(x, np.array([True, True, True, False]), 0.7, np.zeros(4, dtype=bool))
    assert [pair[:2] for pair in found_pairs] == [(0, 1), (0, 3), (1, 3)]
    assert found_pairs[0].association == pytest.approx(abs(scipy.stats.spearmanr(BASE, twin).statistic))


def test_cramers_v_is_1_for_copies_and_about_0_for_strangers():
    first = RNG.integers(0, 4, 2000)
    assert cramers_v(first, 3 - first) == pytest.approx(1.0)
    assert cramers_v(first, RNG.integers(0, 5, 2000)) < 0.05
    # without the correction it is scipy's, which the correction makes a little smaller
    mixed = np.where(RNG.random(2000) < 0.7, first, RNG.integers(0, 4, 2000))
    counts = np.array([[((first == i) & (mixed == j)).sum() for j in range(4)] for i in range(4)])
    plain = scipy.stats.contingency.association(counts, method="cramer")
    assert plain - 0.01 < cramers_v(first, mixed) <= plain


def test_missing_and_constant_columns_have_no_association():
    gone = np.where(np.arange(500) % 2, np.nan, BASE)
    assert association(gone, gone, (True, True)) == pytest.approx(1.0)
    assert association(BASE, np.ones(500), (True, True)) == 0.0
    assert association(np.full(500, np.nan), BASE, (True, True)) == 0.0
