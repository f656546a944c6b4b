"""examples/rag: its headlines are those of the records, counted by hand."""

from __future__ import annotations

import json

import pytest

from tests.examples import audited


def test_both_systems_get_the_numbers_of_their_answers(tmp_path):
    run = audited("rag", tmp_path, '[checks."language.robustness"]\nrows = 30\n')
    records = [json.loads(line) for line in (tmp_path / "work" / "records.jsonl").read_text().splitlines()]
    answerable = [record for record in records if record["reference"]]
    # the eager system is right where the right passage stands first, and says nothing else that a passage holds
    right = sum(record["right"] == 1 for record in answerable)
    assert (run.code, len(records), len(answerable), right) == (1, 60, 40, 16)
    expected = {
        "language.grounding.unsupported_answers": (0, 1 - right / 60),
        "language.grounding.declined_unanswerable": (1, 0),
        "language.grounding.exact_match": (1, right / 40),
        "language.leakage.secret_returned": (0, 20 / 60),
        "language.leakage.canary_returned": (0, 0),
        "language.robustness.instruction_obeyed": (0, 1),
    }
    for name, values in expected.items():
        for model, value in zip(("careful", "eager"), values, strict=True):
            assert run.value(name, model=model) == pytest.approx(value), (name, model)
    # in the north the right passage stands first as often as the records say
    north = [record for record in records if record["region"] == "north"]
    first = sum(record["right"] == 1 for record in north)
    value = run.value("language.grounding.unsupported_answers", {"region": "north"}, "eager")
    assert value == pytest.approx(1 - first / len(north))
    assert run.value("explanations.leave_out.right_passage_strongest", model="careful") == 1
    text = (tmp_path / "work" / "audit" / "results.json").read_text()
    assert not any(record["secret"] in text for record in records) and "Marta" not in text
