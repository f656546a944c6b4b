"""The data door: which column is what, what is inferred, what is refused."""

from __future__ import annotations

import collections

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch

from auditkit.data import AuditData
from auditkit.errors import DataError

read = AuditData.from_table


def people(rows=60, **columns):
    base = {
        "id": [f"p{at}" for at in range(rows)],
        "age": np.resize([20, 35, 50, 70], rows),
        "sex": np.resize(["F", "M", "M"], rows),
        "zip": np.resize(["01234", "1010"], rows),
        "member": np.resize([True, False, False], rows),
        "weight": np.resize([1.0, 2.0], rows),
        "y": np.resize(["no", "yes", "no"], rows),
    }
    return pd.DataFrame({**base, **columns})


def test_inputs_are_every_column_but_those_with_another_role():
    data = read(people(), label="y", positive="yes", groups=["sex"], id="id", weights="weight", drop=["zip"])
    assert data.feature_names == ("age", "sex", "member")
    assert data.labels[:3].tolist() == ["no", "yes", "no"] and data.positive == "yes" and data.label_name == "y"
    assert data.weights[:2].tolist() == [1.0, 2.0] and data.groups["sex"][0] == "F"
    assert data.seen_groups == ("sex",) and data.columns == ("id", "age", "sex", "zip", "member")
    assert data.name == "data" and data.modality == "table" and data.task == "binary"


def test_a_dropped_group_is_kept_as_a_group():
    data = read(people(), label="y", groups=["sex", "age"], drop=["sex", "id"])
    assert "sex" not in data.feature_names and data.seen_groups == ("age",)


def test_the_features_of_the_model_are_the_inputs_in_its_order():
    data = read(people(), label="y", groups=["sex"], features=["member", "age"])
    assert data.feature_names == ("member", "age")
    assert "columns that are no feature of the model: id, zip, weight" in data.notes


def test_values_may_be_given_in_place_of_names():
    frame = people().drop(columns="y")
    labels = people()["y"]
    data = read(frame, label=labels, groups={"team": np.resize(["a", "b"], 60)}, weights=np.ones(60))
    assert data.labels[1] == "yes" and data.label_name == "y" and data.groups["team"][1] == "b"
    assert read(frame, label=torch.arange(60) % 2).labels[1] == 1


def test_frames_of_every_library_give_the_same_data():
    frame = people()
    options = {"label": "y", "groups": ["sex"], "id": "id"}
    expected = read(frame, **options)
    sources = [
        pl.from_pandas(frame), pl.from_pandas(frame).lazy(), pa.Table.from_pandas(frame),
        {name: frame[name].to_numpy() for name in frame}, {name: frame[name].tolist() for name in frame},
        frame.set_index(pd.Index(range(60, 0, -1))),
    ]  # fmt: skip
    for source in sources:
        assert read(source, **options).digest == expected.digest, type(source)


def test_the_frame_that_was_given_is_not_changed():
    frame = people()
    before = frame.copy()
    inputs = read(frame, label="y", groups={"age": {"bins": [30]}}, missing=["F"]).inputs
    inputs.loc[0, "age"] = -1
    pd.testing.assert_frame_equal(frame, before)


