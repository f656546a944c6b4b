"""Groups: bins, names, missing values, and what can be no group."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd
import pytest

from auditkit.data.groups import bin_labels, group_column
from auditkit.errors import DataError


def test_bins_are_named_by_their_first_and_last_value():
    ages = [24, 25, 44, 45, 64, 65, 99]
    assert group_column("age", ages, {"bins": [25, 45, 65]}).tolist() == [
        "under 25", "25 to 44", "25 to 44", "45 to 64", "45 to 64", "65 and over", "65 and over",
    ]  # fmt: skip
    assert bin_labels([1, 2]) == ["under 1", "1", "2 and over"]


def test_bins_of_decimals_have_no_last_value():
    assert group_column("age", [24.5, 44.9, 45.0], {"bins": [25, 45]}).tolist() == [
        "under 25", "25 to under 45", "45 and over",
    ]  # fmt: skip
    assert bin_labels([0.5, 1.5], are_whole=False) == ["under 0.5", "0.5 to under 1.5", "1.5 and over"]


def test_every_number_is_in_the_bin_that_its_name_says():
    ages = np.arange(0, 120)
    for age, name in zip(ages, group_column("age", ages, {"bins": [25, 45, 65]}), strict=True):
        low = 0 if name.startswith("under") else int(name.split()[0])
        high = {"under 25": 24, "65 and over": 119}.get(name) or int(name.split()[-1])
        assert low <= age <= high


@pytest.mark.parametrize(
    "column",
    [
        ["F", None, "M"],
        ["F", float("nan"), "M"],
        pd.Series(["F", pd.NA, "M"], dtype="string"),
        pd.Categorical(["F", None, "M"], categories=["M", "F", "X"]),
        np.array(["F", None, "M"], dtype=object),
    ],
)
def test_missing_values_are_a_group_of_their_own(column):
    groups = group_column("sex", column)
    assert groups.tolist() == ["F", "(missing)", "M"] and groups.dtype.kind == "U"


def test_numbers_booleans_and_the_empty_text_are_named():
    assert group_column("code", [1.0, 2.0, np.nan]).tolist() == ["1", "2", "(missing)"]
    assert group_column("flag", pd.array([True, None], dtype="boolean")).tolist() == ["True", "(missing)"]
    assert group_column("t", ["", "NA"]).tolist() == ["(empty)", "NA"]
    assert group_column("age", [np.nan, 30.0], {"bins": [25]}).tolist() == ["(missing)", "25 and over"]


def test_values_are_renamed_by_their_spelling():
    renamed = group_column("sex", [1.0, 2.0, 3.0], {"values": {"1": "male", 2: "female"}})
    assert renamed.tolist() == ["male", "female", "3"]
    with pytest.raises(DataError, match="renames '7', which no row has; known: '1', '2'"):
        group_column("sex", [1, 2], {"values": {"7": "male"}})
    with pytest.raises(DataError, match="values must map old names to new ones"):
        group_column("sex", [1, 2], {"values": ["male"]})


def test_a_number_with_many_values_needs_bins_and_the_message_is_the_mend():
    ages = np.arange(18, 90)
    with pytest.raises(DataError, match="72 different values; at most 50") as raised:
        group_column("age at start", ages)
    text = str(raised.value)
    written = tomllib.loads(text[text.index("[data.groups") : text.index("or in Python")])
    assert len(set(group_column("age at start", ages, written["data"]["groups"]["age at start"]))) == 3
    assert len(set(group_column("age", np.arange(50)))) == 50  # fifty are still groups


def test_more_than_a_thousand_values_are_no_groups():
    names = np.char.add("person", np.arange(1001).astype(str))
    with pytest.raises(DataError, match=r"1001 different values; at most 1000.*identifier"):
        group_column("id", names)
    assert len(set(group_column("id", names[:1000]))) == 1000


@pytest.mark.parametrize("bins", [[], [3, 1], [1, 1], ["young"], 25, [float("nan")]])
def test_bins_that_are_none(bins):
    with pytest.raises(DataError, match="bins must be rising numbers"):
        group_column("age", [1, 2], {"bins": bins})


def test_bins_of_text_and_unknown_options():
    with pytest.raises(DataError, match=r"bins need numbers; the column holds '\?'"):
        group_column("age", ["17", "?"], {"bins": [25]})
    with pytest.raises(DataError, match="unknown option 'bin'; did you mean 'bins'"):
        group_column("age", [17], {"bin": [25]})
    with pytest.raises(DataError, match=r"shape \(N,\)"):
        group_column("age", np.zeros((2, 2)))
