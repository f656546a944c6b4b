"""Small cells: which are hidden, and that none can be worked out from what is shown."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data import AuditData
from auditkit.data.cells import MOST, Cells
from auditkit.errors import DataError


def column(**sizes):
    return np.repeat(list(sizes), list(sizes.values()))


def hidden(cells, *attributes):
    return {tuple(cell.where.values()): cell.hidden for cell in cells.of(attributes) if cell.hidden}


def shown_counts(cells, attributes):
    """{values: count, or None where hidden} of every cell, and of everybody under the empty key."""
    if not attributes:
        return {(): len(next(iter(cells.groups.values())))}
    return {tuple(cell.where.values()): None if cell.hidden else cell.n for cell in cells.of(attributes)}


def derivable(cells, order):
    """Every hidden cell that one subtraction gives away: a line with its total, slow and obvious."""
    found = []
    for attributes in cells.subsets(order):
        table = shown_counts(cells, attributes)
        for at in range(len(attributes)):
            totals = shown_counts(cells, attributes[:at] + attributes[at + 1 :])
            for rest, total in totals.items():
                line = {key: count for key, count in table.items() if key[:at] + key[at + 1 :] == rest}
                dark = [key for key, count in line.items() if count is None]
                light = sum(count for count in line.values() if count is not None)
                if total is None and not dark:
                    found.append((attributes, rest, "the total is the sum of what is shown"))
                if total is not None and dark and (len(dark) == 1 or total - light < cells.minimum):
                    found.append((attributes, dark, "the rest of a line that is shown"))
    return found


def test_a_small_group_is_hidden_and_so_is_the_next_smallest():
    cells = Cells({"sex": column(F=50, M=60, X=3)})
    assert hidden(cells, "sex") == {
        ("F",): "hidden so that a smaller group cannot be worked out from it",
        ("X",): "fewer than 10 people",
    }
    assert cells.reason({"sex": "M"}) is None and cells.reason({"sex": "Y"}) is None and cells.reason({}) is None
    assert cells.reason({"age": "old"}) is None


def test_two_small_groups_that_hold_the_minimum_together_need_no_third():
    assert set(hidden(Cells({"a": column(p=50, q=6, r=5)}), "a")) == {("q",), ("r",)}
    assert set(hidden(Cells({"a": column(p=50, q=3, r=2, s=20)}), "a")) == {("q",), ("r",), ("s",)}


def test_everything_inside_a_hidden_group_is_hidden_also_where_it_is_large():
    groups = {"a": column(p=5, q=80, r=60, s=60), "b": np.resize(["x", "y"], 205)}
    cells = Cells(groups)
    assert set(hidden(cells, "a")) == {("p",), ("r",)}
    inside = hidden(cells, "a", "b")
    assert inside["r", "x"] == inside["r", "y"] == "inside a group that is too small to show"
    assert inside["p", "x"] == "fewer than 10 people" and ("q", "x") not in inside


def test_empty_intersections_are_listed_and_hidden():
    cells = Cells({"a": column(p=40, q=40), "b": np.repeat(["x", "y"], 40)})
    table = {tuple(cell.where.values()): cell for cell in cells.of(("a", "b"))}
    assert len(table) == 4 and table["p", "y"].n == 0 and table["p", "y"].hidden


def test_nothing_is_hidden_where_the_minimum_is_low_enough():
    cells = Cells({"a": column(p=5, q=2)}, minimum=1)
    assert hidden(cells, "a") == {}
    assert [cell.n for cell in cells.of(("a",))] == [5, 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(20, 600), st.integers(2, 12))
def test_no_hidden_cell_can_be_worked_out_by_one_subtraction(seed, attributes, rows, minimum):
    rng = np.random.default_rng(seed)
    groups = {}
    for name in "abc"[:attributes]:
        shares = rng.dirichlet(np.full(rng.integers(1, 5), 0.5))
        groups[name] = rng.choice(len(shares), rows, p=shares).astype(str)
    cells = Cells(groups, minimum)
    assert derivable(cells, 3) == []
    for each in cells.subsets(3):
        for cell in cells.of(each):
            assert cell.hidden or cell.n >= minimum


def test_the_oracle_itself_finds_what_is_given_away():
    cells = Cells({"a": column(p=50, q=30, r=3)})
    cells._hidden[("a",)] = np.array([0, 0, 1], dtype=np.int8)
    assert derivable(cells, 1)


def test_masks_are_those_of_a_slow_count():
    rng = np.random.default_rng(0)
    groups = {"a": rng.choice(list("pqr"), 300), "b": rng.choice(list("xy"), 300), "c": rng.choice(list("kl"), 300)}
    cells = Cells(groups)
    for attributes in cells.subsets(3):
        seen = cells.of(attributes)
        assert [tuple(cell.where.values()) for cell in seen] == list(
            itertools.product(*(cells.values[name] for name in attributes))
        )
        for cell in seen:
            slow = np.all([groups[name] == value for name, value in cell.where.items()], axis=0)
            assert np.array_equal(cell.rows, slow) and cell.n == slow.sum() and cell.rows.dtype == bool


def test_a_sample_shows_what_was_decided_on_the_whole_data():
    groups = {"sex": column(F=50, M=60, X=3)}
    data = AuditData(np.zeros((113, 2)), groups=groups)
    few = data.take(np.r_[0:5, 50:80])
    reasons = {cell.where["sex"]: (cell.n, cell.hidden) for cell in few.slices()}
    assert reasons["M"] == (30, None)
    assert reasons["F"] == (5, "hidden so that a smaller group cannot be worked out from it")
    assert few.take(np.arange(3)).cells is data.cells
    assert len(few.slices()[0].rows) == 35


def test_a_thousand_values_and_three_attributes_take_a_moment():
    rng = np.random.default_rng(0)
    groups = {"zip": rng.integers(0, 1000, 10**5).astype(str), "sex": rng.choice(["F", "M"], 10**5),
              "race": rng.choice(list("abcde"), 10**5)}  # fmt: skip
    start = time.process_time()
    cells = Cells(groups)
    table = cells.of(("zip", "sex", "race"))
    assert len(table) == 10_000 and sum(cell.n for cell in table) == 10**5
    assert time.process_time() - start < 5


def test_a_table_with_too_many_cells_says_what_to_do():
    names = np.arange(1000).astype(str)
    cells = Cells({"a": names, "b": names})
    with pytest.raises(DataError, match=f"1,000,000 cells; at most {MOST:,}.*bins"):
        cells.of(("a", "b"))


def test_where_one_person_may_be_shown_an_empty_cell_hides_no_other():
    cells = Cells({"a": np.array(["p", "p", "q"]), "b": np.array(["x", "y", "x"])}, minimum=1)
    assert [cell.hidden for cell in cells.of(("a", "b"))] == [None, None, None, "fewer than 1 people"]
