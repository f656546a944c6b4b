"""The nearest row in each leaf, against every row that there is."""

import itertools

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from auditkit.plugins.explanations.counterfactuals.leaves import boxes, nearest_in_leaves
from tests.plugins.explanations.counterfactuals.spaces import one_hot, people, space_of


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_nearest_of_all_rows_or_there_is_none(seed):
    rng = np.random.default_rng(seed)
    sizes = (7, 5, 3, 4)
    codes = np.column_stack([rng.integers(0, size, 200) for size in sizes]).astype(float)
    numeric = np.array([True, True, False, False])
    space = space_of(codes, numeric, numeric, most=1 + seed % 4, fixed=(3,) if seed % 2 else (), up=(0,))

    def encode(rows):
        return np.column_stack(
            [rows[:, :2] * 3 - 2, *(np.eye(size)[rows[:, 2 + i].astype(int)] for i, size in enumerate((3, 4)))]
        )

    truth = (codes[:, 0] > 3) ^ (codes[:, 2] == 1) ^ (codes[:, 3] == 2)
    tree = DecisionTreeClassifier(max_depth=5, random_state=0).fit(encode(codes), truth)
    leaves = boxes(tree.tree_, encode, space, codes, rng)
    every = np.array(list(itertools.product(*map(range, sizes))), dtype=float)
    for x in codes[~tree.predict(encode(codes))][:8]:
        allowed = every[space.allowed(x, every)]
        reached = allowed[tree.predict(encode(allowed))]
        rows = nearest_in_leaves(leaves, space, x)
        hits = rows[tree.predict(encode(rows))] if len(rows) else rows
        assert bool(len(hits)) == bool(len(reached))
        if len(hits):
            assert space.cost(x, hits[:1])[0] == space.cost(x, reached).min()


def test_numbers_lie_just_beyond_thresholds():
    codes = people(np.random.default_rng(0))
    space = space_of(codes)
    tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(one_hot(codes), codes[:, 0] > 0.3)
    leaves = boxes(tree.tree_, one_hot, space, codes, np.random.default_rng(0))
    x = codes[codes[:, 0] < 0][0]
    row = nearest_in_leaves(leaves, space, x)[-1]
    threshold = (tree.tree_.threshold[0] + 1) * 10
    assert 0 < row[0] - threshold < 1e-5 and tree.predict(one_hot(row[None]))[0]


def test_an_encoding_that_bends_or_mixes_is_said():
    codes = people(np.random.default_rng(0))
    space = space_of(codes)
    for encode, words in (
        (lambda rows: np.column_stack([rows[:, 0] ** 2, rows[:, 1:]]), "bends"),
        (lambda rows: rows * rows[:, :1], "mixes"),
    ):
        tree = DecisionTreeClassifier(max_depth=3).fit(encode(codes), codes[:, 0] > 0)
        assert words in boxes(tree.tree_, encode, space, codes, np.random.default_rng(0))