def test_groups_from_another_column_with_bins_and_names():
    data = read(
        people(),
        label="y",
        groups={"generation": {"column": "age", "bins": [30, 60]}, "sex": {"values": {"F": "female"}}},
    )
    assert sorted(set(data.groups["generation"])) == ["30 to 59", "60 and over", "under 30"]
    assert set(data.groups["sex"]) == {"female", "M"} and data.inputs["sex"][0] == "F"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "Y"}, "label names the column 'Y', which the data lacks; did you mean 'y'"),
        ({"groups": ["sexx"]}, "groups names the column 'sexx', which the data lacks; did you mean 'sex'"),
        ({"drop": ["ages"]}, "drop names the column 'ages', which the data lacks; did you mean 'age'"),
        ({"weights": "weights"}, "weights names the column 'weights'.*did you mean 'weight'"),
        ({"label": "y", "drop": ["y"]}, "column 'y' is named as label and as drop"),
        ({"label": "y", "weights": "y"}, "column 'y' is named as label and as weights"),
        ({"label": "y", "groups": ["y"]}, "column 'y' is named as a group and as label"),
        ({"label": "y", "groups": {"truth": {"column": "y"}}}, "column 'y' is named as a group and as label"),
        ({"label": "y", "features": ["age", "y"]}, "column 'y' is a feature of the model, but is named as label"),
        ({"features": ["agee"]}, "the inputs need the column 'agee', which the data lacks; did you mean 'age'"),
        ({"features": ["sex"], "drop": ["sex"]}, "'sex' is a feature of the model, but is named as drop"),
        ({"schema": {"agee": {}}}, "schema: the data has no column 'agee'; did you mean 'age'"),
        ({"label": "y", "positive": "Yes"}, "positive must be one of the values of label 'y': 'no', 'yes'; 'Yes'"),
        ({"label": "id"}, "60 different texts"),
        ({"label": "y", "groups": {"weight": {"bin": [1]}}}, "unknown option 'bin'; did you mean 'bins'"),
        (
            {"groups": {"age": [25, 45]}},
            r"\(60\); it has 2\. Where these are the ends of bins, write {\"bins\": \[25, 45\]}",
        ),
        ({"label": ["no", "yes"]}, r"label must have one value per row \(60\); it has 2"),
        ({"label": 7}, "label must be the name of a column or one value per row; 7 was given"),
        ({"drop": [7]}, "drop must be names of columns"),
        ({"label": people()["y"].iloc[::-1]}, "label must have the index of the table"),
        ({"groups": {"sex": people()["sex"].iloc[::-1]}}, "group 'sex' must have the index of the table"),
        ({"label": "y", "task": "regression"}, "label 'y' must hold numbers for a regression"),
        ({"modality": "text"}, "texts are one column; the inputs are 7"),
        (
            {"weights": "age", "label": "y", "groups": {"weight": {}}, "schema": {"sex": {"kind": "number"}}},
            "cannot be read",
        ),
    ],
)
def test_names_and_values_that_do_not_fit(options, message):
    with pytest.raises(DataError, match=message):
        read(people(), **options)


