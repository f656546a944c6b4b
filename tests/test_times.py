"""Moments, lengths of time and times of day: one spelling."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from auditkit.times import same_times

NOON = datetime.datetime(2024, 2, 3, 12)
LONG = datetime.timedelta(days=1, hours=2, milliseconds=500)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([NOON, pd.Timestamp(NOON), np.datetime64(NOON), "2024-02-03T12:00", "2024-02-03 12:00:00.000"],
         "2024-02-03 12:00:00"),
        ([NOON.replace(tzinfo=datetime.UTC), "2024-02-03T12:00:00Z", "2024-02-03 12:00+0000"],
         "2024-02-03 12:00:00+00:00"),
        ([NOON.date(), "2024-02-03", "2024-02-03T00:00:00", pd.Timestamp(NOON.date())], "2024-02-03"),
        ([pd.Timestamp(NOON) + pd.Timedelta(1, "ns"), "2024-02-03T12:00:00.000000001"],
         "2024-02-03 12:00:00.000000001"),
        ([LONG, pd.Timedelta(LONG), np.timedelta64(LONG), "1 day, 2:00:00.500000", "P1DT2H0.5S", "PT26H0.50S"],
         "1 days 02:00:00.5"),
        ([-LONG, "-2 days +21:59:59.500000", "-P1DT2H0.5S"], "-2 days +21:59:59.5"),
        ([datetime.timedelta(2), "2 days", "P2D"], "2 days"),
        ([NOON.time(), "12:00:00.000000000"], "12:00:00"),
    ],
)  # fmt: skip
def test_one_spelling(values, expected):
    assert same_times(values) == [expected] * len(values)


@pytest.mark.parametrize(
    "values",
    [["P"], ["PT"], ["day"], ["2024-02"], ["12"], [1.5], [None], [NOON, "noon"], [NOON, LONG], ["1 d"]],
    ids=str,
)
def test_what_is_none(values):
    assert same_times(values) is None


def test_midnights_keep_their_time_beside_others():
    assert same_times(["2024-02-03T00:00:00", NOON]) == ["2024-02-03 00:00:00", "2024-02-03 12:00:00"]
