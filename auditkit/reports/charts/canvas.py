"""What every chart is put together from: layers on a sheet whose every pixel is fixed beforehand.

Nothing is left to the renderer's own layout, so a chart does not depend on which fonts a machine has.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.reports.charts.scales import Scale
from auditkit.reports.charts.theme import FONT, GRID, INK, LINE, MUTED, PAPER, Spec, clean, cut, text_width
from auditkit.results import Axis, Rule


class Frame(NamedTuple):
    """The plot and the margins around it, in pixels."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float


def canvas(frame: Frame, layers: Sequence[Spec]) -> Spec:
    """A Vega-Lite specification of `layers`, in the theme."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": round(frame.width, 2),
        "height": round(frame.height, 2),
        # with any other value the renderer measures the fonts of the machine and moves things
        "autosize": {"type": "none"},
        "padding": {side: round(getattr(frame, side), 2) for side in ("left", "top", "right", "bottom")},
        "background": None,
        "config": {"aria": False, "view": {"stroke": None}},
        "layer": list(layers),
    }


def pixels(length: float) -> Spec:
    """The scale of a position that is given in pixels."""
    return {"domain": [0, length], "range": [0, length], "nice": False, "zero": False}


def across(field: str, length: float) -> Spec:
    """A horizontal position in pixels."""
    return {"field": field, "type": "quantitative", "scale": pixels(length), "axis": None}


def layer(frame: Frame, mark: Spec, rows: Sequence[Spec], further: Spec | None = None) -> list[Spec]:
    """One mark at each of some `rows`, which have x and y in pixels of the plot, and x2 and y2 where it has two ends.

    Without rows it is no layer.

    Args:
        frame: the plot.
        mark: of Vega-Lite.
        rows: where the marks are.
        further: encodings beside those of the position.
    """
    if not rows:
        return []
    encoding = {"x": across("x", frame.width), "y": across("y", frame.height)}
    ends = {end: {"field": end} for end in ("x2", "y2") if end in rows[0]}
    # a hundredth of a pixel: what floating point adds would only make the picture larger
    values = [
        {key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()} for row in rows
    ]
    return [{"data": {"values": values}, "mark": mark, "encoding": {**encoding, **ends, **(further or {})}}]


def texts(
    frame: Frame,
    rows: Sequence[Spec],
    *,
    align: str = "left",
    colour: str = INK,
    halo: bool = False,
) -> list[Spec]:
    """Words at pixels of the plot: `rows` have x, y and text; y is the middle of the first line."""
    mark: Spec = {
        "type": "text", "align": align, "baseline": "middle", "fontSize": FONT, "lineBreak": "\n",
        "lineHeight": LINE, "fontWeight": 400, "clip": False,
    }  # fmt: skip
    # the renderer ends the whole process at a character that XML forbids, so every text is cleaned here too
    written = [row | {"text": "\n".join(map(clean, row["text"].split("\n")))} for row in rows]
    text = {"text": {"field": "text", "type": "nominal"}}
    layers = layer(frame, mark | {"color": colour}, written, text)
    if halo:
        # drawn twice, for a stroke of the text itself would eat into its letters
        outline = {"color": PAPER, "stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}
        layers = layer(frame, mark | outline, written, text) + layers
    return layers


def bottom_axis(frame: Frame, scale: Scale, words: Sequence[str] | None = None) -> list[Spec]:
    """Grid lines with their numbers (or `words`) under them."""
    positions = [scale.at(tick, frame.width) for tick in scale.ticks]
    rows = [
        {"x": _moved_inside(x, word, frame), "y": frame.height + 14, "text": word}
        for x, word in zip(positions, scale.words if words is None else words, strict=True)
    ]
    lines = [{"x": x, "y": 0, "y2": frame.height} for x in positions]
    return [*segments(frame, lines, GRID), *texts(frame, _apart(rows), align="center", colour=MUTED)]


def left_axis(frame: Frame, scale: Scale) -> list[Spec]:
    """Grid lines with their numbers to the left."""
    positions = [frame.height - scale.at(tick, frame.height) for tick in scale.ticks]
    rows = [{"x": -8, "y": y, "text": word} for y, word in zip(positions, scale.words, strict=True)]
    lines = [{"x": 0, "x2": frame.width, "y": y} for y in positions]
    return [*segments(frame, lines, GRID), *texts(frame, rows, align="right", colour=MUTED)]


def segments(
    frame: Frame, rows: Sequence[Spec], colour: str, *, thick: float = 1, dash: Sequence[int] = ()
) -> list[Spec]:
    """Straight lines at pixels of the plot."""
    mark = {"type": "rule", "color": colour, "strokeWidth": thick} | ({"strokeDash": list(dash)} if dash else {})
    return layer(frame, mark, rows)


def points(frame: Frame, rows: Sequence[Spec], colour: str, shape: str = "circle", size: float = 72) -> list[Spec]:
    """Filled marks at pixels of the plot."""
    mark = {"type": "point", "filled": True, "shape": shape, "size": size, "color": colour, "opacity": 1}
    return layer(frame, mark, rows)


def title(axis: Axis) -> str:
    """What an axis is called, with its unit."""
    return f"{axis.title} ({axis.unit})" if axis.unit and axis.unit != "share" and axis.title else axis.title


class Placed(NamedTuple):
    """The label of an upright line: its text, left edge, and row above the plot (0 is the lowest)."""

    text: str
    x: float
    row: int
    line: float


def upright(rules: Sequence[Rule], scale: Scale, frame_width: float, left: float, right: float) -> list[Placed]:
    """Labels for upright lines, in as many rows above the plot as keep them apart and inside the chart.

    Args:
        rules: the lines.
        scale: of the horizontal axis.
        frame_width: of the plot, in pixels.
        left: how far labels may reach to the left of the plot.
        right: how far to its right.
    """
    placed: list[Placed] = []
    for rule in sorted(rules, key=lambda line: (line.value, line.label)):
        line = scale.at(rule.value, frame_width)
        text = cut(clean(rule.label), frame_width + left + right)
        wide = text_width(text)
        # centred over its line, but never beyond the edge of the chart
        x = min(max(line - wide / 2, -left), frame_width + right - wide)
        row = 0
        # a row up until no label of the row is touched; there are few rules, so trying is quick
        while any(
            position.row == row and x < position.x + text_width(position.text) + 10 and position.x < x + wide + 10
            for position in placed
        ):
            row += 1
        placed.append(Placed(text, x, row, line))
    return placed


def upright_layers(frame: Frame, placed: Sequence[Placed]) -> list[Spec]:
    """Upright lines from their labels to the foot of the plot."""
    lines = [{"x": position.line, "y": -6 - position.row * LINE, "y2": frame.height} for position in placed]
    rows = [{"x": position.x, "y": -14 - position.row * LINE, "text": position.text} for position in placed]
    return [*segments(frame, lines, INK, thick=1.25, dash=(5, 3)), *texts(frame, rows, halo=True)]


def room_above(placed: Sequence[Placed]) -> float:
    """How many pixels the labels of upright lines need above the plot."""
    return 8.0 + LINE * (1 + max((position.row for position in placed), default=-1))


def _moved_inside(x: float, word: str, frame: Frame) -> float:
    """The middle of a word that would stand at `x`, moved so far that the word stays on the sheet."""
    half = text_width(word) / 2 + 1
    return min(max(x, half - frame.left), frame.width + frame.right - half)


def _apart(rows: list[Spec]) -> list[Spec]:
    """The rows, as many of them as do not touch: every one, or every second, and so on."""
    for step in range(1, len(rows) + 1):
        shown = rows[::step]
        gaps = [
            second["x"] - first["x"] - (text_width(first["text"]) + text_width(second["text"])) / 2
            for first, second in itertools.pairwise(shown)
        ]
        if all(gap >= 6 for gap in gaps):
            return shown
    return rows[:1]