def test_sources_that_are_none():
    with pytest.raises(DataError, match=r"a table \(pandas, polars, Arrow, DuckDB, Dask\).*; int was given"):
        read(7)
    with pytest.raises(DataError, match="there are no rows"):
        read(people().iloc[:0], label="y")
    with pytest.raises(DataError, match="'a' occurs more than once"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(DataError, match=r"column 'age' holds infinite values \(15 in all\)"):
        read(people(age=np.resize([1, np.inf, 2, 3], 60)), label="y")
    with pytest.raises(DataError, match="group 'n' is a number with 60 different values"):
        read(people(n=np.arange(60)), groups=["n"])
    with pytest.raises(DataError, match="group 'id' has 1001 different values"):
        read(people(1001), groups=["id"])


def test_one_class_is_refused():
    with pytest.raises(DataError, match="label 'y' holds one class only, 'no'"):
        read(people(y="no"), label="y")


def test_rows_without_a_label_are_an_error_unless_they_are_dropped():
    frame = people(y=np.resize(["no", "yes", "no", None, "yes"], 60))
    with pytest.raises(DataError, match=r"label 'y' is missing in 12 rows.*unlabelled = .drop."):
        read(frame, label="y")
    data = read(frame, label="y", groups=["sex"], weights="weight", unlabelled="drop")
    assert len(data) == len(data.labels) == len(data.groups["sex"]) == len(data.weights) == 48
    assert "12 rows without a label were left out" in data.notes
    assert data.inputs["id"].tolist() == frame["id"][frame["y"].notna()].tolist()
    for disclosure, number in (
        ("internal", "1 row without a label was"),
        ("publish", "fewer than 10 rows without a label were"),
    ):
        table = people(y=["yes"] * 30 + ["no"] * 29 + [None])
        few = read(table, label="y", unlabelled="drop", disclosure=disclosure)
        assert f"{number} left out" in few.notes
    with pytest.raises(DataError, match="missing in every row"):
        read(people(y=[None] * 60), label="y", unlabelled="drop")


def test_what_is_inferred_is_said():
    notes = read(people(), label="y").notes
    assert "task: binary, as label 'y' has two values, 'no', 'yes'" in notes
    assert any(note.startswith("positive: 'yes' (the last in order; set it with positive =") for note in notes)
    assert not any("positive" in note for note in read(people(), label="y", positive="no").notes)
    assert read(people(y=np.arange(60) % 7), label="y").task == "multiclass"
    assert read(people(y=np.arange(60) / 7), label="y").task == "regression"
    assert read(people(y=np.arange(60) % 7), label="y", task="regression").labels.dtype == np.float64


def test_recorded_answers():
    frame = people(decided=np.resize(["yes", "no"], 60), risk=np.linspace(0, 1, 60))
    data = read(frame, label="y", decisions="decided", scores="risk", groups=["sex"], id="id")
    assert data.recorded.decisions[0] == "yes" and data.recorded.scores[-1] == 1.0
    assert not {"decided", "risk", "y"} & set(data.feature_names)
    alone = read(frame, decisions="decided")
    assert alone.labels is None and alone.positive == "yes" and alone.task == "binary"
    refused = read(people(decided="no"), decisions="decided", positive="yes")  # everybody, and no labels
    assert refused.positive == "yes" and refused.task == "binary"
    assert read(frame, scores="risk", positive="yes").recorded.decisions is None


@pytest.mark.parametrize("label", ["y", None])
def test_probabilities_given_as_decisions_are_refused(label):
    frame = people(risk=np.linspace(0, 1, 60))
    with pytest.raises(DataError, match=r"decisions must be classes; they hold fractions.*Probabilities are scores"):
        read(frame, label=label, decisions="risk")


def test_decisions_that_no_label_has_are_refused():
    with pytest.raises(DataError, match="decisions must be among the labels, 'no', 'yes'; they also hold 'maybe'"):
        read(people(decided="maybe"), label="y", decisions="decided")


def test_one_marker_of_missing_is_no_list_of_its_letters():
    frame = pd.DataFrame({"x": [1, -1, 2, 3], "y": [0, 1, 0, 1]})
    (single, several) = (read(frame, label="y", missing=missing).inputs for missing in ("-1", ["-1"]))
    assert single.x.isna().tolist() == several.x.isna().tolist() == [False, True, False, False]


def test_missing_applies_to_sources_with_types_only_where_it_is_said():
    frame = people(job=np.resize(["", "?", "a"], 60), income=np.resize([-999, 5], 60))
    assert read(frame, label="y").inputs["job"].isna().sum() == 0
    data = read(frame, label="y", missing=["", "?", "-999"])
    assert data.inputs["job"].isna().sum() == 40 and data.inputs["income"].isna().sum() == 30
    assert data.schema[-1].low == 5.0


def test_declared_facts_reach_the_schema():
    facts = {"age": {"mutable": False, "low": 30, "high": 120}, "zip": {"kind": "category"}}
    data = read(people(), label="y", schema=facts)
    age = next(feature for feature in data.schema if feature.name == "age")
    assert (age.mutable, age.low, age.high) == (False, 30.0, 120.0)
    assert "column 'age' holds values outside the range that was declared" in data.notes


def test_the_training_split_is_read_with_the_same_settings():
    train = people(12, sex=np.resize(["X", "F"], 12)).drop(columns=["id", "weight"])
    data = read(people(), label="y", positive="yes", groups={"sex": {}, "age": {"bins": [30]}}, id="id",
                weights="weight", drop=["zip"], train=train)  # fmt: skip
    assert data.train.feature_names == data.feature_names and data.train.positive == "yes"
    assert set(data.train.groups["age"]) == {"under 30", "30 and over"} and data.train.weights is None
    assert data.schema[1].categories == data.train.schema[1].categories == ("F", "M", "X")
    assert data.train.inputs.columns.tolist() == ["age", "sex", "member"]


def test_the_training_split_may_lack_a_group_that_the_model_does_not_see():
    data = read(people(), label="y", groups=["sex"], drop=["sex"], train=people(12).drop(columns="sex"))
    assert data.train.groups == {}


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (people(12).drop(columns="age"), "training split: the inputs need the column 'age', which the data lacks"),
        (people(12).drop(columns="y"), "training split: label names the column 'y', which the data lacks"),
        (
            people(12, age="?"),
            "'age' is integer in the data and category in the training split; list what means missing",
        ),
        (people(12, y="no"), "training split: label 'y' holds one class only"),
        (people(12, y=np.resize(["a", "b"], 12)), "training split: positive must be one of"),
        ("nowhere.csv", "training split: path must be"),
    ],
)
def test_training_splits_that_do_not_fit(train, message):
    with pytest.raises(DataError, match=message):
        read(people(), label="y", positive="yes", id="id", train=train)


