"""What `data.integrity` finds in sick and healthy data."""

import numpy as np
import pandas as pd
import pytest

from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.plugins.data import auc, identity
from auditkit.plugins.data.check import Integrity
from tests.plugins.recorded import control, one, recorded, run

FAST = Integrity(detector_rows=1500)


def people(rng, n=1000, *, leak=False, proxy=False, **columns):
    """A table of people: a group that nothing tells, labels that `income` tells a little."""
    sex = np.array(["F", "M"])[rng.integers(0, 2, n)]
    labels = (rng.random(n) < 0.3).astype(int)
    inputs = {
        "income": rng.normal(size=n) + 0.5 * labels,
        "age": rng.integers(18, 90, n) + rng.random(n),
        "job": np.array(["clerk", "cook", "pilot"])[rng.integers(0, 3, n)],
        "sex": sex,
    }
    if leak:
        inputs["outcome_code"] = labels * 2 + 0.4 * rng.random(n)
    if proxy:
        inputs["first_name"] = np.where(sex == "F", "Ada", np.where(rng.random(n) < 0.95, "Alan", "Ada"))
    return pd.DataFrame({**inputs, **columns}), labels, sex


def audited(rng, n=1000, train=None, **more):
    inputs, labels, sex = people(rng, n, **more)
    return recorded(labels, labels, {"sex": sex}, inputs=inputs, train=train)


def test_healthy_data_is_not_flagged():
    result = run(FAST, *audited(np.random.default_rng(0)))
    assert one(result, "leaking_features").value == 0
    assert one(result, "duplicate_share").value == 0
    assert one(result, "proxy_auc", across=("sex",)).interval.high < 0.6
    assert one(result, "strongest_proxy_auc", across=("sex",)).interval.high < 0.62
    assert all(control.holds for control in result.controls) and len(result.controls) == 4


def test_a_feature_that_gives_the_label_away_is_named():
    result = run(FAST, *audited(np.random.default_rng(1), leak=True))
    assert one(result, "leaking_features").value == 1 and one(result, "leaking_features").exact
    assert one(result, "strongest_feature_auc").value > 0.99
    table = next(table for table in result.tables if table.name == "leaks")
    assert table.rows[0][0] == "outcome_code" and table.rows[1][1] < 0.8
    assert any("outcome_code" in note for note in result.notes)


def test_a_proxy_of_a_group_is_named_and_the_group_itself_is_none():
    result = run(FAST, *audited(np.random.default_rng(2), proxy=True))
    strongest = one(result, "strongest_proxy_auc", across=("sex",))
    assert strongest.interval.low > 0.9
    assert one(result, "proxy_auc", across=("sex",)).interval.low > 0.9
    rows = next(table for table in result.tables if table.name == "proxies").rows
    assert rows[0][:2] == ("sex", "first_name") and all(row[1] != "sex" for row in rows)
    assert any("Group columns" in note and "sex" in note for note in result.notes)


def test_proxies_that_only_work_together_are_found():
    rng = np.random.default_rng(3)
    sex = np.array(["F", "M"])[rng.integers(0, 2, 1200)]
    first = rng.integers(0, 2, 1200)
    inputs = pd.DataFrame({"a": first, "b": first ^ (sex == "M"), "c": rng.normal(size=1200)})
    labels = rng.integers(0, 2, 1200)
    result = run(FAST, *recorded(labels, labels, {"sex": sex}, inputs=inputs))
    assert one(result, "proxy_auc", across=("sex",)).value > 0.95
    assert one(result, "strongest_proxy_auc", across=("sex",)).value < 0.6


def test_repeats_and_rows_seen_in_training_are_counted_exactly():
    rng = np.random.default_rng(4)
    inputs, labels, sex = people(rng, 400)
    inputs = pd.concat([inputs, inputs[:40]], ignore_index=True)
    labels, sex = np.concatenate([labels, labels[:40]]), np.concatenate([sex, sex[:40]])
    other, other_labels, other_sex = people(rng, 300)
    train_inputs = pd.concat([other, inputs[100:160]], ignore_index=True)
    train_labels = np.concatenate([other_labels, np.r_[labels[100:140], 1 - labels[140:160]]])
    train = AuditData(
        inputs=train_inputs, labels=train_labels, groups={"sex": np.r_[other_sex, sex[100:160]]}, positive=1
    )
    result = run(FAST, *recorded(labels, labels, {"sex": sex}, inputs=inputs, train=train))
    assert one(result, "duplicate_share").value == 40 / 440
    assert one(result, "train_overlap_share").value == 60 / 440
    assert one(result, "train_overlap_same_label_share").value == 40 / 440
    assert all(one(result, name).exact for name in ("duplicate_share", "train_overlap_share"))
    assert result.level == "training" and result.higher_level == ""


