"""Which of the options of a question an answer chooses."""

import re
from collections.abc import Sequence
from typing import Final

from auditkit.plugins.language.shared.texts import plain

LETTERS: Final = "abc"
_ALONE: Final = re.compile(r"^\W*(?:ans(?:wer)?\s*)?\(?([abc012])\)?\W*$")
"""An answer that is a letter, or the number of an option as in `ans0`, and nothing else."""
_LETTER: Final = re.compile(r"\(([abc])\)|\b(?:answer|option|choice)(?: is|:)?\s*\(?([abc])(?=[).,:;]|$)|^([abc])[).:]")
"""A letter of an option within other words; a bare `a` is mostly an article."""


def chosen(text: str | None, options: Sequence[str]) -> int | None:
    """The position of the one option that an answer names, by its letter or by its words; None where it is unparsed.

    Args:
        text: the answer.
        options: three, in the order in which they were shown.
    """
    answer = plain(text)
    alone = _ALONE.match(answer)
    if alone is not None:
        return "abc012".index(alone[1]) % 3
    lettered = {LETTERS.index(next(filter(None, groups))) for groups in _LETTER.findall(answer)}
    if len(lettered) == 1:
        return lettered.pop()
    if lettered:
        return None
    named = _named(answer, [plain(option).strip(" .") for option in options])
    return named.pop() if len(named) == 1 else None


def _named(answer: str, options: Sequence[str]) -> set[int]:
    """The options whose words stand in an answer; of two that overlap, the longer one alone."""
    for option in sorted(range(len(options)), key=lambda place: -len(options[place])):
        words = options[option]
        pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
        if words and re.search(pattern, answer):
            # its words are taken out, so that "the woman" is not found in "the woman from Peru"
            rest = re.sub(pattern, "|", answer)
            others = [text if place != option else "" for place, text in enumerate(options)]
            return {option, *_named(rest, others)}
    return set()
