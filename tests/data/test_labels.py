"""Labels: kinds, tasks, the positive value, recorded answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data.labels import (
    Recorded,
    check_labels,
    check_recorded,
    check_two_classes,
    infer_task,
    label_array,
    pick_positive,
)
from auditkit.errors import DataError


@pytest.mark.parametrize(
    ("given", "expected", "kind"),
    [
        ([0.0, 1.0], [0, 1], "i"),
        (np.array([0.5, 1.0], dtype=np.float32), [0.5, 1.0], "f"),
        (["yes", "no"], ["yes", "no"], "U"),
        (pd.Series(["yes", "no"], dtype="category"), ["yes", "no"], "U"),
        (pd.array([1, 0], dtype="Int64"), [1, 0], "i"),
        (pd.array([True, False], dtype="boolean"), [True, False], "b"),
        (np.array([1, 2.5], dtype=object), [1.0, 2.5], "f"),
        (np.array([1, 2], dtype=np.uint8), [1, 2], "i"),
    ],
)
def test_labels_are_plain(given, expected, kind):
    labels = label_array(given)
    assert labels.tolist() == expected and labels.dtype.kind == kind


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["yes", None, None], 'label is missing in 2 rows; to leave them out say unlabelled = "drop"'),
        ([1.0, np.nan], "missing in 1 row;"),
        ([1.0, np.inf], "must be finite; infinite values: 1"),
        (np.array([1, "one"], dtype=object), "all text, all numbers or all true and false"),
        (np.array([True, 1], dtype=object), "all text, all numbers or all true and false"),
        (np.zeros((2, 2)), r"shape \(N,\)"),
    ],
)
def test_labels_that_are_none(given, message):
    with pytest.raises(DataError, match=message):
        label_array(given)


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        ([0, 1, 1], "binary"),
        (["a", "b"], "binary"),
        ([0.5, 0.7], "binary"),
        (["a", "b", "c"], "multiclass"),
        (list(range(50)), "multiclass"),
        (list(range(51)), "regression"),
        ([0.5, 1.5, 2.5], "regression"),
    ],
)
def test_the_task_is_inferred_with_its_reason(labels, task):
    inferred, note = infer_task(label_array(labels), "label 'y'")
    assert inferred == task and note.startswith(f"task: {task}, as label 'y' ")


def test_one_class_and_a_thousand_texts_are_no_label():
    with pytest.raises(DataError, match="label 'y' holds one class only, 'yes'"):
        infer_task(np.array(["yes", "yes"]), "label 'y'")
    with pytest.raises(DataError, match="51 different texts; at most 50 are read as classes"):
        infer_task(np.arange(51).astype(str))


def test_labels_must_fit_the_task():
    assert check_labels(np.array([1, 2, 3]), "regression").dtype == np.float64
    assert check_labels(np.array(["a", "b"]), "multiclass").tolist() == ["a", "b"]
    with pytest.raises(
        DataError, match=r'must have two values for the task binary; it has 3: 1, 2, 3\. Say task = "mul'
    ):
        check_labels(np.array([1, 2, 3]), "binary")
    with pytest.raises(DataError, match="must hold numbers for a regression; it holds 'a', 'b'"):
        check_labels(np.array(["a", "b"]), "regression")
    assert check_labels(np.array([1, 1]), "multiclass").tolist() == [1, 1]
    with pytest.raises(DataError, match="one class only, 1"):
        check_two_classes(np.array([1, 1]))


def test_the_positive_value_is_matched_by_its_spelling():
    assert pick_positive("1", (0, 1)) == (1, "")
    assert pick_positive(1.0, ("0", "1")) == ("1", "")
    assert pick_positive("True", (False, True)) == (True, "")
    assert pick_positive(None, (False, True)) == (True, "positive: True")
    assert pick_positive(None, (0, 1)) == (1, "positive: 1")
    value, note = pick_positive(None, ("bad", "good"))
    assert value == "good" and 'positive = "…"' in note
    with pytest.raises(
        DataError, match="positive must be one of the values of label: '<=50K', '>50K'; '>50k' was given"
    ):
        pick_positive(">50k", ("<=50K", ">50K"))


def test_probabilities_given_as_decisions_are_refused():
    for classes in ((0, 1), ()):
        with pytest.raises(DataError, match=r"fractions such as 0\.3.*Probabilities are scores"):
            check_recorded(Recorded(np.array([0.3, 0.9]), None), classes, "binary")


def test_decisions_take_the_spelling_of_the_labels():
    recorded, note = check_recorded(Recorded(np.array([1.0, 0.0]), [0.2, 0.7]), (False, True), "binary")
    assert recorded.decisions.tolist() == [1, 0] and note == ""  # 1 and True are equal
    recorded, _ = check_recorded(Recorded(np.array(["1", "0"]), None), (0, 1), "binary")
    assert recorded.decisions.tolist() == [1, 0] and recorded.decisions.dtype.kind == "i"
    with pytest.raises(DataError, match="decisions must be among the labels, 'no', 'yes'; they also hold 'Yes'"):
        check_recorded(Recorded(np.array(["Yes", "no"]), None), ("no", "yes"), "binary")
    recorded, note = check_recorded(Recorded(np.array(["a", "d"]), None), ("a", "b", "c"), "multiclass")
    assert recorded.decisions.tolist() == ["a", "d"] and "no label has: 'd'" in note


def test_recorded_numbers():
    recorded, _ = check_recorded(Recorded(np.array([1, 2]), None), (), "regression")
    assert recorded.decisions.dtype == np.float64
    with pytest.raises(DataError, match="scores must be numbers; they hold 'high'"):
        check_recorded(Recorded(None, ["high", "high"]), (0, 1), "binary")
    with pytest.raises(DataError, match="scores are missing in 1 row;"):
        check_recorded(Recorded(None, [0.5, np.nan]), (0, 1), "binary")
