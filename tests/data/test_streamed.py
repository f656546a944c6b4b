"""Files read a batch at a time give the numbers that the whole table gives."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.models.recorded import RecordedModel
from tests.plugins.recorded import run

GROUPS = {"sex": None, "age group": {"column": "age", "bins": [25, 45, 65]}}
HOW = {"label": "y", "positive": "good", "groups": GROUPS, "decisions": "d", "abstain": "?"}


@pytest.fixture
def people(tmp_path):
    rng, n = np.random.default_rng(0), 3000
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M", None], n, p=[0.5, 0.48, 0.02]),
            "age": rng.integers(18, 90, n),
            "y": rng.choice(["good", "bad", None], n, p=[0.5, 0.4, 0.1]),
            "d": rng.choice(["good", "bad", "?"], n, p=[0.5, 0.45, 0.05]),
            "free text": [f"note {number}" for number in range(n)],
        }
    )
    frame[:1800].to_csv(tmp_path / "shard1.csv", index=False)
    frame[1800:].to_csv(tmp_path / "shard2.csv", index=False)
    frame.to_parquet(tmp_path / "all.parquet")
    return frame, tmp_path


@pytest.mark.parametrize("name", ["shard*.csv", "all.parquet"])
def test_a_stream_gives_the_numbers_of_the_whole_table(people, name):
    frame, folder = people
    streamed = AuditData.from_table(folder / name, stream=True, unlabelled="keep", **HOW)
    whole = AuditData.from_table(frame.drop(columns="free text"), unlabelled="keep", **HOW)
    assert streamed.size == len(whole) == 3000 and len(streamed) < 150 and streamed.name == name
    check = GroupFairness(permutations=99, trials=20)
    one, other = (run(check, RecordedModel.of(data), data) for data in (streamed, whole))
    key = [(each.name, each.slice, each.across, each.value, each.interval, each.n) for each in one.measurements]
    assert key == [
        (each.name, each.slice, each.across, each.value, each.interval, each.n) for each in other.measurements
    ]
    assert any(each.value is not None for each in one.measurements)


def test_what_has_no_place_in_counts_is_refused(people):
    folder = people[1]
    for more, message in (
        ({"drop": ["age"]}, "so drop has no place"),
        ({"scores": "age"}, "so scores has no place"),
        ({"groups": ()}, "needs groups"),
        ({"decisions": None}, "needs recorded decisions"),
        ({"groups": ["sexx"]}, "sexx"),
    ):
        with pytest.raises(DataError, match=message):
            AuditData.from_table(folder / "all.parquet", stream=True, unlabelled="keep", **{**HOW, **more})
    with pytest.raises(DataError, match=r"no file is called 'none\*.csv' there"):
        AuditData.from_table(folder / "none*.csv", stream=True, **HOW)
    with pytest.raises(DataError, match="needs the path of a parquet or csv file; DataFrame was given"):
        AuditData.from_table(people[0], stream=True, **HOW)
    with pytest.raises(DataError, match="label 'y' is missing in"):
        AuditData.from_table(folder / "all.parquet", stream=True, **HOW)
