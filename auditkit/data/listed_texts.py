"""Several texts in one cell of a table, such as the passages beside a question."""

import json
from collections.abc import Iterable
from typing import Any

from auditkit.lazy import pandas


def several(value: Any) -> tuple[str, ...]:
    """The texts in one cell: a list of them, a list written as JSON, or one text; none where it is empty.

    >>> several('["Paris is a city.", "Rome is another."]')
    ('Paris is a city.', 'Rome is another.')
    >>> several("Paris is a city.")
    ('Paris is a city.',)
    >>> several(None)
    ()
    """
    if isinstance(value, str):
        texts: Iterable[Any] = _listed(value)
    elif isinstance(value, Iterable):
        texts = value
    else:
        texts = () if pandas.isna(value) else (value,)
    return tuple(text for text in map(str, texts) if text.strip())


def _listed(text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except ValueError:  # a passage may begin with a bracket
            return [text]
        if isinstance(values, list) and all(isinstance(value, str | int | float) for value in values):
            return values
    return [text]
