"""The parser of answers in words: which one of some classes an answer names.

An answer that names no class, or several, is *unparsed*: it is no decision, and is counted apart.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from auditkit.errors import ConfigError, check_known
from auditkit.value_spelling import match_class, spelling

UNPARSED: Final = "unparsed"
"""The label of an answer that names no class or several, where the user has no other word for declining."""


class Parser:
    """From an answer in words to the place of the one class that it names.

    Args:
        classes: in the model's order.
        words: {class: the words that stand for it}; the classes' own names, where empty.
        abstain: a further class, which means that the model does not decide.
        setting: what the words are called where their user wrote them, for messages.

    Raises:
        ConfigError: words are given for what is no class, one stands for two classes, or a class has none.
    """

    def __init__(
        self,
        classes: tuple[Any, ...],
        words: Mapping[str, tuple[str, ...]],
        abstain: Any = None,
        setting: str = "answers",
    ) -> None:
        declined = (abstain,) if abstain is not None and abstain != UNPARSED else ()
        places = [*range(len(classes)), *(-1 for _ in declined)]
        named = {spelling(name): place for name, place in zip((*classes, *declined), places, strict=True)}
        given = words or {name: (name,) for name in named}
        self._place_of: dict[str, int] = {}
        for name, spoken in given.items():
            label = spelling(match_class(name, (*classes, *declined)))
            check_known((label,), named, ConfigError, lambda name: f"{setting}: {name!r} is no class; ")
            for word in spoken:
                plain = " ".join(word.casefold().split())
                if not plain or self._place_of.setdefault(plain, named[label]) != named[label]:
                    raise ConfigError(f"{setting}: each word must stand for one class, and not be empty")
        lacking = set(range(len(classes))) - set(self._place_of.values())
        if lacking:
            label = spelling(classes[min(lacking)])
            raise ConfigError(
                f'{setting}: each class needs a word; there is none for {label!r}, such as "{label}" = ["{label}"]'
            )
        # the longest first: "not approved" is another answer than "approved"
        longest = sorted(self._place_of, key=lambda word: (-len(word), word))
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")

    def place(self, text: str) -> int | None:
        """The place of the one class that an answer names, -1 for declining; None where it is unparsed."""
        named = {self._place_of[word] for word in self._words.findall(" ".join(text.casefold().split()))}
        return named.pop() if len(named) == 1 else None

    def begun(self, token: str) -> int | None:
        """The place of the one class whose words a token begins, -1 for declining; None where it is none or several."""
        start = token.strip().casefold()
        named = {place for word, place in self._place_of.items() if start and word.startswith(start)}
        return named.pop() if len(named) == 1 else None
