"""Labels that are not known, decisions that were withheld, rows that stand for many people."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.data.blanks import check_mask, check_people, fill
from auditkit.errors import DataError
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.predictions import Predictions


def table(**more):
    return pd.DataFrame(
        {"sex": ["F", "M"] * 30, "y": ["no", "yes", None] * 20, "d": ["yes", "declined", "no", "no"] * 15, **more}
    )


def test_blanks_are_filled_with_what_is_there():
    values, known = fill(pd.Series(["a", None, "b", "?"], index=[5, 6, 7, 8]), "label", "?")
    assert values.tolist() == ["a", "a", "b", "a"] and known.tolist() == [True, False, True, False]
    numbers, known = fill(np.array([0.0, np.nan, 1.0]), "label")
    assert numbers.tolist() == [0, 0, 1] and known.tolist() == [True, False, True]
    same = np.array([1, 0])
    assert fill(same, "label") == (same, None) or fill(same, "label")[1] is None


def test_a_column_of_nothing_but_blanks_is_refused():
    with pytest.raises(DataError, match="label is blank in every row"):
        fill([None, None], "label")


def test_unknown_labels_are_kept_where_that_is_asked():
    data = AuditData.from_table(
        table(), label="y", positive="yes", groups=["sex"], decisions="d", abstain="declined", unlabelled="keep"
    )
    assert data.known.sum() == 40 and data.withheld.sum() == 15
    assert any("20 people have no label" in note for note in data.notes)
    assert any("for 15 people the decision was withheld" in note for note in data.notes)
    predictions = Predictions(RecordedModel.of(data), data)
    assert (predictions.truth == -1).tolist() == (~data.known).tolist()
    assert (predictions.codes == -1).tolist() == predictions.abstained.tolist() == data.withheld.tolist()
    some = data.take(np.array([1, 2]))
    assert some.known.tolist() == [True, False] and some.withheld.tolist() == [True, False]


def test_a_blank_decision_is_withheld_only_where_that_is_said():
    blank = table().replace("declined", None)
    with pytest.raises(DataError, match="decisions are missing in 15 rows"):
        AuditData.from_table(blank, groups=["sex"], drop="y", decisions="d")
    assert AuditData.from_table(blank, groups=["sex"], drop="y", decisions="d", abstain="").withheld.sum() == 15


def test_few_blanks_are_counted_unless_the_evidence_leaves_the_house():
    frame = table(y=["no", "yes"] * 29 + [None, "no"])
    for disclosure, number in (("internal", "1 person has"), ("publish", "fewer than 10 people have")):
        data = AuditData.from_table(
            frame, label="y", positive="yes", groups=["sex"], decisions="d", abstain="declined", unlabelled="keep",
            disclosure=disclosure,
        )  # fmt: skip
        assert any(note.startswith(f"{number} no label") for note in data.notes)


def test_people_count_in_cells_and_digest():
    frame = pd.DataFrame({"sex": ["F", "M", "X"], "n": [40, 30, 3], "d": [1, 0, 1]})
    data = AuditData.from_table(frame, groups=["sex"], decisions="d", positive=1, people="n")
    assert len(data) == 3 and data.size == 73
    assert data.cells.reason({"sex": "X"}) and not data.cells.reason({"sex": "F"})
    assert [cell.n for cell in data.slices()] == [40, 30, 3]
    other = AuditData.from_table(frame.assign(n=[40, 30, 4]), groups=["sex"], decisions="d", positive=1, people="n")
    assert other.digest != data.digest
    expanded = data.one_row_each()
    assert (
        len(expanded) == expanded.size == 73 and expanded.people is None and (expanded.groups["sex"] == "F").sum() == 40
    )
    assert expanded.cells.reason({"sex": "X"}) == data.cells.reason({"sex": "X"})
    assert expanded.one_row_each() is expanded


def test_a_column_of_those_selected_makes_two_rows():
    frame = pd.DataFrame({"sex": ["Male", "Female", "X"], "applicants": [1390, 1181, 0], "selected": [667, 1181, 0]})
    data = AuditData.from_table(frame, groups=["sex"], people="applicants", selected="selected")
    assert data.groups["sex"].tolist() == ["Male", "Male", "Female"]
    assert data.recorded.decisions.tolist() == [1, 0, 1] and data.people.tolist() == [667, 723, 1181]
    assert data.positive == 1 and data.size == 1390 + 1181


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"people": None, "selected": "selected"}, "selected needs people"),
        ({"people": "selected", "selected": "applicants"}, "more than people; it is in row 2 .*wrong way round"),
        (
            {"people": "aplicants", "selected": "selected"},
            "'aplicants', which the data lacks; did you mean 'applicants'",
        ),
        ({"people": "sex", "selected": "selected"}, "must be whole numbers; column 'sex' holds 'F'"),
        ({"people": "part", "selected": "selected"}, "column 'part' holds others, or blanks"),
        ({"people": "part", "decisions": "d"}, "people must be whole numbers from 1.*fractions are weights"),
    ],
)
def test_a_table_of_counts_that_cannot_be_is_refused(more, message):
    frame = pd.DataFrame({"sex": ["F", "M"], "applicants": [5, 9], "selected": [5, 3], "part": [1.5, 9], "d": [1, 0]})
    with pytest.raises(DataError, match=message):
        AuditData.from_table(frame, groups=["sex"], **more)


def test_masks_and_people_are_checked():
    with pytest.raises(DataError, match="known must be one true or false per row"):
        check_mask([1, 0], 2, "known")
    with pytest.raises(DataError, match="false in every row"):
        check_mask(np.zeros(2, dtype=bool), 2, "known")
    assert check_mask(np.ones(2, dtype=bool), 2, "known") is None
    with pytest.raises(DataError, match="must be whole numbers"):
        check_people(["a"], "data")
    with pytest.raises(DataError, match="can be kept where labels are classes"):
        AuditData(np.zeros((2, 1)), known=np.array([True, False]))
    with pytest.raises(DataError, match="withheld is for recorded decisions"):
        AuditData(np.zeros((2, 1)), withheld=np.array([True, False]))
    train = AuditData(np.zeros((2, 1)), labels=np.array([0, 1]), known=np.array([True, False]))
    with pytest.raises(DataError, match="training split must have one row for each person, each with its label"):
        AuditData(np.zeros((2, 1)), labels=np.array([0, 1]), train=train)
