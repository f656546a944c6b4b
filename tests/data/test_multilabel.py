"""Several labels of a row: read from columns, arrays and tables, kept as one text, refused where they are none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from scipy import sparse

from auditkit.data import AuditData, Recorded
from auditkit.data.multilabel import as_sets, label_sets, matrix_of
from auditkit.errors import DataError

TABLE = pd.DataFrame(
    {"x": [1, 2, 3, 4], "flu": [1, 0, 0, 1], "cold": [0, 0, 1, 1], "p": [0.9, 0.2, 0.1, 0.6], "q": [0.1, 0.3, 0.5, 0.4]}
)
SETS = ["10", "00", "01", "11"]


def read(table=TABLE, label=("flu", "cold"), **options):
    return AuditData.from_table(table, label=list(label), **{"task": "multilabel", "drop": ["p", "q"], **options})


@given(st.integers(2, 9), st.integers(1, 30), st.integers(0, 10**6))
def test_texts_and_matrices_are_each_others_inverse(labels, rows, seed):
    matrix = np.random.default_rng(seed).random((rows, labels)) < 0.5
    sets = as_sets(matrix, [str(place) for place in range(labels)])
    assert sets.tolist() == ["".join("1" if one else "0" for one in row) for row in matrix.tolist()]
    assert (matrix_of(sets, labels) == matrix).all()


def test_columns_of_a_table_are_the_labels_and_no_inputs():
    data = read()
    assert data.outputs == ("flu", "cold") and data.labels.tolist() == SETS
    assert data.feature_names == ("x",) and data.classes == ()
    assert data.label_sets.sum(axis=0).tolist() == [2, 2]
    assert data.take(np.array([3, 0])).labels.tolist() == ["11", "10"]


@pytest.mark.parametrize(
    "values",
    [[[1, 0], [0, 0]], np.array([[True, False], [False, False]]), sparse.csr_matrix([[1, 0], [0, 0]]),
     pd.DataFrame({"cold": [0, 0], "flu": ["yes", "no"]}), np.array([[1.0, 0.0], [0.0, 0.0]]), ["10", "00"]],
    ids=["lists", "booleans", "sparse", "table", "floats", "texts"],
)  # fmt: skip
def test_every_form_of_the_same_labels_is_the_same(values):
    data = AuditData(np.zeros((2, 1)), values, task="multilabel", outputs=["flu", "cold"])
    assert data.labels.tolist() == ["10", "00"]


def test_recorded_answers_are_columns_in_the_order_of_the_labels_or_by_name():
    by_place = read(scores=["p", "q"], drop=[])
    by_name = read(scores={"cold": "q", "flu": "p"}, drop=[])
    for data in (by_place, by_name):
        assert data.recorded.scores.tolist() == TABLE[["p", "q"]].to_numpy().tolist()
    decisions = Recorded([[1, 1], [0, 1]], None)
    decided = AuditData(np.zeros((2, 1)), None, task="multilabel", outputs=["a", "b"], recorded=decisions)
    assert decided.recorded.decisions.tolist() == ["11", "01"]


def test_rows_without_a_label_are_refused_left_out_or_kept():
    table = TABLE.assign(flu=[1, None, 0, 1])
    with pytest.raises(DataError, match="missing in 1 row"):
        read(table)
    assert read(table, unlabelled="drop").labels.tolist() == ["10", "01", "11"]
    kept = read(table, unlabelled="keep")
    assert kept.known.tolist() == [True, False, True, True]


def test_one_label_of_several_is_a_question_of_its_own():
    data = AuditData.from_table(
        TABLE.assign(sex=["m", "f", "m", "f"]), label=["flu", "cold"], task="multilabel", groups=["sex"],
        outcome={"cold": "burden"}, drop=["p", "q"],
    )  # fmt: skip
    one = data.of_label(1)
    assert one.task == "binary" and one.labels.tolist() == [0, 0, 1, 1] and one.positive == 1
    assert one.label_name == "cold" and one.outcome == "burden" and data.of_label(0).outcome is None
    assert one.cells is data.cells


def test_names_of_labels_are_in_the_digest_and_other_data_keep_theirs():
    first, second = (AuditData(np.zeros((2, 1)), [[1, 0], [0, 1]], task="multilabel", outputs=names)
                     for names in (["a", "b"], ["a", "c"]))  # fmt: skip
    assert first.digest != second.digest and first.rows_digest == second.rows_digest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": ["flu"]}, "2 to 500 labels"),
        ({"label": ["flu", "flu"]}, "two are the same"),
        ({"label": ["flu", "x"]}, "must hold 0 or 1"),
        ({"positive": 1}, "takes no positive"),
        ({"disclosure": "publish"}, "say disclosure"),
        ({"scores": ["p"], "drop": ["q"]}, "one column for each"),
        ({"scores": {"flu": "p"}, "drop": ["q"]}, "label 'cold' no column"),
        ({"scores": ["p", "x"], "drop": ["q"]}, "from 0 to 1"),
        ({"outcome": {"pox": "burden"}}, "pox"),
        ({"task": "binary"}, "one value per row"),
    ],
)
def test_what_is_no_set_of_labels_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        read(**options)


def test_names_without_the_task_and_wrong_shapes_are_refused():
    with pytest.raises(DataError, match="outputs are the names of several labels"):
        AuditData(np.zeros((2, 1)), [0, 1], outputs=["a", "b"])
    with pytest.raises(DataError, match="one column for each of the 2 labels"):
        label_sets([[1, 0, 1]], ["a", "b"], "labels")
    with pytest.raises(DataError, match="people"):
        AuditData(np.zeros((2, 1)), [[1, 0], [0, 1]], task="multilabel", outputs=["a", "b"], people=np.array([1, 2]))


def test_a_message_about_labels_holds_no_value():
    with pytest.raises(DataError) as caught:
        read(TABLE.assign(flu=["Smith", 0, 0, 1]))
    assert "Smith" not in str(caught.value)
