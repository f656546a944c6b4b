"""Tables of counts add up in any order, and become a data frame and back without loss."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from auditkit.counts import count, from_frame, merge, to_frame
from auditkit.errors import DataError


def rows(seed, n, weighted=False):
    rng = np.random.default_rng(seed)
    groups = {"sex": rng.choice(["F", "M", "X"], n), "race": rng.choice(list("abcde"), n)}
    weights = rng.uniform(0.1, 3, n) if weighted else None
    return groups, rng.integers(-1, 3, n), rng.integers(-1, 3, n), weights


def counted(data, at=slice(None), classes=("no", "maybe", "yes")):
    groups, decisions, labels, weights = data
    picked = {name: column[at] for name, column in groups.items()}
    weights = None if weights is None else weights[at]
    return count(picked, decisions[at], labels[at], classes=classes, weights=weights)


def same(first, second, exact=True):
    assert first[:3] == second[:3] and first.weighted == second.weighted
    assert (first.cells == second.cells).all() and (first.tally.rows == second.tally.rows).all()
    for left, right in zip(first.tally.tables[1:], second.tally.tables[1:], strict=True):
        assert (left == right).all() if exact else left == pytest.approx(right, rel=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 200), st.lists(st.integers(0, 200), max_size=4), st.booleans())
def test_parts_counted_apart_add_up_to_the_whole(seed, n, cuts, weighted):
    data = rows(seed, n, weighted)
    ends = sorted({0, n, *(cut for cut in cuts if cut < n)})
    parts = [counted(data, slice(start, end)) for start, end in itertools.pairwise(ends)]
    whole = counted(data)
    same(merge(parts), whole, exact=False)
    same(merge(parts), merge(parts[::-1]))
    total = parts[0]
    for part in parts[1:]:
        total = merge([total, part])
    same(total, whole, exact=False)


@given(st.integers(0, 10**6))
def test_it_is_associative_and_commutative(seed):
    first, second, third = (counted(rows(seed + at, 30)) for at in range(3))
    same(merge([merge([first, second]), third]), merge([first, merge([second, third])]))
    same(merge([first, second]), merge([second, first]))
    same(merge([first]), first)


def test_values_and_classes_are_united():
    first = count({"g": np.array(["a", "b"])}, np.array([0, 1]), np.array([1, 1]), classes=("0", "1"))
    second = count({"g": np.array(["c"])}, np.array([1]), np.array([-1]), classes=("1", "2"))
    both = merge([first, second])
    assert both.values == (("a", "b", "c"),) and both.classes == ("0", "1", "2")
    assert both.tally.rows[2, 3, 2] == 1 and both.tally.rows[0, 1, 0] == 1 and both.people == 3


def test_a_part_without_weights_counts_its_people():
    first, second = counted(rows(0, 20)), counted(rows(1, 20, weighted=True))
    both = merge([first, second])
    assert both.weighted
    assert both.tally.weight.sum() == pytest.approx(20 + second.tally.weight.sum())


def test_tables_of_other_attributes_are_refused():
    counts = count({"a": np.array(["x"])}, np.array([0]))
    with pytest.raises(DataError, match="same attributes; one has a, another b"):
        merge([counts, count({"b": np.array(["x"])}, np.array([0]))])
    with pytest.raises(DataError, match="at least one"):
        merge([])
    with pytest.raises(TypeError, match="merge"):
        _ = counts + counts


@pytest.mark.parametrize("weighted", [True, False])
def test_a_frame_and_back_is_the_same_table(weighted, tmp_path):
    table = counted(rows(3, 200, weighted))
    frame = to_frame(table)
    assert frame["people"].sum() == 200 and (frame["people"] > 0).all()
    same(from_frame(frame), table)
    same(from_frame(frame.sample(frac=1, random_state=0)), table, exact=False)
    frame.to_parquet(tmp_path / "c.parquet")
    same(from_frame(pd.read_parquet(tmp_path / "c.parquet")), table)
    frame.to_csv(tmp_path / "c.csv", index=False)
    same(from_frame(pd.read_csv(tmp_path / "c.csv"), table.classes), table)


def test_a_frame_equals_a_group_by():
    groups, decisions, labels, weights = data = rows(5, 300, weighted=True)
    frame = to_frame(counted(data))
    names = np.array(["no", "maybe", "yes", None], dtype=object)
    raw = pd.DataFrame({**groups, "label": names[labels], "decision": names[decisions], "w": weights, "s": weights**2})
    sums = raw.groupby(["sex", "race", "label", "decision"], dropna=False)[["w", "s"]].agg(["size", "sum"])
    keys = ["sex", "race", "label", "decision"]
    cells = {}
    for row in frame.astype(dict.fromkeys(keys, object)).itertuples(index=False):
        key = tuple("-" if pd.isna(value) else value for value in row[:4])
        cells[key] = row[4:]
    expected = {
        tuple("-" if pd.isna(value) else value for value in key): (
            line["w", "size"],
            line["w", "sum"],
            line["s", "sum"],
        )
        for key, line in sums.iterrows()
    }
    assert cells.keys() == expected.keys()
    assert all(cells[key] == pytest.approx(expected[key]) for key in expected)


def test_whole_numbers_read_as_decimals_are_the_classes_they_were():
    table = count({"g": np.array(["a", "a"])}, np.array([1, -1]), np.array([0, -1]), classes=("0", "1"))
    frame = pd.DataFrame({"g": ["a", "a"], "label": [0.0, np.nan], "decision": [1.0, np.nan], "people": [1, 1]})
    same(from_frame(frame), table)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns="people"), "has a column 'people'"),
        (lambda frame: frame.assign(people=-1), "0 or more"),
        (lambda frame: frame.assign(people=0.5), "whole numbers"),
        (lambda frame: frame.assign(label="other"), "none of the classes"),
        (lambda frame: frame.assign(sex=None), "missing values"),
        (lambda frame: frame.assign(weight=np.nan, weight_squared=1.0), "finite"),
    ],
)
def test_frames_that_are_no_table_of_counts_are_refused(change, words):
    frame = to_frame(counted(rows(0, 20)))
    with pytest.raises(DataError, match=words):
        from_frame(change(frame), ("no", "maybe", "yes"))


def test_an_attribute_called_like_a_column_of_the_table_is_refused():
    with pytest.raises(DataError, match="'people'"):
        to_frame(count({"people": np.array(["a"])}, np.array([0])))
