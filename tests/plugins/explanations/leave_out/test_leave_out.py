"""`explanations.leave_out`: parts, attributions by hand, a model that reads and one that remembers."""

from __future__ import annotations

import contextlib
import itertools
import math
import re

import numpy as np
import pytest

from auditkit import stats
from auditkit.errors import DataError
from auditkit.plugins.explanations.leave_out.check import LeaveOut
from auditkit.plugins.explanations.leave_out.findings import is_strongest, overlap
from auditkit.plugins.explanations.leave_out.game import explain
from auditkit.plugins.explanations.leave_out.parts import parts_of
from auditkit.plugins.explanations.shared.words import Parts
from tests.plugins.recorded import control, one, run
from tests.plugins.worded import worded

PASSAGES = ["Ard lies on the Wyle.", "Bel was founded in 1400.", "Cor has a harbour."]
PROMPT = f"Read this. {' '.join(PASSAGES)} When was Bel founded?"


def test_passages_are_found_and_sentences_stand_in():
    parts = parts_of(PROMPT, PASSAGES, 8)
    assert parts.kind == "passages" and [PROMPT[start:stop] for start, stop in parts.spans] == PASSAGES
    assert parts.without([True, False, True]) == PROMPT.replace(PASSAGES[1], "")
    assert parts_of(PROMPT, ["not there", *PASSAGES], 8).kind == "sentences"
    assert parts_of(PROMPT, PASSAGES[:1], 8).kind == "sentences"  # one passage is no choice
    few = parts_of(PROMPT, (), 3)
    assert len(few.spans) == 3 and few.spans[-1][1] == len(PROMPT)
    assert parts_of("One sentence.", (), 8) is None


def letters(text, count):
    return Parts(text, tuple((place, place + 1) for place in range(count)), "passages")


def test_attributions_by_hand():
    """a and b together give 1, c gives 0.5: Shapley ½, ½, ½; alone taken away 1, 1, ½."""

    def worth(texts):
        return np.array([("a" in text and "b" in text) + 0.5 * ("c" in text) for text in texts])

    exact = explain(worth, letters("abc", 3), 8)
    assert exact.exact and exact.values == pytest.approx([0.5, 0.5, 0.5]) and (exact.full, exact.empty) == (1.5, 0)
    single = explain(worth, letters("abc", 3), 7)
    assert not single.exact and single.values == pytest.approx([1, 1, 0.5]) and (single.full, single.empty) == (1.5, 0)
    assert not explain(worth, letters("abc", 3), 8, joint=False).exact


def test_shapley_values_against_all_orders():
    rng = np.random.default_rng(0)
    for _ in range(5):
        table = {frozenset(some): rng.random() for size in range(5) for some in itertools.combinations("abcd", size)}

        def worth(texts, table=table):
            return np.array([table[frozenset(text)] for text in texts])

        expected = np.zeros(4)
        for order in itertools.permutations("abcd"):
            for place, letter in enumerate(order):
                gain = table[frozenset(order[: place + 1])] - table[frozenset(order[:place])]
                expected["abcd".index(letter)] += gain / math.factorial(4)
        explained = explain(worth, letters("abcd", 4), 16)
        assert explained.values == pytest.approx(expected)
        assert explained.values.sum() == pytest.approx(explained.full - explained.empty)


def test_overlap_and_the_strongest():
    # {bel, 1400} and {1400}: 2 · 1 / 3
    assert overlap("Bel 1400", ["bel, 1400!", "1400", None, "x"]) == pytest.approx([1, 2 / 3, 0, 0])
    assert overlap("", [None]) == 1
    assert is_strongest(np.array([0.1, 0.5]), 1) and not is_strongest(np.array([0.5, 0.5]), 1)
    assert not is_strongest(np.array([-1.0, 0.0]), 1)


ROWS = 36
YEARS = [1200 + 17 * place for place in range(ROWS)]
FACTS = [
    [f"Town{place} has {place + 3} mills.", f"Town{place} was founded in {year}.", f"Town{place} burnt down twice."]
    for place, year in enumerate(YEARS)
]
ORDERED = [facts if place % 2 else [facts[1], facts[0], facts[2]] for place, facts in enumerate(FACTS)]
RIGHT = [2 if place % 2 else 1 for place in range(ROWS)]
PROMPTS = [f"{' '.join(facts)}\nWhen was Town{place} founded?" for place, facts in enumerate(ORDERED)]


def reading(prompts):
    years = [re.search(r"founded in (\d+)", prompt) for prompt in prompts]
    return [year[1] if year else "unknown" for year in years]


