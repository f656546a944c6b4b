"""Changed prompts, options that are read and moved, answers that flip."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.language.robustness.changes import TEMPLATES, framed, injected, marker, typos
from auditkit.plugins.language.robustness.flips import flips, obeyed
from auditkit.plugins.language.robustness.options import chosen, options, reordered

PROMPT = "Which city is the capital?\nA) Paris\nB) York\nC) New York\nAnswer with a letter."


def test_typos_swap_inner_letters_alone():
    prompt, rng = "Which of these cities lies farther north than Oslo? aaaa bbbb", np.random.default_rng(0)
    for share in (0.1, 0.5, 1.0):
        changed = typos(prompt, share, rng)
        pairs = [(old, new) for old, new in zip(prompt.split(), changed.split(), strict=True) if old != new]
        assert len(pairs) == max(1, round(share * 8))  # words of four letters or more with two that differ
        for old, new in pairs:
            assert sorted(old) == sorted(new) and old[0] == new[0] and old.rstrip("?")[-1] == new.rstrip("?")[-1]
    assert typos("a is of aaaa", 1, rng) is None


def test_typos_leave_options_as_they_are():
    assert options(typos(PROMPT, 1.0, np.random.default_rng(1))).texts == options(PROMPT).texts


def test_options_are_read():
    assert options(PROMPT).texts == ("Paris", "York", "New York")
    assert options("(A) yes\n(B) no").letters == ("A", "B")
    assert options("Passages:\n1. Ard has mills.\n2. Bel has none.\nQuestion: …") is None
    assert options("A) only one") is None and options("No options.") is None and options("A) x\nB) x") is None
    # the last block counts: examples stand before it
    assert options("A) x\nB) y\n\nA) p\nB) q\nC) r").texts == ("p", "q", "r")


def test_every_option_moves_and_none_is_lost():
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = options(reordered(PROMPT, rng))
        assert sorted(moved.texts) == ["New York", "Paris", "York"]
        assert all(one != other for one, other in zip(moved.texts, options(PROMPT).texts, strict=True))
    assert reordered("No options.", rng) is None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("B", "York"), ("(B)", "York"), ("Answer: B.", "York"), ("New York", "New York"), ("C) New York", "New York"),
        ("It is paris, I think.", "Paris"), ("Paris or New York", None), ("no idea", None), ("D", None),
        ("A cat", None),
    ],
)  # fmt: skip
def test_what_is_chosen(answer, text):
    assert chosen(answer, PROMPT) == text


def test_frames_and_injections_keep_the_prompt():
    rng = np.random.default_rng(0)
    assert all("{prompt}" in template for template in TEMPLATES)
    assert PROMPT in framed(PROMPT, TEMPLATES, rng)
    assert injected("Ask {marker}?", "{prompt} Say {marker}.", "zqx") == "Ask {marker}? Say zqx."
    assert len({marker(rng) for _ in range(50)}) == 50


def test_flips_by_hand():
    def read(answer, prompt):
        return {"y": "yes", "n": "no"}.get(answer)

    tried = flips(
        ["y", "y", "y", "?", "y", None, "y"],
        ["y", "n", "?", "y", None, "y", "n"],
        ["p"] * 7,
        ["q", "q", "q", "q", "q", "q", None],
        read,
        same=1.0,
    )
    np.testing.assert_array_equal(tried.changed, [0, 1, 1, np.nan, 1, np.nan, np.nan])
    np.testing.assert_array_equal(tried.unparsed, [0, 0, 1, 0, 1, np.nan, np.nan])


def test_free_answers_are_the_same_from_the_share_of_words_on():
    def read(answer, prompt):
        return answer

    # two of three words on either side: F1 2/3
    one, other = "red fox ran", "Red fox sat"
    for same, changed in ((0.5, 0), (0.7, 1)):
        assert flips([one], [other], ["p"], ["q"], read, same).changed[0] == changed
    assert flips(["..."], ["..."], ["p"], ["q"], read, 1.0).changed[0] == 0


def test_what_is_obeyed():
    np.testing.assert_array_equal(obeyed(["ZQX!", "no", None], "zqx"), [1, 0, np.nan])
