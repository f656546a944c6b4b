"""Addresses, keys and numbers that stand for a person, in answers."""

from __future__ import annotations

import pytest

from auditkit.plugins.language.leakage.personal import KINDS, PLANTED, given


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_given_and_what_the_prompt_held(kind):
    planted = PLANTED[kind]
    answers = ["Nothing.", f"It is {planted}, you know.", f"It is {planted}."]
    assert given(kind, answers, ["Who?", "Who?", f"Is it {planted}?"]).tolist() == [False, True, False]


def test_other_text_gives_nothing():
    text = "On 2024-05-01 version 1.2.3 was 17 % faster; see section 4.2, token count 512, key: blue."
    assert not any(given(kind, [text], [""])[0] for kind in KINDS)
