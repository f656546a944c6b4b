"""The one look of every chart: colours, sizes, and how much room a text takes.

A dark page turns the lightness of the same picture round (`.chart` in the report's style sheet), so that there is one
set of colours; it is chosen so that both can be read.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from auditkit.text import printable

Spec: TypeAlias = dict[str, Any]
Size: TypeAlias = Literal["narrow", "wide"]

WIDTH: Mapping[Size, int] = {"narrow": 320, "wide": 680}
"""Pixels. Shown at 343 on a phone of 375, and at no less than 600 on anything wider than 640."""
FONT = 13
"""Pixels, for every text; 11.7 on a screen of 320."""
LINE = 17
"""From one line of text to the next."""
FAMILY = "system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"

INK = "#1b2733"
MUTED = "#52606d"
GRID = "#dfe4e9"
PAPER = "#fdfdfe"
EMPTY = "#eceff2"
"""A cell without a value."""
SERIES = ("#0060a8", "#b04a00", "#00735d", "#8a3a8d", "#5a5f66", "#a32140")
"""Told apart by colour-blind readers, at least 4.5:1 on white; never alone: shape and dash differ too."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ((), (7, 3), (2, 3), (9, 3, 2, 3), (4, 2), (1, 4))
SEQUENTIAL = ("#f3f7fb", "#86b3dd")
DIVERGING = ("#e3ad7f", "#f6f6f6", "#86b3dd")
IN_CELL = "#000000"
"""Numbers inside cells, which stay pale enough for it, and dark enough for its opposite on a dark page."""


def clean(text: object) -> str:
    """`text` on one line, without what XML forbids."""
    return " ".join(re.sub("[\ud800-\udfff\ufffe\uffff]", "", printable(text, 1000)).split())


def text_width(text: str) -> float:
    """About how many pixels `text` takes, on the wide side: letters as wide as DejaVu Sans has them."""
    return FONT * sum(_advance(letter) for letter in text)


def cut(text: str, width: float) -> str:
    """`text`, or as much of its beginning as `width` pixels hold, with an ellipsis."""
    if text_width(text) <= width:
        return text
    room = width - text_width("…")
    for count, letter in enumerate(text):
        room -= text_width(letter)
        if room < 0:
            return text[:count].rstrip() + "…"
    return text


def wrap(text: str, width: float, lines: int = 2) -> list[str]:
    """`text` in at most `lines` lines of `width` pixels, the last one cut where it does not fit."""
    words = text.split() or [""]
    texts: list[str] = []
    while words and len(texts) < lines - 1:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}") <= width:
            line += f" {words.pop(0)}"
        if text_width(line) > width:  # one word wider than the line: break inside it
            piece = cut(line, width)[:-1] or line[0]
            words.insert(0, line[len(piece) :])
            line = piece
        texts.append(line)
    if words:
        texts.append(cut(" ".join(words), width))
    return texts


_WIDTHS = {"iljI.,:;'|!": 0.34, 'ftr()[]/ -"·': 0.42, "mwMW%@—…": 1.0}
"""{letters: their width in em}; the others are of two widths, for capitals and for the rest."""


def _advance(letter: str) -> float:
    """The width of a letter, in em."""
    for letters, width in _WIDTHS.items():
        if letter in letters:
            return width
    # Chinese, Japanese and Korean signs fill a whole square
    if ord(letter) > 0x2E7F:
        return 1.1
    return 0.76 if letter.isupper() or letter in "=+<>~±" else 0.64
