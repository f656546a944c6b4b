"""Large files of recorded answers are counted by themselves, with the numbers of the whole table."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import auditkit
from auditkit.checks import missing_needs
from auditkit.command import commands
from auditkit.counts.dialect import Options
from auditkit.data import AuditData
from auditkit.data.readers import foreseen
from auditkit.errors import ConfigError, DataError
from auditkit.host import Host
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.plugins.performance.check import Quality
from tests.plugins.recorded import run

ROWS = 400
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "id": range(ROWS),
        "sex": RNG.choice(["F", "M", None], ROWS, p=[0.5, 0.45, 0.05]),
        "age": RNG.integers(18, 90, ROWS),
        "y": RNG.choice([9, 10], ROWS),
        "d": RNG.choice([9, 10], ROWS),
        "weight": RNG.choice([0.5, 1.25, 3], ROWS),
        "score": RNG.random(ROWS),
    }
)
HOW = {"label": "y", "decisions": "d", "groups": {"sex": None, "years": {"column": "age", "bins": [25, 45.5]}}}


@pytest.fixture
def little(monkeypatch):
    """A machine with so little memory that every file is large."""
    monkeypatch.setattr(foreseen, "machine_memory", lambda: 1000)


def write(frame, folder, kind):
    path = folder / f"t.{kind}"
    if kind == "parquet":
        frame.to_parquet(path, index=False)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep=";" if kind == "txt" else ",")
    return path


def numbers(data, *checks):
    """All that checks on counts find, sorted."""
    rows = []
    for check in checks or (GroupFairness(permutations=99, trials=20),):
        result = run(check, RecordedModel.of(data), data)
        for measurement in result.measurements:
            about = (
                measurement.name,
                sorted(measurement.slice.items()),
                measurement.across,
                repr(measurement.conditions),
            )
            rows.append((*about, measurement.value, measurement.interval, measurement.n))
    return sorted(rows, key=repr)


@pytest.mark.parametrize("kind", ["parquet", "csv", "csv.gz", "txt", "jsonl"])
def test_a_large_file_is_counted_by_itself_and_a_small_one_is_not(kind, tmp_path, monkeypatch):
    path = write(FRAME, tmp_path, kind)
    for memory, counted in ((200_000, True), (2_000_000, False)):
        monkeypatch.setattr(foreseen, "machine_memory", lambda memory=memory: memory)
        data = AuditData.from_table(path, **HOW)
        assert bool(data.streamed) == (data.people is not None) == counted
        assert data.size == ROWS
    assert AuditData.from_table(path, stream=True, **HOW).streamed
    monkeypatch.setattr(foreseen, "machine_memory", lambda: 1000)
    assert not AuditData.from_table(path, stream=False, **HOW).streamed
    assert not AuditData.from_table(path, label="y", groups=["sex"]).streamed  # a model is going to be asked
    assert not AuditData.from_table(FRAME, **HOW).streamed


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_what_has_no_place_in_counts_is_passed_over_with_a_note(kind, little, tmp_path):
    path = write(FRAME, tmp_path, kind)
    schema = {"score": {"low": 0, "high": 1}}
    more = {"id": "id", "drop": ["age"], "scores": "score", "train": path, "schema": schema, "features": ["age"]}
    data = AuditData.from_table(path, weights="weight", **more, **HOW)
    whole = AuditData.from_table(FRAME, weights="weight", **HOW)
    checks = (GroupFairness(permutations=99, trials=20), Quality())
    assert numbers(data, *checks) == numbers(whole, *checks)
    assert data.train is None and data.recorded.scores is None and list(data.inputs.columns) == ["sex"]
    note = next(note for note in data.notes if "counted in a stream" in note)
    assert "would take about" in note and "drop, id, scores, train, features, schema was not read" in note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decisions": None, "scores": "score"}, "only scores were named: write a column of decisions"),
        ({"groups": []}, r"needs groups.*name at least one under \[data\] groups"),
        ({"groups": {"sex": FRAME["sex"].to_numpy()}}, "each named by its column"),
        ({"label": FRAME["y"].to_numpy()}, "by the names of their columns"),
        ({"task": "regression"}, "the task is regression"),
        ({"strip": False}, "strip = False keeps them"),
    ],
)
def test_what_counting_cannot_do_without_is_refused_before_reading_with_a_way_out(
    change, message, little, tmp_path, monkeypatch
):
    path = write(FRAME, tmp_path, "csv")
    monkeypatch.setattr("auditkit.counts.streams.Csv.batches", None)  # whoever reads fails
    with pytest.raises(DataError, match=message) as caught:
        AuditData.from_table(path, **{**HOW, **change})
    (mend,) = caught.value.mend
    assert mend.line == "stream = false" and mend.line in str(caught.value)


def test_files_that_cannot_be_read_in_batches_are_read_as_ever(little, tmp_path):
    FRAME.to_json(tmp_path / "t.json", orient="records")
    np.savez(tmp_path / "t.npz", **{name: FRAME[name].to_numpy() for name in ("age", "y", "d")}, sex=["F", "M"] * 200)
    for name in ("t.json", "t.npz"):
        assert AuditData.from_table(tmp_path / name, label="y", decisions="d", groups=["sex"]).people is None
    with pytest.raises(DataError, match="no file"):
        AuditData.from_table(tmp_path / "none.csv", **HOW)


def test_records_of_json_are_counted_as_they_are_read(little, tmp_path, monkeypatch):
    monkeypatch.setattr("auditkit.counts.records.BATCH", 64)
    mixed = RNG.choice(np.array([0, 1, 2.5, "1", "x", None], dtype=object), ROWS)
    late = FRAME.assign(mixed=mixed, age=FRAME["age"] + 0.5).to_dict("records")
    for record in late[:200]:
        del record["sex"]  # missing, and not named in the first batches
    path = tmp_path / "t.jsonl"
    path.write_text("\n\n".join(map(json.dumps, late)), encoding="utf-8")
    how = {**HOW, "groups": {**HOW["groups"], "mixed": None}}
    counted, whole = (AuditData.from_table(path, stream=stream, **how) for stream in (None, False))
    assert counted.streamed and not whole.streamed and numbers(counted) == numbers(whole)
    with pytest.raises(DataError, match="no column 'sexx'; did you mean 'sex'"):
        AuditData.from_table(path, label="y", decisions="d", groups=["sexx"])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"sex": "F", "y": 9, "d": 9}', '{"sex": "F", "y": 10, "d": 9'], "line 2: Expecting"),
        (['{"sex": ["F"], "y": 9, "d": 9}', '{"sex": "F", "y": 10, "d": 9}'], "column 'sex' holds lists or objects"),
        (['{"sex": "F", "y": 9, "d": 9}', '{"sex": "F", "y": 10, "d": 9}', "[1]"], "JSON that is no table"),
    ],
)
def test_broken_records_are_refused_as_they_are_where_they_are_read_whole(lines, message, tmp_path):
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    words = set()
    for stream in (True, False):
        with pytest.raises(DataError, match=message) as caught:
            AuditData.from_table(tmp_path / "t.jsonl", label="y", decisions="d", groups=["sex"], stream=stream)
        words.add(str(caught.value))
    assert len(words) == 1


def test_a_shard_of_one_record_is_counted_and_a_document_is_not(tmp_path):
    for name, some in (("a1", FRAME[:399]), ("a2", FRAME[399:])):
        write(some, tmp_path, "jsonl").rename(tmp_path / f"{name}.jsonl")
    assert numbers(AuditData.from_table(tmp_path / "a*.jsonl", **HOW)) == numbers(AuditData.from_table(FRAME, **HOW))
    FRAME.to_json(tmp_path / "t.json", orient="records")
    with pytest.raises(DataError, match="holds one document of JSON, which cannot be read a part at a time"):
        AuditData.from_table(tmp_path / "t.json", stream=True, **HOW)


def test_several_files_are_counted_whatever_their_size(tmp_path):
    FRAME[:250].to_csv(tmp_path / "a1.csv", index=False)
    FRAME[250:].to_csv(tmp_path / "a2.csv", index=False)
    data = AuditData.from_table(tmp_path / "a*.csv", **HOW)
    assert numbers(data) == numbers(AuditData.from_table(FRAME, **HOW))
    assert any("a*.csv is several files" in note for note in data.notes)


def test_a_file_without_a_header_and_with_decimal_commas_is_counted_as_it_is_read(little, tmp_path):
    frame = FRAME.assign(age=[f"{age},5" for age in FRAME["age"]])
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False, header=False, sep=";")
    more = {"columns": list(frame.columns), "decimal": ",", "delimiter": ";", **HOW}
    data, whole = (AuditData.from_table(path, stream=stream, **more) for stream in (None, False))
    assert data.streamed and not whole.streamed and numbers(data) == numbers(whole)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("whole", [True, False])
def test_bins_of_more_values_than_can_be_told_apart_are_counted(kind, whole, little, tmp_path, monkeypatch):
    monkeypatch.setattr("auditkit.counts.arrow_codes.DISTINCT", 60)
    income = RNG.permutation(np.arange(ROWS) * 10 if whole else np.arange(ROWS) / 8)
    income[:7] = -1
    path = write(FRAME.assign(income=income), tmp_path, kind)
    bins = {"income": {"bins": [0, 10, 20.5]}, "rich": {"column": "income", "bins": [30], "values": {"under 30": "no"}}}
    how = {"label": "y", "decisions": "d", "missing": ["-1"], "groups": bins}
    counted, read = (AuditData.from_table(path, stream=stream, **how) for stream in (None, False))
    for name in bins:
        values = np.unique(read.groups[name])
        assert len(values) > 2 and set(values) == set(counted.groups[name])
        for value in values:
            assert counted.people[counted.groups[name] == value].sum() == (read.groups[name] == value).sum()
    with pytest.raises(DataError, match="more than 60 different values"):
        AuditData.from_table(path, **{**how, "groups": ["income"]})


@pytest.mark.parametrize("role", ["drop", "id", "scores"])
def test_a_column_that_is_not_there_is_refused_also_where_it_would_not_be_read(role, little, tmp_path):
    with pytest.raises(DataError, match=f"{role} names the column 'scoer', which the data lacks; did you mean 'score'"):
        AuditData.from_table(write(FRAME, tmp_path, "csv"), **{role: "scoer"}, **HOW)


def test_skipped_checks_say_that_the_file_was_counted(little, tmp_path):
    data = AuditData.from_table(write(FRAME, tmp_path, "parquet"), scores="score", train=FRAME, **HOW)
    model = RecordedModel.of(data)
    why = "the file was counted in a stream, as the table would not fit into half of the memory"
    offers = {id: offer.value for id, offer in Host().checks().items()}
    for id in ("data.integrity", "fairness.slices", "fairness.scores", "fairness.individual"):
        assert missing_needs(offers[id], model, data).endswith(why)
    assert missing_needs(offers["fairness.groups"], model, data) is None


def test_a_check_that_was_named_and_cannot_count_is_refused(little, tmp_path):
    data = AuditData.from_table(write(FRAME, tmp_path, "csv"), **HOW)
    for name in ("data.integrity", "fairness.scores", "privacy.membership"):
        with pytest.raises(
            ConfigError, match=f"{name} needs a row for each person, and the file was counted"
        ) as caught:
            auditkit.audit(None, data, checks=["fairness.groups", name], budget="quick")
        assert caught.value.mend[0].line == "stream = false"
    result = auditkit.audit(None, data, checks=["fairness", "performance.quality"], budget="quick")
    status = {check_result.check: check_result.status for check_result in result.results}
    assert status["fairness.groups"] == status["performance.quality"] == "measured"
    assert status["fairness.individual"] == "skipped"


CONFIG = """
[model]
decisions = "d"
[data]
path = "t.parquet"
label = "y"
groups = ["sex"]
drop = ["age"]
STREAM
[audit]
budget = "quick"
out = "out"
[[limits]]
measurement = "fairness.groups.demographic_parity_difference"
across = ["sex"]
at_most = 0.9
because = "policy"
"""


@pytest.mark.parametrize("checks", [["fairness"], ["data.integrity"], ["fairness.groups", "explanations"]])
@pytest.mark.parametrize("stream", ["", "stream = false"])
@pytest.mark.parametrize("plan", [True, False])
def test_the_command_refuses_before_it_reads_and_plans_with_reasons(
    checks, stream, plan, little, tmp_path, monkeypatch, capsys
):
    write(FRAME, tmp_path, "parquet")
    (tmp_path / "auditkit.toml").write_text(CONFIG.replace("STREAM", stream))
    monkeypatch.chdir(tmp_path)
    cannot = not stream and checks != ["fairness"]
    if cannot:
        monkeypatch.setattr("auditkit.counts.streams.RowGroups.batches", None)  # whoever reads fails
        monkeypatch.setattr("auditkit.data.readers.table.open_source", None)
    how = commands.RunOptions(checks, plan=plan, quiet=True)
    if cannot:
        with pytest.raises(ConfigError, match="needs a row for each person, and the file was counted in a stream"):
            commands.run(None, {}, how)
        return
    code = commands.run(None, {}, how)
    text = " ".join(capsys.readouterr().out.split())
    assert code == (0 if plan or "data.integrity" not in checks else 3)
    assert "counted in a stream" in text or stream or not plan
    assert "counted in a stream" not in text or not stream


def test_an_estimate_is_about_what_reading_takes(tmp_path):
    """Six columns of 10^6 rows took 385 MB at the peak from Parquet and 407 MB from csv; 300 columns of 20,000 rows
    136 MB and 201 MB: measured on pandas 3.1."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(500, 297)).round(4)).rename(columns=str)
    frame = frame.assign(sex=rng.choice(["female", "male"], 500), y=rng.integers(0, 2, 500), d=rng.integers(0, 2, 500))
    for kind, measured in (("parquet", 136e6), ("csv", 201e6), ("csv.gz", 201e6)):
        size = foreseen.extent([write(frame, tmp_path, kind)], 3, Options())
        assert measured / 1.4 < size.memory * 40 < measured * 1.4
        assert size.rows == (500 if kind == "parquet" else None)
    long = FRAME.drop(columns="id").sample(20_000, replace=True, random_state=0)
    for kind, measured in (("parquet", 385e6), ("csv", 407e6), ("csv.gz", 407e6)):
        size = foreseen.extent([write(long, tmp_path, kind)], 4, Options())
        assert measured / 1.4 < size.memory * 50 < measured * 1.4