def test_missing_values_are_counted_for_every_feature():
    rng = np.random.default_rng(5)
    inputs, labels, sex = people(rng, 200)
    inputs.loc[:49, "job"] = None
    inputs.loc[:9, "income"] = np.nan
    result = run(FAST, *recorded(labels, labels, {"sex": sex}, inputs=inputs))
    measurements = {
        measurement.conditions["feature"]: measurement
        for measurement in result.measurements
        if measurement.name == "missing_share"
    }
    assert {name: share.value for name, share in measurements.items()} == {
        "income": 0.05,
        "age": 0,
        "job": 0.25,
        "sex": 0,
    }
    assert all(measurement.exact and measurement.n == 200 for measurement in measurements.values())


def test_labels_and_sizes_per_group_with_small_groups_hidden():
    labels = np.tile([1, 0, 0, 0], 50)
    names = ["tiny"] * 5 + ["little"] * 6 + ["a"] * 89 + ["b"] * 100
    result = run(FAST, *recorded(labels, labels, {"g": names}, inputs=pd.DataFrame({"x": np.arange(200.0)})))
    assert one(result, "positive_share").value == 0.25
    assert one(result, "positive_share", {"g": "b"}).n == 100 == one(result, "group_share", {"g": "b"}).n
    assert one(result, "group_share", {"g": "b"}).value == 0.5
    for name in ("group_share", "positive_share"):
        hidden = one(result, name, {"g": "tiny"})
        assert (hidden.value, hidden.n, hidden.reason) == (None, None, "fewer than 10 people")


def test_more_classes_and_numbers():
    rng = np.random.default_rng(6)
    inputs = pd.DataFrame({"x": rng.normal(size=300)})
    labels = np.digitize(inputs["x"], [-0.5, 0.5])
    model, data = recorded(labels, labels, {"g": ["a", "b"] * 150}, inputs=inputs, task="multiclass", positive=None)
    result = run(FAST, model, data)
    shares = [one(result, "label_share", conditions={"label": str(index)}).value for index in range(3)]
    assert sum(shares) == pytest.approx(1)
    assert one(result, "strongest_feature_auc").value > 0.95
    numbers = inputs["x"].to_numpy() * 3
    model, data = recorded(numbers, numbers, {"g": ["a", "b"] * 150}, inputs=inputs, task="regression", positive=None)
    result = run(FAST, model, data)
    assert one(result, "label_mean", {"g": "a"}).value == pytest.approx(numbers[::2].mean())
    assert one(result, "strongest_feature_auc").value > 0.99


@pytest.mark.parametrize("kind", ["image", "text"])
def test_images_and_texts_are_compared_as_a_whole(kind):
    rng = np.random.default_rng(7)
    inputs = rng.random((60, 1, 4, 4)) if kind == "image" else [f"words {number}" for number in range(60)]
    if kind == "image":
        inputs[10:15] = inputs[:5]
    else:
        inputs[10:15] = inputs[:5]
    labels = np.tile([0, 1], 30)
    result = run(FAST, *recorded(labels, labels, {"g": ["a", "b"] * 30}, inputs=inputs, modality=kind))
    assert one(result, "duplicate_share").value == 5 / 60
    assert not any(measurement.name in ("proxy_auc", "missing_share") for measurement in result.measurements)
    assert any("were not searched" in note for note in result.notes)


def test_an_array_of_features():
    rng = np.random.default_rng(8)
    labels = rng.integers(0, 2, 400)
    inputs = np.column_stack([rng.normal(size=400), labels])
    result = run(FAST, *recorded(labels, labels, {"g": np.where(inputs[:, 0] > 0, "a", "b")}, inputs=inputs))
    assert one(result, "leaking_features").value == 1
    assert one(result, "strongest_proxy_auc", across=("g",)).value > 0.98


def test_it_needs_neither_labels_nor_groups_nor_features():
    bare = run(FAST, *recorded([0, 1] * 50, None, inputs=pd.DataFrame({"x": np.arange(100)})))
    assert one(bare, "leaking_features").reason == "there are no labels"
    assert not any(measurement.name == "proxy_auc" for measurement in bare.measurements)
    model, data = recorded([0, 1] * 50, [0, 1] * 50, {"g": ["a"] * 100}, inputs=pd.DataFrame({"g": ["a"] * 100}))
    assert missing_needs(Integrity, model, data) is None
    only = run(FAST, model, data)
    assert "no features other than the group" in one(only, "proxy_auc", across=("g",)).reason


