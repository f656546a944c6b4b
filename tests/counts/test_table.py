"""Each marginal of a table of counts is a mask over the rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.counts import count, encode, histogram as maths


def drawn(rng, n):
    groups = {
        "sex": np.array(["F", "M"])[rng.integers(0, 2, n)],
        "race": np.array(["a", "b", "c"], dtype=object)[rng.integers(0, 3, n)],
        "age": np.array(["old", "young"])[rng.integers(0, 2, n)],
    }
    return groups, rng.random(n) < 0.4, rng.random(n) < 0.5, rng.uniform(0.5, 3, n)


def slow(groups, selected, outcomes, weights, where):
    """(3, 3) rows and sums of weights of one group, by masks."""
    rows = np.ones(len(selected), dtype=bool)
    for name, value in where.items():
        rows &= groups[name] == value
    nobody = np.zeros_like(rows)
    labels = [nobody, nobody, rows] if outcomes is None else [rows & ~outcomes, rows & outcomes, nobody]
    masks = [[label & ~selected, label & selected, nobody] for label in labels]
    return np.array([[m.sum() for m in row] for row in masks]), np.array(
        [[weights[m].sum() for m in row] for row in masks]
    )


@pytest.mark.parametrize("dense", [maths.DENSE, 0])
@pytest.mark.parametrize("labelled", [True, False])
def test_every_marginal_equals_masks_over_the_rows(dense, labelled, monkeypatch):
    monkeypatch.setattr(maths, "DENSE", dense)
    groups, selected, outcomes, weights = drawn(np.random.default_rng(0), 300)
    outcomes = outcomes if labelled else None
    counts = count(groups, selected, outcomes, weights=weights)
    assert counts.labelled == labelled
    for attributes in [(), ("sex",), ("race",), ("sex", "age"), ("race", "age"), ("sex", "race", "age")]:
        where, tally = counts.over(attributes)
        for at, group in enumerate(where):
            rows, weight = slow(groups, selected, outcomes, weights, group)
            assert (tally.rows[at] == rows).all()
            assert tally.weight[at] == pytest.approx(weight)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(0, 10**6))
def test_it_equals_a_group_by_and_loses_no_row(n, seed):
    groups, selected, outcomes, _ = drawn(np.random.default_rng(seed), n)
    counts = count(groups, selected, outcomes)
    where, tally = counts.over(("sex", "race"))
    frame = pd.DataFrame({**groups, "y": outcomes, "d": selected})
    sizes = frame.groupby(["sex", "race", "y", "d"]).size()
    for at, group in enumerate(where):
        for y in (False, True):
            for d in (False, True):
                assert tally.rows[at, int(y), int(d)] == sizes.get((group["sex"], group["race"], y, d), 0)
    assert tally.rows.sum() == n
    assert (tally.weight == tally.rows).all() and (tally.square == tally.rows).all()


def test_an_intersection_that_nobody_is_in_is_listed():
    groups = {"sex": np.array(["F", "M", "M"]), "race": np.array(["a", "a", "b"])}
    where, tally = count(groups, np.array([True, False, True])).over(("sex", "race"))
    assert where[1] == {"sex": "F", "race": "b"} and tally.rows[1].sum() == 0


def test_encoding_gives_sorted_text():
    values, codes = encode(np.array(["b", "a", "c", "a"], dtype=object))
    assert values == ("a", "b", "c") and list(codes) == [1, 0, 2, 0]
