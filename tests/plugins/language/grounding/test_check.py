"""`language.grounding`: a system that makes things up and one that keeps to its passages, with numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import stats
from auditkit.errors import DataError
from auditkit.plugins.language.grounding.check import Grounding
from tests.plugins.recorded import control, one, run
from tests.plugins.worded import worded

TOWNS = [
    f"{first}{last}"
    for first in ("Ard", "Bel", "Cor", "Dun", "Esk", "Fal")
    for last in ("ham", "mar", "ton", "vik", "wold", "by")
]
MAYORS = [
    f"{first} {last}"
    for first in ("Marta", "Piet", "Olga", "Ivar", "Nuria", "Tomas")
    for last in ("Lind", "Haas", "Rossi", "Novak", "Sato", "Webb")
]
PASSAGES = [
    [f"{town} was founded in {1300 + 7 * place}.", f"The mayor of {town} is called {mayor}, a former baker."]
    for place, (town, mayor) in enumerate(zip(TOWNS, MAYORS, strict=True))
]  # fmt: skip
ASKED_FOR = [place % 3 for place in range(36)]
"""The year, the mayor, and the river, of which the passages say nothing."""
QUESTIONS = [
    (f"When was {town} founded?", f"Who is the mayor of {town}?", f"Which river flows through {town}?")[kind]
    for town, kind in zip(TOWNS, ASKED_FOR, strict=True)
]
REFERENCES = [
    (str(1300 + 7 * place), MAYORS[place], "")[kind] for place, kind in enumerate(ASKED_FOR)
]  # fmt: skip
COLUMNS = {"contexts": PASSAGES, "reference": REFERENCES}


def careful(place):
    kind = ASKED_FOR[place]
    if kind == 2:
        return "The passages do not say."
    return PASSAGES[place][kind]


def inventing(place):
    """Right for even places; for odd ones another year, another mayor; it never declines."""
    if ASKED_FOR[place] == 2:
        return "The river Wyle flows through it."
    if place % 2 == 0:
        return PASSAGES[place][ASKED_FOR[place]]
    return "It was founded in 1111." if ASKED_FOR[place] == 0 else "The mayor is called Quentin Zorn."


def measured(answer, **more):
    return run(Grounding(), *worded(QUESTIONS, [answer(place) for place in range(36)], **{**COLUMNS, **more}))


def test_a_system_that_keeps_to_its_passages():
    result = measured(careful)
    assert all(entry.holds for entry in result.controls)
    expected = {
        "supported_words": 1, "supported_sentences": 1, "unsupported_answers": 0, "declined_unanswerable": 1,
        "declined_answerable": 0, "exact_match": 0,
    }  # fmt: skip
    for name, value in expected.items():
        assert one(result, name).value == value
        assert one(result, name).interval.low < one(result, name).interval.high  # 24 answers are not certain
    # "Ardham was founded in 1300." and "1300": 2 · 1 / (5 + 1)
    years, mayors = 2 / 6, 2 * 2 / (9 + 2)  # without "the" and "a"
    assert one(result, "token_f1").value == pytest.approx((12 * years + 12 * mayors) / 24)
    assert one(result, "token_f1").n == 24 and one(result, "declined_unanswerable").n == 12


def test_a_system_that_makes_things_up():
    result = measured(inventing)
    # of the 12 years and 12 mayors half are wrong, and all 12 rivers: 24 of 36 answers
    unsupported = one(result, "unsupported_answers")
    assert unsupported.value == pytest.approx(24 / 36) and unsupported.interval == stats.wilson(24, 36)
    assert one(result, "supported_sentences").value == pytest.approx(12 / 36)
    # supported words: 1 for the 12 right ones; "1111" none; "called" of called, Quentin, Zorn; rivers none (Wyle)
    assert one(result, "supported_words").value == pytest.approx((12 + 6 * 1 / 3) / 36)
    assert one(result, "declined_unanswerable").value == 0 and one(result, "declined_unanswerable").interval.high < 0.3


def test_one_that_always_declines_is_seen_by_the_other_share():
    result = measured(lambda place: "I don't know.")
    assert one(result, "declined_unanswerable").value == 1 == one(result, "declined_answerable").value
    assert one(result, "supported_words").value is None
    assert "no answers that claim something" in one(result, "supported_words").reason


def test_groups_have_their_own_numbers():
    language = np.where(np.arange(36) % 2 == 0, "even", "odd")
    result = measured(inventing, groups={"place": language})
    assert one(result, "unsupported_answers", {"place": "even"}).value == pytest.approx(6 / 18)
    assert one(result, "unsupported_answers", {"place": "odd"}).value == 1


def test_answers_to_one_prompt_are_one_unit():
    twice = [place for place in range(36) for _ in range(2)]
    columns = {name: [values[place] for place in twice] for name, values in COLUMNS.items()}
    result = run(Grounding(), *worded([QUESTIONS[p] for p in twice], [inventing(p) for p in twice], **columns))
    once = one(measured(inventing), "unsupported_answers")
    both = one(result, "unsupported_answers")
    assert (both.value, both.n, both.units) == (once.value, 72, 36)
    assert both.interval.low == pytest.approx(once.interval.low) and "by units" in both.interval.method


def test_passages_inside_the_prompt_are_no_words_of_the_question():
    prompts = [f"{' '.join(passages)} {question}" for passages, question in zip(PASSAGES, QUESTIONS, strict=True)]
    answers = [inventing(place) for place in range(36)]
    for columns in (COLUMNS, {**COLUMNS, "question": QUESTIONS}):
        inside = run(Grounding(), *worded(prompts, answers, **columns))
        for name in ("supported_words", "unsupported_answers"):
            assert one(inside, name).value == one(measured(inventing), name).value


def test_a_silent_system_is_wrong_and_counted():
    result = measured(lambda place: None if place < 6 else careful(place))
    assert one(result, "supported_words").n == 20 and one(result, "token_f1").n == 24
    assert any("No answer came in 6 rows" in note for note in result.notes)


def test_what_did_not_come_is_no_answer_to_a_reference_without_words():
    prompts = [f"question {number}" for number in range(20)]
    model, data = worded(prompts, [None] * 19 + ["?"], contexts=["A passage."] * 20, reference=["?"] * 20)
    assert one(run(Grounding(), model, data), "exact_match").value == 1 / 20


def test_passages_that_are_all_the_same_leave_support_untried():
    alike = [[" ".join(text for passages in PASSAGES for text in passages)]] * 36
    result = measured(careful, contexts=alike)
    tried = control(result, "sentences of other passages")
    assert tried.value is None and tried.on_failure == "note" and "cannot be tried" in tried.reason
    # the same words in another order: every passage supports every answer
    mixed = [[" ".join(np.roll(alike[0][0].split(), 5 * place))] for place in range(36)]
    result = measured(careful, contexts=mixed)
    assert one(result, "supported_words").validity == "inconclusive"


def test_references_that_decline_leave_declining_undecided():
    result = measured(careful, reference=["No information about it is there." if text else "" for text in REFERENCES])
    assert one(result, "declined_answerable").validity == "inconclusive"


def test_answerable_by_a_column_of_its_own():
    says = ["yes" if kind < 2 else "no" for kind in ASKED_FOR]
    model, data = worded(QUESTIONS, [careful(p) for p in range(36)], contexts=PASSAGES, held=says)
    result = run(Grounding(answerable="held"), model, data)
    assert one(result, "declined_unanswerable").value == 1 and one(result, "exact_match").value is None
    model, data = worded(QUESTIONS, [careful(p) for p in range(36)], contexts=PASSAGES, held=["maybe"] * 36)
    with pytest.raises(DataError, match="answerable: the column 'held' must say 1, true or yes"):
        run(Grounding(answerable="held"), model, data)


def test_what_is_not_there_is_said():
    model, data = worded(QUESTIONS, [careful(p) for p in range(36)], passages=PASSAGES)
    assert "no column 'contexts'" in Grounding().applies(model, data)
    assert Grounding(contexts="passages").applies(model, data) is None
    with pytest.raises(DataError, match="no column 'refrence'"):
        run(Grounding(contexts="passages", references="refrence"), model, data)


def test_no_text_is_in_the_findings():
    text = measured(inventing).model_dump_json()
    assert not any(word in text for word in ("Quentin", "Ardham", "Wyle", "baker", "Lind"))
