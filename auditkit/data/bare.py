"""Values beside the inputs without the blanks around them, the same whichever reader they came through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from auditkit.data.inputs import as_column


class Bare(NamedTuple):
    """Values without blanks."""

    values: Any
    """(N,) as given, where there was nothing to take off."""
    stripped: bool = False
    """Whether a text had blanks around it."""
    merged: tuple[str, ...] = ()
    """Texts that are one without the blanks around them."""


@dataclass(frozen=True)
class Blanks:
    """What blanks are in labels, answers, ids and groups; inputs stay as the model knows them."""

    strip: bool = True
    """Whether those around a text are no part of it."""
    missing: bool = True
    """Whether a text of nothing else is a missing value."""

    def off(self, values: Any) -> Bare:
        """The values without blanks; a text of nothing else is None where it is missing.

        Args:
            values: (N,) of any kind.
        """
        import pandas  # the one library that knows every kind of missing value

        column = values if hasattr(values, "factorize") else as_column(values)
        kind = getattr(column.dtype, "categories", column).dtype.kind
        if kind not in "OUT" or column.ndim != 1:
            return Bare(values)
        # Each different text is looked at once, however many rows hold it.
        codes, distinct = pandas.factorize(column.astype(object) if kind in "UT" else column)
        known = np.empty(len(distinct) + 1, dtype=object)
        known[:-1], known[-1] = [self._bare(value) for value in distinct], None  # the code of a missing value is -1
        pairs = list(zip(known, distinct, strict=False))
        # The values come back as given where nothing changed: a column of categories stays one.
        if all(bare is value for bare, value in pairs):
            return Bare(values)
        merged = one_but_for_blanks(distinct) if self.strip else ()
        return Bare(known[codes], any(bare is not None and bare != value for bare, value in pairs), merged)

    def _bare(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        stripped = value.strip() if self.strip else value
        return None if self.missing and not stripped else value if stripped == value else stripped


def one_but_for_blanks(distinct: Iterable[Any]) -> tuple[str, ...]:
    """The texts that others are without the blanks around them, and these others."""
    together: dict[str, list[str]] = {}
    for value in distinct:
        if isinstance(value, str) and value.strip():
            together.setdefault(value.strip(), []).append(value)
    return tuple(name for names in together.values() if len(names) > 1 for name in names)
