"""A value among the categories that a column was fitted with, in whatever type it was read."""

from collections.abc import Iterable
from typing import Any

from auditkit.counts.names import INTEGER
from auditkit.errors import ModelError
from auditkit.value_spelling import NUMBER, listed

UNSEEN = -2
"""The code of a value that is none of the categories."""


class Categories:
    """The categories of one column.

    A value of a category's own type is that category or none. A number is the one text that is written as it, a text
    the one number that it writes, and a text without blanks around it the one category with them: a table read from a
    file can have lost the type or the blanks that the column was fitted with.

    Args:
        values: in the order of their codes; missing values are none of them.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(_plain(value) for value in values)
        self._exact = {(_kind(value), value): code for code, value in enumerate(self.values) if not _missing(value)}
        self._alike: dict[Any, list[int]] = {}
        for code, value in enumerate(self.values):
            # A value has two readings: the number or truth value that it writes, and its text without blanks.
            for meaning in {_meaning(value), ("text", str(value).strip())} if not _missing(value) else ():
                self._alike.setdefault(meaning, []).append(code)

    def code_of(self, value: Any, where: str) -> int:
        """The code of the category; `UNSEEN` where there is none.

        Args:
            value: not missing.
            where: the column and the model, for messages.

        Raises:
            ModelError: the value could be several categories.
        """
        value = _plain(value)
        kind = _kind(value)
        known = self._exact.get((kind, value))
        if known is not None:
            return known
        codes = self._alike.get(("text", value.strip()) if kind == "text" else _meaning(value), [])
        if kind == "text":
            same_meaning = self._alike.get(_meaning(value), [])
            # A text is matched with texts first, so that "1" finds the text "1" and not the number 1 beside it.
            codes = codes or [code for code in same_meaning if _kind(self.values[code]) != "text"]
        if len(codes) > 1:
            candidates = listed([self.values[code] for code in codes])
            raise ModelError(
                f"{where} holds {value!r}, which could be any of the categories {candidates} that the model was fitted "
                'with; read the column as text (kind = "category"), or give the table with its types (Parquet, a frame)'
            )
        return codes[0] if codes else UNSEEN


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _missing(value: Any) -> bool:
    return value is None or value != value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def _meaning(value: Any) -> tuple[str, Any]:
    """What a value says whatever type it was read in."""
    if not isinstance(value, str):
        return _kind(value), value
    text = value.strip()
    if text.lower() in ("true", "false"):
        return "boolean", text.lower() == "true"
    if INTEGER.fullmatch(text):
        return "number", int(text)
    return ("number", float(text)) if NUMBER.fullmatch(text) else ("text", text)
