"""Values of every type as JSON has them."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from auditkit.errors import ConfigError
from auditkit.plugins.models.endpoint.columns import rows_of


def test_values_of_every_type():
    table = pandas.DataFrame(
        {
            "whole": pandas.array([1, None], dtype="Int64"),
            "number": [0.5, np.nan],
            "word": pandas.Categorical(["a", None]),
            "yes": [True, False],
            "day": pandas.to_datetime(["2026-01-02", None]),
            7: [np.float32(0.25), np.float32(2)],
        }
    )
    rows = rows_of(table, None)
    assert rows.columns == ("whole", "number", "word", "yes", "day", "7")
    assert rows.values == [
        [1, 0.5, "a", True, "2026-01-02T00:00:00", 0.25],
        [None, None, None, False, None, 2.0],
    ]
    assert rows.records[0]["word"] == "a"
    assert {type(value) for row in rows.values for value in row} == {int, float, str, bool, type(None)}


def test_columns_are_chosen_and_arrays_and_texts_have_none():
    table = pandas.DataFrame({"a": [1], "b": [2], "c": [3]})
    assert rows_of(table, ("c", "a")).records == [{"c": 3, "a": 1}]
    assert rows_of(np.ones((2, 2)), None).records == [[1.0, 1.0], [1.0, 1.0]]
    assert rows_of(["x", "y"], None).records == ["x", "y"]
    with pytest.raises(ConfigError, match="no column 'd' to send"):
        rows_of(table, ("d",))
    with pytest.raises(ConfigError, match="one column or more must be sent"):
        rows_of(table, ())
