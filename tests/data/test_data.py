"""AuditData: what the constructor accepts, repairs and refuses; samples, splits, codes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch

from auditkit.data import AuditData, Recorded
from auditkit.data.inputs import take_rows
from auditkit.errors import DataError
from auditkit.models import Answers, Capability, Model
from auditkit.predictions import Predictions

FRAME = pd.DataFrame({"age": [20, 30, 40, 50], "job": ["a", None, "b", "a"]})
LABELS = [0, 1, 1, 0]
IMAGES = np.zeros((2, 1, 3, 3), dtype=np.float32)


def test_a_table_is_numbered_from_zero_and_gets_its_schema():
    data = AuditData(FRAME.set_index(pd.Index([7, 3, 1, 9])), LABELS, {"sex": ["F", "M", None, "F"]})
    assert data.inputs.index.tolist() == [0, 1, 2, 3] and len(data) == 4
    assert [feature.kind for feature in data.schema] == ["integer", "category"] and data.feature_names == ("age", "job")
    assert data.labels.tolist() == LABELS and data.classes == (0, 1)
    assert data.groups["sex"].tolist() == ["F", "M", "(missing)", "F"]
    assert data.notes == ("group sex: missing values are the group '(missing)'",)  # under ten: no count


def test_the_count_of_missing_group_values_is_told_only_where_their_group_is_shown():
    names = ["F"] * 20 + ["M"] * 30 + [None] * 12
    shown = AuditData(np.zeros((62, 1)), groups={"sex": names})
    assert shown.notes == ("group sex: 12 missing values are the group '(missing)'",)
    suppressed = AuditData(np.zeros((55, 1)), groups={"sex": names[:55]})
    assert suppressed.cells.reason({"sex": "(missing)"}) == "fewer than 10 people"
    assert suppressed.notes == ("group sex: missing values are the group '(missing)'",)


def test_series_with_the_index_of_the_table_are_taken():
    index = pd.Index([7, 3, 1, 9])
    labels = pd.Series(LABELS, index=index)
    assert AuditData(FRAME.set_index(index), labels).labels.tolist() == LABELS
    assert AuditData(np.zeros((4, 1)), labels).labels.tolist() == LABELS  # an array has no index to disagree with


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", pd.Series(LABELS, index=[3, 2, 1, 0])),
        ("groups", {"sex": pd.Series(list("FMFM"), index=[1, 2, 3, 4])}),
        ("weights", pd.Series([1.0, 2, 3, 4], index=[0, 1, 2, 4])),
        ("recorded", Recorded(pd.Series(LABELS, index=[3, 2, 1, 0]), None)),
    ],
)
def test_series_with_another_index_are_refused(field, value):
    with pytest.raises(DataError, match=r"must have the index of the table; the two differ.*\.to_numpy\(\)"):
        AuditData(FRAME, **{field: value})


def test_two_series_beside_an_array_must_agree():
    with pytest.raises(DataError, match="index of the table"):
        AuditData(np.zeros((2, 1)), pd.Series([0, 1]), {"sex": pd.Series(["F", "M"], index=[1, 0])})


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"labels": [0, 1]}, r"labels must have one value per row \(4\); it has 2"),
        ({"groups": {"sex": ["F"]}}, r"sex must have one value per row \(4\); it has 1"),
        ({"recorded": Recorded(None, [0.5])}, r"scores must have one value per row \(4\); it has 1"),
        ({"labels": [0, 1, 2, 1]}, "must have two values for the task binary; it has 3"),
        ({"labels": [0, 1, None, 1]}, "labels is missing in 1 row;"),
        ({"labels": LABELS, "positive": 2}, "positive must be one of the values of data: labels: 0, 1; 2 was given"),
        ({"labels": [0, 1, 2, 1], "task": "multiclass", "positive": 2}, "positive is for the task binary"),
        ({"task": "ranking"}, "task must be one of"),
        ({"modality": "video"}, "modality must be one of"),
        ({"labels": LABELS, "recorded": Recorded([0.1, 0.2, 0.3, 0.9], None)}, "Probabilities are scores"),
        ({"recorded": Recorded(["y", "n", "y", "n"], None), "positive": "yes"}, "positive must be one of .*decisions"),
        ({"weights": [1, 1, 0, 1]}, "weights must be positive finite numbers, one per row; 1 are not"),
        ({"weights": [1, 1, -2, np.nan]}, "; 2 are not"),
        ({"weights": [1, 1, np.inf, 1]}, "; 1 are not"),
        ({"weights": ["a", "b", "c", "d"]}, "weights must be numbers; they hold 'a'"),
        ({"weights": np.ones((4, 1))}, r"of shape \(4, 1\)"),
        ({"schema": AuditData(FRAME.rename(columns={"age": "years"})).schema}, "schema names columns .* 'years'"),
    ],
)
def test_what_is_refused(facts, message):
    with pytest.raises(DataError, match=message):
        AuditData(FRAME, **facts)


@pytest.mark.parametrize(
    ("inputs", "facts", "message"),
    [
        (FRAME.iloc[:0], {}, "there are no rows"),
        ([], {"modality": "text"}, "there are no rows"),
        (FRAME.assign(age=np.inf), {}, r"column 'age' holds infinite values \(4 in all\)"),
        (np.array([[1.0], [np.inf]]), {}, "inputs hold infinite values"),
        (torch.tensor([[1.0], [-torch.inf]]), {}, "inputs hold infinite values"),
        (np.full_like(IMAGES, np.nan), {"modality": "image"}, "must be finite"),
        (torch.full((2, 1, 3, 3), torch.nan), {"modality": "image"}, "must be finite"),
        (IMAGES, {}, r'a table must have the shape \(N, D\); got \(2, 1, 3, 3\). Say modality="image"'),
        (IMAGES[:, 0], {"modality": "image"}, r"\(N, C, H, W\); got \(2, 3, 3\).*inputs\[:, None\]"),
        (np.array([["a", 1]], dtype=object), {}, "Python objects; give a pandas DataFrame"),
        ([[1, 2], [3]], {}, "equally many numbers"),
        ([["a", "b"], ["c", "d"]], {}, "equally many numbers"),
        (["a", 1], {"modality": "text"}, "must be a list of str; the one at 1 is int"),
        (scipy.sparse.eye(3).tocsr(), {}, r"call \.toarray\(\)"),
        (pl.DataFrame({"a": [1]}), {}, "AuditData.from_table"),
        (FRAME, {"modality": "text"}, "AuditData.from_table"),
    ],
)
def test_inputs_that_are_refused(inputs, facts, message):
    with pytest.raises(DataError, match=message):
        AuditData(inputs, **facts)


def test_inputs_that_are_taken():
    assert np.isnan(AuditData(np.array([[1.0, np.nan]])).codes()[0, 1])  # missing in an array
    for texts in (
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        np.array(["a", "b"], dtype=object),
        pd.Series(["a", "b"]),
    ):
        data = AuditData(texts)
        assert data.modality == "text" and data.inputs == ["a", "b"] and len(data.digest) == 64
    assert AuditData([[1, 2.5], [3, 4]]).inputs.tolist() == [[1, 2.5], [3, 4]]
    assert AuditData(np.array(["a", "b"]), modality="text").inputs == ["a", "b"]
    assert AuditData(pd.Series(["a", "b"]), modality="text").inputs == ["a", "b"]
    assert len(AuditData(torch.zeros(2, 1, 3, 3, dtype=torch.bfloat16), modality="image").digest) == 64
    assert AuditData(IMAGES.astype(np.uint8), modality="image").inputs.dtype == np.uint8
    assert len(AuditData(pd.DataFrame(index=range(3)), groups={"g": list("aab")})) == 3  # recorded answers alone


def test_labels_of_one_class_are_taken_by_the_constructor_only():
    data = AuditData(FRAME, ["no"] * 4, positive="yes")
    assert data.classes == ("no",) and data.positive == "yes"
    with pytest.raises(DataError, match="one class only, 'no'"):
        AuditData.from_table(FRAME, label=["no"] * 4)


def test_labels_and_positive_take_one_spelling():
    data = AuditData(FRAME, np.array([0.0, 1.0, 1.0, 0.0]), positive="1", recorded=Recorded(["1", "0", "0", "1"], None))
    assert data.positive == 1 and data.labels.dtype.kind == "i" and data.recorded.decisions.tolist() == [1, 0, 0, 1]
    assert AuditData(FRAME, [1, 2, 3, 4], task="regression").labels.dtype == np.float64
    assert AuditData(FRAME, [1, 2, 3, 4], task="regression").classes == ()


def test_a_sample_keeps_what_was_decided_and_is_not_judged_again():
    data = AuditData(FRAME, LABELS, {"sex": list("FMFM")}, [1.0, 2, 3, 4], recorded=Recorded(LABELS, None), positive=1)
    few = data.take(np.array([False, True, True, False]))  # one class only: a sample may be
    assert few.labels.tolist() == [1, 1] and few.inputs.index.tolist() == [0, 1]
    assert few.groups["sex"].tolist() == ["M", "F"] and few.weights.tolist() == [2, 3]
    assert few.recorded.decisions.tolist() == [1, 1] and few.recorded.scores is None
    assert few.schema == data.schema and few.take(np.array([0])).cells is data.cells
    assert data.take(np.array([3, 0])).inputs["age"].tolist() == [50, 20]


def test_rows_are_taken_of_every_kind():
    at = np.array([1, 0])
    assert take_rows(["a", "b"], at) == ["b", "a"]
    assert take_rows(np.array([1, 2]), at).tolist() == [2, 1]
    assert take_rows(torch.tensor([1, 2]), at).tolist() == [2, 1]


def test_codes_of_arrays_and_tensors_come_back_as_they_were():
    for inputs in (np.array([[1, 2], [3, 250]], dtype=np.uint8), torch.tensor([[1.5, 2.0]]), np.array([[1.5, np.nan]])):
        data = AuditData(inputs)
        back = data.decode(data.codes())
        assert type(back) is type(inputs) and back.dtype == inputs.dtype
        assert np.array_equal(np.asarray(back), np.asarray(inputs), equal_nan=True)
    bytes_ = AuditData(np.array([[1, 2]], dtype=np.uint8))
    assert bytes_.decode(np.array([[300.0, 1.6]])).tolist() == [[300, 2]]  # not wrapped round to 44
    with pytest.raises(DataError, match="modality 'text'"):
        AuditData(["a"], modality="text").codes()


def test_the_training_split_shares_codes_with_the_data():
    train = AuditData(pd.DataFrame({"age": [1, 90], "job": ["z", "a"]}), [0, 1])
    data = AuditData(FRAME, LABELS, train=train)
    assert data.schema[1].categories == data.train.schema[1].categories == ("a", "b", "z")
    assert (data.schema[0].low, data.schema[0].high) == (1.0, 90.0)
    assert data.train.codes()[1, 1] == data.codes()[0, 1]
    again = dataclasses.replace(data, name="again")
    assert again.train is data.train  # nothing left to share


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (AuditData(FRAME[["age"]], LABELS), "must have the same columns; they differ in 'job'"),
        (AuditData(FRAME, ["n", "y", "y", "n"]), "labels of the training split are 'n', 'y', those of the data 0, 1"),
        (AuditData(FRAME, LABELS, task="multiclass"), "same task and modality, binary and table; it is multiclass"),
        (AuditData(FRAME.assign(age=["x", "y", "z", "z"]), LABELS), "'age' is integer in the data and category in the"),
    ],
)
def test_training_splits_that_do_not_belong(train, message):
    with pytest.raises(DataError, match=message):
        AuditData(FRAME, LABELS, train=train)


def test_training_arrays_must_have_rows_of_the_same_shape():
    with pytest.raises(DataError, match=r"a row has the shape \(2,\), one of the training split \(3,\)"):
        AuditData(np.zeros((2, 2)), train=AuditData(np.zeros((2, 3))))


def test_which_groups_the_model_sees():
    data = AuditData(FRAME, groups={"age": list("abab"), "sex": list("FMFM")})
    assert data.seen_groups == ("age",)


class Constant(Model):
    capabilities = frozenset({Capability.QUERIES})
    classes = (0, 1)
    fingerprint = "constant"

    def answer(self, inputs):
        return Answers(np.zeros(len(inputs), dtype=int), None, None)


def test_a_model_may_be_asked_about_decoded_rows():
    data = AuditData(FRAME, LABELS)
    predictions = Predictions(Constant(), data).of(data.decode(data.codes()[:2]))
    assert predictions.labels.tolist() == [0, 0]
