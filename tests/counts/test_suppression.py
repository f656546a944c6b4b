"""The choice of counts that are not published: hand-computed, against all choices there are, and over random tables."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse
from scipy.optimize import linprog

from auditkit.counts import suppression
from auditkit.counts.published_counts import Line, Published
from auditkit.counts.suppression import suppress


def table_of(cells: np.ndarray) -> Published:
    """A table of two attributes with its totals: cells, rows, columns, everyone; empty rows and columns are none."""
    rows, columns = cells.shape
    place = np.arange(cells.size).reshape(cells.shape)
    sums = [[cell] for cell in place.ravel()] + [list(row) for row in place] + [list(column) for column in place.T]
    sums.append(list(place.ravel()))
    matrix = np.array([[index in some for index in range(cells.size)] for some in sums], dtype=float)
    row_of, column_of = cells.size, cells.size + rows
    everyone = len(sums) - 1
    lines = [Line(row_of + at, tuple(place[at])) for at in range(rows)]
    lines += [Line(column_of + at, tuple(place[:, at])) for at in range(columns)]
    lines += [Line(everyone, tuple(range(row_of, column_of))), Line(everyone, tuple(range(column_of, everyone)))]
    counts = (matrix @ cells.ravel()).astype(np.int64)
    known = np.arange(len(sums)) == everyone
    return Published(
        sparse.csr_array(matrix), counts, known, ~known & (counts > 0), np.arange(len(sums)), counts, None, tuple(lines)
    )


def line_of(*people: int) -> Published:
    """The groups of one attribute and everyone, the last."""
    counts = np.array([*people, sum(people)])
    matrix = np.vstack([np.eye(len(people)), np.ones(len(people))])
    known = np.arange(len(counts)) == len(people)
    return Published(
        sparse.csr_array(matrix), counts, known, ~known & (counts > 0), np.arange(len(counts)), counts, None,
        (Line(len(people), tuple(range(len(people)))),),
    )  # fmt: skip


def width(table: Published, dark: np.ndarray, at: int, few: np.ndarray | None = None) -> float:
    """How wide the range of a count is, by two plain linear programmes, to one who knows that some are under 10."""
    sums = table.sums.toarray()
    few = np.zeros(len(sums), dtype=bool) if few is None else few
    ends = []
    for sign in (1, -1):
        done = linprog(
            sign * sums[at],
            A_eq=sums[~dark], b_eq=table.counts[~dark],
            A_ub=np.vstack([-sums[table.some], sums[few]]),
            b_ub=np.r_[-np.ones(int(table.some.sum())), np.full(int(few.sum()), 9.0)],
        )  # fmt: skip
        assert done.status == 0
        ends.append(sign * done.fun)
    return ends[1] - ends[0]


def safe(table: Published, dark: np.ndarray, minimum: int) -> bool:
    small = (table.counts < minimum) & ~table.known
    whole = ~table.known
    return all(
        width(table, dark, at) >= minimum - 1e-6
        and (width(table, dark, at, small) >= 4 - 1e-6 or width(table, whole, at, small) < 4 - 1e-6)
        for at in np.flatnonzero(small)
    )


def fewest(table: Published, minimum: int) -> int:
    """The fewest people that any safe choice loses: all choices are tried, the smallest loss first."""
    small = (table.counts < minimum) & ~table.known
    free = np.flatnonzero(~small & ~table.known)
    choices = [some for size in range(len(free) + 1) for some in itertools.combinations(free, size)]
    for some in sorted(choices, key=lambda some: table.counts[list(some)].sum()):
        dark = small.copy()
        dark[list(some)] = True
        if safe(table, dark, minimum):
            return int(table.counts[list(some)].sum())
    raise AssertionError("no choice is safe")


def lost(table: Published, dark: np.ndarray, minimum: int) -> int:
    return int(table.counts[dark & (table.counts >= minimum)].sum())


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ((500, 480), ()),  # nobody is few
        ((500, 480, 5), (1, 2)),  # 5 follows from 985 - 500 - 480: the smaller of the two goes
        ((500, 480, 5, 12), (2, 3)),  # 17 together: 5 may be any number from 1 to 16
        ((500, 480, 5, 6), (1, 2, 3)),  # 11 together: 5 would be from 1 to 10, a range of 9
        ((500, 480, 5, 7), (2, 3)),  # 12 together: a range of 10
        ((480, 480, 5), (0, 2)),  # as few people either way: the first in the order of the data
        ((30, 9), (0, 1)),
        ((500, 480, 9, 9), (1, 2, 3)),  # 18 together: who knows that both are under 10 knows that both are 9
        ((500, 480, 7, 7), (2, 3)),  # 14 together: each from 5 to 9
        ((500, 480, 8, 7), (1, 2, 3)),  # 15 together: each from 6 to 9
        ((9, 9, 9), (0, 1, 2)),  # 27 are known in any case
    ],
)
def test_one_attribute_by_hand(people: tuple[int, ...], hidden: tuple[int, ...]) -> None:
    assert tuple(np.flatnonzero(suppress(line_of(*people), 10))) == hidden


def test_a_table_by_hand() -> None:
    # one small cell: it goes, with one more of its row, one of its column and the fourth corner; of the four ways to
    # choose these, 11 + 12 + 13 people are the fewest
    cells = np.array([[4, 11, 90], [12, 13, 80], [70, 60, 50]])
    dark = suppress(table_of(cells), 10)
    assert np.flatnonzero(dark).tolist() == [0, 1, 3, 4]


def test_a_table_of_one_unit_less_gives_the_small_count_away() -> None:
    """The oracle has teeth: with only the small cell and one more hidden, it is worked out."""
    table = table_of(np.array([[4, 11, 90], [12, 13, 80], [70, 60, 50]]))
    dark = np.isin(np.arange(len(table.counts)), [0, 1])
    assert width(table, dark, 0) == pytest.approx(0)
    assert not safe(table, dark, 10)


@pytest.mark.parametrize("seed", range(8))
def test_no_choice_loses_fewer_people(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = table_of(rng.integers(0, 40, (2, 2 if seed % 2 else 3)) + 1)
    dark = suppress(table, 10)
    assert safe(table, dark, 10)
    assert lost(table, dark, 10) == fewest(table, 10)


tables = st.tuples(st.integers(2, 3), st.integers(2, 4)).flatmap(
    lambda shape: st.lists(st.integers(0, 60), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
        lambda cells: np.array(cells).reshape(shape)
    )
)


@settings(deadline=None, max_examples=25)
@given(tables)
def test_no_small_count_is_worked_out_and_none_is_lost_for_nothing(cells: np.ndarray) -> None:
    if cells.sum() < 12 or not (cells.sum(axis=0).all() and cells.sum(axis=1).all()):
        return
    table = table_of(cells)
    dark = suppress(table, 10)
    small = (table.counts < 10) & ~table.known
    assert dark[small].all() and not dark[table.known].any()
    assert safe(table, dark, 10)
    for at in np.flatnonzero(dark & ~small):
        shown = dark.copy()
        shown[at] = False
        assert not safe(table, shown, 10)


@settings(deadline=None, max_examples=10)
@given(tables)
def test_the_greedy_choice_is_safe_too(cells: np.ndarray) -> None:
    if cells.sum() < 12 or not (cells.sum(axis=0).all() and cells.sum(axis=1).all()):
        return
    table = table_of(cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppression, "EXACT", 0)
        patch.setattr(suppression, "LARGE", 0)
        dark = suppress(table, 10)
    assert safe(table, dark, 10)


def test_the_same_counts_give_the_same_choice() -> None:
    cells = np.random.default_rng(3).integers(0, 50, (3, 4))
    first = suppress(table_of(cells), 10)
    assert all((suppress(table_of(cells), 10) == first).all() for _ in range(3))


def test_what_is_known_in_any_case_may_not_give_a_small_count_away() -> None:
    table = line_of(5, 500)
    with pytest.raises(ValueError, match="give a small one away"):
        suppress(table.__class__(**{**vars(table), "known": np.array([False, True, True])}), 10)
