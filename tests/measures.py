"""The tables of measures in docs/fairness.md, made from the checks: `python -m tests.measures` writes them anew."""

from __future__ import annotations

import pathlib

from auditkit.host import Host
from auditkit.results import Definition
from auditkit.variants import WORDS

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "fairness.md"
OTHERS = ("performance.quality", "robustness.corruptions")
"""Checks of other families with numbers per group."""
BESIDE = tuple(f"_{ending}" for ending in WORDS)
"""How numbers end that stand beside a disparity: the document says once what they are."""
START, END = "<!-- measures: made by python -m tests.measures -->\n", "<!-- end of measures -->\n"


def section() -> str:
    """One table for each check: measurement, what it is, its formula and range, and who is worse off by it."""
    parts = []
    for id, offer in sorted(Host(discover=False).checks().items()):
        if not id.startswith("fairness."):
            continue
        rows = [
            _row(name, definition, definition.formula, definition.range)
            for name, definition in offer.value.definitions.items()
            if not name.endswith(BESIDE)
        ]
        heads = ["| name | what | formula | range | of a benefit | of a burden |", "|---|---|---|---|---|---|"]
        parts.append("\n".join([f"### `{id}`\n", *heads, *rows, ""]))
    heads = ["| name | what | of a benefit | of a burden |", "|---|---|---|---|"]
    for id in OTHERS:
        defined = Host(discover=False).checks()[id].value.definitions
        rows = [_row(name, definition) for name, definition in defined.items() if not name.endswith(BESIDE)]
        parts.append("\n".join([f"### `{id}`\n", *heads, *rows, ""]))
    return START + "\n" + "\n".join(parts) + "\n" + END


def with_section(text: str) -> str:
    """The document with its tables made anew."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + section() + after


def _row(name: str, definition: Definition, *more: str) -> str:
    cells = " | ".join(_cell(text) for text in (definition.title, *more))
    return f"| `{name}` | {cells} | {_worse_off(definition)} |"


def _worse_off(definition: Definition) -> str:
    """Whose value is that of the worse off: of a benefit, then of a burden."""
    assert definition.harm is not None, f"{definition.title} does not say who is worse off by it"
    return f"{definition.harm.benefit} | {definition.harm.burden}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(with_section(DOCUMENT.read_text()))