def test_a_training_split_as_audit_data():
    train = read(people(12), label="y", id="id")
    assert len(read(people(), label="y", id="id", train=train).train) == 12
    with pytest.raises(DataError, match="train needs the label by its name"):
        read(people(), label=people()["y"].to_numpy(), train=people(12))


def test_dictionaries_of_arrays():
    images = np.random.default_rng(0).random((20, 1, 4, 4))
    arrays = {"x": images, "y": np.arange(20) % 4, "team": np.resize(["a", "b"], 20), "n": np.ones(20)}
    data = read(arrays)
    assert data.modality == "image" and data.task == "multiclass" and data.label_name == "y"
    assert set(data.groups) == {"team", "n"}
    assert set(read(arrays, groups=["team"]).groups) == {"team"} and read(arrays, drop=["n"]).groups.keys() == {"team"}
    assert read({"inputs": np.zeros((4, 2)), "labels": [0, 1, 0, 1]}).modality == "table"
    assert read({"inputs": torch.zeros(4, 2, 3), "labels": [0, 1, 0, 1]}).modality == "sequence"
    texts = read({"inputs": ["good", "bad"], "labels": [1, 0]})
    assert texts.inputs == ["good", "bad"] and texts.modality == "text"
    assert read(np.zeros((4, 2)), label=[0, 1, 0, 1]).labels.tolist() == [0, 1, 0, 1]
    assert read(["good", "bad"], label=[1, 0]).modality == "text"
    split = read(arrays, groups=["team"], train={**arrays, "extra": np.arange(20.0)})
    assert set(split.train.groups) == {"team"} and split.train.inputs.shape == (20, 1, 4, 4)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((3, 2)), "y": [0, 1]}, "one entry per row; their lengths are {'x': 3, 'y': 2}"),
        ({"x": np.zeros((3, 2)), "z": np.zeros((3, 2))}, r"array 'z' has the shape \(3, 2\)"),
        ({}, "there are no arrays"),
        ({"a": 3}, "must hold arrays or lists, one value per row; its 'a' is int"),
    ],
)
def test_dictionaries_that_do_not_fit(arrays, message):
    with pytest.raises(DataError, match=message):
        read(arrays)


