"""Options of a multiple-choice prompt: read, put in another order, and found again in an answer."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditkit.case_scores.texts import tokens

_OPTION = re.compile(
    r"^(?P<before>[ \t]*\(?)(?P<letter>[A-H])(?P<after>[).:][ \t]+)(?P<text>\S.*?)[ \t]*$", re.MULTILINE
)
_LETTER = re.compile(r"(?<![\w'])\(?(?P<letter>[A-H])(?:[).:,]|\s*$|(?=\s*\n))")


class Options(NamedTuple):
    """The options of a prompt, a line each: `A) Paris`."""

    spans: tuple[tuple[int, int], ...]
    """Where each text begins and ends in the prompt."""
    letters: tuple[str, ...]
    texts: tuple[str, ...]


def options(prompt: str) -> Options | None:
    """The last block of options in a prompt, lettered from A; None below two.

    Numbered lines are no options: passages and steps are numbered too.
    """
    matches = list(_OPTION.finditer(prompt))
    starts = [place for place, match in enumerate(matches) if match["letter"] == "A"]
    if not starts:
        return None
    block = matches[starts[-1] :]
    first = ord(block[0]["letter"])
    kept = [match for place, match in enumerate(block) if ord(match["letter"]) == first + place]
    if len(kept) < 2 or len({match["text"].casefold() for match in kept}) < len(kept):
        return None
    return Options(
        tuple(match.span("text") for match in kept), tuple(match["letter"] for match in kept),
        tuple(match["text"] for match in kept),
    )  # fmt: skip


def reordered(prompt: str, rng: np.random.Generator) -> str | None:
    """The prompt with each option under another letter; None where it has none.

    All move by the same number of places, so that none stays where it was.
    """
    given = options(prompt)
    if given is None:
        return None
    move = int(rng.integers(1, len(given.texts)))
    pieces, end = [], 0
    for place, (start, stop) in enumerate(given.spans):
        pieces += [prompt[end:start], given.texts[(place + move) % len(given.texts)]]
        end = stop
    return "".join([*pieces, prompt[end:]])


def chosen(answer: str, prompt: str) -> str | None:
    """The text of the option that an answer to the prompt chooses; None where that is not clear.

    The one option whose text the answer holds; else the one whose letter stands first in it, alone, with a sign behind
    it or at the end of a line.
    """
    given = options(prompt)
    if given is None:
        return None
    held = named_in(answer, given.texts)
    if len(held) == 1:
        return held[0]
    letter = _LETTER.search(answer) if not held else None
    if letter is None or letter["letter"] not in given.letters:
        return None
    return given.texts[given.letters.index(letter["letter"])]


def named_in(answer: str, texts: Sequence[str]) -> list[str]:
    """Those of some texts that stand in an answer word for word, but for one that is part of another that does."""
    words = f" {' '.join(tokens(answer))} "
    held = [text for text in texts if f" {' '.join(tokens(text))} " in words]
    # "New York" also holds the option "York"
    return [text for text in held if not any(text != other and text in other for other in held)]
