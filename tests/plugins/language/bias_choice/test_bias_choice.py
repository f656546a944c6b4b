"""What `language.bias_choice` says of sick and healthy models, on its own questions and on a file as of BBQ."""

import json

import numpy as np
import pytest

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.models import ModelOptions
from auditkit.plugins.language.bias_choice import scores, self_tests
from auditkit.plugins.language.bias_choice.check import BiasChoice
from auditkit.plugins.language.bias_choice.own_questions import own
from auditkit.plugins.models.recorded_texts import RecordedTextsModel
from tests.plugins.language.answers import recorded
from tests.plugins.recorded import control, one, run

PROMPTS, OWN = own()
FAST = BiasChoice(trials=50)
NUMBER = {prompt: row for row, prompt in enumerate(PROMPTS)}
CLEAR_ROWS = ~OWN.is_ambiguous
AMBIGUOUS, CLEAR = {"context": "ambiguous"}, {"context": "disambiguated"}


def live(positions):
    """A model that chooses these options of auditkit's own questions, audited on a few prompts of its owner."""

    def answer(prompts):
        return [f"({'abc'[positions[NUMBER[prompt]]]})" if prompt in NUMBER else "Hello." for prompt in prompts]

    data = AuditData([f"question {number}" for number in range(40)], task="generation")
    return auditkit.wrap(answer, task="generation"), data


def bbq(choices, asides=None):
    """auditkit's own questions as a file in the columns of BBQ, with recorded answers."""
    condition = np.where(OWN.is_ambiguous, "ambig", "disambig")
    columns = {
        "context_condition": condition, "question_polarity": np.where(OWN.is_negative, "neg", "nonneg"),
        "label": OWN.right, "target_loc": OWN.target, "category": OWN.category, "question_index": OWN.template,
        **{f"ans{place}": OWN.options[:, place] for place in range(3)},
    }  # fmt: skip
    texts = [None if choice < 0 else OWN.options[row][choice] for row, choice in enumerate(choices)]
    return recorded(texts, PROMPTS, asides={**columns, **(asides or {})})


def test_a_model_that_goes_by_stereotypes_is_caught():
    result = run(FAST, *live(OWN.biased))
    for conditions in (AMBIGUOUS, CLEAR):
        score = one(result, "bias_score", conditions=conditions)
        assert score.value == 1 and score.interval.low > 0.7 and score.units == 36 and score.validity == "valid"
    assert one(result, "choice_accuracy", conditions=AMBIGUOUS).value == 0
    assert one(result, "choice_accuracy", conditions=CLEAR).value == 0.5
    assert result.level == "queries" and all(one.holds for one in result.controls)
    assert any("asked 216 further questions" in note for note in result.notes)


def test_a_model_that_reads_is_not():
    result = run(FAST, *live(OWN.right))
    score = one(result, "bias_score", conditions=CLEAR)
    assert score.value == 0 and score.interval.low < 0 < score.interval.high and score.validity == "valid"
    ambiguous = one(result, "bias_score", conditions=AMBIGUOUS)
    assert ambiguous.value is None and "every answer is 'unknown'" in ambiguous.reason
    assert one(result, "choice_accuracy", conditions=AMBIGUOUS).value == 1
    rng = np.random.default_rng(0)
    guesses = run(FAST, *live(rng.integers(0, 3, 216)))
    for conditions in (AMBIGUOUS, CLEAR):
        interval = one(guesses, "bias_score", conditions=conditions).interval
        assert interval.low < 0 < interval.high


def test_a_file_as_of_bbq_gives_the_same_numbers_as_the_questions_asked():
    choices = np.random.default_rng(1).integers(0, 3, 216)
    asked, filed = run(FAST, *live(choices)), run(FAST, *bbq(choices))
    numbers = [
        {(one.name, str(one.slice), str(one.conditions)): (one.value, one.interval) for one in result.measurements}
        for result in (asked, filed)
    ]
    assert numbers[0] == numbers[1] and filed.level == "recorded" and asked.level == "queries"


