"""Inspect's eval log: samples as columns, several epochs as rows of one unit, and hostile logs refused in sentences."""

from __future__ import annotations

import copy
import json

import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import DataError


def sample(number: int, epoch: int, answer, **more):
    message = {"role": "assistant", "content": answer}
    return {
        "id": number, "epoch": epoch, "input": f"question {number}", "target": "yes",
        "output": {"model": "m", "choices": [{"message": message, "stop_reason": "stop"}]},
        "scores": {"match": {"value": "C", "answer": "yes"}}, "metadata": {"dialect": "a" if number % 2 else "b"},
        "messages": [], "events": [{"anything": [1, 2]}], **more,
    }  # fmt: skip


LOG = {
    "version": 2, "status": "success", "eval": {"task": "popularity", "model": "ollama/llama3.1", "config": {}},
    "plan": {"config": {"temperature": 1.0}},
    "samples": [sample(number, epoch, f"answer {epoch}") for number in range(20) for epoch in (1, 2)],
}  # fmt: skip


def written(tmp_path, log):
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log), encoding="utf-8")
    return path


def test_samples_are_rows(tmp_path):
    data = AuditData.from_table(written(tmp_path, LOG), prompt="prompt", texts="answer", groups=["metadata_dialect"],
                                unit="sample_id")  # fmt: skip
    assert data.prompts[:3].tolist() == ["question 0", "question 0", "question 1"]
    assert data.answered[:2].tolist() == ["answer 1", "answer 2"]
    assert (len(data), data.units, data.unit_name) == (40, 20, "sample_id")
    assert data.column("target")[0] == "yes" and data.column("score_match")[0] == "C"
    assert set(data.groups["metadata_dialect"]) == {"a", "b"}
    assert any("model ollama/llama3.1, task popularity, temperature 1" in note for note in data.notes)
    result = auditkit.audit(None, data, checks=["language"], budget="quick")
    same = next(m for one in result.results for m in one.measurements if m.name == "same_answer_rate" and not m.slice)
    assert (same.value, same.n) == (0.0, 20)  # both epochs of each sample differ


def test_messages_parts_and_errors(tmp_path):
    log = copy.deepcopy(LOG)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [
        {"type": "text", "text": "What is it?"}, {"type": "image", "image": "data:…"}]}]  # fmt: skip
    log["samples"][0] = sample(0, 1, [{"type": "text", "text": "A"}, {"type": "text", "text": "cat"}], input=messages)
    log["samples"][1]["error"] = {"message": "out of time"}
    log["samples"][2]["output"] = {"choices": []}
    log["samples"][3]["target"] = ["yes", "true"]
    log["status"] = "error"
    data = AuditData.from_table(written(tmp_path, log), prompt="prompt", texts="answer")
    assert data.prompts[0] == "system: Be brief.\n\nuser: What is it?" and data.answered[0] == "A\ncat"
    assert data.answered[1] is None and data.answered[2] is None and data.column("stop_reason")[1] == "error"
    assert data.column("target")[3] == ("yes", "true")
    assert any("did not end in success" in note for note in data.notes)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"version": 7}, "must be of version 1 or 2"),
        ({"samples": None}, "holds no samples"),
        ({"samples": []}, "holds no samples"),
        ({"samples": ["Mrs Quixley"]}, "sample 1 must be an object; it is a str"),
        (
            {"samples": [{**LOG["samples"][0], "input": 7}]},
            "sample 1: its input must be a text or messages; it is a",
        ),
        ({"samples": [{**LOG["samples"][0], "input": ["Quixley"]}]}, "its input must be a text or messages"),
        ({"samples": [{**LOG["samples"][0], "output": {"choices": [7]}}]}, "must have a message under choices"),
        ({"samples": [{**LOG["samples"][0], "output": {"choices": {"a": 1}}}]}, "must have a message under choices"),
        ({"samples": [sample(1, 1, 7)]}, "its answer must be a text or parts of a message; it is a int"),
        ({"samples": [{**LOG["samples"][0], "target": {"x": 1}}]}, "its target must be a text or texts; it is a dict"),
        ({"samples": [{**LOG["samples"][0], "metadata": {f"n{n}": 1 for n in range(101)}}]}, "more than 100 names"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path, change, match):
    with pytest.raises(DataError, match=match) as caught:
        AuditData.from_table(written(tmp_path, {**LOG, **change}), prompt="prompt", texts="answer")
    assert "Quixley" not in str(caught.value)


def test_names_and_values_that_are_no_columns_are_passed_over(tmp_path):
    log = copy.deepcopy(LOG)
    log["samples"][0]["metadata"] |= {"a\nb": 1, "n" * 101: 2, "deep": {"x": [1]}}
    log["samples"][0]["scores"] = [1, 2]
    data = AuditData.from_table(written(tmp_path, log), prompt="prompt", texts="answer")
    assert {name for name in data.asides if name.startswith("metadata_")} == {"metadata_dialect"}


def test_deep_and_packed_logs(tmp_path):
    path = tmp_path / "log.json"
    path.write_text('{"version": 2, "status": "success", "eval": ' + '{"a":' * 100_000, encoding="utf-8")
    with pytest.raises(DataError):
        AuditData.from_table(path, prompt="prompt", texts="answer")
    packed = tmp_path / "log.eval"
    packed.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(DataError, match="inspect log convert --to json"):
        AuditData.from_table(packed, prompt="prompt", texts="answer")
