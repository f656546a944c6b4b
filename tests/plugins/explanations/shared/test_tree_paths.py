"""Values of a tree, leaf by leaf, are those of the definition, also where several columns are one player."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.explanations.shared import tree_paths, tree_walk
from auditkit.plugins.explanations.shared.tree_paths import path_values
from auditkit.plugins.explanations.shared.tree_walk import Tree
from tests.plugins.explanations.brute import interventional


def random_tree(rng, columns, depth, outputs=1):
    """Every node splits on any column until `depth`, so that columns come again on a path."""
    inner = 2**depth - 1
    nodes = 2 * inner + 1
    numbers = np.arange(nodes)
    left, right = (np.where(numbers < inner, 2 * numbers + side, -1) for side in (1, 2))
    return Tree(
        left, right, np.where(rng.random(nodes) < 0.5, left, right), rng.integers(0, columns, nodes),
        rng.normal(size=nodes), rng.normal(size=(nodes, outputs)),
    )  # fmt: skip


def answer(tree, rows):
    """What the tree says of each row, row by row."""
    answers = []
    for row in rows:
        node = 0
        while tree.left[node] >= 0:
            value = row[tree.feature[node]]
            if np.isnan(value):
                node = tree.missing[node]
            else:
                node = tree.left[node] if value <= tree.threshold[node] else tree.right[node]
        answers.append(tree.values[node])
    return np.array(answers)


def truth(tree, row, background, owners, output=0):
    """The game of the players, each of whom holds all columns of theirs."""
    players = int(owners.max()) + 1

    def of_players(mixed):
        rows = np.where(mixed[:, owners] == 1, row, background[mixed[:, players].astype(int)])
        return answer(tree, rows)[:, output]

    absent = np.column_stack([np.zeros((len(background), players)), np.arange(len(background))])
    present = np.append(np.ones(players), np.nan)
    values = interventional(
        lambda mixed: of_players(np.column_stack([mixed[:, :players], absent[:, players]])), present[:players],
        absent[:, :players],
    )  # fmt: skip
    return values


@given(st.integers(0, 10_000), st.sampled_from([1, 3, 5]), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_values_are_those_of_the_definition(seed, columns, depth):
    rng = np.random.default_rng(seed)
    tree = random_tree(rng, columns, depth, outputs=2)
    owners = rng.integers(0, 3, columns)
    x, background = rng.normal(size=(2, columns)), rng.normal(size=(7, columns))
    x[rng.random(x.shape) < 0.1] = np.nan
    background[rng.random(background.shape) < 0.1] = np.nan
    values = path_values(tree, x, background, owners, 3)
    assert values.shape == (2, 3, 2)
    for row in range(2):
        for output in range(2):
            expected = np.zeros(3)
            expected[: owners.max() + 1] = truth(tree, x[row], background, owners, output)
            np.testing.assert_allclose(values[row, :, output], expected, atol=1e-12)
    whole = answer(tree, x) - answer(tree, background).mean(axis=0)
    np.testing.assert_allclose(values.sum(axis=1), whole, atol=1e-12)


def test_long_paths_and_short_ones_are_one_calculation(monkeypatch):
    rng = np.random.default_rng(1)
    tree, owners = random_tree(rng, 12, 7), np.arange(12)
    x, background = rng.normal(size=(20, 12)), rng.normal(size=(30, 12))
    by_table = path_values(tree, x, background, owners, 12)
    monkeypatch.setattr(tree_paths, "TABLED", 0)
    np.testing.assert_allclose(path_values(tree, x, background, owners, 12), by_table, atol=1e-13)


def test_a_tree_by_hand():
    """The leaf behind two conditions: who meets one alone holds it, who must be absent loses it."""
    tree = Tree(*(np.array(part) for part in (
        [1, -1, 3, -1, -1], [2, -1, 4, -1, -1], [1, -1, 3, -1, -1], [0, -1, 1, -1, -1], [0.5, 0, 0.5, 0, 0],
        [[0.0], [0.0], [0.0], [0.0], [80.0]],
    )))  # fmt: skip
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    expected = [[-10, -10], [-30, 10], [10, -30], [30, 30]]
    np.testing.assert_allclose(path_values(tree, corners, corners, np.arange(2), 2)[:, :, 0], expected)


def test_a_column_that_never_changes_is_nobodys():
    rng = np.random.default_rng(2)
    tree = random_tree(rng, 3, 4)
    x, background = rng.normal(size=(4, 3)), rng.normal(size=(9, 3))
    x[:, 2] = background[:, 2] = 0.1
    values = path_values(tree, x, background, np.array([0, 1, -1]), 2)
    np.testing.assert_allclose(values[0, :, 0], interventional(
        lambda mixed: answer(tree, np.column_stack([mixed, np.full(len(mixed), 0.1)]))[:, 0], x[0, :2],
        background[:, :2],
    ), atol=1e-12)  # fmt: skip


def test_a_path_of_too_many_players_is_refused():
    depth = 63
    nodes = 2 * depth + 1
    numbers = np.arange(nodes)
    inner = numbers % 2 == 0
    inner[-1] = False
    left, right = np.where(inner, numbers + 1, -1), np.where(inner, numbers + 2, -1)
    tree = Tree(left, right, left, numbers // 2, np.zeros(nodes), np.ones((nodes, 1)))
    rows = np.ones((2, depth + 1))
    with pytest.raises(ValueError, match="more than 62 columns"):
        path_values(tree, rows, rows, np.arange(depth + 1), depth + 1)


@pytest.mark.parametrize(("columns", "depth"), [(6, 5), (3, 6), (12, 9)])
def test_many_background_rows_are_counted_and_not_walked_through(columns, depth, monkeypatch):
    rng = np.random.default_rng(3)
    tree, owners = random_tree(rng, columns, depth), np.arange(columns)
    x, background = rng.normal(size=(5, columns)), rng.normal(size=(1_000, columns))
    background[rng.random(background.shape) < 0.05] = np.nan
    once = path_values(tree, x, background, owners, columns)
    many = np.tile(background, (20, 1))
    np.testing.assert_allclose(path_values(tree, x, many, owners, columns), once, atol=1e-12)
    monkeypatch.setattr(tree_walk, "COUNTED", -1)
    np.testing.assert_allclose(path_values(tree, x, many, owners, columns), once, atol=1e-12)
