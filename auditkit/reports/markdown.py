"""Text of strangers as Markdown: it shows what it says and does nothing else."""

import itertools
import re
from collections.abc import Iterable, Sequence

from auditkit.text import printable

ROWS = 5_000
"""A table holds no more rows than this."""
_LONGEST = 20_000
_SPECIAL = re.compile(
    r"[\\`*<>\[\]|~&$]"  # code, emphasis, HTML, links, cells, strikes, entities, mathematics
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # emphasis; inside a word it is none
    r"|:(?=//)|(?<=[Ww]{3})\."  # addresses, which some readers would make a link of
)
_START = re.compile(r"[-+=](?=[-+=\s]|$)|#|\d{1,9}(?=[.)](?:\s|$))")
"""What would begin a list, a heading or a rule at the start of a line."""


class Markdown(str):
    """Text that is Markdown already; everything else is escaped where it is printed."""


def escape(text: object) -> Markdown:
    """`text` on one line, without any meaning to a Markdown reader or to a browser behind it."""
    # a line break would end a cell or begin a block
    flat = " ".join(printable(str(text), _LONGEST).split())
    start = _START.match(flat)
    if start is None:
        return Markdown(_SPECIAL.sub(r"\\\g<0>", flat))
    # a number before a dot begins a list; the backslash must stand before the dot, as digits cannot be escaped
    first = start.group()
    escaped = f"{first}\\" if first.isdigit() else f"\\{first}"
    return Markdown(escaped + _SPECIAL.sub(r"\\\g<0>", flat[start.end() :]))


def as_markdown(value: object) -> Markdown:
    """Markdown as it is, everything else escaped, nothing for None."""
    if isinstance(value, Markdown):
        return value
    return Markdown("") if value is None else escape(value)


def document(blocks: Iterable[Markdown]) -> str:
    """Blocks with a blank line between; empty ones are left out."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def heading(level: int, text: object) -> Markdown:
    """A heading of level 1 to 6."""
    return Markdown(f"{'#' * level} {as_markdown(text)}")


def labelled(label: str, text: object) -> Markdown:
    """`text` behind a label of our own in bold."""
    return Markdown(f"**{label}** {as_markdown(text)}")


def bullets(items: Iterable[object]) -> Markdown:
    """A list; empty where there is no item."""
    return Markdown("\n".join(f"- {as_markdown(item)}" for item in items))


def paragraphs(text: str) -> Markdown:
    """`text` with its paragraphs kept; lines within one are joined."""
    blocks = re.split(r"\n[ \t\r]*\n", text.strip())
    return Markdown("\n\n".join(escape(block) for block in blocks if block.strip()))


def table(titles: Sequence[object], rows: Iterable[Sequence[object]]) -> Markdown:
    """A table, with no more rows than `ROWS`; cells are escaped, an empty one gets a dash. Empty without a row."""
    further = iter(rows)
    lines = [_row(row) for row in itertools.islice(further, ROWS)]
    number = len(lines) + sum(1 for _ in further)
    shortened = f"\n\nThe first {ROWS:,} of {number:,} rows; results.json holds all of them." if number > ROWS else ""
    return Markdown("\n".join([_row(titles), "|" + " --- |" * len(titles), *lines]) + shortened if lines else "")


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(as_markdown(cell) or "–" for cell in cells) + " |"