def test_lines_of_json_as_bbq_has_them_are_read(tmp_path):
    lines, choices = [], np.random.default_rng(4).integers(0, 3, 216)
    for row, prompt in enumerate(PROMPTS):
        tags = ["unknown" if place == OWN.unknown[row] else "group" for place in range(3)]
        lines.append({
            "example_id": row, "question_index": str(OWN.template[row]), "category": str(OWN.category[row]),
            "context_condition": "ambig" if OWN.is_ambiguous[row] else "disambig",
            "question_polarity": "neg" if OWN.is_negative[row] else "nonneg", "question": prompt,
            "answer_info": json.dumps({f"ans{place}": ["an option", tags[place]] for place in range(3)}),
            **{f"ans{place}": str(OWN.options[row][place]) for place in range(3)},
            "label": int(OWN.right[row]), "target_loc": int(OWN.target[row]), "said": f"({'abc'[choices[row]]})",
        })  # fmt: skip
    path = tmp_path / "bbq.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    data = AuditData.from_table(path, prompt="question", texts="said")
    model = RecordedTextsModel(data, ModelOptions())
    result, expected = run(FAST, model, data), run(FAST, *bbq(choices))
    for conditions in (AMBIGUOUS, CLEAR):
        score = one(result, "bias_score", conditions=conditions)
        assert score.value == one(expected, "bias_score", conditions=conditions).value and score.units == 36


def test_a_category_of_few_templates_decides_nothing():
    result = run(FAST, *bbq(OWN.biased))
    age = one(result, "bias_score", {"category": "age"}, conditions=AMBIGUOUS)
    assert age.value == 1 and age.validity == "inconclusive" and "fewer than 30 templates" in age.reason


def test_unparsed_answers_make_the_others_inconclusive():
    choices = OWN.biased.copy()
    choices[:30] = -1
    result = run(FAST, *bbq(choices))
    assert control(result, "parsed answers").value == pytest.approx(30 / 216)
    assert one(result, "bias_score", conditions=AMBIGUOUS).validity == "inconclusive"
    assert one(result, "unparsed_share", conditions=AMBIGUOUS).value == pytest.approx(10 / 72)


def test_contexts_that_are_not_balanced_are_said():
    keep = OWN.is_ambiguous | (OWN.right == OWN.biased)
    model, data = bbq(OWN.right)
    some = AuditData(
        [prompt for prompt, kept in zip(data.inputs, keep, strict=True) if kept], task="generation",
        answered=data.answered[keep], asides={name: column[keep] for name, column in data.asides.items()},
    )  # fmt: skip
    result = run(FAST, model, some)
    assert control(result, "right answers").value == 1 and control(result, "right answers").holds is False
    assert one(result, "bias_score", conditions=CLEAR).value == 1  # of a model that is always right


def test_the_controls_count_by_another_road():
    choices = np.random.default_rng(2).integers(-1, 3, 216)
    result = run(FAST, *bbq(choices))
    assert control(result, "recount").value < 1e-12
    assert self_tests.by_key(OWN) == 0
    for rows in (OWN.is_ambiguous, ~OWN.is_ambiguous):
        rng = np.random.default_rng(3)
        assert self_tests.false_alarms(OWN.biased, OWN, rows, 2000, rng) <= 0.085  # 0.065 by the binomial law
        assert self_tests.false_alarms(OWN.unknown, OWN, rows, 10, rng) is None


def test_the_controls_notice_faults_in_the_maths(monkeypatch):
    choices = np.random.default_rng(6).integers(0, 3, 216)
    right = scores.bias(choices, OWN, CLEAR_ROWS).value
    assert self_tests.deviation(choices, OWN, CLEAR_ROWS, right + 0.01) == pytest.approx(0.01)
    assert self_tests.deviation(choices, OWN, CLEAR_ROWS, right) < 1e-12
    sound = scores.bias

    def narrow(*args):
        estimate = sound(*args)
        ends = {"low": estimate.value - 0.02, "high": estimate.value + 0.02}
        return estimate._replace(interval=estimate.interval.model_copy(update=ends))

    monkeypatch.setattr(scores, "bias", narrow)
    assert control(run(FAST, *bbq(choices)), "choices by a coin").holds is False


def test_it_needs_the_columns_or_a_live_model():
    model, data = recorded(["a", "b"])
    assert "needs the columns of BBQ beside recorded answers" in FAST.applies(model, data)
    only_data = BiasChoice(questions="data")
    assert "context_condition, question_polarity, label" in only_data.applies(*live(OWN.right))
    assert FAST.applies(*live(OWN.right)) is None and FAST.applies(*bbq(OWN.right)) is None
    assert (FAST.calls(*live(OWN.right), 1), FAST.calls(*bbq(OWN.right), 1)) == (216, 0)
    assert missing_needs(BiasChoice, model, data) is None
    with pytest.raises(DataError, match="label must be the position of an option"):
        run(FAST, *bbq(OWN.right, {"label": ["x"] * 216}))
