"""auditkit count: the table it writes, what it prints, and its exit codes."""

import numpy as np
import pandas as pd
import pytest

from auditkit.counts import from_frame
from tests.command import auditkit


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"sex": rng.choice(["F", "M"], 300), "y": rng.choice([0, 1], 300), "d": rng.choice([0, 1], 300)}
    )
    frame["w"] = 0.5
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet")
    return tmp_path


def count(folder, *words):
    return auditkit(folder, "count", *words, COLUMNS="200")


def test_the_table_is_written_and_can_be_read_again(folder):
    roles = ("--group", "sex", "--label", "y", "--decision", "d", "--weights", "w")
    done = count(folder, "people.csv", "people.parquet", *roles, "--out", "counts.csv")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [
        "600 people in 8 cells; 2 groups of sex", "sum of the weights: 300", "Counts: counts.csv",
    ]  # fmt: skip
    counts = from_frame(pd.read_csv(folder / "counts.csv"))
    frame = pd.read_csv(folder / "people.csv")
    for at, sex in enumerate("FM"):
        for y in (0, 1):
            for d in (0, 1):
                assert counts.tally.rows[at, y, d] == 2 * ((frame.sex == sex) & (frame.y == y) & (frame.d == d)).sum()


def test_small_cells_are_pointed_out(folder):
    pd.DataFrame({"g": ["a"] * 12 + ["b"] * 3, "d": 1}).to_csv(folder / "few.csv", index=False)
    done = count(folder, "few.csv", "--group", "g", "--decision", "d", "--out", "few.parquet")
    assert done.returncode == 0
    assert "1 cell holds fewer than 10 people: as sensitive as the rows" in done.stdout
    assert pd.read_parquet(folder / "few.parquet")["people"].tolist() == [12, 3]
    assert "sensitive" in count(folder, "--help").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("people.csv", "--group", "sexx", "--out", "c.csv"), "no column 'sexx'; did you mean 'sex'?"),
        (("persons.csv", "--group", "sex", "--out", "c.csv"), "there is no file 'persons.csv'"),
        (("people.csv", "--group", "sex", "--out", "c.xlsx"), "must end in .csv or .parquet"),
        (("people.csv", "--group", "sex", "--out", "no/c.csv"), "a folder that exists"),
        (("people.csv", "--group", "sex", "--out", "people.csv"), "one of the files to count"),
        (("people.csv", "--out", "c.csv"), "nothing to count"),
        (("people.csv", "--group", "sex"), "--out"),
    ],
)
def test_mistakes_end_in_a_sentence_and_exit_code_2(folder, words, message):
    before = (folder / "people.csv").read_bytes()
    done = count(folder, *words)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "c.csv").exists() and (folder / "people.csv").read_bytes() == before
