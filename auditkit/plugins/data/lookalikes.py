"""Groups that may be one: names that differ only in case, blanks or Unicode form, and names that say "missing"."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from auditkit.counts.names import EMPTY, MISSING

NEVER: Final = frozenset({"nan", "<na>", "nat", "#n/a"})
"""What programs write for a missing value, and nobody calls a group."""
BESIDE: Final = frozenset({
    *NEVER, "na", "n/a", "none", "null", "nil", "missing", "unknown", "", "?", "-", ".", EMPTY.casefold()
})  # fmt: skip
"""Names that may be a group's own, but hardly where other values are missing."""


def alike(values: Sequence[str]) -> list[tuple[str, ...]]:
    """The groups whose names are the same but for case, blanks and Unicode form, together."""
    spellings: dict[str, list[str]] = {}
    for value in values:
        if value != MISSING:
            spellings.setdefault(_plain_form(value), []).append(value)
    return [tuple(names) for names in spellings.values() if len(names) > 1]


def like_missing(values: Sequence[str]) -> list[str]:
    """The groups whose name says that the value is missing, as "nan" does; "none" only beside missing values."""
    words = BESIDE if MISSING in values else NEVER
    return [value for value in values if value != MISSING and _plain_form(value) in words]


def _plain_form(name: str) -> str:
    """The name in one form; letters of other widths are the same, blanks and invisible signs nothing."""
    # twice, for folding case can undo the normal form
    form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(letter for letter in form if not letter.isspace() and unicodedata.category(letter) != "Cf")
