"""A language model that is asked in words, row by row, and whose words are parsed into classes (OpenAI's protocol).

An answer that names no class, or several, is *unparsed*: it counts as a decision that was declined, and is reported.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditkit.endpoints import Endpoint
from auditkit.errors import ConfigError, check_known
from auditkit.plugins.models.endpoint.columns import Rows
from auditkit.plugins.models.endpoint.exchange import Trouble
from auditkit.plugins.models.endpoint.protocols import Question
from auditkit.value_spelling import match_class, spelling

UNPARSED = "unparsed"
"""The label of an answer that names no class or several, where the user has no other word for declining."""
MISSING = "not known"
"""What stands in a prompt for a value that is missing."""
_PLACE = re.compile(r"\{([^{}]+)\}")


def columns_in(prompt: str) -> tuple[str, ...]:
    """The columns that a prompt has places for, each once."""
    return tuple(dict.fromkeys(_PLACE.findall(prompt)))


def chat_questions(endpoint: Endpoint, rows: Rows, classes: tuple[Any, ...], abstain: Any) -> Iterator[Question]:
    """A request for each row.

    Raises:
        ConfigError: the prompt or the parser does not fit the data.
    """
    request, parser = endpoint.request, Parser(classes, endpoint.response.answers, abstain)
    url = endpoint.url.rstrip("/")
    url = url if url.endswith("/chat/completions") else f"{url}/chat/completions"
    fixed: dict[str, Any] = {
        "model": request.model, "temperature": request.temperature, "max_tokens": request.max_tokens, "n": 1,
    }  # fmt: skip
    if request.seed is not None:
        fixed["seed"] = request.seed
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    for row in rows.records:
        prompt = written(str(request.prompt), row)
        messages = [*system, {"role": "user", "content": prompt}]
        yield Question(url, {**fixed, **request.body, "messages": messages}, 1, parser.read)


def written(prompt: str, row: Any) -> str:
    """The prompt about one row: a column's value, or the text, in each place in braces.

    Raises:
        ConfigError: a place is for no column.
    """
    values = row if isinstance(row, Mapping) else {"text": row}
    if not isinstance(row, Mapping | str):
        raise ConfigError("[model.request] prompt needs columns with names, or texts; the inputs are an array")
    places = columns_in(prompt)
    check_known(places, values, ConfigError, lambda name: f"[model.request] prompt: {{{name}}} is no column; ")
    # in one pass, so that braces in a value are no places
    return _PLACE.sub(lambda place: _spoken(values[place[1]]), prompt)


def _spoken(value: Any) -> str:
    if value is None:
        return MISSING
    # 35.0 stands in a column of whole numbers where one is missing
    return spelling(value)


class Parser:
    """From an answer in words to the place of a class; -1 where it is unparsed.

    Args:
        classes: in the model's order.
        words: {class: the words that stand for it}; the classes' own names, where empty.
        abstain: a further class, which means that the model does not decide.

    Raises:
        ConfigError: words are given for what is no class, one stands for two classes, or a class has none.
    """

    def __init__(self, classes: tuple[Any, ...], words: Mapping[str, tuple[str, ...]], abstain: Any) -> None:
        declined = (abstain,) if abstain is not None and abstain != UNPARSED else ()
        places = [*range(len(classes)), *(-1 for _ in declined)]
        named = {spelling(name): place for name, place in zip((*classes, *declined), places, strict=True)}
        given = words or {name: (name,) for name in named}
        self._place_of: dict[str, int] = {}
        for name, spoken in given.items():
            label = spelling(match_class(name, (*classes, *declined)))
            check_known((label,), named, ConfigError, lambda name: f"[model.response] answers: {name!r} is no class; ")
            for word in spoken:
                plain = " ".join(word.casefold().split())
                if not plain or self._place_of.setdefault(plain, named[label]) != named[label]:
                    raise ConfigError("[model.response] answers: each word must stand for one class, and not be empty")
        lacking = set(range(len(classes))) - set(self._place_of.values())
        if lacking:
            label = spelling(classes[min(lacking)])
            raise ConfigError(
                f"[model.response] answers: each class needs a word; there is none for {label!r}, such as "
                f'"{label}" = ["{label}"]'
            )
        # the longest first: "not approved" is another answer than "approved"
        longest = sorted(self._place_of, key=lambda word: (-len(word), word))
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")

    def place(self, text: str) -> int | None:
        """The place of the one class that an answer names, -1 for declining; None where it is unparsed."""
        named = {self._place_of[word] for word in self._words.findall(" ".join(text.casefold().split()))}
        return named.pop() if len(named) == 1 else None

    def read(self, document: Any) -> dict[str, Any]:
        """What is kept of an answer; an answer without words, such as a refusal in a field of its own, is unparsed.

        Raises:
            Trouble: it is no answer of a chat at all.
        """
        choices = document.get("choices") if isinstance(document, dict) else None
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, dict) else None
        if not isinstance(message, dict):
            raise Trouble("the answer must have a message under choices; there is none")
        content = message.get("content")
        place = self.place(content) if isinstance(content, str) else None
        usage = document.get("usage")
        tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
        counted = {"tokens": tokens} if type(tokens) is int and 0 <= tokens < 10**9 else {}
        return {"codes": [-1 if place is None else place], "unparsed": int(place is None), **counted}
