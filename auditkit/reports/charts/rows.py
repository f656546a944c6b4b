"""Charts with one row for each thing that has a number: dot and whisker, forest, bars.

On a wide screen the names stand to the left of their rows; on a narrow one above them. The number stands at the right.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.reports.charts.canvas import (
    Frame,
    bottom_axis,
    canvas,
    points,
    room_above,
    segments,
    texts,
    title,
    upright,
    upright_layers,
)
from auditkit.reports.charts.scales import Scale, number, scale
from auditkit.reports.charts.theme import (
    INK,
    LINE,
    MUTED,
    PAPER,
    SERIES,
    SHAPES,
    WIDTH,
    Size,
    Spec,
    clean,
    text_width,
    wrap,
)
from auditkit.reports.numbers import plain
from auditkit.results import Axis, Figure, Scalar

ROWS = 60
"""A picture holds no more rows than this; the table beside it holds all."""


class Row(NamedTuple):
    """One mark: whose name it stands under, in which series, and its numbers."""

    name: str
    series: int
    value: float
    low: float | None
    high: float | None
    bound: str = ""
    """What the number says of that over all groups: at least it, or at most."""


def rows_chart(figure: Figure, size: Size) -> Spec:
    """The specification of a dot-whisker, forest or bars figure."""
    axis = figure.x or Axis(field="value", title="")
    rows, series = _rows(figure, axis)
    values = [value for row in rows for value in (row.value, row.low, row.high)]
    rules = [rule for rule in figure.rules if rule.axis == "x"]
    bars = figure.mark == "bars"
    # a bar shows its number by its length, which lies where the axis does not begin at zero; dots do not
    across = scale([*values, *(rule.value for rule in rules)], axis, about=6 if size == "wide" else 4, zero=bars)
    frame, names, middles, written = _layout(rows, axis, size)
    placed = upright(rules, across, frame.width, frame.left - 2, frame.right - 2)
    frame = frame._replace(top=room_above(placed) + LINE * len(series) * (len(series) > 1))
    square = figure.mark == "forest"
    return canvas(
        frame,
        [
            *bottom_axis(frame, across),
            *upright_layers(frame, placed),
            *(_bars(frame, across, rows, middles) if bars else _dots(frame, across, rows, middles, square)),
            *texts(frame, names, align="right" if size == "wide" else "left", halo=size == "narrow"),
            *texts(frame, written, align="right", halo=size == "narrow"),
            *_key(frame, series, room_above(placed)),
            *texts(frame, [{"x": 0, "y": frame.height + 34, "text": clean(title(axis))}], colour=MUTED),
        ],
    )


def rows_left_out(figure: Figure) -> str:
    """What the picture does not show, in a sentence; empty where it shows everything."""
    axis = figure.x or Axis(field="value", title="")
    known = sum(number(row.get(axis.field)) for row in figure.data)
    return f"The picture shows the first {ROWS} of {known:,} rows." if known > ROWS else ""


def _rows(figure: Figure, axis: Axis) -> tuple[list[Row], list[str]]:
    """The rows that can be drawn, grouped by name in the order given, and the names of the series."""
    label = figure.y.field if figure.y else "label"
    drawn = [row for row in figure.data if number(row.get(axis.field))]
    names = list(dict.fromkeys(clean(row.get(label)) for row in drawn))
    field = figure.series.field if figure.series else None
    series = list(dict.fromkeys(clean(row.get(field)) for row in drawn)) if field else [""]
    rows = [
        Row(
            clean(row.get(label)), series.index(clean(row.get(field))) if field else 0, float(row[axis.field] or 0),
            _end(row, figure.low), _end(row, figure.high), clean(row.get("bound") or ""),
        )
        for row in sorted(drawn, key=lambda row: names.index(clean(row.get(label))))
    ]  # fmt: skip
    return rows[:ROWS], series


def _end(row: dict[str, Scalar], field: str | None) -> float | None:
    end = row.get(field) if field else None
    return float(end) if end is not None and number(end) else None


def _layout(rows: Sequence[Row], axis: Axis, size: Size) -> tuple[Frame, list[Spec], list[float], list[Spec]]:
    """The frame, and each row's name, its middle and its number, in pixels of the plot."""
    written = [f"{row.bound} {plain(row.value, percent=axis.percent)}".strip() for row in rows]
    right = max((text_width(text) for text in written), default=0.0) + 14
    wide = size == "wide"
    longest = max((text_width(row.name) for row in rows), default=0.0)
    left = min(longest, 230.0) + 16 if wide else 14.0
    width = WIDTH[size] - left - (right if wide else 14.0)
    names: list[Spec] = []
    numbers: list[Spec] = []
    middles: list[float] = []
    y = 0.0
    for name, named in itertools.groupby(zip(rows, written, strict=True), key=lambda pair: pair[0].name):
        of_name = [text for _, text in named]
        lines = wrap(name, left - 14 if wide else WIDTH[size] - right - 8, lines=3)
        tall = LINE * len(lines)
        y += 4.0 if wide else tall + 4.0
        # of one mark
        room = 18.0 if len(of_name) > 1 else max(22.0, tall + 5.0) if wide else 22.0
        first = y + room / 2
        start = first - (tall - LINE) / 2 * (len(of_name) == 1) if wide else y - tall + LINE / 2 + 2
        names.append({"x": -12.0 if wide else -left, "y": start, "text": "\n".join(lines)})
        for index, text in enumerate(of_name):
            middle = first + index * room
            beside = y - LINE / 2 + 2 if index == 0 and not wide else middle
            numbers.append({"x": width + (right if wide else 14.0) - 2, "y": beside, "text": text})
            middles.append(middle)
        y += max(room * len(of_name), tall + 5.0 if wide else 0.0)
    return Frame(width, y + 4, left, 0, right if wide else 14.0, 46), names, middles, numbers


