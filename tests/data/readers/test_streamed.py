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
    from_stream, from_whole = (run(check, RecordedModel.of(data), data) for data in (streamed, whole))
    key = [
        (
            measurement.name,
            measurement.slice,
            measurement.across,
            measurement.value,
            measurement.interval,
            measurement.n,
        )
        for measurement in from_stream.measurements
    ]
    assert key == [
        (
            measurement.name,
            measurement.slice,
            measurement.across,
            measurement.value,
            measurement.interval,
            measurement.n,
        )
        for measurement in from_whole.measurements
    ]
    assert any(measurement.value is not None for measurement in from_stream.measurements)


def test_what_counting_can_do_without_is_passed_over_and_the_rest_refused_with_a_way_out(people):
    folder = people[1]
    how = {"stream": True, "unlabelled": "keep", **HOW}
    data = AuditData.from_table(folder / "all.parquet", **how, drop=["age"], id="free text", scores="age")
    assert data.size == 3000 and any("drop, id, scores was not read" in note for note in data.notes)
    for more, message, mended in (
        ({"people": "age"}, "people says that the rows are counts already", False),
        ({"groups": ()}, "needs groups", True),
        ({"decisions": None}, "needs recorded decisions", False),
        ({"task": "regression"}, "the task is regression", False),
    ):
        with pytest.raises(DataError, match=message) as caught:
            AuditData.from_table(folder / "all.parquet", **{**how, **more})
        assert [mend.line for mend in caught.value.mend] == ["stream = false"]
        if mended:
            assert len(AuditData.from_table(folder / "all.parquet", **{**how, **more, "stream": False})) == 3000
    for more, message in (({"drop": ["agee"]}, "did you mean 'age'"), ({"groups": ["sexx"]}, "sexx")):
        with pytest.raises(DataError, match=message):
            AuditData.from_table(folder / "all.parquet", **{**how, **more})
    with pytest.raises(DataError, match=r"no file is called 'none\*.csv' there"):
        AuditData.from_table(folder / "none*.csv", stream=True, **HOW)
    with pytest.raises(DataError, match=r"needs the path of a Parquet or csv file.*DataFrame was given"):
        AuditData.from_table(people[0], stream=True, **HOW)


def test_what_is_missing_is_counted_in_people(people):
    frame, folder = people
    for change, column, count in (({}, "label 'y'", frame["y"].isna().sum()), ({"abstain": None}, "decisions", 30)):
        frame.assign(d=frame["d"].where(frame.index >= 30)).to_parquet(folder / "gaps.parquet")
        unlabelled = "keep" if change else "refuse"
        with pytest.raises(DataError, match=f"{column} (is|are) missing in {count} people"):
            AuditData.from_table(folder / "gaps.parquet", stream=True, unlabelled=unlabelled, **{**HOW, **change})
    frame.assign(w=np.where(frame.index < 40, 0.0, 1.5)).to_parquet(folder / "weights.parquet")
    with pytest.raises(DataError, match="positive finite numbers, one per row; 40 people are not"):
        AuditData.from_table(folder / "weights.parquet", stream=True, unlabelled="keep", weights="w", **HOW)


@pytest.mark.parametrize("name", ["people.feather", "people.npz", "people.pkl", "people.csv.bz2", "nobody.csv", "."])
def test_what_is_of_no_form_that_is_counted_is_said_without_an_encoding(tmp_path, name):
    frame = pd.DataFrame({"sex": ["f", "m"] * 300, "d": np.random.default_rng(0).integers(0, 2, 600)})
    frame.to_feather(tmp_path / "people.feather")
    frame.to_pickle(tmp_path / "people.pkl")
    frame.to_csv(tmp_path / "people.csv.bz2", index=False)
    np.savez(tmp_path / "people.npz", d=frame["d"])
    with pytest.raises(DataError, match=r"is neither Parquet, csv nor records|there is no file|is a folder") as caught:
        AuditData.from_table(tmp_path / name, groups=["sex"], decisions="d", stream=True)
    assert not caught.value.mend
