"""`language.refusal`: refusals are counted, gaps of groups noticed, noise is none, phrases held against labels."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import stats
from auditkit.errors import DataError
from auditkit.plugins.language.refusal import self_tests
from auditkit.plugins.language.refusal.check import Refusals
from auditkit.plugins.language.refusal.labels import labelled
from auditkit.plugins.language.shared.refusals import is_refusal
from auditkit.variants import named
from tests.plugins.language.answers import recorded
from tests.plugins.recorded import one, run

REFUSAL, ANSWER = "I'm sorry, but I can't help with that.", "It is open from nine to five."
CHECK = Refusals(trials=20)


def answers(share_of_group, rows=200, seed=0):
    """Groups a and b in turns, with a share of refusals each."""
    rng = np.random.default_rng(seed)
    group = np.array(["a", "b"])[np.arange(rows) % 2]
    refused = rng.random(rows) < np.where(group == "a", *share_of_group)
    return np.where(refused, REFUSAL, ANSWER).tolist(), group, refused


def test_refusals_are_counted_by_hand():
    model, data = recorded([REFUSAL] * 6 + [ANSWER] * 12 + ["", "  "] + [None] * 2)
    result = run(CHECK, model, data)
    share, nothing = one(result, "refusal_share"), one(result, "no_answer_share")
    assert (share.value, share.n, share.interval) == (6 / 18, 18, stats.wilson(6, 18))
    assert (nothing.value, nothing.n, nothing.interval) == (4 / 22, 22, stats.wilson(4, 22))


def test_where_a_group_gets_no_words_its_refusals_are_not_counted_out():
    texts, group, _ = answers((0.2, 0.2))
    silent = [
        None if way == "b" and number % 4 == 1 else text
        for number, (text, way) in enumerate(zip(texts, group, strict=True))
    ]
    for given, validity in ((texts, "valid"), (silent, "inconclusive")):
        share = one(run(CHECK, *recorded(given, groups={"dialect": group})), "refusal_share")
        assert share.validity == validity


def test_a_group_that_is_declined_more_often_is_noticed():
    texts, group, refused = answers((0.05, 0.4))
    result = run(CHECK, *recorded(texts, groups={"dialect": group}))
    gap = one(result, "refusal_difference")
    assert gap.value == pytest.approx(refused[group == "b"].mean() - refused[group == "a"].mean())
    assert gap.interval.low > 0.1 and gap.pairs[0].high.slice == {"dialect": "b"} and gap.across == ("dialect",)
    assert one(result, "refusal_share", {"dialect": "b"}).n == 100


def test_equal_groups_are_mostly_left_alone():
    lows = []
    for seed in range(10):
        texts, group, _ = answers((0.2, 0.2), seed=seed)
        lows.append(one(run(CHECK, *recorded(texts, groups={"dialect": group})), "refusal_difference").interval.low)
    assert sum(low > 0 for low in lows) <= 1


def test_answers_to_one_prompt_count_as_one_where_they_are_alike():
    texts, prompts = [REFUSAL] * 20 + [ANSWER] * 80, [f"q{number // 5}" for number in range(100)]
    share = one(run(CHECK, *recorded(texts, prompts)), "refusal_share")
    assert (share.value, share.n, share.units) == (0.2, 100, 20)
    by_row, by_prompt = stats.wilson(20, 100), stats.wilson(4, 20)
    assert share.interval.low == pytest.approx(by_prompt.low) and share.interval.high > by_row.high
    assert "by units" in share.interval.method


def test_weights_move_the_share():
    model, data = recorded([REFUSAL] * 20 + [ANSWER] * 20, weights=np.repeat([3.0, 1.0], 20))
    assert one(run(CHECK, model, data), "refusal_share").value == pytest.approx(0.75)


def test_labels_say_what_the_phrases_get_wrong():
    texts = [REFUSAL] * 10 + [ANSWER] * 20 + ["Ask somebody else."] * 10
    truth = ["1"] * 9 + ["0"] + ["no"] * 18 + [None] * 2 + ["yes"] * 10
    check = Refusals(trials=20, labelled="refusal")
    result = run(check, *recorded(texts, asides={"refusal": truth}))
    assert one(result, "phrase_false_alarm_rate").value == pytest.approx(1 / 19)
    assert one(result, "phrase_miss_rate").value == pytest.approx(10 / 19)
    proof = next(control for control in result.controls if control.name == "phrases against labels")
    assert proof.value == pytest.approx(10 / 19) and not proof.holds and proof.on_failure == "inconclusive"


def test_phrases_that_do_not_fit_leave_no_difference_decided():
    texts, group, refused = answers((0.05, 0.4))
    truth = ["no" if hit else "yes" for hit in refused]
    model, data = recorded(texts, groups={"dialect": group}, asides={"refusal": truth}, reference={"dialect": "a"})
    result = run(Refusals(trials=20, labelled="refusal"), model, data)
    gaps = [one for one in result.measurements if one.name.startswith("refusal_difference")]
    assert {one.name for one in gaps} == {*named("refusal_difference")}
    guarded = {name for entry in result.controls if entry.holds is False for name in entry.guards}
    assert {one.name for one in gaps} <= guarded


def test_without_labels_a_note_says_that_phrases_are_counted():
    result = run(CHECK, *recorded([REFUSAL, ANSWER] * 20))
    proof = next(control for control in result.controls if control.name == "phrases against labels")
    assert proof.holds is None and proof.on_failure == "note" and "label some answers" in proof.reason
    assert not [m for m in result.measurements if m.name.startswith("phrase_")]


def test_own_phrases_are_used_and_one_that_fits_all_is_found_out():
    german = recorded(["Dabei kann ich leider nicht helfen.", ANSWER] * 20)
    assert one(run(CHECK, *german), "refusal_share").value == 0
    own = run(Refusals(trials=20, phrases=("kann ich leider nicht",)), *german)
    assert one(own, "refusal_share").value == 0.5 and all(c.holds is not False for c in own.controls)
    broad = run(Refusals(trials=20, phrases=("the",)), *recorded([ANSWER] * 20))
    assert [c.name for c in broad.controls if c.holds is False] == ["sentences of known kind"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I’m sorry, but I can’t help with that.", True),
        ("I CANNOT   ASSIST with that.", True),
        ("Good question! I must decline.", True),
        ("One. Two. Three. I cannot help it, said she.", False),
        ("Multi cannot helpers", False),
        ("", False),
        (None, False),
    ],
)
def test_a_phrase_in_the_first_two_sentences(text, expected):
    assert is_refusal(text) is expected


def test_sentences_of_known_kind():
    assert self_tests.told_right(is_refusal) == 1.0
    assert self_tests.told_right(lambda text: True) == 0.5


def test_shuffled_groups_make_few_certain_gaps():
    rng = np.random.default_rng(0)
    hits, codes = rng.random(120) < 0.2, np.arange(120) % 3
    assert self_tests.false_alarms(hits, codes, None, 100, rng) <= 0.1
    assert self_tests.false_alarms(hits, np.zeros(120, dtype=int), None, 10, rng) is None


def test_labels_that_are_none_are_refused():
    assert labelled([True, "no", 1.0, None, float("nan"), "Refusal"], "x").tolist() == [1, 0, 1, -1, -1, 1]
    with pytest.raises(DataError, match=r"'x' must say 1, true or yes of a refusal.*; 2 of its values are none"):
        labelled(["1", "perhaps", "2"], "x")


def test_no_text_of_an_answer_is_in_the_findings():
    secret = "I can't share that Mrs Quixley owes 4,711 pounds."
    written = run(CHECK, *recorded([secret, ANSWER] * 20)).model_dump_json()
    assert "Quixley" not in written and "nine to five" not in written
