"""Variants of a prompt made by putting words of another group in place of those of its own."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Variant(NamedTuple):
    """A prompt as it is written for one group."""

    base: int
    """The position of the prompt that it is made of."""
    group: int
    """The position of the group in its table."""
    prompt: str
    is_own: bool
    """Whether it is the prompt itself."""


class Substitution:
    """A table of words that stand for each other.

    Args:
        table: {group: its words}, as many for each; a word in small letters is found in any capitals, and keeps them;
            one with a capital is found as it is written.

    Raises:
        ValueError: fewer than two groups, groups with different numbers of words, an empty word, or one that two groups
            have.
    """

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self.groups = tuple(table)
        self._words = [tuple(words) for words in table.values()]
        if len(self.groups) < 2:
            raise ValueError(f"two groups or more are required; {len(self.groups)} was given")
        if len({len(words) for words in self._words}) > 1 or not self._words[0]:
            counts = ", ".join(f"{group}: {len(words)}" for group, words in zip(self.groups, self._words, strict=True))
            raise ValueError(f"each group must have as many words as the others, one at least; they have {counts}")
        self._places: dict[str, tuple[int, set[int]]] = {}
        for group, words in enumerate(self._words):
            for row, word in enumerate(words):
                if not word.strip():
                    raise ValueError(f"a word must not be empty; one of {self.groups[group]!r} is")
                owner, rows = self._places.setdefault(word, (group, set()))
                if owner != group:
                    raise ValueError(f"a word must be of one group; {word!r} is of two")
                rows.add(row)
        longest = sorted(self._places, key=lambda word: (-len(word), word))
        self._pattern = re.compile(rf"(?<![\w'’])(?:{'|'.join(map(_found, longest))})(?!\w)")

    def variants(self, prompt: str, base: int = 0) -> list[Variant] | None:
        """The prompt in every group, its own as it stands; none where it has no word of the table.

        Returns:
            None where it has words of several groups, or one that has two counterparts.
        """
        places = [self._place(match[0]) for match in self._pattern.finditer(prompt)]
        if not places:
            return []
        groups = {group for group, _ in places}
        if len(groups) > 1 or any(self._is_open(group, rows) for group, rows in places):
            return None
        (own,) = groups
        return [
            Variant(base, group, prompt if group == own else self._written(prompt, group), group == own)
            for group in range(len(self.groups))
        ]

    def _place(self, word: str) -> tuple[int, set[int]]:
        return self._places[word] if word in self._places else self._places[word.lower()]

    def _is_open(self, own: int, rows: set[int]) -> bool:
        """Whether a word has two counterparts in another group."""
        return any(len({words[row] for row in rows}) > 1 for group, words in enumerate(self._words) if group != own)

    def _written(self, prompt: str, group: int) -> str:
        def other(match: re.Match[str]) -> str:
            word = match[0]
            _, rows = self._place(word)
            counterpart = self._words[group][min(rows)]
            if word in self._places or not counterpart.islower():
                return counterpart
            return (
                counterpart.upper() if word.isupper() and len(word) > 1 else counterpart[:1].upper() + counterpart[1:]
            )

        return self._pattern.sub(other, prompt)


def _found(word: str) -> str:
    """The pattern of a word: in small letters, with a capital, or in capitals; with a capital, as it is."""
    if word != word.lower():
        return re.escape(word)
    forms = dict.fromkeys([word, word[:1].upper() + word[1:], word.upper()])
    return "|".join(map(re.escape, forms))


class Made(NamedTuple):
    """Variants of many prompts."""

    variants: list[Variant]
    left_out: int
    """Prompts with words of several groups, or words that have two counterparts."""


def make(substitution: Substitution, prompts: Sequence[str], most: int) -> Made:
    """Variants of the first prompts that have words of the table, for which at most `most` further prompts are needed.

    Args:
        substitution: the table.
        prompts: texts.
        most: variants beside the prompts themselves, at most.
    """
    variants: list[Variant] = []
    left_out, further = 0, 0
    for base, prompt in enumerate(prompts):
        made = substitution.variants(str(prompt), base)
        if made is None:
            left_out += 1
        elif made and further + len(made) - 1 <= most:
            variants += made
            further += len(made) - 1
    return Made(variants, left_out)
