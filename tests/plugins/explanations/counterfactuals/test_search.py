"""The search of any model, against the exact solvers of models whose nearest rows are known."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from auditkit.plugins.explanations.counterfactuals.leaves import boxes, nearest_in_leaves
from auditkit.plugins.explanations.counterfactuals.linear import LinearForm, nearest_linear
from auditkit.plugins.explanations.counterfactuals.people import find_nearest
from auditkit.plugins.explanations.counterfactuals.reference import Reference
from tests.plugins.explanations.counterfactuals.spaces import ask_of, one_hot, people, space_of

BUDGET = 1500
CASES = 50


def searched(space, codes, x, function, cut, budget=BUDGET):
    """(what was found or None, rows asked about)."""
    ask = ask_of(function, cut)
    outcome = find_nearest(space, x[None], Reference(codes, ask(codes)), ask, budget, None)
    return (outcome.nearest[0] if outcome.is_found[0] else None), outcome.asked


def is_nearest(space, x, row, known):
    """True, or False where it costs more; the search may not find what the solver says is not there."""
    assert row is None or space.allowed(x, row[None])[0]
    if known is None:
        assert row is None
        return True
    least = space.cost(x, known[None])[0]
    cost = np.inf if row is None else space.cost(x, row[None])[0]
    assert cost >= least - 1e-4
    return cost <= 1.01 * least + 1e-4


def linear_case(seed):
    rng = np.random.default_rng(seed)
    codes = people(rng)
    space = space_of(codes, fixed=(5,), up=(3,), sums=((0, 1),) if seed % 4 == 3 else ())
    slopes = np.append(rng.normal(size=5) * (rng.random(5) < 0.8), [0, 0, 0]) / space.scale
    amounts = tuple({float(v): 1.5 * rng.normal() for v in range(size)} for size in (2, 5, 8))
    form = LinearForm(slopes, (*({},) * 5, *amounts))
    cut = float(np.quantile(form.of(codes), 0.7))
    x = codes[rng.choice(np.flatnonzero(form.of(codes) < cut))]
    known, proved = nearest_linear(form, space, x, (cut - form.of(x[None])[0] + 1e-6, np.inf))
    assert proved
    row, asked = searched(space, codes, x, form.of, cut)
    assert asked <= BUDGET + 1
    return is_nearest(space, x, row, known)


def tree_case(seed):
    rng = np.random.default_rng(seed)
    codes = people(rng)
    space = space_of(codes, fixed=(5,), up=(3,))
    line = codes[:, 0] + codes[:, 1] / 5 - codes[:, 2] / 100 + codes[:, 3] / 20 * (codes[:, 6] > 2)
    noisy = line + (codes[:, 7] % 3 == 1) * codes[:, 4] / 3 + rng.normal(size=len(codes))
    tree = DecisionTreeClassifier(max_depth=3 + seed % 6, min_samples_leaf=3, random_state=0)
    tree.fit(one_hot(codes), noisy > np.quantile(line, 0.6))

    def function(rows):
        share = tree.predict_proba(one_hot(rows))[:, 1]
        return np.log((share + 1e-6) / (1 - share + 1e-6))

    x = codes[rng.choice(np.flatnonzero(function(codes) < 1e-9))]
    leaves = boxes(tree.tree_, one_hot, space, codes, rng)
    rows = nearest_in_leaves(leaves, space, x)
    hits = rows[function(rows) >= 1e-9] if len(rows) else rows
    row, _ = searched(space, codes, x, function, 1e-9)
    return is_nearest(space, x, row, hits[0] if len(hits) else None)


@pytest.mark.parametrize("case", [linear_case, tree_case])
def test_it_finds_the_known_nearest_row_in_95_of_100_cases(case):
    assert np.mean([case(seed) for seed in range(CASES)]) >= 0.95


def test_what_no_allowed_change_reaches_is_not_found():
    codes = people(np.random.default_rng(0))
    space = space_of(codes, fixed=(0,))
    row, asked = searched(space, codes, codes[codes[:, 0] < 0][0], lambda rows: rows[:, 0], 1.0)
    assert row is None and asked <= BUDGET + 1


def test_changes_that_work_only_together_are_found():
    codes = people(np.random.default_rng(1))
    space = space_of(codes)

    def both(rows):
        return ((rows[:, 6] == 4) & (rows[:, 7] == 7)).astype(float)

    x = codes[(codes[:, 6] != 4) & (codes[:, 7] != 7)][0]
    row, _ = searched(space, codes, x, both, 1.0)
    assert space.cost(x, row[None])[0] == 2.0


def test_the_budget_holds():
    codes = people(np.random.default_rng(2))
    _, asked = searched(space_of(codes), codes, codes[0], lambda rows: -np.abs(rows).sum(axis=1), 1e9, budget=200)
    assert asked <= 200
