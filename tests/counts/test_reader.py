"""Tables that fall apart: what is decided near by is what the whole programmes say, and few programmes are solved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from auditkit.counts import reader, suppression
from auditkit.counts.published_counts import Line, Published
from auditkit.counts.reader import Reader, parts_of
from auditkit.counts.suppression import suppress
from tests.counts.test_suppression import safe, width


def grouped(cells: np.ndarray) -> Published:
    """Groups by decision, (groups, kinds): each cell, each group, and of everyone each kind and how many there are."""
    groups, kinds = cells.shape
    place = np.arange(cells.size).reshape(cells.shape)
    sums = [[cell] for cell in place.ravel()] + [list(row) for row in place]
    sums += [list(column) for column in place.T] + [list(place.ravel())]
    matrix = np.array([[cell in some for cell in range(cells.size)] for some in sums], dtype=float)
    counts = (matrix @ cells.ravel()).astype(np.int64)
    of_groups = slice(cells.size, cells.size + groups)
    known, some = np.zeros(len(sums), dtype=bool), np.zeros(len(sums), dtype=bool)
    known[-kinds - 1 :], some[of_groups] = True, True
    lines = [Line(cells.size + at, tuple(place[at])) for at in range(groups)]
    lines += [Line(len(sums) - 1 - kinds + at, tuple(place[:, at])) for at in range(kinds)]
    return Published(
        sparse.csr_array(matrix), counts, known, some & (counts > 0), np.arange(len(sums)), counts, None, tuple(lines)
    )


def drawn(seed: int, groups: int, kinds: int = 2) -> Published:
    return grouped(np.random.default_rng(seed).poisson(13, (groups, kinds)) + 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_table_that_is_taken_apart_gives_the_same_choice_as_the_whole(seed: int, monkeypatch) -> None:
    table = drawn(seed, 8)
    whole = suppress(table, 10)
    monkeypatch.setattr(reader, "FEW_CELLS", 0)
    assert Reader(table, ~table.known).falls_apart
    apart = suppress(table, 10)
    assert np.array_equal(apart, whole) and safe(table, apart, 10)


@pytest.mark.parametrize("seed", range(6))
def test_the_greedy_choice_of_a_table_that_is_taken_apart_is_safe(seed: int, monkeypatch) -> None:
    table = drawn(seed, 9, 3)
    monkeypatch.setattr(reader, "FEW_CELLS", 0)
    monkeypatch.setattr(suppression, "EXACT", 0)
    monkeypatch.setattr(suppression, "LARGE", 0)
    assert safe(table, suppress(table, 10), 10)


def test_what_is_narrow_near_by_is_narrow_and_for_the_reason_that_is_given(monkeypatch) -> None:
    monkeypatch.setattr(reader, "FEW_CELLS", 0)
    some = 0
    for seed in range(12):
        table = drawn(seed, 8)
        small = (table.counts < 10) & ~table.known
        narrow = Reader(table, small).narrow_alone(np.flatnonzero(small), 10)
        for index, because in narrow.items():
            some += 1
            alone = ~np.isin(np.arange(len(small)), because)
            assert len(because) and not small[because].any()
            # by the published counts that are named alone, all others kept back
            alone[-1] = False  # how many there are in all is known, or nothing would end
            assert width(table, alone, index) < 10
        # of those that are not named nothing is said; here each is wide, or narrow by what is known of everyone
        for index in np.flatnonzero(small):
            dark = small | table.known
            dark[-1] = False
            if index not in narrow:
                assert width(table, dark, index) >= 10 - 1e-6
    assert some > 10


def test_cells_are_tied_by_the_shortest_sums_first() -> None:
    sums = sparse.csr_array(np.array([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0.0]]))
    parts, within = parts_of(sums, 2)
    assert within.tolist() == [False, True, True, False]
    assert len({parts[0], parts[2], parts[4]}) == 3 and parts[0] == parts[1] and parts[2] == parts[3]
    assert parts_of(sums, 4)[1].all()


def test_many_groups_take_few_programmes(monkeypatch) -> None:
    solved = []
    greatest = reader.Known.greatest
    monkeypatch.setattr(reader.Known, "greatest", lambda *given: solved.append(1) or greatest(*given))
    table = grouped(np.random.default_rng(0).poisson(5, (60, 4)) + 1)
    dark = suppress(table, 10)
    # two for each small count in each round are the plain way
    assert 5 < len(solved) < 100 < 200 < dark.sum()
