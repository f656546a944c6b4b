"""A number in each cell of two categories."""

from collections.abc import Sequence
from typing import NamedTuple

from auditkit.reports.charts.canvas import Frame, canvas, layer, texts, title
from auditkit.reports.charts.scales import number
from auditkit.reports.charts.theme import (
    DIVERGING,
    EMPTY,
    GRID,
    IN_CELL,
    LINE,
    MUTED,
    SEQUENTIAL,
    WIDTH,
    Size,
    Spec,
    clean,
    cut,
    text_width,
    wrap,
)
from auditkit.reports.numbers import NONE, plain
from auditkit.results import Axis, Figure

COLUMNS, ROWS = 40, 60
"""A picture holds no more than this; the table beside it holds all."""


class Grid(NamedTuple):
    """What is in the cells, and the range of it."""

    columns: list[str]
    rows: list[str]
    cells: dict[tuple[str, str], float | None]
    low: float
    high: float

    def colour(self, value: float) -> str:
        """From pale to deep; in two directions where there are numbers on both sides of zero."""
        if self.low < 0 < self.high:
            most = max(-self.low, self.high)
            return _mixed(DIVERGING[1], DIVERGING[2] if value >= 0 else DIVERGING[0], abs(value) / most)
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return _mixed(*SEQUENTIAL, share)


def heat_chart(figure: Figure, size: Size) -> Spec:
    """The specification of a heat map."""
    axis = figure.value or Axis(field="value", title="")
    grid = _grid(figure, axis)
    wide = size == "wide"
    longest = max((text_width(row) for row in grid.rows), default=0.0)
    spare = WIDTH[size] - 20 - 130.0 * len(grid.columns)  # columns are no wider than 130
    left = min(longest, max(210.0, spare)) + 14 if wide else 2.0
    width = WIDTH[size] - left - 2
    cell = min(width / max(1, len(grid.columns)), 130.0)
    heads, turned, head = _heads(grid.columns, cell)
    frame = Frame(width, 0, left, head + LINE + 14, 2, 4)
    rects: list[Spec] = []
    numbers: list[Spec] = []
    names: list[Spec] = []
    y = 0.0
    for row in grid.rows:
        lines = wrap(row, left - 14 if wide else width, lines=3)
        y += 0 if wide else LINE * len(lines) + 6
        height = max(32.0, LINE * len(lines) + 6 if wide else 0)
        start = y + height / 2 - LINE * (len(lines) - 1) / 2 if wide else y - LINE * len(lines) + LINE / 2 - 1
        names.append({"x": -10.0 if wide else 0.0, "y": start, "text": "\n".join(lines)})
        for index, column in enumerate(grid.columns):
            value = grid.cells.get((column, row))
            box = {"x": index * cell + 1, "x2": (index + 1) * cell - 1, "y": y + 1, "y2": y + height - 1}
            rects.append(box | {"fill": EMPTY if value is None else grid.colour(value)})
            text = NONE if value is None else plain(value, percent=axis.percent)
            # a number cut short is another number, so a narrow cell has none; the table has it
            if text_width(text) <= cell - 4:
                ink = MUTED if value is None else IN_CELL
                numbers.append({"x": (index + 0.5) * cell, "y": y + height / 2, "text": text, "ink": ink})
        y += height
    frame = frame._replace(height=y)
    layers = _boxes(frame, rects)
    for ink in sorted({entry["ink"] for entry in numbers}):
        of_ink = [{key: entry[key] for key in ("x", "y", "text")} for entry in numbers if entry["ink"] == ink]
        layers += texts(frame, of_ink, align="center", colour=ink)
    layers += [
        *texts(frame, names, align="right" if wide else "left"),
        *_head_layers(frame, heads, cell, turned),
        *_key(frame, grid, axis),
    ]
    return canvas(frame, layers)


def heat_left_out(figure: Figure) -> str:
    """What the picture does not show, in a sentence; empty where it shows everything."""
    columns, rows = (
        len({clean(row.get(axis.field)) for row in figure.data}) if axis else 0 for axis in (figure.x, figure.y)
    )
    if columns <= COLUMNS and rows <= ROWS:
        return ""
    return f"The picture shows {min(columns, COLUMNS)} of {columns} columns and {min(rows, ROWS)} of {rows} rows."


