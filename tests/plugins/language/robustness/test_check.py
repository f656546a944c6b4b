"""`language.robustness`: models that follow what should not matter and models that do not, with numbers by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pydantic import ValidationError

from auditkit import stats
from auditkit.plugins.language.robustness.check import PromptRobustness
from auditkit.plugins.language.robustness.options import options
from tests.plugins.recorded import control, one, run
from tests.plugins.worded import worded

ROWS = 40
NUMBERS = [10 + 7 * place for place in range(ROWS)]
PROMPTS = [
    f"Which of these numbers equals {number} minus three?\nA) {number - 3}\nB) {number - 4}\nC) {number + 3}"
    for number in NUMBERS
]
FREE = [f"Please name the number that follows after {number} directly." for number in NUMBERS]


def steady(prompts):
    """Reads the number, and names the letter of the option that is right."""
    return [_letter(prompt, int(re.search(r"\d+", prompt)[0]) - 3) for prompt in prompts]


def _letter(prompt, number):
    given = options(prompt)
    return f"{given.letters[given.texts.index(str(number))]})"


def first_letter(prompts):
    """Answers A, whatever stands there."""
    return ["A)" for _ in prompts]


def brittle(prompts):
    """Right where every word is spelled right and nothing stands before the question; else another option."""
    known = set(re.findall(r"[a-z]{4,}", PROMPTS[0].casefold()))
    return [
        right if known <= set(re.findall(r"[a-z]{4,}", prompt.casefold())) and prompt.startswith("Which") else "B)"
        for prompt, right in zip(prompts, steady(prompts), strict=True)
    ]


def obedient(prompts):
    """Does what the last instruction says."""
    orders = [re.search(r"the single word (\w+)", prompt) for prompt in prompts]
    return [word[1] if word else right for word, right in zip(orders, steady(prompts), strict=True)]


def restless():
    """Another answer each time, whatever is asked."""
    rng = np.random.default_rng(0)
    return lambda prompts: [f"{letter})" for letter in rng.choice(list("ABC"), len(prompts))]


def measured(answer, prompts=PROMPTS, **more):
    columns = {key: more.pop(key) for key in ("groups", "unit") if key in more}
    return run(PromptRobustness(**more), *worded(prompts, answer, **columns))


def at(result, name, change):
    return one(result, name, conditions={"change": change})


def test_a_steady_model_changes_nothing():
    result = measured(steady)
    for change in ("asked again", "typos", "wording", "order of options", "injected instruction"):
        assert (
            at(result, "answer_changed_share", change).value == 0
            and at(result, "answer_changed_share", change).n == ROWS
        )
    assert at(result, "answer_changed_share", "typos").interval == stats.wilson(0, ROWS)
    assert one(result, "instruction_obeyed").value == 0
    assert (
        at(result, "changed_beyond_repeat", "typos").interval.low
        < 0
        < at(result, "changed_beyond_repeat", "typos").interval.high
    )
    assert all(entry.holds for entry in result.controls if entry.name != "answers of other prompts")
    assert any(f"asked {5 * ROWS} further questions" in note for note in result.notes)


def test_a_model_that_follows_letters_changes_with_their_order_alone():
    result = measured(first_letter)
    assert at(result, "answer_changed_share", "order of options").value == 1
    assert at(result, "answer_changed_share", "typos").value == 0


def test_a_brittle_model_changes_with_typos_and_wording():
    result = measured(brittle)
    assert at(result, "answer_changed_share", "typos").value == 1
    # two of four frames put words before the question
    assert 0 < at(result, "answer_changed_share", "wording").value < 1
    beyond = at(result, "changed_beyond_repeat", "typos")
    assert beyond.value == 1 and beyond.interval.low > 0.7


def test_an_obedient_model():
    result = measured(obedient)
    obeyed = one(result, "instruction_obeyed")
    assert obeyed.value == 1 and obeyed.interval == stats.wilson(ROWS, ROWS)
    # the word names no option
    assert at(result, "unread_share", "injected instruction").value == 1
    assert at(result, "answer_changed_share", "injected instruction").value == 1
    assert at(result, "answer_changed_share", "typos").value == 0


def test_a_restless_model_changes_no_more_than_when_asked_again():
    result = measured(restless())
    again = at(result, "answer_changed_share", "asked again")
    assert again.value > 0.4 and control(result, "the same prompt again").holds is False
    assert "read changed_beyond_repeat" in control(result, "the same prompt again").reason
    for change in ("typos", "wording", "order of options"):
        beyond = at(result, "changed_beyond_repeat", change)
        assert beyond.interval.low < 0 < beyond.interval.high and beyond.validity == "valid"


def test_free_answers_and_named_answers():
    def free(prompts):
        return [f"It is {int(re.search(r'[0-9]+', prompt)[0]) + 1}." for prompt in prompts]

    result = measured(free, FREE)
    assert at(result, "answer_changed_share", "typos").value == 0
    order = at(result, "answer_changed_share", "order of options")
    assert order.value is None and "no prompts that can be changed so" in order.reason
    assert any(note.startswith("order of options: 40 prompts cannot be changed so") for note in result.notes)

    def wordy(prompts):
        return [f"Yes, as {len(prompt)} letters show." if "after" in prompt else "No." for prompt in prompts]

    assert at(measured(wordy, FREE), "answer_changed_share", "wording").value == 1  # the text differs
    named = measured(wordy, FREE, answers=("yes", "no"))
    assert at(named, "answer_changed_share", "wording").value == 0  # what is orders apart does not
    unread = measured(wordy, FREE, answers=("red", "green"))
    assert control(unread, "answers that can be read").value == 0
    assert at(unread, "answer_changed_share", "wording").value is None


def test_an_answer_that_does_not_come_any_more_has_changed():
    def silent(prompts):
        return [steady([prompt])[0] if "Note found" not in prompt else None for prompt in prompts]

    result = measured(silent)
    assert at(result, "answer_changed_share", "injected instruction").value == 1
    assert at(result, "unread_share", "injected instruction").n == ROWS
    assert at(result, "answer_changed_share", "wording").value == 0


def test_one_answer_to_everything_is_noted():
    assert control(measured(lambda prompts: ["blue"] * len(prompts), FREE), "answers of other prompts").value == 0


def test_groups_and_units():
    group = ["old" if place % 2 else "new" for place in range(ROWS)]
    result = measured(brittle, groups={"kind": group}, unit=np.arange(ROWS) // 2)
    share = one(result, "answer_changed_share", {"kind": "old"}, conditions={"change": "typos"})
    assert share.value == 1 and share.n == 20
    assert at(result, "answer_changed_share", "typos").units == 20


def test_what_may_be_set():
    with pytest.raises(ValidationError, match="templates: each must hold"):
        PromptRobustness(templates=("Please.",))
    with pytest.raises(ValidationError, match="injection must hold"):
        PromptRobustness(injection="{prompt} Stop.")
    model, data = worded(PROMPTS, steady)
    assert PromptRobustness().calls(model, data, 10) == 50
    assert "among changes" in PromptRobustness(changes=("typos",)).leaves_out("instruction_obeyed", data)


def test_no_text_is_in_the_findings():
    text = measured(steady).model_dump_json()
    assert "minus three" not in text and str(NUMBERS[-1] - 3) + ")" not in text
