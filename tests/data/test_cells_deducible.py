"""Which small groups can be worked out: named where they can, by an oracle of linear programmes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog

from auditkit.data.cells import Cells, deducible


def column(**sizes):
    return np.repeat(list(sizes), list(sizes.values()))


def worked_out(cells, sets):
    """The small groups with one possible size, by a linear programme each: slow and obvious."""
    names = list(cells.groups)
    unknowns = list(itertools.product(*(cells.values[name] for name in names)))

    def form(where):
        inside = [all(unknown[names.index(name)] == value for name, value in where.items()) for unknown in unknowns]
        return np.array(inside, dtype=float)

    rows, totals, less, most, small = [form({})], [cells.size], [], [], []
    for attributes in sets:
        for values in itertools.product(*(cells.values[name] for name in attributes)):
            where = dict(zip(attributes, values, strict=True))
            people = cells.people(where)
            if people == 0 or people >= cells.minimum:
                rows, totals = [*rows, form(where)], [*totals, people]
            else:
                small.append(where)
                less += [form(where), -form(where)]
                most += [cells.minimum - 1, -1]
    known = []
    for where in small:
        ends = [
            linprog(sign * form(where), A_ub=np.array(less), b_ub=most, A_eq=np.array(rows), b_eq=totals).fun * sign
            for sign in (1, -1)
        ]
        if ends[1] - ends[0] < 1e-6:
            known.append(where)
    return known


def test_a_group_that_is_left_alone_is_the_total_less_the_others():
    assert deducible(Cells({"sex": column(F=50, M=60, X=3)}), [("sex",)]) == [{"sex": "X"}]
    assert deducible(Cells({"sex": column(F=50, M=60)}), [("sex",)]) == []


def test_two_that_are_left_protect_each_other_unless_they_are_as_few_or_as_many_as_can_be():
    assert deducible(Cells({"a": column(p=50, q=6, r=5)}), [("a",)]) == []
    assert deducible(Cells({"a": column(p=50, q=1, r=1)}), [("a",)]) == [{"a": "q"}, {"a": "r"}]
    assert deducible(Cells({"a": column(p=50, q=9, r=9)}), [("a",)]) == [{"a": "q"}, {"a": "r"}]


def test_people_in_several_groups_do_not_add_up_to_everyone():
    both = Cells({"a": np.tile(["p", "q"], 20)}, clusters=np.repeat(np.arange(20), 2))
    assert deducible(both, [("a",)]) == []
    # 20 people, 11 of them in p: at least 9 are in q, which is what a group of fewer than 10 can be at most
    most = Cells({"a": column(p=11, q=9)}, clusters=np.arange(20))
    assert deducible(most, [("a",)]) == [{"a": "q"}]
    over = Cells({"a": column(p=12, q=9)}, clusters=np.r_[np.arange(12), np.arange(11, 20)])
    assert deducible(over, [("a",)]) == []


def test_an_intersection_follows_from_its_row_or_its_column():
    groups = {"a": column(p=40, q=40), "b": np.concatenate([column(x=35, y=5), column(x=20, y=20)])}
    assert deducible(Cells(groups), [("a",), ("b",), ("a", "b")]) == [{"a": "p", "b": "y"}]
    assert deducible(Cells(groups), [("a",), ("b",)]) == []  # nobody lists the intersections


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2), st.integers(20, 200), st.integers(2, 12))
def test_what_is_named_is_what_linear_programmes_find(seed, attributes, rows, minimum):
    rng = np.random.default_rng(seed)
    groups = {}
    for name in "ab"[:attributes]:
        shares = rng.dirichlet(np.full(rng.integers(1, 5), 0.5))
        groups[name] = rng.choice(len(shares), rows, p=shares).astype(str)
    cells = Cells(groups, minimum)
    sets = list(cells.subsets(2))
    named, true = deducible(cells, sets), worked_out(cells, sets)
    assert [group for group in named if group not in true] == []
    if attributes == 1:
        assert named == true
