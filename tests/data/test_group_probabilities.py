"""Groups known by probability: read, checked, taken along, and part of the digest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError

FRAME = pd.DataFrame(
    {"x": range(6), "p_a": [0.2, 0.5, 1, 0, 0.25, 0.75], "p_b": [0.8, 0.5, 0, 1, 0.75, 0.25], "y": [0, 1] * 3}
)
NAMED = {"race": {"a": "p_a", "b": "p_b"}}


def read(frame=FRAME, named=NAMED, **more):
    return AuditData.from_table(frame, label="y", group_probabilities=named, **more)


def test_columns_of_probabilities_are_no_inputs_and_come_along():
    data = read()
    assert data.feature_names == ("x",) and data.group_probabilities["race"].groups == ("a", "b")
    assert data.group_probabilities["race"].shares.tolist() == FRAME[["p_a", "p_b"]].to_numpy().tolist()
    assert data.take(np.array([2, 0])).group_probabilities["race"].shares.tolist() == [[1, 0], [0.2, 0.8]]
    assert not data.group_probabilities["race"].shares.flags.writeable
    assert (
        data.digest
        != read(named={"race": {"b": "p_a", "a": "p_b"}}).digest
        != AuditData.from_table(FRAME, label="y").digest
    )


def test_rows_without_a_label_are_left_out_here_too():
    frame = FRAME.assign(y=[None, 1, 0, 1, 0, 1])
    assert len(read(frame, unlabelled="drop").group_probabilities["race"].shares) == 5


def test_rounded_probabilities_sum_to_one_exactly():
    data = read(FRAME.assign(p_a=[0.204, 0.504, 0.996, 0.003, 0.25, 0.746]))
    assert data.group_probabilities["race"].shares.sum(axis=1) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("frame", "named", "message"),
    [
        (FRAME.assign(p_a=0.5), NAMED, "must sum to 1 for each person; in 5 rows they do not"),
        (FRAME.assign(p_a=[None, *FRAME["p_a"][1:]]), NAMED, "missing in 1 row"),
        (FRAME.assign(p_a=FRAME["p_a"] * 100), NAMED, "from 0 to 1; 5 rows hold others. Divide by 100"),
        (FRAME.assign(p_a="high"), NAMED, "the probability of race = a must be numbers"),
        (FRAME, {"race": {"a": "p_a"}}, "must name 2 to 20 groups"),
        (FRAME, {"race": {"a": "p_a", "b": "p_c"}}, "names the column 'p_c', which the data lacks"),
        (FRAME, {"race": ["p_a", "p_b"]}, "must name a column for each group"),
        (FRAME, {"race": {"a": "p_a", " ": "p_b"}}, "must have a name of 1 to 100 characters"),
    ],
)
def test_what_is_no_set_of_probabilities_is_refused(frame, named, message):
    with pytest.raises(DataError, match=message):
        read(frame, named)


def test_arrays_are_taken_too():
    shares = np.column_stack([np.full(4, 0.3), np.full(4, 0.7)])
    probable = {"race": {"a": shares[:, 0], "b": shares[:, 1]}}
    data = AuditData(np.zeros((4, 1)), labels=np.array([0, 1, 0, 1]), group_probabilities=probable)
    assert data.group_probabilities["race"].shares.tolist() == shares.tolist()
    with pytest.raises(DataError, match=r"one value per row \(4\)"):
        AuditData(np.zeros((4, 1)), group_probabilities={"race": {"a": shares[:3, 0], "b": shares[:3, 1]}})
    with pytest.raises(DataError, match="group_probabilities must say of each attribute"):
        AuditData(np.zeros((4, 1)), group_probabilities=3)
