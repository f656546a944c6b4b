"""Columns of free text: how they are known, and that their values are in codes and in nothing that is shown."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError

ROWS = 40
SENTENCES = [f"the applicant wrote {row} lines about {row * 7} things of interest" for row in range(ROWS)]


def read(values, **options):
    frame = pd.DataFrame({"essay": values, "age": range(len(values))})
    return AuditData.from_table(frame, label=np.arange(len(values)) % 2, **options)


def kind(values, **options):
    return read(values, **options).schema[0].kind


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (SENTENCES, "text"),
        (pd.array(SENTENCES, dtype="string"), "text"),
        ([None, *SENTENCES[1:]], "text"),
        (SENTENCES[:10] * 4, "category"),  # a few answers of a form, each chosen by many
        (SENTENCES[:19], "category"),  # too few to know
        ([f"{row:032x}-{row:08x}" for row in range(ROWS)], "category"),  # identifiers are long, and one word
        ([f"flat {row} of house {row} here" for row in range(ROWS)], "category"),  # addresses are short
        (pd.Categorical(SENTENCES), "category"),  # its owner made it one
        (range(ROWS), "integer"),
    ],
)
def test_free_text_is_long_and_nearly_all_different(values, expected):
    assert kind(values) == expected


def test_the_owner_knows_better():
    assert kind(SENTENCES, schema={"essay": {"kind": "category"}}) == "category"
    assert kind(["yes", "no"] * 20, schema={"essay": {"kind": "text"}}) == "text"
    data = read(SENTENCES, schema={"essay": {"kind": "category"}})
    assert len(data.schema[0].categories) == ROWS and not data.free_text.any()
    with pytest.raises(DataError, match=r"'age': text is for what people write; the values are integer"):
        read(SENTENCES, schema={"age": {"kind": "text"}})
    with pytest.raises(DataError, match="categories are for a category; the column is text"):
        read(SENTENCES, schema={"essay": {"categories": SENTENCES}})


def test_a_note_says_what_is_free_text_and_how_to_say_otherwise():
    (note,) = [note for note in read(SENTENCES).notes if "free text" in note]
    assert "'essay'" in note and 'kind = "category" under [data.features.essay]' in note


def test_texts_are_in_the_codes_and_shown_nowhere():
    values = [None, *SENTENCES[1:]]
    data = read(values)
    assert data.free_text.tolist() == [True, False] and data.schema[0].categories == ()
    assert "applicant" not in repr(data.schema)
    codes = data.codes()
    assert np.isnan(codes[0, 0]) and len(np.unique(codes[1:, 0])) == ROWS - 1
    assert data.decode(codes)["essay"].equals(data.inputs["essay"])
    swapped = codes[[1, 0, *range(2, ROWS)]]
    assert data.decode(swapped)["essay"][0] == SENTENCES[1]
    assert data.orders == {}


def test_both_splits_have_the_same_codes():
    others = [f"somebody else wrote another long sentence number {row}" for row in range(ROWS)]
    train = pd.DataFrame({"essay": [SENTENCES[5], *others[1:]], "age": range(ROWS), "y": np.arange(ROWS) % 2})
    frame = pd.DataFrame({"essay": SENTENCES, "age": range(ROWS), "y": np.arange(ROWS) % 2})
    data = AuditData.from_table(frame, label="y", train=train)
    assert data.train.codes()[0, 0] == data.codes()[5, 0]
    assert data.decode(data.train.codes())["essay"].tolist() == train["essay"].tolist()
    # a few rows for a test are too few to know free text by; the other split knows it
    few = AuditData.from_table(frame[:10], label="y", train=train)
    assert few.schema[0].kind == few.train.schema[0].kind == "text"


def test_a_table_of_text_has_the_same_digest_however_it_is_known():
    assert read(SENTENCES).digest == read(pd.array(SENTENCES, dtype="string")).digest
    assert read(SENTENCES).digest != read(SENTENCES[::-1]).digest
    declared = read(SENTENCES, schema={"essay": {"kind": "text"}})
    assert declared.schema[0].declared and declared.digest != read(SENTENCES).digest


def test_a_csv_is_read_alike(tmp_path):
    pd.DataFrame({"essay": SENTENCES, "y": np.arange(ROWS) % 2}).to_csv(tmp_path / "t.csv", index=False)
    data = AuditData.from_table(tmp_path / "t.csv", label="y")
    assert data.schema[0].kind == "text" and data.inputs["essay"].tolist() == SENTENCES
