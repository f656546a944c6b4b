"""Tables as the report prints them: heads, rows of cells, and a cap with a sentence."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Content: TypeAlias = Mapping[str, Any]
"""What a template is given, by the names that stand in it; it stops at a name that is not there."""
ROWS = 500
"""A table of the report holds no more rows than this."""


class Cell(NamedTuple):
    """One cell: its text, and what stands with it."""

    text: str
    note: str = ""
    """In small letters under the text."""
    status: str = ""
    """A verdict or validity; shown as colour, shape and word."""
    link: str = ""
    """The anchor that the text leads to."""
    items: tuple[tuple[str, str], ...] = ()
    """Further lines, each with the anchor that it leads to, or with nothing."""
    anchor: str = ""
    """An address of the row, in its first cell."""


class Head(NamedTuple):
    """The head of a column, and how its cells are set."""

    text: str
    kind: str = "text"
    """`text`, `wide` (sentences), `num` (numbers) or `code`."""


class Grid(NamedTuple):
    """A table: the first cell of a row names it."""

    anchor: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: str = ""


def grid(anchor: str, caption: str, heads: Sequence[Head], rows: Sequence[Sequence[Cell]]) -> Grid:
    """A table, with no more rows than `ROWS`, and without the columns in which nothing stands (the first one stays)."""
    # a column that says nothing takes the room of those that do, on a phone above all
    filled = [0, *(index for index in range(1, len(heads)) if any(row[index] != Cell("") for row in rows))]
    shortened = f"The first {ROWS:,} of {len(rows):,} rows; results.json holds all of them."
    body = tuple(tuple(row[index] for index in filled) for row in rows[:ROWS])
    return Grid(anchor, caption, tuple(heads[index] for index in filled), body, shortened if len(rows) > ROWS else "")


class Anchors:
    """Addresses inside the page: made of letters, digits and hyphens alone, and never given twice."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.groups: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        """{attributes and values of a group: {check: where its numbers of the group begin}}."""
        self._given: dict[str, int] = {}

    def new(self, *parts: str) -> str:
        """An anchor that tells by its name what it leads to."""
        slug = "-".join(re.sub("[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
        name = f"{self.prefix}{slug[:60].strip('-') or 'at'}"
        self._given[name] = self._given.get(name, 0) + 1
        # the first keeps the plain name, so that links from outside stay good where a later section is added
        return name if self._given[name] == 1 else self.new(f"{slug[:50]}-{self._given[name]}")

    def of_group(self, group: Mapping[str, str], check: str, row: int) -> str:
        """An anchor for the first row of a check that is about a group; empty for its other rows, and those cut off."""
        checks = self.groups.setdefault(tuple(group.items()), {}) if group and row < ROWS else {}
        if not group or row >= ROWS or check in checks:
            return ""
        checks[check] = self.new("at", check, *(f"{name}={value}" for name, value in group.items()))
        return checks[check]