@pytest.mark.parametrize("column", [[1.0] * 200, ["a"] * 200, [np.nan] * 200, [None] * 200, [7.0] + [np.nan] * 199])
def test_a_table_of_one_column_that_tells_nothing_is_searched(column):
    labels, sex = np.tile([0, 1], 100), np.repeat(["F", "M"], 100)
    result = run(FAST, *recorded(labels, labels, {"sex": sex}, inputs=pd.DataFrame({"x": column})))
    assert one(result, "proxy_auc", across=("sex",)).value == pytest.approx(0.5, abs=0.01)
    assert one(result, "leaking_features").value == 0
    assert all(control.holds for control in result.controls)


def test_too_few_groups_to_predict_are_said():
    labels = np.tile([0, 1], 100)
    result = run(FAST, *recorded(labels, labels, {"g": ["a"] * 188 + ["b"] * 12}, inputs=pd.DataFrame({"x": labels})))
    assert "fewer than two groups" in one(result, "proxy_auc", across=("g",)).reason


def test_a_sample_is_said_and_finds_the_same():
    result = run(Integrity(detector_rows=500), *audited(np.random.default_rng(9), 2000, leak=True))
    assert any("500 of 2000 rows" in note for note in result.notes)
    assert one(result, "leaking_features").value == 1 and one(result, "leaking_features").n == 500
    assert one(result, "missing_share", conditions={"feature": "age"}).n == 2000


def test_a_search_that_misses_copies_is_noticed(monkeypatch):
    right = identity.identify
    monkeypatch.setattr(identity, "identify", lambda *given: (np.arange(len(given[0])), right(*given)[1]))
    result = run(FAST, *audited(np.random.default_rng(10), 300))
    assert control(result, "planted rows").holds is False
    assert one(result, "duplicate_share").validity == "invalid"
    assert one(result, "leaking_features").validity == "valid"


def test_a_search_that_sees_what_is_not_there_is_noticed(monkeypatch):
    right = auc.strength
    monkeypatch.setattr(
        auc, "strength", lambda shares, target, *rest: right(shares + 0.3 * np.eye(2)[target], target, *rest)
    )
    result = run(FAST, *audited(np.random.default_rng(11), 600))
    assert control(result, "shuffled groups").holds is False
    assert one(result, "proxy_auc", across=("sex",)).validity == "invalid"


def test_a_search_that_sees_nothing_is_noticed(monkeypatch):
    right = auc.strength
    rng = np.random.default_rng(12)
    monkeypatch.setattr(auc, "strength", lambda shares, target, *rest: right(rng.random(shares.shape), target, *rest))
    result = run(FAST, *audited(np.random.default_rng(12), 600, leak=True, proxy=True))
    assert control(result, "planted leak").holds is False and control(result, "planted proxy").holds is False
    assert {one(result, name).validity for name in ("leaking_features", "strongest_feature_auc")} == {"invalid"}


def test_it_says_what_it_is():
    about = Integrity.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    assert all(
        definition.formula and definition.reference and definition.pitfalls
        for definition in Integrity.definitions.values()
    )


def test_the_same_seed_gives_the_same_result():
    table = audited(np.random.default_rng(13), 400)
    assert run(FAST, *table, seed=3) == run(FAST, *table, seed=3)


def test_real_people(shared_data):
    columns = ["age", *(f"x{number}" for number in range(4)), "marital", "job", "relationship", "race", "sex"]
    columns += [*(f"x{number}" for number in range(4, 7)), "country", "income"]
    frame = pd.read_csv(shared_data / "adult" / "adult.data.gz", names=columns, skipinitialspace=True, na_values="?")
    labels = (frame["income"] == ">50K").to_numpy().astype(int)
    groups = {"sex": frame["sex"].to_numpy(str), "race": frame["race"].to_numpy(str)}
    inputs = frame.drop(columns="income")
    result = run(Integrity(detector_rows=3000), *recorded(labels, labels, groups, inputs=inputs))
    repeats = int(frame.drop(columns="income").duplicated().sum())
    assert one(result, "duplicate_share").value == repeats / len(frame)
    rows = [row for row in next(table for table in result.tables if table.name == "proxies").rows if row[0] == "sex"]
    assert rows[0][1] == "relationship"  # husband and wife
    assert one(result, "leaking_features").value == 0
    assert all(control.holds for control in result.controls)
