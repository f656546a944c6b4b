"""Prompts and answers in words: how they are read, what stands beside them, and what is refused in which words."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ConfigError, DataError, ModelError
from auditkit.models import Capability
from auditkit.predictions import Predictions
from auditkit.run.foreign_text import ForeignText

QUESTIONS = ["open?", "closed?", "where?", "when?"]


def frame(**columns):
    table = {
        "question": QUESTIONS * 5, "answer": ["yes", "", None, "no"] * 5, "dialect": ["a", "b"] * 10,
        "reference": ["r1", "r2"] * 10,
    }  # fmt: skip
    return pd.DataFrame({**table, **columns})


def test_a_table_is_prompts_and_what_stands_beside_them():
    data = AuditData.from_table(frame(), prompt="question", texts="answer", groups=["dialect"])
    assert (data.task, data.modality, data.labels) == ("generation", "text", None)
    assert data.prompts.tolist() == QUESTIONS * 5 and data.inputs == QUESTIONS * 5
    assert data.column("reference").tolist() == ["r1", "r2"] * 10
    assert data.column("dialect").tolist() == ["a", "b"] * 10
    assert data.answered.tolist() == ["yes", "", None, "no"] * 5
    assert any("'question'" in note for note in data.notes)
    with pytest.raises(DataError, match="no column 'referense' beside the prompts; did you mean 'reference'"):
        data.column("referense")
    some = data.take(np.array([2, 0]))
    assert some.prompts.tolist() == ["where?", "open?"] and some.answered.tolist() == [None, "yes"]
    assert some.column("reference").tolist() == ["r1", "r1"]


def test_equal_prompts_are_one_unit_unless_a_unit_is_named():
    data = AuditData.from_table(frame(), prompt="question", texts="answer")
    assert (data.units, data.unit_name) == (4, "prompt") and any("one unit" in note for note in data.notes)
    assert len(np.unique(data.unit[:4])) == 4 and data.unit[0] == data.unit[4]
    named = AuditData.from_table(frame(who=range(20)), prompt="question", texts="answer", unit="who")
    assert (named.units, named.unit_name) == (20, "who") and not any("one unit" in note for note in named.notes)
    assert len(named.column("who")) == 20


def test_the_column_of_the_prompts():
    only = frame().drop(columns=["reference", "answer"])
    assert AuditData.from_table(only, task="generation", groups=["dialect"]).prompts[0] == "open?"
    called = AuditData.from_table(frame(prompt="hello"), texts="answer")
    assert set(called.prompts) == {"hello"} and called.column("question")[0] == "open?"
    with pytest.raises(DataError, match=r"must be named, as in prompt = .*several could be meant"):
        AuditData.from_table(frame(), texts="answer")
    with pytest.raises(DataError, match="'qestion', which the inputs lack; did you mean 'question'"):
        AuditData.from_table(frame(), prompt="qestion")
    with pytest.raises(DataError, match="none holds texts"):
        AuditData.from_table(pd.DataFrame({"x": [1, 2]}), task="generation")
    with pytest.raises(DataError, match=r"'question' must hold a text in every row.*; 1 row lacks one"):
        AuditData.from_table(frame(question=["a", None, *QUESTIONS * 4, "b", "c"]), prompt="question")


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_files(tmp_path, ending):
    path, table = tmp_path / f"answers.{ending}", frame()
    if ending == "csv":
        table.to_csv(path, index=False)
    elif ending == "parquet":
        table.to_parquet(path)
    else:
        lines = [{**row, "contexts": ["p", "q"]} for row in table.to_dict("records")]
        path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    data = AuditData.from_table(path, prompt="question", texts="answer", groups=["dialect"])
    assert data.prompts.tolist() == QUESTIONS * 5
    # a field of a csv file that is empty cannot be told from one that is missing
    assert data.answered.tolist() == ["yes", None if ending == "csv" else "", None, "no"] * 5
    if ending == "jsonl":
        assert data.column("contexts")[0] == ("p", "q")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"label": "reference"}, "takes no label"),
        ({"decisions": "dialect"}, "takes no decisions or scores"),
        ({"people": "n"}, "takes no people"),
        ({"task": "binary"}, "answers in words are for the task generation; the task is binary"),
    ],
)
def test_what_such_data_has_not(options, match):
    with pytest.raises(DataError, match=match):
        AuditData.from_table(frame(n=2), prompt="question", texts="answer", **options)


def test_answers_that_are_none_are_refused():
    with pytest.raises(DataError, match="must be texts, blank where nothing came; they hold a int"):
        AuditData.from_table(frame(answer=range(20)), prompt="question", texts="answer")
    with pytest.raises(DataError, match="blank in every row"):
        AuditData.from_table(frame(answer=None), prompt="question", texts="answer")
    with pytest.raises(DataError, match="at most 1,000,000 characters; 1 row is longer"):
        AuditData(["a" * 1_000_001, "b"], task="generation")
    with pytest.raises(DataError, match="takes texts, a prompt for each row"):
        AuditData(np.zeros((3, 2)), task="generation")
    with pytest.raises(DataError, match="prompts are for the task generation"):
        _ = AuditData(["a", "b"], np.array([0, 1])).prompts


def test_the_digest_knows_answers_and_columns():
    one, again = (AuditData.from_table(frame(), prompt="question", texts="answer") for _ in range(2))
    other_answer = AuditData.from_table(frame(answer="x"), prompt="question", texts="answer")
    other_reference = AuditData.from_table(frame(reference="x"), prompt="question", texts="answer")
    assert one.digest == again.digest
    assert len({one.digest, other_answer.digest, other_reference.digest}) == 3


def test_recorded_answers_are_a_model_that_cannot_be_asked():
    data = AuditData.from_table(frame(), prompt="question", texts="answer")
    model = auditkit.wrap(data)
    assert model.capabilities == {Capability.TEXTS} and model.task == "generation"
    assert Predictions(model, data).texts.tolist() == ["yes", "", None, "no"] * 5
    with pytest.raises(CapabilityError, match="stand for these prompts only"):
        model.answers(["open?"])
    with pytest.raises(ModelError, match="threshold is for decisions"):
        auditkit.wrap(data, threshold=0.5)
    with pytest.raises(ModelError, match="answers in words must stand beside the data"):
        auditkit.wrap(AuditData(["a", "b"], task="generation"))


class Writer:
    """An object with a method `generate`."""

    def generate(self, prompts):
        return [None if "where" in prompt else prompt.upper() for prompt in prompts]


@pytest.mark.parametrize("model", [Writer(), Writer().generate], ids=["object", "function"])
def test_a_live_model_is_asked(model):
    data = AuditData.from_table(frame().drop(columns="answer"), prompt="question")
    wrapped = auditkit.wrap(model, task="generation")
    assert wrapped.capabilities == {Capability.TEXTS, Capability.QUERIES}
    assert Predictions(wrapped, data).texts[:4].tolist() == ["OPEN?", "CLOSED?", None, "WHEN?"]
    assert wrapped.answers(data.with_prompts(["x"] * 20)).texts.tolist() == ["X"] * 20
    with pytest.raises(DataError, match="one text for each row"):
        data.with_prompts(["x"])


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (lambda prompts: "one text", "a list of texts, one for each prompt; it gave a str"),
        (lambda prompts: ["a"], "it gave 1 text for 4 prompts"),
        (lambda prompts: [1] * len(prompts), "it gave a int for a prompt"),
        (lambda prompts: None, "it gave a NoneType"),
    ],
)
def test_answers_of_a_live_model_that_are_no_texts(answer, match):
    with pytest.raises(ModelError, match=match):
        auditkit.wrap(answer, task="generation").answers(QUESTIONS)


def test_model_and_data_must_be_of_the_same_task():
    data = AuditData(QUESTIONS * 5, task="generation")
    with pytest.raises(ConfigError, match="the model's task is binary and the data's is generation"):
        auditkit.audit(auditkit.wrap(lambda x: [0, 1], classes=(0, 1)), data, checks=["data"])


def test_an_audit_of_a_live_model_writes_no_text(tmp_path):
    questions = [f"what of case {number}, Quixley?" for number in range(40)]
    data = AuditData(questions, task="generation", groups={"dialect": np.array(["a", "b"] * 20)})
    answers = auditkit.wrap(lambda prompts: [f"Zanzibar {prompt}" for prompt in prompts], task="generation")
    result = auditkit.audit(answers, data, budget="quick", out=tmp_path / "audit")
    assert next(one for one in result.results if one.check == "language.refusal").status == "measured"
    assert {one.status for one in result.results if one.check.startswith("performance")} == {"skipped"}
    written = "".join(path.read_text(errors="ignore") for path in (tmp_path / "audit").rglob("*") if path.is_file())
    assert "Quixley" not in written and "Zanzibar" not in written


def test_prompts_that_repeat_are_not_published():
    with pytest.raises(DataError, match="several rows are of one prompt"):
        AuditData(QUESTIONS * 5, task="generation", disclosure="publish")


def test_what_a_model_raises_tells_nothing_of_what_stands_beside_a_prompt():
    own = [f"{word} owed money to the mill by the river in that year" for word in map("clerk{}".format, range(20))]
    own[3], answers = "Mrs Quixley never paid the old mill by the river", list(own)
    answers[4] = "Zanzibar lies far away from any such river of course"
    data = AuditData.from_table(frame(reference=own, answer=answers), prompt="question", texts="answer")
    for quoted, word in ((own[3], "Quixley"), (answers[4], "Zanzibar")):
        assert word not in ForeignText(data).allowed(f"ValueError: cannot read {quoted}")
