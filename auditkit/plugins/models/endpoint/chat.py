"""A language model that is asked in words, row by row (OpenAI's protocol); its words are parsed into classes, or kept.

An answer that names no class, or several, is *unparsed*: it counts as a decision that was declined, and is reported.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditkit.answer_parser import Parser
from auditkit.endpoints import Endpoint
from auditkit.errors import ConfigError, check_known
from auditkit.plugins.models.endpoint.columns import Rows
from auditkit.plugins.models.endpoint.exchange import Trouble
from auditkit.plugins.models.endpoint.protocols import Question
from auditkit.value_spelling import spelling

MISSING = "not known"
"""What stands in a prompt for a value that is missing."""
TOP = 20
"""First tokens that are asked for with their probabilities; OpenAI's protocol allows no more."""
_PLACE = re.compile(r"\{([^{}]+)\}")


def columns_in(prompt: str) -> tuple[str, ...]:
    """The columns that a prompt has places for, each once."""
    return tuple(dict.fromkeys(_PLACE.findall(prompt)))


def parsed_by(parser: Parser) -> Callable[[Any], dict[str, Any]]:
    """What reads an answer into a class; one without words, such as a refusal in a field of its own, is unparsed."""

    def read(document: Any) -> dict[str, Any]:
        message, more = _message(document)
        content = message.get("content")
        place = parser.place(content) if isinstance(content, str) else None
        return {"codes": [-1 if place is None else place], "unparsed": int(place is None), **more}

    return read


def weighed_by(parser: Parser, classes: int) -> Callable[[Any], dict[str, Any]]:
    """What reads the probabilities of the classes from those of the first tokens: multiple choice by log-probability.

    Tokens count that begin the words of one class alone, and the classes' shares are made to sum to 1 (Brown et al.
    2020, Language models are few-shot learners, arXiv:2005.14165, 2.4). Where there is no such token the answer is
    unparsed, and its shares are equal fillers.

    Args:
        parser: of the words.
        classes: how many there are.
    """

    def read(document: Any) -> dict[str, Any]:
        _, more = _message(document)
        weights = [0.0] * classes
        for token, log_probability in _first_tokens(document["choices"][0]):
            place = parser.begun(token)
            if place is not None and place >= 0:
                weights[place] += math.exp(min(0.0, log_probability))
        total = sum(weights)
        shares = [weight / total if total else 1 / classes for weight in weights]
        code = max(range(classes), key=shares.__getitem__) if total else -1
        return {"codes": [code], "probabilities": [shares], "unparsed": int(not total), **more}

    return read


def _first_tokens(choice: dict[str, Any]) -> list[tuple[str, float]]:
    """The tokens with which an answer might have begun, and the logarithms of their probabilities.

    Raises:
        Trouble: the server gives none, or what it gives are none.
    """
    listed = choice.get("logprobs")
    content = listed.get("content") if isinstance(listed, dict) else None
    first = content[0] if isinstance(content, list) and content else None
    tokens = first.get("top_logprobs") if isinstance(first, dict) else None
    if not isinstance(tokens, list) or not tokens:
        raise Trouble(
            "the answer must list its first tokens under logprobs.content.0.top_logprobs; this server gives none, so "
            "leave log_probabilities out"
        )
    pairs = []
    for entry in tokens:
        token, log = (entry.get("token"), entry.get("logprob")) if isinstance(entry, dict) else (None, None)
        if not isinstance(token, str) or isinstance(log, bool) or not isinstance(log, int | float) or math.isnan(log):
            raise Trouble("each entry of top_logprobs must be a token and the logarithm of its probability")
        pairs.append((token, float(log)))
    return pairs


def in_words(document: Any) -> dict[str, Any]:
    """The words of an answer; those of a refusal in a field of its own; None where there are neither.

    Raises:
        Trouble: it is no answer of a chat at all.
    """
    message, more = _message(document)
    words = next((message[name] for name in ("content", "refusal") if isinstance(message.get(name), str)), None)
    is_cut = document["choices"][0].get("finish_reason") == "length"
    return {"texts": [words], "cut": int(is_cut), **more}


def chat_questions(
    endpoint: Endpoint, rows: Rows, read: Callable[[Any], dict[str, Any]], sample: int = 0
) -> Iterator[Question]:
    """A request for each row.

    Args:
        endpoint: how it is asked.
        rows: columns for the prompt, or texts.
        read: what is kept of an answer.
        sample: which draw it is, where the same is asked several times; it moves the seed.

    Raises:
        ConfigError: the prompt or the parser does not fit the data.
    """
    request = endpoint.request
    url = endpoint.url.rstrip("/")
    url = url if url.endswith("/chat/completions") else f"{url}/chat/completions"
    fixed: dict[str, Any] = {
        "model": request.model, "temperature": request.temperature, "max_tokens": request.max_tokens, "n": 1,
    }  # fmt: skip
    if endpoint.response.log_probabilities:
        fixed.update(logprobs=True, top_logprobs=TOP)
    if request.seed is not None:
        fixed["seed"] = request.seed + sample
    system = [] if request.system is None else [{"role": "system", "content": request.system}]
    for row in rows.records:
        prompt = written(str(request.prompt), row)
        messages = [*system, {"role": "user", "content": prompt}]
        yield Question(url, {**fixed, **request.body, "messages": messages}, 1, read)


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


def _message(document: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """The message of an answer, and how many tokens it says that it took.

    Raises:
        Trouble: it is no answer of a chat at all.
    """
    choices = document.get("choices") if isinstance(document, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(message, dict):
        raise Trouble("the answer must have a message under choices; there is none")
    usage = document.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return message, {"tokens": tokens} if type(tokens) is int and 0 <= tokens < 10**9 else {}
