"""The histogram of several columns is a count row by row, whatever the codes and the chunks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.counts import Encoded, count, histogram
from auditkit.counts.histogram import Histogram, add_up
from auditkit.errors import DataError


def tally(columns, sizes, weights=None, people=None):
    histogram = Histogram(sizes, weighted=weights is not None)
    histogram.add(columns, weights, people)
    return histogram.cells()


def slow(columns, people=None):
    """{codes: people} row by row."""
    total = {}
    for at, key in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        total[key] = total.get(key, 0) + (1 if people is None else int(people[at]))
    return total


def as_dict(cells):
    return dict(zip(zip(*(code.tolist() for code in cells.codes), strict=True), cells.rows.tolist(), strict=True))


@pytest.mark.parametrize("dense", [1 << 22, 0])
@pytest.mark.parametrize("chunk", [7, 1 << 16])
@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=5),
    st.integers(0, 400),
    st.integers(0, 10**6),
    st.sampled_from([np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64]),
)
def test_it_equals_a_count_row_by_row(dense, chunk, sizes, n, seed, kind):
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, min(size, np.iinfo(kind).max), n).astype(kind) for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histogram, "DENSE", dense)
        patch.setattr(histogram, "CHUNK", chunk)
        assert as_dict(tally(columns, sizes)) == slow(columns)


def test_two_rows_counted_as_one_are_counted_as_two():
    rng = np.random.default_rng(0)
    for n in (histogram.PAIRED // 2, histogram.PAIRED + 3, 2 * histogram.PAIRED - 1):
        columns = [rng.integers(0, size, n, dtype=np.uint8) for size in (51, 5)]
        expected = np.bincount(columns[0].astype(int) * 5 + columns[1], minlength=255)
        cells = tally(columns, (51, 5))
        assert (cells.rows == expected).all() and cells.rows.sum() == n


def test_more_combinations_than_a_number_holds():
    rng = np.random.default_rng(0)
    sizes = [1000] * 9
    columns = [rng.integers(0, 3, 200) * 400 for _ in sizes]
    assert as_dict(tally(columns, sizes)) == slow(columns)


def test_adding_up_parts_is_counting_the_whole(monkeypatch):
    monkeypatch.setattr(histogram, "DENSE", 0)
    monkeypatch.setattr(histogram, "CHUNK", 16)
    monkeypatch.setattr(histogram, "HELD", 20)
    rng = np.random.default_rng(0)
    columns, weights = [rng.integers(0, 5, 500) for _ in range(3)], rng.uniform(1, 2, 500)
    cells = tally(columns, (5, 5, 5), weights=weights)
    assert as_dict(cells) == slow(columns)
    key = np.ravel_multi_index(columns, (5, 5, 5))
    place = np.ravel_multi_index(cells.codes, (5, 5, 5))
    assert cells.weight == pytest.approx(np.bincount(key, weights)[place])
    assert cells.square == pytest.approx(np.bincount(key, weights**2)[place])
    assert len(add_up([], (2, 2)).rows) == 0


@pytest.mark.parametrize("large", [1, 2**40, 2**53 + 1])
def test_people_are_summed_exactly(large):
    columns = [np.array([0, 1, 0, 1, 0])]
    people = np.array([large, 3, 1, large, 1])
    assert as_dict(tally(columns, (2,), people=people)) == {(0,): large + 2, (1,): large + 3}


@pytest.mark.parametrize(
    ("people", "words"),
    [([1, -1], "0 or more"), ([1.5, 1], "whole numbers"), ([2**62, 2**63 - 1], "64 bits"), ([1], "lengths")],
)
def test_people_that_cannot_be_counted_are_refused(people, words):
    with pytest.raises(DataError, match=words):
        tally([np.array([0, 1])], (2,), people=np.array(people))


@pytest.mark.parametrize("bad", [[0, 3], [0, -1]])
@pytest.mark.parametrize("kind", [np.int8, np.int64])
def test_codes_out_of_range_are_refused(bad, kind):
    with pytest.raises(DataError, match="out of range"):
        tally([np.array(bad, kind)], (3,))
    with pytest.raises(DataError, match="out of range"):
        count({"g": Encoded(("a", "b", "c"), np.array(bad, kind))}, np.array([0, 1]))
    with pytest.raises(DataError, match="out of range"):
        count({}, np.array([0, 2], kind))
    with pytest.raises(DataError, match="out of range"):
        count({}, np.array([0, -2], kind))


@pytest.mark.parametrize("kind", [np.int8, np.int64])
def test_minus_one_is_unknown_and_an_abstention(kind):
    labels, decisions = np.array([0, 1, -1, -1], kind), np.array([1, -1, 1, -1], kind)
    rows = count({}, decisions, labels).tally.rows[0]
    assert rows.tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 1]]


def test_codes_of_any_kind_give_the_same_table():
    rng = np.random.default_rng(0)
    sex, race = rng.integers(0, 2, 1000), rng.integers(0, 7, 1000)
    decisions, labels = rng.integers(-1, 2, 1000), rng.integers(-1, 2, 1000)
    kinds = [np.int8, np.int16, np.int64]
    tables = [
        count(
            {"s": Encoded(("F", "M"), sex.astype(first)), "r": Encoded(tuple("abcdefg"), race.astype(second))},
            decisions.astype(second),
            labels.astype(first),
        )
        for first, second in itertools.product(kinds, kinds)
    ]
    assert all((table.tally.rows == tables[0].tally.rows).all() for table in tables)
    assert tables[0].people == 1000
