"""Where in what an audit writes the words of libraries, plugins and its owner stand."""

import re
from collections.abc import Mapping
from typing import Any, Final

from auditkit.plugins import BUILTIN
from auditkit.redaction import SPOKEN
from auditkit.run.foreign_text import ForeignText, Trust
from auditkit.run.own_numbers import NONE, OwnNumbers

_BUILTIN: Final = frozenset({"auditkit", *(dotted.rpartition(".")[2] for dotted in BUILTIN)})
_ERROR: Final = frozenset({"kind", "type", "message", "traceback"})
_OWN_NOTE: Final = re.compile(r"Left out of this check, because [a-z ]+: [\w ,]+ people\.")
"""A note that auditkit adds to those of a check."""
_FOUND: Final = ("controls", "measurements", "together", "figures", "tables", "notes", "title", "paragraphs")
"""What a check or a plugin returns."""
_STATED: Final = ("about", "definitions", "higher_level", "parameters", "plugin_version")
"""What a plugin says of a check before it sees any data, in many words."""

_OWNERS: Final = frozenset({"card", "limits", "parameters", "waivers"})
"""Fields that hold what the owner of the audit wrote, or could have written."""
_KEYED: Final = frozenset({"conditions", "data"})
"""Fields of what was found whose keys are a plugin's own words."""


class ForeignFields:
    """Withholds in a record what of foreign texts may not be written.

    Args:
        text: says what of a text may be written.
    """

    def __init__(self, text: ForeignText) -> None:
        self._text = text
        self._own: dict[frozenset[float], OwnNumbers] = {}
        """{numbers of a result: one set to look them up in}, the same for equal ones, so that texts are known again."""
        self._said: dict[str, str] = {}
        """{what was said: what of it may be written}, for it is said again in reasons and verdicts."""

    def withheld(self, record: Any) -> Any:
        """A record, as plain data, with `[withheld]` where something was that may not be written."""
        self._hear(record)
        return self._walk(record, "", NONE, None)

    def _hear(self, value: Any) -> None:
        """Take down the errors and the names in a record."""
        if isinstance(value, dict):
            if value.keys() >= _ERROR and isinstance(value["message"], str):
                # where the innermost places are kept, it was foreign code that spoke; what is published has none
                is_own = not value["traceback"] and not self._text.is_published
                self._take_down(value["message"], "own" if is_own else "foreign")
            if _is_foreign(value):
                for measured in (*value.get("measurements", ()), *value.get("together", ())):
                    self._take_down(measured["name"], "name")
                self._take_down(value.get("about", {}).get("question", ""), "owner")  # coverage asks it again
            for entry in value.values():
                self._hear(entry)
        elif isinstance(value, list | tuple):
            for entry in value:
                self._hear(entry)

    def _take_down(self, text: str, trust: Trust) -> None:
        allowed = self._text.allowed(text, trust)
        if allowed != text:
            self._said[text] = allowed

    def _walk(self, value: Any, field: str, own: OwnNumbers, trust: Trust | None) -> Any:
        if isinstance(value, str):
            return self._allowed(value, field, own, trust)
        if isinstance(value, dict):
            return self._mapping(value, field, own, trust)
        if isinstance(value, list | tuple):
            return type(value)(self._walk(entry, field, own, trust) for entry in value)
        return value

    def _mapping(self, mapping: Mapping[str, Any], field: str, own: OwnNumbers, trust: Trust | None) -> dict[str, Any]:
        if _is_foreign(mapping):
            numbers = frozenset(_numbers(mapping))
            own = self._own.setdefault(numbers, OwnNumbers(numbers))
        clean = {}
        for key, value in mapping.items():
            whose = trust
            if _is_foreign(mapping):
                whose = "foreign" if key in _FOUND else "owner" if key in _STATED else None
            elif mapping.keys() >= _ERROR and key in ("type", "traceback"):
                whose = "name" if key == "type" else "owner"  # what a class is called, and the lines of code
            elif key in _OWNERS or (field == "" and key == "title") or (field in ("data", "model") and key == "name"):
                whose = "owner"
            elif key == "slice" or (key == "definitions" and trust != "owner"):
                whose = None
            is_word = trust == "foreign" and field in _KEYED
            name = self._allowed(key, "", own, trust) if is_word else self._as_said(key)
            clean[name] = self._walk(value, str(key), own, whose)
        return clean

    def _allowed(self, text: str, field: str, own: OwnNumbers, trust: Trust | None) -> str:
        repeated = self._as_said(text)
        if repeated != text:
            return repeated
        if trust in ("owner", "name"):
            return self._text.allowed(text, trust)
        if trust == "foreign":
            is_note = field == "notes" and _OWN_NOTE.fullmatch(text) is None
            text = self._text.allowed(text, "foreign" if is_note else "name", own)
        return self._text.sentence(text, own) if field in SPOKEN else text

    def _as_said(self, text: str) -> str:
        for spoken, allowed in self._said.items():
            text = text.replace(spoken, allowed)
        return text


def _is_foreign(mapping: Mapping[str, Any]) -> bool:
    """Whether it is what a plugin found or wrote, and not auditkit itself."""
    is_found = "plugin_version" in mapping and ("measurements" in mapping or "paragraphs" in mapping)
    authors = {mapping.get("plugin"), mapping.get("answered_by"), *(mapping.get("wrapped_by") or ())} - {None}
    return is_found and not authors <= _BUILTIN


def _numbers(value: Any) -> list[float]:
    """The numbers in what was found, also as percentages."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, int | float):
        return [float(value), 100 * float(value)]
    entries = value.values() if isinstance(value, dict) else value
    return [number for entry in entries for number in _numbers(entry)]
