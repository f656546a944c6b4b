"""How many values of a column are missing, and when that may be shown."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError


def reasons(sex, age, **more):
    """{column: why its number of missing values may not be shown}."""
    table = pd.DataFrame({"sex": sex, "age": age})
    data = AuditData.from_table(table, groups={"sex": sex}, label=np.tile([0, 1], len(sex) // 2), **more)
    return {name: data.missing_reason(name, table[name].isna().to_numpy()) for name in ("sex", "age")}


def test_a_hidden_group_of_missing_values_is_hidden_under_its_column_too():
    sex = np.array(["f", "m", None], dtype=object).repeat([60, 37, 3])
    by_column = reasons(sex, np.ones(100))
    assert by_column["sex"] == "fewer than 10 people" and by_column["age"] is None


def test_a_large_group_of_missing_values_is_shown():
    sex = np.array(["f", "m", None], dtype=object).repeat([60, 20, 20])
    assert reasons(sex, np.ones(100)) == {"sex": None, "age": None}


def test_a_column_missing_for_the_same_people_tells_the_group_and_is_hidden():
    sex = np.array(["f", "m", None], dtype=object).repeat([40, 51, 9])
    assert reasons(sex, np.where(pd.isna(sex), np.nan, 1.0))["age"] == "fewer than 10 people"


def test_few_missing_values_of_a_column_are_hidden_where_evidence_leaves_the_house():
    age = np.ones(100)
    age[:4] = np.nan
    assert reasons(np.repeat(["f", "m"], 50), age)["age"] is None
    assert reasons(np.repeat(["f", "m"], 50), age, disclosure="publish")["age"] == "fewer than 10 people"


def test_a_unit_names_whose_row_it_is_and_is_no_input():
    table = pd.DataFrame({"person": ["b", "a", "b", "c"], "age": [1, 2, 3, 4], "y": [0, 1, 0, 1]})
    data = AuditData.from_table(table, label="y", unit="person", train=table)
    assert data.feature_names == ("age",) and pattern(data.unit) == [0, 1, 0, 2]
    assert data.take(np.array([0, 2])).units == 1 and data.train.units == 3
    assert data.digest != AuditData.from_table(table.drop(columns="person"), label="y", train=table).digest
    both = AuditData.from_table(table, label="y", unit="person", id="person")
    assert both.units == 3 and both.ids is not None and both.feature_names == ("age",)
    values = AuditData(np.zeros((3, 1)), labels=np.array([0, 1, 1]), unit=["x", "y", "x"])
    assert pattern(values.unit) == [0, 1, 0] and AuditData(np.zeros((3, 1))).units == 3


def pattern(unit):
    """Rows of one person by one number, in the order in which they appear."""
    return pd.factorize(unit)[0].tolist()


def test_a_person_is_the_same_one_in_training_split_and_audit_data():
    for first, second in (
        (["b", "a"], ["a", "c"]),
        ([7, 12], [12, 9]),
        ([7.0, 12.0], ["12", "x"]),
        ([-1, -5], [-5, 3]),
    ):
        train = AuditData(np.zeros((2, 1)), unit=first)
        data = AuditData(np.ones((2, 1)), unit=second, train=train)
        shared = np.isin(data.unit, data.train.unit)
        assert shared.tolist() == [True, False], (first, second)
    assert len(set(AuditData(np.zeros((3, 1)), unit=["007", "7", "07"]).unit)) == 3


def test_a_row_without_a_unit_is_refused():
    table = pd.DataFrame({"person": ["b", None, "b"], "age": [1, 2, 3], "y": [0, 1, 0]})
    with pytest.raises(DataError, match="unit must say of every row whose it is; it is missing in 1 row"):
        AuditData.from_table(table, label="y", unit="person")
    with pytest.raises(DataError, match="'age' is named as drop and as unit"):
        AuditData.from_table(table, label="y", unit="age", drop=["age"])
