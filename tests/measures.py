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
            f"| `{name}` | {_cell(each.title)} | {_cell(each.formula)} | {_cell(each.range)} | {_worse_off(each)} |"
            for name, each in offer.value.definitions.items()
            if not name.endswith(BESIDE)
        ]
        heads = ["| name | what | formula | range | of a benefit | of a burden |", "|---|---|---|---|---|---|"]
        parts.append("\n".join([f"### `{id}`\n", *heads, *rows, ""]))
    heads = ["| name | what | of a benefit | of a burden |", "|---|---|---|---|"]
    for id in OTHERS:
        defined = Host(discover=False).checks()[id].value.definitions
        rows = [
            f"| `{name}` | {_cell(each.title)} | {_worse_off(each)} |"
            for name, each in defined.items()
            if not name.endswith(BESIDE)
        ]
        parts.append("\n".join([f"### `{id}`\n", *heads, *rows, ""]))
    return START + "\n" + "\n".join(parts) + "\n" + END


def with_section(text: str) -> str:
    """The document with its tables made anew."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + section() + after


def _worse_off(each: Definition) -> str:
    """Whose value is that of the worse off: of a benefit, then of a burden."""
    assert each.harm is not None, f"{each.title} does not say who is worse off by it"
    return f"{each.harm.benefit} | {each.harm.burden}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(with_section(DOCUMENT.read_text()))