def remembering(prompts):
    return [str(YEARS[int(re.search(r"When was Town(\d+)", prompt)[1])]) for prompt in prompts]


def first_passage(prompts):
    """Answers with whatever number stands first."""
    return [re.search(r"\d+", prompt.replace("Town", "T ") + " 0")[0] for prompt in prompts]


def measured(answer, **more):
    columns = {"contexts": ORDERED, "holds": RIGHT}
    return run(LeaveOut(right="holds", **more), *worded(PROMPTS, answer, **columns))


def test_a_model_that_reads():
    result = measured(reading)
    right = one(result, "right_passage_strongest")
    assert right.value == 1 and right.n == ROWS and right.interval == stats.wilson(ROWS, ROWS)
    assert one(result, "overlap_without_parts").value == 0 and one(result, "largest_attribution").value == 1
    assert one(result, "part_attribution", conditions={"place": 1}).value == 0.5
    assert one(result, "part_attribution", conditions={"place": 3}).value == 0
    assert control(result, "completeness").holds and control(result, "the same prompt again").value == 1
    # eight coalitions of each prompt, and the prompt again
    assert any(f"asked {9 * ROWS} prompts" in note for note in result.notes)


def test_a_model_that_answers_from_memory():
    result = measured(remembering)
    assert one(result, "overlap_without_parts").value == 1
    assert one(result, "right_passage_strongest").value == 0 == one(result, "largest_attribution").value
    alone = measured(remembering, joint=False)
    assert one(alone, "overlap_without_parts").value == 1
    assert any("0 by every coalition" in note for note in alone.notes)


def test_answers_that_change_by_themselves_decide_nothing():
    rng = np.random.default_rng(0)
    result = measured(lambda prompts: [f"x{number}" for number in rng.integers(0, 10**6, len(prompts))])
    assert control(result, "the same prompt again").holds is False
    assert one(result, "overlap_without_parts").validity == "inconclusive"


def test_a_model_that_keeps_its_answers_is_asked_for_another_draw():
    model, data = worded([PROMPT + f" No {number}." for number in range(6)], lambda prompts: list(prompts))
    draw, answer = [0], model.answer

    @contextlib.contextmanager
    def sampled(number):
        draw[0] = number
        yield
        draw[0] = 0

    model.sampled = sampled
    model.answer = lambda inputs: answer([f"other words {len(prompt)}" for prompt in inputs] if draw[0] else inputs)
    repeat = control(run(LeaveOut(), model, data), "the same prompt again")
    assert repeat.value < 0.1 and repeat.holds is False


def test_places_that_a_prompt_has_not_are_counted_in_a_note():
    columns = {"contexts": ORDERED, "holds": [9] * 3 + RIGHT[3:]}
    result = run(LeaveOut(right="holds"), *worded(PROMPTS, reading, **columns))
    assert one(result, "right_passage_strongest").n == ROWS - 3
    assert any(note.startswith("Of 3 answers the right passage has a place") for note in result.notes)


def test_a_place_that_few_prompts_have_has_no_number():
    prompts = [f"One {number}. Two." for number in range(20)] + ["One. Two. Three. Four."]
    result = run(LeaveOut(), *worded(prompts, lambda prompts: list(prompts)))
    assert one(result, "part_attribution", conditions={"place": 2}).n == 21
    last = one(result, "part_attribution", conditions={"place": 4})
    assert (last.value, last.interval, last.n) == (None, None, None) and "fewer than 10 answers" in last.reason


def test_units_and_what_is_not_explained():
    unit = np.arange(ROWS) // 2
    result = run(LeaveOut(), *worded(PROMPTS, reading, unit=unit, contexts=ORDERED))
    assert one(result, "overlap_without_parts").units == 18
    assert "by units" in one(result, "overlap_without_parts").interval.method
    result = run(LeaveOut(), *worded(["One question?", *PROMPTS[1:]], reading))
    assert any(note.startswith("Not explained: 1 answer") for note in result.notes)
    assert any("35 by sentences" in note for note in result.notes)


def test_the_place_must_be_a_number_and_is_asked_for():
    model, data = worded(PROMPTS, reading, contexts=ORDERED, holds=["second"] * ROWS)
    with pytest.raises(DataError, match="counted from 1"):
        run(LeaveOut(right="holds"), model, data)
    assert "which passage holds the answer" in LeaveOut().leaves_out("right_passage_strongest", data)
    assert LeaveOut(questions=10).calls(model, data, 5) == 55


def test_no_text_is_in_the_findings():
    assert not any(word in measured(reading).model_dump_json() for word in ("Town", "founded", "mills"))
