"""What is published of real people, cut to a few hundred with several small groups, gives nobody away."""

from __future__ import annotations

import csv
import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest

from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.run.publish_rule import Publish, numberless
from tests.hostile.reader import ALL, Reader
from tests.hostile.test_published import MINIMUM, People, audited, facts, worked_out
from tests.plugins.recorded import recorded, run


@pytest.fixture(scope="module")
def census(shared_data: pathlib.Path) -> People:
    """600 people of the census; who is selected follows from education and hours, as a simple rule would."""
    frame = pd.read_csv(shared_data / "adult" / "adult.data.gz", header=None, skipinitialspace=True).iloc[:600]
    groups = {"sex": frame[9].to_numpy(dtype=str), "race": frame[8].to_numpy(dtype=str)}
    selected = ((frame[4] >= 11) & (frame[12] >= 38)).to_numpy().astype(int)
    return People((frame[14] == ">50K").to_numpy().astype(int), selected, groups)


def read_tables(reader: Reader, folder: pathlib.Path) -> int:
    """Learn the numbers of the CSV and of metrics.json too; how many there are."""
    found = 0
    with (folder / "measurements.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            group = dict(part.split("=", 1) for part in row["slice"].split(", ")) if row["slice"] else {}
            value, n, low, high = (float(row[name]) if row[name] else None for name in ("value", "n", "low", "high"))
            ends = None if low is None or high is None else {"low": low, "high": high, "method": "Wilson"}
            reader.read({
                "name": row["name"], "value": value, "slice": group, "n": n and int(n), "across": row["across"].split(),
                "conditions": {}, "interval": ends, "reason": row["reason"],
            })  # fmt: skip
            found += value is not None
    for key, value in json.loads((folder / "metrics.json").read_text()).items():
        told = re.fullmatch(r"[a-z_.]+\.([a-z_]+)", key)
        if told is not None:
            reader.read({"name": told[1], "value": value, "slice": {}, "n": None, "across": [], "conditions": {}})
            found += 1
    return found


def test_of_the_census_nobody_is_worked_out(census: People, tmp_path: pathlib.Path) -> None:
    assert sum(1 for _ in census.small(2)) > 40
    audited(census, tmp_path)
    reader = facts(census, tmp_path)
    assert read_tables(reader, tmp_path) > 20 and len(reader.rows) > 15
    assert worked_out(census, reader, 2, MINIMUM) == []
    assert worked_out(census, reader, 2, (MINIMUM - 1) // 2, words=True) == []


def test_in_the_house_nobody_is_worked_out_whom_the_results_do_not_name(census: People, tmp_path: pathlib.Path) -> None:
    result = audited(census, tmp_path, "internal")
    named = [tuple(sorted(group.items())) for group in result.data.deducible]
    reader = facts(census, tmp_path)
    read_tables(reader, tmp_path)
    assert reader.small and named
    for key, group in reader.small.items():
        low, high = reader.ends(group, ALL, words=True)
        if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < 1:
            assert key in named, group


def test_settings_keep_their_numbers_and_nothing_else_does() -> None:
    said = {
        "fewer than 10 people with a positive label": "fewer than 10 people with a positive label",
        "without 3 groups of under 2% of the people each, 41 people together": "without … groups of under 2% of the "
        "people each, … people together",
        "fewer than 7 people": "fewer than … people",
        "10 of 12 people, 83.3 %": "… of … people, … %",
        "fewer than 10.5 things, under 2% of 9": "fewer than … things, under …% of …",
    }
    assert {text: numberless(text, {10}) for text in said} == said


def test_a_number_of_more_than_safe_counts_says_why_it_is_withheld() -> None:
    rows = np.arange(200)
    check = GroupFairness(permutations=99, trials=20)
    result = run(check, *recorded(rows % 2, rows // 2 % 2, {"g": np.where(rows < 100, "a", "b")}))
    tied = Publish(None, MINIMUM).check(result).measurements
    untied = Publish(None, MINIMUM).check(result.model_copy(update={"definitions": {}})).measurements
    assert tied and all((each.reason or "").endswith("can be worked out") for each in tied)
    assert untied and all(
        "can be worked out: it is made of more than the counts" in (each.reason or "") for each in untied
    )
