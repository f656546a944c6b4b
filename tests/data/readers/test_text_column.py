"""Which column of a table holds the texts."""

from __future__ import annotations

import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError, Mend

TABLE = pd.DataFrame(
    {"review": ["so good", "so bad", "fine film"], "who": ["a", "b", "a"], "stars": [3, 1, 2], "y": [1, 0, 1]}
)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_groups_stand_beside_the_texts(suffix, tmp_path):
    path = tmp_path / f"reviews.{suffix}"
    getattr(TABLE, f"to_{suffix}")(path, index=False)
    data = AuditData.from_table(path, label="y", groups=["who"], drop=["stars"], modality="text")
    assert data.inputs == ["so good", "so bad", "fine film"] and data.modality == "text"
    assert data.groups["who"].tolist() == ["a", "b", "a"]
    assert "the texts are the column 'review'; groups stand beside them" in data.notes
    renamed = AuditData.from_table(
        path, label="y", groups={"writer": {"column": "who"}, "n": {"column": "stars"}}, modality="text"
    )
    assert renamed.inputs == data.inputs


def test_a_group_that_is_the_only_column_is_the_text():
    data = AuditData.from_table(TABLE[["review", "y"]], label="y", groups=["review"], modality="text")
    assert data.inputs == TABLE.review.tolist()


def test_which_column_it_may_be_is_said():
    with pytest.raises(
        DataError, match=r"texts are one column; the inputs are 3: review, who, stars.*'review'"
    ) as caught:
        AuditData.from_table(TABLE, label="y", modality="text")
    assert caught.value.mend == (Mend("data.drop", ["who", "stars"]),)


@pytest.mark.parametrize(
    ("column", "message"),
    [(["a", None, "b"], r"rows without a text must be taken out \(1 in all\)"), ([1, 2, 3], "must hold texts")],
)
def test_what_is_no_text_is_refused(column, message):
    with pytest.raises(DataError, match=message):
        AuditData.from_table(pd.DataFrame({"review": column, "y": [0, 1, 0]}), label="y", modality="text")
