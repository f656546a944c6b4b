"""`language.consistency`: agreement by hand, a steady model and one that answers by chance, live and recorded."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import auditkit
from auditkit import stats
from auditkit.data import AuditData
from auditkit.plugins.language.consistency import agreement
from auditkit.plugins.language.consistency.check import ConsistencyOfAnswers
from tests.plugins.language.answers import recorded
from tests.plugins.recorded import one, run

CHECK = ConsistencyOfAnswers()


def test_pairs_by_hand():
    # three pairs: a-a agree, a-b and a-b do not
    assert agreement.of_pairs(["A", "a ", "b"], agreement.same) == pytest.approx(1 / 3)
    assert agreement.overlap("It is open", "It is not open") == pytest.approx(2 * 3 / 7)
    assert agreement.overlap("a a b", "a c") == pytest.approx(2 * 1 / 5)
    assert agreement.overlap("", None) == 1.0 and agreement.overlap("a", "") == 0.0
    assert agreement.same(None, "") == 0.0 and agreement.same(None, None) == 1.0
    agree = agreement.same_class({"yes": 0, "no": 1}.get)
    assert [agree("yes", "yes"), agree("yes", "no"), agree("perhaps", "perhaps"), agree(None, None)] == [1, 0, 0, 0]


def test_agreement_of_pairs_does_not_hang_on_how_many_answers_there_are():
    rng = np.random.default_rng(0)
    drawn = rng.choice(["a", "b"], p=[0.7, 0.3], size=(4000, 8))
    expected = 0.7**2 + 0.3**2
    for answers in (2, 4, 8):
        values = [agreement.of_pairs(list(row[:answers]), agreement.same) for row in drawn[:1000]]
        assert np.mean(values) == pytest.approx(expected, abs=0.04)


def test_recorded_answers_by_hand():
    prompts = [f"q{number // 2}" for number in range(80)]
    texts = list(itertools.chain(*([["yes", "yes"]] * 30 + [["yes", "no"]] * 10)))
    result = run(ConsistencyOfAnswers(answers={"yes": ("yes",), "no": ("no",)}), *recorded(texts, prompts))
    same, changed = one(result, "same_answer_rate"), one(result, "changed_prompt_share")
    assert (same.value, same.n, same.units) == (0.75, 40, 40)
    values = np.repeat([1.0, 0.0], [30, 10])
    assert same.interval.low == pytest.approx(stats.bounded_interval(values, 0, 1).low)
    assert changed.value == 0.25 and changed.interval == stats.wilson(10, 40)
    assert one(result, "same_class_rate").value == 0.75 and one(result, "no_class_share").value == 0
    assert [c.name for c in result.controls if not c.holds] == ["different prompts: same_answer_rate",
                                                               "different prompts: same_class_rate"]  # fmt: skip


def test_a_model_that_answers_by_chance_is_noticed_and_a_steady_one_is_not():
    rng = np.random.default_rng(0)
    questions = [f"what of case {number}" for number in range(60)]
    data = AuditData(questions, task="generation", groups={"dialect": np.array(["a", "b"] * 30)})
    steady = auditkit.wrap(lambda prompts: [f"about {prompt}" for prompt in prompts], task="generation")
    random = auditkit.wrap(
        lambda prompts: [f"{rng.integers(10)} about {prompt}" for prompt in prompts], task="generation"
    )
    for model, low, high in ((steady, 0.9, 1.0), (random, 0.0, 0.2)):
        result = run(CHECK, model, data)
        same = one(result, "same_answer_rate")
        assert low <= same.value <= high and same.n == 60
        assert same.interval.low > 0.9 if model is steady else same.interval.high < 0.3
        assert all(control.holds for control in result.controls)
        assert any("180 further questions: 60 prompts, 3 times again each" in note for note in result.notes)
        assert one(result, "same_answer_rate", {"dialect": "a"}).n == 30
    assert CHECK.calls(steady, data, 60) == 180


def test_that_nothing_comes_twice_is_no_agreement():
    # of three answers of which one came no pair agrees; where none came nothing is said
    assert agreement.of_pairs([None, None, "a"], agreement.same) == 0
    prompts = [f"q{number // 3}" for number in range(180)]
    texts = [None, None, "a"] * 40 + [None, "", None] * 20
    result = run(CHECK, *recorded(texts, prompts))
    same = one(result, "same_answer_rate")
    assert (same.value, same.n) == (0, 40) and "Not counted: 20 prompts to which no answer has words." in result.notes
    silent = auditkit.wrap(lambda prompts: [None] * len(prompts), task="generation")
    for model, data in (
        recorded([None] * 59 + [""], prompts[:60]),
        (silent, AuditData(prompts[::3], task="generation")),
    ):
        result = run(CHECK, model, data)
        for name in ("same_answer_rate", "word_overlap", "changed_prompt_share"):
            assert one(result, name).value is None and "no answer to a prompt" in one(result, name).reason


def test_one_answer_a_prompt_and_nobody_to_ask():
    result = run(CHECK, *recorded(["yes", "no"] * 20))
    same = one(result, "same_answer_rate")
    assert same.value is None and "no prompt has two answers" in same.reason
    assert CHECK.calls(*recorded(["yes"] * 4), 4) == 0


def test_prompts_of_one_person_vary_together():
    # 40 prompts of 20 people, each asked twice: within a person all change or none
    prompts, unit = [f"q{number // 2}" for number in range(80)], np.arange(80) // 4
    texts = [("yes" if number % 2 or (number // 4) % 2 else "no") for number in range(80)]
    model, data = recorded(texts, prompts, unit=unit, unit_name="person")
    same = one(run(CHECK, model, data), "same_answer_rate")
    assert (same.value, same.n, same.units) == (0.5, 40, 20) and "by units" in same.interval.method


def test_the_number_of_prompts_asked_again_is_bounded():
    data = AuditData([f"q{number}" for number in range(60)], task="generation")
    asked = []

    def answer(prompts):
        asked.extend(prompts)
        return list(prompts)

    result = run(ConsistencyOfAnswers(prompts=10, repeats=2), auditkit.wrap(answer, task="generation"), data)
    assert len(asked) == 60 + 20 and one(result, "same_answer_rate").n == 10
