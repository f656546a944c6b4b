"""The tables of measures in docs/fairness.md, made from the checks: `python -m tests.measures` writes them anew."""

from __future__ import annotations

import pathlib

from auditkit.host import Host

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "fairness.md"
START, END = "<!-- measures: made by python -m tests.measures -->\n", "<!-- end of measures -->\n"


def section() -> str:
    """One table for each fairness check: measurement, what it is, its formula, its range."""
    parts = []
    for id, offer in sorted(Host(discover=False).checks().items()):
        if not id.startswith("fairness."):
            continue
        rows = [
            f"| `{name}` | {_cell(each.title)} | {_cell(each.formula)} | {_cell(each.range)} |"
            for name, each in offer.value.definitions.items()
        ]
        parts.append("\n".join([f"### `{id}`\n", "| name | what | formula | range |", "|---|---|---|---|", *rows, ""]))
    return START + "\n" + "\n".join(parts) + "\n" + END


def with_section(text: str) -> str:
    """The document with its tables made anew."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + section() + after


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(with_section(DOCUMENT.read_text()))
