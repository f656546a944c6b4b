"""What is published of real people, cut to a few hundred with several small groups, gives nobody away."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.run.publish_rule import Publish, numberless
from tests.hostile.formats import READERS, Formats
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


def formats_of(people: People, folder: pathlib.Path) -> Formats:
    return Formats(folder, people.values)


def test_of_the_census_nobody_is_worked_out_from_all_formats_together(census: People, tmp_path: pathlib.Path) -> None:
    assert sum(1 for _ in census.small(2)) > 40
    audited(census, tmp_path, formats=["pdf"])
    reader = facts(census, tmp_path)
    facts_of = {file: formats_of(census, tmp_path).tell(reader, file) for file in READERS}
    assert all(facts_of.values()) and sum(facts_of.values()) > 100 and len(reader.rows) > 15, facts_of
    assert worked_out(census, reader, 2, MINIMUM) == []
    assert worked_out(census, reader, 2, (MINIMUM - 1) // 2, words=True) == []


@pytest.fixture(scope="module")
def inside(census: People, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, pathlib.Path]:
    """The same for readers in the house."""
    folder = tmp_path_factory.mktemp("inside")
    return audited(census, folder, "internal", formats=["pdf"]), folder


@pytest.mark.parametrize("file", READERS)
def test_each_format_alone_is_read(inside: tuple[Any, pathlib.Path], census: People, file: str) -> None:
    """The control: what stands in a format that is for the house gives people away, to one who has this file alone."""
    reader = Reader(census.values)
    reader.learn({}, ALL, len(census.labels))
    number = formats_of(census, inside[1]).tell(reader, file)
    assert number >= 4
    if file not in ("summary.md", "junit.xml", "metrics.json"):  # limits; rates alone
        assert len(worked_out(census, reader, 1, MINIMUM)) >= 3


def test_in_the_house_nobody_is_worked_out_whom_the_results_do_not_name(
    inside: tuple[Any, pathlib.Path], census: People
) -> None:
    result, folder = inside
    named = [tuple(sorted(group.items())) for group in result.data.deducible]
    reader = facts(census, folder)
    for file in READERS:
        formats_of(census, folder).tell(reader, file)
    assert reader.small and named
    for key, group in reader.small.items():
        low, high = reader.ends(group, ALL, words=True)
        if np.floor(high + 1e-6) - np.ceil(low - 1e-6) < 1:
            assert key in named, group


def test_settings_keep_their_numbers_and_nothing_else_does() -> None:
    expected = {
        "fewer than 10 people with a positive label": "fewer than 10 people with a positive label",
        "without 3 groups of under 2% of the people each, 41 people together": "without … groups of under 2% of the "
        "people each, … people together",
        "fewer than 7 people": "fewer than … people",
        "10 of 12 people, 83.3 %": "… of … people, … %",
        "fewer than 10.5 things, under 2% of 9": "fewer than … things, under …% of …",
    }
    assert {text: numberless(text, {10}) for text in expected} == expected


def test_a_number_of_more_than_safe_counts_says_why_it_is_withheld() -> None:
    rows = np.arange(200)
    check = GroupFairness(permutations=99, trials=20)
    result = run(check, *recorded(rows % 2, rows // 2 % 2, {"g": np.where(rows < 100, "a", "b")}))
    tied = Publish(None, MINIMUM).check(result).measurements
    untied = Publish(None, MINIMUM).check(result.model_copy(update={"definitions": {}})).measurements
    assert tied and all((measurement.reason or "").endswith("can be worked out") for measurement in tied)
    assert untied and all(
        "can be worked out: it is made of more than the counts" in (measurement.reason or "") for measurement in untied
    )
