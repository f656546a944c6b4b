"""The draw of a person is uniform, and the same however and wherever the table is stored."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, strategies as some
from scipy import stats

from auditkit.plugins.fairness.mitigation.randomized_model import draws


def frame(rows: int = 5000) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"n": np.arange(rows), "x": rng.normal(size=rows), "town": rng.choice(["a", "b"], rows)})


def test_draws_are_uniform_and_independent_between_neighbours_columns_and_seeds():
    drawn = draws(frame(20_000), 0)
    assert drawn.min() >= 0 and drawn.max() < 1
    assert stats.kstest(drawn, "uniform").pvalue > 1e-4
    for other in (drawn[1:], draws(frame(20_000), 1), draws(frame(20_000)[["n", "x"]], 0)):
        assert abs(np.corrcoef(drawn[: len(other)], other)[0, 1]) < 0.04


def test_whole_numbers_alone_are_hashed_well():
    bits = draws(np.arange(65_536)[:, None], 3)
    assert stats.chisquare(np.histogram(bits, 256, (0, 1))[0]).pvalue > 1e-4


def test_the_same_person_has_the_same_draw_however_the_table_is_stored():
    table = frame(300)
    drawn = draws(table, 5)
    order = np.random.default_rng(0).permutation(300)
    assert (draws(table.iloc[order], 5) == drawn[order]).all()
    assert (draws(table[["town", "x", "n"]], 5) == drawn).all()
    stored = table.astype({"n": "float64", "town": "category"})
    assert (draws(stored, 5) == drawn).all()
    assert (draws(table.astype({"n": "Int64", "town": "string"}), 5) == drawn).all()
    assert (draws(table.astype(object), 5) == drawn).all()
    assert (np.concatenate([draws(table.iloc[[at]], 5) for at in range(20)]) == drawn[:20]).all()


def test_missing_values_are_one_value_and_minus_zero_is_zero():
    as_numpy = pd.DataFrame({"x": [np.nan, 0.0], "t": [None, "a"]})
    as_pandas = pd.DataFrame(
        {"x": pd.array([pd.NA, -0.0], dtype="Float64"), "t": pd.array([pd.NA, "a"], dtype="string")}
    )
    assert (draws(as_numpy, 0) == draws(as_pandas, 0)).all()


def test_a_known_value_so_that_it_is_the_same_in_every_process_and_version():
    drawn = draws(pd.DataFrame({"age": [41], "town": ["Bonn"]}), 0)
    assert drawn[0] == 0.4471370112824975


def test_texts_and_arrays_have_draws_too():
    assert (draws(["a", "b", "a"], 0)[[0, 2]] == draws(["a"], 0)[0]).all()
    array = np.random.default_rng(0).normal(size=(4, 2, 2))
    assert (draws(array, 0) == draws(array.reshape(4, 4), 0)).all()
    assert (draws(array.reshape(4, 4), 0, (0, 1)) == draws(array.reshape(4, 4)[:, :2], 0)).all()


@given(some.floats(allow_nan=False, width=64), some.floats(allow_nan=False, width=64))
def test_different_values_have_different_draws(value, other_value):
    first, second = draws(np.array([[value], [other_value]]), 0)
    assert (first == second) == (value == other_value)
