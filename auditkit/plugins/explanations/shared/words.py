"""A text as parts that can be left out: words, sentences, or runs of words."""

import re
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"\S.*?(?:[.!?]+(?=\s|$)|\n|$)", re.DOTALL)


class Parts(NamedTuple):
    """A text, and the pieces of it that can be left out."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """Where each part begins and ends; signs and blanks between them are always kept."""
    kind: str
    """What the parts are: words, sentences, or runs of words."""

    def without(self, kept: list[bool]) -> str:
        """The text with some parts left out; what stands between them stays, as in lime."""
        pieces, end = [], 0
        for (start, stop), is_kept in zip(self.spans, kept, strict=True):
            pieces += [self.text[end:start], self.text[start:stop] if is_kept else ""]
            end = stop
        return "".join([*pieces, self.text[end:]])

    @property
    def words(self) -> tuple[str, ...]:
        """What each part says, in small letters."""
        return tuple(self.text[start:stop].casefold() for start, stop in self.spans)


def words(text: str) -> Parts:
    """A text as its words: letters, digits and underscores without anything between."""
    return Parts(text, tuple(match.span() for match in _WORD.finditer(text)), "words")


def parts(text: str, most: int) -> Parts:
    """A text as at most `most` parts: its words, else its sentences, else runs of words of about equal length."""
    single = words(text)
    if len(single.spans) <= most:
        return single
    sentences = sentence_spans(text)
    if 2 <= len(sentences) <= most:
        return Parts(text, sentences, "sentences")
    count = len(single.spans)
    firsts = [count * run // most for run in range(most)]
    ends = [*firsts[1:], count]
    runs = ((single.spans[first][0], single.spans[end - 1][1]) for first, end in zip(firsts, ends, strict=True))
    return Parts(text, tuple(runs), "runs of words")


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where the sentences of a text begin and end."""
    return tuple(match.span() for match in _SENTENCE.finditer(text))