RECORD = collections.namedtuple("RECORD", ["age", "sex", "y"])
RECORDS = [{"age": 20 + number, "sex": "fm"[number % 2], "y": number % 2} for number in range(12)]
COLUMNS = {name: [record[name] for record in RECORDS] for name in RECORDS[0]}
BATCH = pa.RecordBatch.from_pylist(RECORDS)
ROWS = {
    "records": lambda: RECORDS,
    "a tuple of records": lambda: tuple(RECORDS),
    "a generator": lambda: (record for record in RECORDS),
    "a map": lambda: map(dict, RECORDS),
    "named tuples": lambda: [RECORD(**record) for record in RECORDS],
    "rows of a frame": lambda: pd.DataFrame(COLUMNS).itertuples(index=False),
    "columns": lambda: COLUMNS,
    "columns of Arrow": lambda: {name: pa.array(values) for name, values in COLUMNS.items()},
    "a batch": lambda: BATCH,
    "a reader of batches": lambda: pa.RecordBatchReader.from_batches(BATCH.schema, [BATCH]),
    "a table of Arrow": lambda: pa.table(COLUMNS),
    "a structured array": lambda: np.array(
        [tuple(record.values()) for record in RECORDS], dtype=[("age", "i8"), ("sex", "U1"), ("y", "i8")]
    ),
    "an array of records": lambda: pd.DataFrame(COLUMNS).to_records(index=False),
    "a lazy frame": lambda: pl.LazyFrame(COLUMNS),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_in_memory_are_the_same_table_in_every_kind(kind):
    whole = read(pd.DataFrame(COLUMNS), label="y", groups=["sex"])
    data = read(ROWS[kind](), label="y", groups=["sex"])
    assert data.feature_names == ("age", "sex") and data.digest == whole.digest


def test_a_record_without_a_value_lacks_it():
    data = read([{"age": 1, "sex": "f", "y": 0}, {"y": 1, "age": 2}], label="y", groups=["sex"])
    assert data.groups["sex"].tolist() == ["f", "(missing)"] and data.inputs["age"].tolist() == [1, 2]


def test_a_series_is_a_column_by_its_name_or_texts():
    for series in (pd.Series([1.0, 2, 3], name="age"), pl.Series("age", [1.0, 2, 3])):
        assert read(series, label=[0, 1, 1]).feature_names == ("age",)
    for texts in (pd.Series(["a", "b"]), pl.Series(["a", "b"]), iter(["a", "b"]), ("a", "b"), np.array(["a", "b"])):
        assert read(texts, label=[0, 1]).inputs == ["a", "b"]
    assert read([[1.0, 2.0], [3, 4]], label=[0, 1]).inputs.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "there are no rows"),
        ([{"age": 1}, "x"], "it holds 'dict', 'str'"),
        ([["f", 1], ["m", 0]], r"it holds 'list'. Other rows are given as pandas.DataFrame\(rows, columns="),
        ((np.ones((2, 2)), [0, 1]), r"inputs beside labels as AuditData\(inputs, labels\)"),
        ([{"age": [1]}, {"age": [2]}], r"array 'age' has the shape \(2, 1\)"),
        (["a", None], "must be a list of str; the one at 1 is NoneType"),
        (pd.Series(["a", None]), "must be a list of str; the one at 1 is"),
        ({"inputs": ["a", 3]}, "must be a list of str; the one at 1 is int"),
        (np.array(3.0), r"array 'inputs' has the shape \(\)"),
        (scipy.sparse.csr_matrix(np.eye(2)), r"csr_matrix was given \(call .toarray\(\)\)"),
        (pa.chunked_array([[1, 2]]), "ChunkedArray was given"),
        ({"a": {0: 1}}, "its 'a' is dict. Leave that out, or give a table"),
        ({1: [1, 2], "1": [1, 2]}, "names must differ also as texts; 1, '1' were given"),
        (open(__file__), "TextIOWrapper was given"),  # noqa: SIM115
    ],
)
def test_rows_that_do_not_fit(source, message):
    with pytest.raises(DataError, match=message):
        read(source, label=[0, 1])