def test_the_estimate_of_a_compressed_file_knows_what_it_unpacks_to(tmp_path):
    plain, packed = tmp_path / "t.csv", tmp_path / "t.csv.gz"
    plain.write_bytes(b"a,b\n" + b"1,2\n" * 1_000_000)
    with gzip.open(packed, "wb") as file:
        file.write(plain.read_bytes())
    exact, estimate = (foreseen.extent([path], 2, Options()).memory for path in (plain, packed))
    assert estimate == pytest.approx(exact, rel=0.01)
    with packed.open("ab") as file:  # a second member, as where files were joined
        file.write(packed.read_bytes())
    assert foreseen.extent([packed], 2, Options()).memory == pytest.approx(2 * exact, rel=0.01)


VALUES = {
    "texts": st.sampled_from(["a", "b", " a", "c d", "", "NA"]),
    "whole": st.sampled_from([1, 2, 10, None]),
    "floats": st.sampled_from([0.5, 2.0, 10.25, -1.0, None]),
    "booleans": st.sampled_from([True, False]),
    "zeros": st.sampled_from(["01", "1", "10"]),
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    group=st.sampled_from(sorted(VALUES)),
    kind=st.sampled_from(["parquet", "csv", "txt"]),
    classes=st.sampled_from([["no", "yes"], [0, 1], [9, 10], [False, True], ["x", "y", "z"], [1.0, 2.0, 11.0]]),
    gaps=st.booleans(),
    weighted=st.booleans(),
    bins=st.booleans(),
)
def test_counted_is_the_same_as_read(data, group, kind, classes, gaps, weighted, bins, tmp_path, little):
    rows = data.draw(st.integers(60, 90))
    several = st.lists(VALUES[group], min_size=rows, max_size=rows)
    draw = np.random.default_rng(data.draw(st.integers(0, 1000)))
    frame = pd.DataFrame(
        {
            "g": pd.Series(data.draw(several), dtype=object).infer_objects(),
            "age": draw.integers(18, 80, rows),
            "y": pd.Series(draw.choice(np.array(classes, dtype=object), rows)).infer_objects(),
            "d": pd.Series(draw.choice(np.array(classes, dtype=object), rows)).infer_objects(),
            "w": draw.choice([0.25, 1.5], rows),
        }
    )
    frame.loc[: len(classes), ["y", "d"]] = [[value, value] for value in [*classes, classes[0]]]
    if gaps:
        frame["y"] = frame["y"].astype(object).where(draw.random(rows) > 0.2, None).infer_objects()
        frame["d"] = frame["d"].astype(object).where(draw.random(rows) > 0.2, None).infer_objects()
    how = {
        "label": "y", "decisions": "d", "groups": {"g": None, **({"age": {"bins": [30, 50]}} if bins else {})},
        "unlabelled": "keep", "abstain": "", "missing": ["", "NA", "-1"], "weights": "w" if weighted else None,
        "drop": ["age", "w"] if not weighted else ["age"],
    }  # fmt: skip
    path = write(frame, tmp_path, kind)
    counted, whole = (AuditData.from_table(path, stream=stream, **how) for stream in (None, False))
    assert counted.streamed and not whole.streamed and counted.size == len(whole)
    assert counted.classes == whole.classes and counted.positive == whole.positive and counted.task == whole.task
    checks = [GroupFairness(permutations=99, trials=20)]
    if counted.task == "binary" and not weighted:
        checks.append(AdverseImpact(trials=20, draws=1000))
    assert numbers(counted, *checks) == numbers(whole, *checks)
