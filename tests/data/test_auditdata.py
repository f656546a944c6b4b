"""How many values of a column are missing, and when that may be shown."""

import numpy as np
import pandas as pd

from auditkit.data import AuditData


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