def test_what_is_masked_is_missing():
    mask = np.array([True, False, False, False])
    sex, age, y = (np.ma.masked_array(values, mask) for values in (["f", "m", "f", "m"], [1, 2, 3, 4], [1, 0, 1, 0]))
    data = read({"age": age, "sex": sex, "y": [1, 0, 1, 0]}, label="y", groups=["sex"])
    assert data.groups["sex"].tolist()[0] == "(missing)" and np.isnan(data.inputs["age"][0])
    whole = AuditData(np.ma.masked_array(np.ones((4, 1)), mask[:, None]), [1, 0, 1, 0], groups={"sex": sex})
    assert whole.groups["sex"].tolist()[0] == "(missing)" and np.isnan(whole.inputs).ravel().tolist() == mask.tolist()
    assert type(AuditData(np.ma.masked_array(np.ones((4, 1))), [1, 0, 1, 0]).inputs) is np.ndarray
    for labels in (y, np.ma.masked_array(["a", "b", "a", "b"], mask)):
        with pytest.raises(DataError, match="labels is missing in 1 row;"):
            AuditData(np.ones((4, 1)), labels)
    with pytest.raises(DataError, match="weights must be positive finite"):
        AuditData(np.ones((4, 1)), [1, 0, 1, 0], weights=age)


def test_a_name_beside_an_array_and_a_number_as_a_name_say_what_to_give():
    with pytest.raises(
        DataError, match=r"'y', which the data lacks; known: none \(an array: give the values themselves"
    ):
        read(np.ones((2, 2)), label="y")
    with pytest.raises(DataError, match="1 was given, and the column's name is '1'"):
        read(pd.DataFrame({0: [1, 2, 3], 1: [0, 1, 1]}), label=1)


def test_texts_from_a_column():
    frame = pd.DataFrame({"review": ["good", "bad", "NA"], "stars": [1, 0, 1]})
    data = read(frame, label="stars", modality="text", train=frame)
    assert data.inputs == ["good", "bad", "NA"] == data.train.inputs and data.train.modality == "text"
    with pytest.raises(DataError, match=r"rows without a text must be taken out \(1 in all\)"):
        read(frame.replace("bad", None), label="stars", modality="text")


def test_columns_called_by_numbers():
    frame = pd.DataFrame({0: [1, 2, 3], 1: [0, 1, 1]})
    data = read(frame, label="1", groups=["0"])
    assert data.feature_names == ("0",) and list(data.decode(data.codes()).columns) == [0]


@pytest.mark.parametrize(("features", "instead"), [("text", r"\['text'\]"), ({"x": {"kind": "category"}}, "as schema")])
def test_features_are_names_and_what_they_are_is_the_schema(features, instead):
    frame = pd.DataFrame({"x": [0, 1], "text": ["a", "b"], "y": [0, 1]})
    with pytest.raises(DataError, match=f"features must be a list of the names .* {instead}"):
        AuditData.from_table(frame, label="y", features=features)


def test_an_option_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"from_table: 'lables' is not an option; did you mean 'label'"):
        AuditData.from_table(pd.DataFrame({"a": [1, 2]}), lables="a")


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, np.ones(2)])
@pytest.mark.parametrize("role", ["groups", "label", "decisions", "scores", "weights", "id", "people", "features"])
def test_columns_of_lists_have_no_role_and_are_left_out_where_that_is_said(role, value):
    frame = people(12).assign(parts=pd.Series([value] * 12))
    frames = [frame, pa.table({"y": frame["y"], "parts": [[1]] * 12})] if isinstance(value, list) else [frame]
    for source in frames:
        with pytest.raises(
            DataError, match=r"column 'parts' holds (lists or objects; give it a column for each part|values)"
        ):
            read(source, **{"label": "y", role: ["parts"] if role in ("groups", "features") else "parts"})
        for missing in (None, ["-1"]):
            assert "parts" not in read(source, label="y", drop="parts", missing=missing).feature_names
