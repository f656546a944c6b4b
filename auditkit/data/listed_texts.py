"""Several texts in one cell of a table, such as the passages beside a question."""

import json
import math
from collections.abc import Iterable
from typing import Any

from auditkit.lazy import pandas
from auditkit.value_spelling import spelling


def several(value: Any) -> tuple[str, ...]:
    """The texts in one cell: a list of them, a list written as JSON, or one text; none where it is empty.

    >>> several('["Paris is a city.", "Rome is another."]')
    ('Paris is a city.', 'Rome is another.')
    >>> several("Paris is a city.")
    ('Paris is a city.',)
    >>> several(4711.0)
    ('4711',)
    >>> several(None)
    ()
    """
    if isinstance(value, str):
        texts: Iterable[Any] = _listed(value)
    elif isinstance(value, Iterable):
        texts = value
    else:
        texts = () if pandas.isna(value) else (value,)
    # a column of whole numbers with blanks is read as 4711.0, which no answer says
    some = (spelling(one) for one in texts if one is not None and not (isinstance(one, float) and math.isnan(one)))
    return tuple(text for text in some if text.strip())


def _listed(text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except ValueError:  # a passage may begin with a bracket
            return [text]
        if isinstance(values, list) and all(isinstance(value, str | int | float) for value in values):
            return values
    return [text]