def _dots(frame: Frame, across: Scale, rows: Sequence[Row], middles: Sequence[float], square: bool) -> list[Spec]:
    layers: list[Spec] = []
    for index in sorted({row.series for row in rows}):
        of_series = [(row, y) for row, y in zip(rows, middles, strict=True) if row.series == index]
        colour = SERIES[index % len(SERIES)]
        whiskers, arrows = _whiskers(frame, across, of_series)
        dots = [{"x": across.at(row.value, frame.width), "y": y} for row, y in of_series]
        # a square is how forest plots mark an estimate
        shape = "square" if square and index == 0 else SHAPES[index % len(SHAPES)]
        layers += segments(frame, whiskers, colour, thick=2.5)
        for arrow, tips in arrows.items():
            layers += points(frame, tips, colour, arrow)
        layers += points(frame, dots, colour, shape)
    return layers


def _whiskers(
    frame: Frame, across: Scale, rows: Sequence[tuple[Row, float]]
) -> tuple[list[Spec], dict[str, list[Spec]]]:
    """The intervals, and {shape: the tips} of those without one end, which go on to the edge of the plot."""
    lines: list[Spec] = []
    tips: dict[str, list[Spec]] = {"triangle-left": [], "triangle-right": []}
    for row, y in rows:
        if row.low is None and row.high is None:
            continue
        low = 0.0 if row.low is None else across.at(row.low, frame.width)
        high = frame.width if row.high is None else across.at(row.high, frame.width)
        lines.append({"x": low, "x2": high, "y": y})
        if row.low is None:
            tips["triangle-left"].append({"x": low, "y": y})
        elif row.high is None:
            tips["triangle-right"].append({"x": high, "y": y})
    return lines, tips


def _bars(frame: Frame, across: Scale, rows: Sequence[Row], middles: Sequence[float]) -> list[Spec]:
    layers: list[Spec] = []
    zero = across.at(0, frame.width)
    for index in sorted({row.series for row in rows}):
        of_series = [(row, y) for row, y in zip(rows, middles, strict=True) if row.series == index]
        bodies = [{"x": zero, "x2": across.at(row.value, frame.width), "y": y} for row, y in of_series]
        whiskers, _ = _whiskers(frame, across, of_series)
        layers += [
            *segments(frame, bodies, SERIES[index % len(SERIES)], thick=12),
            # a pale line under the whisker, so that it can be seen upon the bar
            *segments(frame, whiskers, PAPER, thick=4),
            *segments(frame, whiskers, INK, thick=1.75),
        ]
    return [*layers, *segments(frame, [{"x": zero, "y": 0, "y2": frame.height}], MUTED)]


def _key(frame: Frame, series: Sequence[str], above: float) -> list[Spec]:
    """One line for each series, above all else: its mark and its name."""
    if len(series) < 2:
        return []
    layers: list[Spec] = []
    for index, name in enumerate(series):
        y = -above - LINE * (len(series) - index) + LINE / 2 + 2
        x = -frame.left + 8 if frame.left < 20 else 0.0
        layers += points(frame, [{"x": x, "y": y}], SERIES[index % len(SERIES)], SHAPES[index % len(SHAPES)])
        layers += texts(frame, [{"x": x + 12, "y": y, "text": wrap(name, frame.width - 20, lines=1)[0]}])
    return layers
