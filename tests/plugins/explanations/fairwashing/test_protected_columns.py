"""Columns that rule packs protect are tried as groups where none was named."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.plugins.explanations.fairwashing.protected_columns import with_protected

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({
    "Applicant-Sex": RNG.choice(["f", "m"], 80),
    "age": RNG.integers(18, 80, 80).astype(float),
    "race": "one",
    "package": RNG.normal(size=80),
    "pay": RNG.normal(size=80),
})  # fmt: skip
LABELS = np.arange(80) % 2


def test_columns_are_found_by_their_names_and_numbers_are_split():
    data, note = with_protected(AuditData(FRAME, LABELS), {"sex", "age", "race"})
    assert list(data.groups) == ["Applicant-Sex", "age"]
    halves = [FRAME.age[data.groups["age"] == value] for value in np.unique(data.groups["age"])]
    assert len(halves) == 2 and min(halves[1]) > max(halves[0]) and abs(len(halves[0]) - 40) < 6
    assert (data.groups["Applicant-Sex"] == "0").sum() == (FRAME["Applicant-Sex"] == "f").sum()
    assert "Tried as groups, for a rule pack names them as protected: Applicant-Sex, age." in note


@pytest.mark.parametrize(
    ("groups", "protected"), [({"sex": FRAME["Applicant-Sex"].to_numpy()}, {"age"}), ({}, ()), ({}, {"religion"})]
)
def test_what_the_owner_named_stays_and_nothing_else_is_tried(groups, protected):
    data = AuditData(FRAME, LABELS, groups)
    assert with_protected(data, protected) == (data, None)


def test_missing_values_are_a_group():
    frame = FRAME.assign(age=FRAME.age.where(np.arange(80) > 20))
    data, _ = with_protected(AuditData(frame, LABELS), {"age"})
    assert len(np.unique(data.groups["age"])) == 3 and (data.groups["age"] == "nan").sum() == 21
