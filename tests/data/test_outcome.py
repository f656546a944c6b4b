"""What being selected is to a person: stated by the owner, by every door, and never assumed."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from auditkit.config import load
from auditkit.data import AuditData
from auditkit.errors import ConfigError, DataError
from auditkit.provenance.dataset import describe

ROWS = {"d": [1, 0, 1, 0] * 5, "y": [1, 1, 0, 0] * 5, "g": ["a", "b"] * 10}


def data(**options) -> AuditData:
    frame = pandas.DataFrame(ROWS)
    return AuditData.from_table(frame, label="y", positive=1, decisions="d", groups=["g"], **options)


def test_nothing_is_assumed():
    assert data().outcome is None and data().selected_means == ""
    assert data().outcome_of() is None
    written = describe(data()).model_dump()
    assert "outcome" not in written and "selected_means" not in written


@pytest.mark.parametrize("word", ["benefit", "burden"])
def test_it_is_kept_in_every_form_of_the_data_and_written(word):
    original = data(outcome=word, selected_means="  flagged\nas high risk ")
    for form in (original, original.take(np.arange(4)), original.one_row_each()):
        assert (form.outcome_of(), form.selected_means) == (word, "flagged as high risk")
    info = describe(original)
    assert (info.outcome, info.selected_means) == (word, "flagged as high risk")
    assert original.digest == data().digest, "the data are the same, whatever they mean"


def test_files_and_tables_of_counts_take_it(tmp_path):
    frame = pandas.DataFrame(ROWS)
    frame.to_csv(tmp_path / "a.csv", index=False)
    counted = frame.value_counts().rename("people").reset_index()
    common = {"label": "y", "positive": 1, "decisions": "d", "groups": ["g"], "outcome": "burden"}
    for source, more in (
        (tmp_path / "a.csv", {}),
        (tmp_path / "a.csv", {"stream": True}),
        (counted, {"people": "people"}),
    ):
        assert AuditData.from_table(source, **common, **more).outcome_of() == "burden"
    selected = pandas.DataFrame({"g": ["a", "b"], "n": [20, 30], "k": [5, 6]})
    assert (
        AuditData.from_table(selected, groups=["g"], people="n", selected="k", outcome="benefit").outcome == "benefit"
    )


def test_of_more_than_two_classes_each_is_stated_by_itself():
    frame = pandas.DataFrame({"y": ["a", "b", "c"] * 4, "x": range(12)})
    plain = AuditData.from_table(frame, label="y", outcome="benefit")
    assert plain.outcome_of("a") is None and plain.outcome_of() is None
    assert any("for each class" in note for note in plain.notes)
    stated = AuditData.from_table(frame, label="y", outcome={"a": "benefit", "b": "burden"})
    assert [stated.outcome_of(name) for name in ("a", "b", "c", None)] == ["benefit", "burden", None, None]
    assert describe(stated).outcome == {"a": "benefit", "b": "burden"}


def test_of_numbers_it_is_what_a_high_one_is():
    frame = pandas.DataFrame({"y": np.linspace(0, 1, 30), "x": range(30)})
    assert AuditData.from_table(frame, label="y", task="regression", outcome="burden").outcome_of() == "burden"
    assert AuditData.from_table(frame, label="y", task="regression").outcome_of() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "good"}, 'must be "benefit" or "burden"; \'good\' was given'),
        ({"outcome": "Benefit"}, 'must be "benefit" or "burden"'),
        ({"outcome": True}, 'must be "benefit" or "burden"'),
        ({"outcome": {"1": "benefit"}}, "must be one word"),
        ({"selected_means": 7}, "must be a text"),
        ({"selected_means": " \n "}, "a blank text"),
        ({"selected_means": "x" * 201}, "201 characters"),
    ],
)
def test_what_is_no_statement_is_refused(options, message):
    with pytest.raises(DataError, match=message.replace("(", r"\(")):
        data(**options)


def test_a_class_that_is_none_is_refused_with_the_close_match():
    frame = pandas.DataFrame({"y": ["granted", "denied", "waiting"] * 4, "x": range(12)})
    with pytest.raises(DataError, match=r"'grantd', which is no class; .*granted"):
        AuditData.from_table(frame, label="y", outcome={"grantd": "benefit"})
    with pytest.raises(DataError, match="of class 'granted' must be"):
        AuditData.from_table(frame, label="y", outcome={"granted": "good"})


@pytest.mark.parametrize("value", ['"good"', "true", '{ a = "good" }', "[1]"])
def test_the_settings_refuse_it_in_one_sentence(tmp_path, value):
    (tmp_path / "auditkit.toml").write_text(f'[model]\ndecisions = "d"\n[data]\npath = "a.csv"\noutcome = {value}\n')
    with pytest.raises(ConfigError) as error:
        load(tmp_path)
    assert "data.outcome" in str(error.value) and "'benefit' or 'burden'" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_settings_take_it(tmp_path):
    text = '[model]\ndecisions = "d"\n[data]\npath = "a.csv"\noutcome = "burden"\nselected_means = "flagged"\n'
    (tmp_path / "auditkit.toml").write_text(text)
    settings = load(tmp_path).data
    assert (settings.outcome, settings.selected_means) == ("burden", "flagged")