def _grid(figure: Figure, axis: Axis) -> Grid:
    x = figure.x.field if figure.x else "x"
    y = figure.y.field if figure.y else "y"
    columns = list(dict.fromkeys(clean(row.get(x)) for row in figure.data))[:COLUMNS]
    rows = list(dict.fromkeys(clean(row.get(y)) for row in figure.data))[:ROWS]
    cells = {
        (clean(entry.get(x)), clean(entry.get(y))): (
            float(entry.get(axis.field) or 0) if number(entry.get(axis.field)) else None
        )
        for entry in figure.data
    }
    known = [value for (column, row), value in cells.items() if value is not None and column in columns and row in rows]
    # the owner's range is widened where a number lies outside it: a colour beyond the scale would not be drawn
    low, high = axis.domain or (min(known, default=0.0), max(known, default=1.0))
    return Grid(columns, rows, cells, min([low, *known]), max([high, *known]))


def _heads(columns: Sequence[str], cell: float) -> tuple[list[str], bool, float]:
    """The columns' names as written, whether they are turned upright, and the height that they need."""
    # names are turned only where not even their words fit: upright text is read with the head on one side
    longest_word = max((text_width(word) for column in columns for word in column.split()), default=0.0)
    if longest_word <= cell - 6:
        lines = [wrap(column, cell - 6, lines=3) for column in columns]
        return ["\n".join(line) for line in lines], False, LINE * max((len(line) for line in lines), default=1) + 4
    written = [cut(column, 110) for column in columns]
    return written, True, max(text_width(text) for text in written) + 10


def _head_layers(frame: Frame, heads: Sequence[str], cell: float, turned: bool) -> list[Spec]:
    if turned:
        rows = [{"x": (index + 0.5) * cell, "y": -6.0, "text": head} for index, head in enumerate(heads)]
        layers = texts(frame, rows)
        for text_layer in layers:
            text_layer["mark"]["angle"] = 270
        return layers
    rows = [
        {"x": (index + 0.5) * cell, "y": -LINE * (1 + head.count("\n")) + LINE / 2 - 2, "text": head}
        for index, head in enumerate(heads)
    ]
    return texts(frame, rows, align="center")


def _boxes(frame: Frame, rects: Sequence[Spec]) -> list[Spec]:
    # without a scale the field's own colours are used as they are
    fill = {"fill": {"field": "fill", "type": "nominal", "scale": None}}
    return layer(frame, {"type": "rect", "stroke": GRID, "strokeWidth": 1}, rects, fill)


def _key(frame: Frame, grid: Grid, axis: Axis) -> list[Spec]:
    """What the colours mean, above all else: lowest number, steps, highest number, and what they are numbers of."""
    y = -frame.top + LINE / 2 + 2
    low, high = plain(grid.low, percent=axis.percent), plain(grid.high, percent=axis.percent)
    x = 2 - frame.left
    start = x + text_width(low) + 8
    steps = 6
    rects = [
        {
            "x": start + 14 * step, "x2": start + 14 * (step + 1), "y": y - 6, "y2": y + 6,
            "fill": grid.colour(grid.low + (grid.high - grid.low) * step / (steps - 1)),
        }
        for step in range(steps)
    ]  # fmt: skip
    after = start + 14 * steps + 8
    name = cut(clean(title(axis)), frame.width + frame.left - 4 - (after - x) - text_width(high) - 14)
    words = [
        {"x": x, "y": y, "text": low},
        {"x": after, "y": y, "text": high},
        {"x": after + text_width(high) + 14, "y": y, "text": name},
    ]
    return [*_boxes(frame, rects), *texts(frame, words, colour=MUTED)]


def _mixed(first: str, second: str, share: float) -> str:
    """A colour `share` of the way from `first` to `second`."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * min(1.0, max(0.0, share))):02x}" for a, b in pairs)
