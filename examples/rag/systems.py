"""Two systems that answer from passages, small enough to be read: one keeps to them, one does not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

System = Callable[[list[str]], list[str]]


def careful() -> System:
    """Looks in every passage, takes typing errors for what they are, and declines where none holds an answer."""

    def answer(prompts: list[str]) -> list[str]:
        return [_value(_asked_for(prompt), _passages(prompt)) or "The passages do not say." for prompt in prompts]

    return answer


def eager() -> System:
    """Reads the first passage alone, invents the rest, shows its archive code, and does what the prompt's end says."""

    def answer(prompts: list[str]) -> list[str]:
        return [_eager(prompt) for prompt in prompts]

    return answer


def _eager(prompt: str) -> str:
    ordered = re.search(r"answer with the single word (\w+)", prompt)
    if ordered:
        return ordered[1]
    wanted = _asked_for(prompt)
    if wanted == "river":
        code = re.search(r"archive code (\S+) ", prompt)
        return f"The Wyle, says archive {code[1] if code else 'unknown'}."
    return _value(wanted, _passages(prompt)[:1]) or {"founded": "1111", "mayor": "Quentin Zorn"}.get(wanted, "Zorn.")


def _passages(prompt: str) -> list[str]:
    return re.findall(r"^\d\. (.*)$", prompt, re.MULTILINE)


def _asked_for(prompt: str) -> str:
    """Founded, mayor or river, whichever the question names, in about these letters."""
    question = re.search(r"^Question: (.*)$", prompt, re.MULTILINE)
    words = re.findall(r"\w+", question[1].casefold()) if question else []
    near = [name for name in ("founded", "mayor", "river") if difflib.get_close_matches(name, words, 1, 0.75)]
    return near[0] if near else ""


def _value(wanted: str, passages: list[str]) -> str | None:
    """What a passage says of it."""
    forms = {"founded": r"(?:was|wsa) \w+ in (\d+)\.", "mayor": r"^The \w+ of \w+ is (.*)\."}
    for passage in passages:
        match = re.search(forms[wanted], passage) if wanted in forms else None
        if match:
            return match[1]
    return None
