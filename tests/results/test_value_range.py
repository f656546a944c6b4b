"""The ends of a measurement, as the words of its definition say."""

from __future__ import annotations

import math

import pytest

from auditkit.host import Host
from auditkit.results.value_range import ends

OPEN = (-math.inf, math.inf)
WORDS = {
    "0 to 1": (0, 1),
    "-1 to 1": (-1, 1),
    "-2 to 2": (-2, 2),
    "0 to 2": (0, 2),
    "0 to 36": (0, 36),
    "0.1 to 1": (0.1, 1),
    "0 to accuracy": (0, 1),
    "0 to 1 / rows": (0, 1),
    "0 to k": (0, math.inf),
    "0 or more": (0, math.inf),
    "[0, 1]": (0, 1),
    "(-1, 1]; 0 is none": (-1, 1),
    "0 and above": (0, math.inf),
    "1 and above": (1, math.inf),
    "above 0": (0, math.inf),
    "whole numbers from 0": (0, math.inf),
    "whole numbers from 1": (1, math.inf),
    "1 or less": (-math.inf, 1),
    "at most 1": (-math.inf, 1),
    "any number": OPEN,
    "that of the scores": OPEN,
}
"""By hand: what the words before a remark, in brackets or after a comma or semicolon, say."""


def test_the_ends_of_every_number_that_auditkit_measures_are_known():
    host = Host()
    kinds = [offer.value for offer in (*host.checks().values(), *host.trainers().values())]
    for words in {definition.range for kind in kinds for definition in kind.definitions.values()}:
        plain = words.replace(" (spread evenly)", "").partition(";")[0].partition(",")[0]
        assert ends(words) == WORDS[plain], words


@pytest.mark.parametrize("words", ["", "r", "see method", "0 to 100 %", "0 to 1 million", "0-1", "one to two", "0 to"])
def test_words_that_are_not_understood_exclude_no_number(words):
    assert ends(words) == OPEN


def test_predicted_numbers_may_have_a_range_of_their_own():
    words = "0 to 1; for predicted numbers 0 and above, in their unit"
    assert ends(words) == ends(words, "multiclass") == (0, 1) and ends(words, "regression") == (0, math.inf)
    assert ends("-1 to 1; for predicted numbers any, in their unit", "regression") == OPEN
    assert ends("-1 to 1; for predicted numbers any, in their unit", "case_scores") == OPEN
    assert ends("0 to 1", "regression") == (0, 1)
