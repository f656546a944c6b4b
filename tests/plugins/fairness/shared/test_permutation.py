"""Tables of many groups, shuffled."""

import collections

import numpy as np
import pytest
from scipy import stats as distributions

from auditkit import stats
from auditkit.plugins.fairness.shared import permutation


@pytest.mark.parametrize("draw", [permutation._person_by_person, permutation._group_by_group])
def test_both_ways_to_shuffle_many_groups_follow_the_hypergeometric_law(draw):
    sizes, level, rng = np.array([3, 9, 5, 15]), np.array([10, 4, 1, 17]), np.random.default_rng(0)
    drawn = np.stack([draw(sizes, level, rng) for _ in range(3000)])
    assert (drawn.sum(axis=1) == level).all() and (drawn.sum(axis=2) == sizes).all() and (drawn >= 0).all()
    for group, size in enumerate(sizes):
        for at, people_there in enumerate(level):
            law = distributions.hypergeom(32, int(people_there), int(size))
            assert drawn[:, group, at].mean() == pytest.approx(law.mean(), abs=5 * law.std() / np.sqrt(3000) + 1e-9)
            assert drawn[:, group, at].std() == pytest.approx(law.std(), rel=0.07)


class Counted:
    """A generator that counts what is drawn from it."""

    def __init__(self, rng):
        self.rng, self.calls = rng, collections.Counter()

    def __getattr__(self, name):
        self.calls[name] += 1
        return getattr(self.rng, name)


@pytest.mark.parametrize(
    ("members", "draw", "of_each"), [(3, "permutation", 1), (1500, "multivariate_hypergeometric", 101)]
)
def test_a_table_of_many_groups_does_not_cost_a_draw_for_each_group_and_bin(members, draw, of_each):
    sizes = np.full(stats.PAIRWISE + 1, members)
    bins = np.random.default_rng(2).multinomial(sizes.sum(), np.full(300, 1 / 300))
    rng = Counted(np.random.default_rng(3))
    tables = np.concatenate(list(permutation.shuffled_counts(bins, sizes, 7, rng)))
    assert rng.calls == {draw: 7 * of_each}
    assert (tables.sum(axis=1) == bins).all() and (tables.sum(axis=2) == sizes).all()


def test_tables_of_a_few_groups_are_drawn_as_they_always_were():
    bins, sizes = np.array([5, 30, 1, 64]), np.array([20, 50, 30])
    (tables,) = permutation.shuffled_counts(bins, sizes, 2, np.random.default_rng(8))
    assert tables.tolist() == [
        [[1, 5, 0, 14], [2, 18, 0, 30], [2, 7, 1, 20]], [[0, 2, 1, 17], [4, 17, 0, 29], [1, 11, 0, 18]],
    ]  # fmt: skip
