"""Small cells: which are too small to measure and to show, and that nobody is in an empty one."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.data import AuditData
from auditkit.data.cells import MOST, Cells
from auditkit.errors import DataError


def column(**sizes):
    return np.repeat(list(sizes), list(sizes.values()))


def hidden(cells, *attributes):
    return {tuple(cell.where.values()): cell.hidden for cell in cells.of(attributes) if cell.hidden}


def test_a_small_group_is_hidden_and_no_other_for_its_sake():
    cells = Cells({"sex": column(F=50, M=60, X=3)})
    assert hidden(cells, "sex") == {("X",): "fewer than 10 people"}
    assert cells.reason({"sex": "M"}) is None and cells.reason({"sex": "Y"}) is None and cells.reason({}) is None
    assert cells.reason({"age": "old"}) is None


def test_a_large_group_inside_another_is_shown_whatever_is_beside_it():
    groups = {"a": column(p=5, q=80, r=60, s=60), "b": np.resize(["x", "y"], 205)}
    cells = Cells(groups)
    assert set(hidden(cells, "a")) == {("p",)}
    assert set(hidden(cells, "a", "b")) == {("p", "x"), ("p", "y")}


def test_empty_combinations_are_nobody():
    cells = Cells({"a": column(p=40, q=40), "b": np.repeat(["x", "y"], 40)})
    assert [(tuple(cell.where.values()), cell.n, cell.hidden) for cell in cells.of(("a", "b"))] == [
        (("p", "x"), 40, None), (("q", "y"), 40, None),
    ]  # fmt: skip
    assert cells.nobody(2) == [{"a": "p", "b": "y"}, {"a": "q", "b": "x"}]
    assert cells.empty({"a": "p", "b": "y"}) and not cells.empty({"a": "p"}) and not cells.empty({"a": "other"})
    assert cells.unshown({"a": "p", "b": "y"}) is None and cells.reason({"a": "p", "b": "y"}) is None


def test_nothing_is_hidden_where_the_minimum_is_low_enough():
    cells = Cells({"a": column(p=5, q=2)}, minimum=1)
    assert hidden(cells, "a") == {}
    assert [cell.n for cell in cells.of(("a",))] == [5, 2]


@pytest.mark.parametrize(
    ("minimum", "least", "measured", "shown"),
    [(10, 10, "rs", "rs"), (10, 5, "qrs", "rs"), (5, 10, "qrs", "qrs"), (10, 30, "rs", "rs"), (1, 1, "pqrs", "pqrs")],
)
def test_what_is_measured_and_what_is_shown_are_two_questions(minimum, least, measured, shown):
    cells = Cells({"a": column(p=3, q=7, r=15, s=80)}, minimum, least=least)
    assert "".join(value for value in "pqrs" if cells.reason({"a": value}) is None) == measured
    assert "".join(value for value in "pqrs" if cells.unshown({"a": value}) is None) == shown


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(20, 600), st.integers(1, 12))
def test_a_cell_is_hidden_where_it_has_somebody_and_too_few(seed, attributes, rows, minimum):
    rng = np.random.default_rng(seed)
    groups = {}
    for name in "abc"[:attributes]:
        shares = rng.dirichlet(np.full(rng.integers(1, 5), 0.5))
        groups[name] = rng.choice(len(shares), rows, p=shares).astype(str)
    cells = Cells(groups, minimum)
    for subset in cells.subsets(3):
        assert sum(cell.n for cell in cells.of(subset)) == rows
        for cell in cells.of(subset):
            assert cell.n > 0 and (cell.hidden is not None) == (cell.n < minimum)


def test_masks_are_those_of_a_slow_count():
    rng = np.random.default_rng(0)
    groups = {"a": rng.choice(list("pqr"), 300), "b": rng.choice(list("xy"), 300), "c": rng.choice(list("kl"), 300)}
    cells = Cells(groups)
    for attributes in cells.subsets(3):
        shown = cells.of(attributes)
        assert [tuple(cell.where.values()) for cell in shown] == [
            values
            for values in itertools.product(*(cells.values[name] for name in attributes))
            if not cells.empty(dict(zip(attributes, values, strict=True)))
        ]
        for cell in shown:
            slow = np.all([groups[name] == value for name, value in cell.where.items()], axis=0)
            assert np.array_equal(cell.rows, slow) and cell.n == slow.sum() and cell.rows.dtype == bool


def test_a_sample_shows_what_was_decided_on_the_whole_data():
    groups = {"sex": column(F=50, M=60, X=3)}
    data = AuditData(np.zeros((113, 2)), groups=groups)
    few = data.take(np.r_[0:5, 50:80])
    reasons = {cell.where["sex"]: (cell.n, cell.hidden) for cell in few.slices()}
    assert reasons["M"] == (30, None)
    assert reasons["F"] == (5, None)  # fewer than ten here, and not in the whole data
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
    assert [cell.hidden for cell in cells.of(("a", "b"))] == [None, None, None]


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("minimum_cell", "ten"), ("minimum_cell", 10.5), ("minimum_cell", True), ("minimum_cell", -1),
        ("minimum_rate", None), ("minimum_rate", float("nan")), ("largest_left_out", "5%"), ("largest_left_out", 5),
        ("largest_left_out", float("nan")), ("disclosure", "Publish"), ("disclosure", None),
    ],
)  # fmt: skip
def test_what_may_be_shown_is_said_in_numbers_and_words_that_there_are(setting, given):
    with pytest.raises(DataError, match=f"{setting} must be") as refused:
        AuditData(np.zeros((4, 1)), [0, 1, 0, 1], **{setting: given})
    assert repr(given) in str(refused.value)
    assert AuditData(np.zeros((4, 1)), [0, 1, 0, 1], minimum_cell=np.int64(3)).minimum_cell == 3
