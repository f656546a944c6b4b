"""Lines through points, with bands: accuracy over epsilon, a calibration curve."""

import collections
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from auditkit.reports.charts.canvas import (
    Frame,
    bottom_axis,
    canvas,
    layer,
    left_axis,
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
    DASHES,
    INK,
    LINE,
    MUTED,
    SERIES,
    SHAPES,
    WIDTH,
    Size,
    Spec,
    clean,
    cut,
    text_width,
)
from auditkit.results import Axis, Figure, Rule, Scalar

LINES = 12
"""A picture holds no more lines than this; the table beside it holds all."""
POINTS = 300
"""And no more points of one line."""


class Point(NamedTuple):
    """A point of the plot, in pixels; `low` and `high` where there is a band."""

    x: float
    y: float
    low: float | None
    high: float | None


def curve_chart(figure: Figure, size: Size) -> Spec:
    """The specification of a curve."""
    x_axis, y_axis = figure.x or Axis(field="x", title=""), figure.y or Axis(field="y", title="")
    names = _names(figure)
    words = _categories(figure, x_axis)
    wide = size == "wide"
    xs = [_x(row, x_axis, words) for row in figure.data]
    ys = [row.get(field) for row in figure.data for field in (y_axis.field, figure.low, figure.high) if field]
    upright_rules = [rule for rule in figure.rules if rule.axis == "x"]
    level_rules = [rule for rule in figure.rules if rule.axis == "y"]
    below = (
        # words stand at whole numbers, half a step from the ends
        Scale(-0.5, len(words) - 0.5, tuple(map(float, range(len(words)))), tuple(words))
        if words
        # rules count for the range, or a limit far from all points would not be on the picture
        else scale([*xs, *(rule.value for rule in upright_rules)], x_axis, about=7 if wide else 4, room=0.02)
    )
    beside = scale([*ys, *(rule.value for rule in level_rules)], y_axis, about=5, room=0.05)
    left = max((text_width(word) for word in beside.words), default=0.0) + 12
    right = 26.0
    frame = Frame(WIDTH[size] - left - right, 250.0 if wide else 210.0, left, 0, right, 46)
    placed = upright(upright_rules, below, frame.width, left - 2, right - 2)
    entries, lines = _entries(names, frame)
    above = room_above(placed) + (LINE + 4 if y_axis.title else 0)
    frame = frame._replace(top=above + LINE * lines)
    drawn = [_points(figure, name, (x_axis, y_axis), words, below, beside, frame) for name in names]
    written = [cut(word, frame.width / max(1, len(words)) - 6) for word in words] or None
    every = [point for pieces in drawn for piece in pieces for point in piece]
    return canvas(
        frame,
        [
            *bottom_axis(frame, below, written),
            *left_axis(frame, beside),
            *(band for index, pieces in enumerate(drawn) for band in _band(frame, pieces, index)),
            *(line for index, pieces in enumerate(drawn) for line in _line(frame, pieces, index)),
            *upright_layers(frame, placed),
            *_level_rules(frame, level_rules, beside, every),
            *_titles(frame, x_axis, y_axis, room_above(placed)),
            *_key(frame, entries, above + LINE * lines),
        ],
    )


def curve_left_out(figure: Figure) -> str:
    """What the picture does not show, in a sentence; empty where it shows everything."""
    field = figure.series.field if figure.series else None
    counts = collections.Counter(clean(row.get(field)) if field else "" for row in figure.data)
    sentences = (
        f"The picture shows the first {LINES} of {len(counts)} lines." if len(counts) > LINES else "",
        f"Of a line with more than {POINTS} points it shows evenly chosen ones."
        if max(counts.values(), default=0) > POINTS
        else "",
    )
    return " ".join(filter(None, sentences))


def _names(figure: Figure) -> list[str | None]:
    if not figure.series:
        return [None]
    names: dict[str | None, None] = dict.fromkeys(clean(row.get(figure.series.field)) for row in figure.data)
    return list(names)[:LINES]


def _categories(figure: Figure, axis: Axis) -> list[str]:
    """The words of a horizontal axis that is not of numbers; empty for one that is."""
    values = [row.get(axis.field) for row in figure.data]
    if all(value is None or number(value) for value in values):
        return []
    return list(dict.fromkeys(clean(value) for value in values))


def _x(row: dict[str, Scalar], axis: Axis, words: list[str]) -> Scalar:
    value = row.get(axis.field)
    return words.index(clean(value)) if words else value


def _points(
    figure: Figure,
    name: str | None,
    axes: tuple[Axis, Axis],
    words: list[str],
    below: Scale,
    beside: Scale,
    frame: Frame,
) -> list[list[Point]]:
    """One line in pieces: a point without a number breaks it."""
    x_axis, y_axis = axes
    field = figure.series.field if figure.series else None
    rows = [row for row in figure.data if field is None or clean(row.get(field)) == name]
    step = math.ceil(len(rows) / POINTS)
    # the last point too: where a curve ends is often what it is read for
    rows = [row for index, row in enumerate(rows) if index % step == 0 or index == len(rows) - 1]

    def height(value: Scalar) -> float | None:
        if not isinstance(value, int | float) or not number(value) or (beside.log and value <= 0):
            return None
        return frame.height - beside.at(float(value), frame.height)

    pieces: list[list[Point]] = [[]]
    for row in rows:
        x, y = _x(row, x_axis, words), height(row.get(y_axis.field))
        if not isinstance(x, int | float) or not number(x) or y is None:
            pieces.append([])
            continue
        ends = [height(row.get(end)) if end else None for end in (figure.low, figure.high)]
        pieces[-1].append(Point(below.at(float(x), frame.width), y, ends[0], ends[1]))
    return [piece for piece in pieces if piece]


def _band(frame: Frame, pieces: Sequence[Sequence[Point]], index: int) -> list[Spec]:
    colour = SERIES[index % len(SERIES)]
    mark = {"type": "area", "color": colour, "fillOpacity": 0.16, "opacity": 1, "line": False}
    layers: list[Spec] = []
    for piece in pieces:
        bounded = [point for point in piece if point.low is not None and point.high is not None]
        rows = [{"x": point.x, "y": point.low or 0.0, "y2": point.high or 0.0} for point in bounded]
        if len(rows) > 1:
            layers += layer(frame, mark, rows)
        elif bounded:  # an area of one point is nothing
            layers += segments(frame, rows, colour, thick=2.5)
    return layers


def _line(frame: Frame, pieces: Sequence[Sequence[Point]], index: int) -> list[Spec]:
    colour, shape = SERIES[index % len(SERIES)], SHAPES[index % len(SHAPES)]
    dash = list(DASHES[(index // len(SERIES) + index) % len(DASHES)])
    mark = {"type": "line", "color": colour, "strokeWidth": 2.25} | ({"strokeDash": dash} if dash else {})
    layers: list[Spec] = []
    for piece in pieces:
        rows = [{"x": point.x, "y": point.y, "i": order} for order, point in enumerate(piece)]
        if len(rows) > 1:
            # without an order Vega-Lite joins the points from left to right
            layers += layer(frame, mark, rows, {"order": {"field": "i", "type": "ordinal"}})
        # more marks than that would run into each other and hide the line
        if len(rows) <= 40:
            layers += points(frame, [{"x": point.x, "y": point.y} for point in piece], colour, shape, size=44)
    return layers


def _level_rules(frame: Frame, rules: Sequence[Rule], beside: Scale, drawn: Sequence[Point]) -> list[Spec]:
    """Level lines, each with its label where it hides least."""
    boxes: list[tuple[float, float, float]] = []
    rows: list[Spec] = []
    lines: list[Spec] = []
    for rule in sorted(rules, key=lambda level_rule: (level_rule.value, level_rule.label)):
        line = frame.height - beside.at(rule.value, frame.height)
        lines.append({"x": 0, "x2": frame.width, "y": line})
        text = cut(clean(rule.label), frame.width - 8)
        wide = text_width(text)
        # right first, for most curves of an audit fall to the right and leave room there
        places = itertools.product((frame.width - wide - 4, 4.0, (frame.width - wide) / 2), (line - 10, line + 10))
        x, y = min(places, key=lambda place: _hides(place[0], place[1], wide, boxes, drawn, lines, frame.height))
        boxes.append((x, y, wide))
        rows.append({"x": x, "y": y, "text": text})
    return [*segments(frame, lines, INK, thick=1.25, dash=(5, 3)), *texts(frame, rows, halo=True)]


def _hides(
    x: float,
    y: float,
    wide: float,
    boxes: Sequence[tuple[float, float, float]],
    drawn: Sequence[Point],
    lines: Sequence[Spec],
    height: float,
) -> float:
    """How much a label at this place would hide: other labels most, then lines, then points."""
    hidden_labels = sum(
        1000 for left, top, width in boxes if abs(top - y) < LINE and x < left + width + 6 and left < x + wide + 6
    )
    outside = 10_000 if y < 8 or y > height - 8 else 0
    crossed = sum(20 for line in lines if abs(line["y"] - y) < 8)
    between = 0
    for first, second in itertools.pairwise(drawn):
        steps = [(first.x + (second.x - first.x) * t / 8, first.y + (second.y - first.y) * t / 8) for t in range(9)]
        between += any(x - 4 <= x_between <= x + wide + 4 and abs(y_between - y) < 12 for x_between, y_between in steps)
    return hidden_labels + outside + crossed + between


def _titles(frame: Frame, x_axis: Axis, y_axis: Axis, above: float) -> list[Spec]:
    across_room, up_room = frame.width + frame.right, frame.left + frame.width
    rows = [
        {"x": 0.0, "y": frame.height + 34, "text": cut(clean(title(x_axis)), across_room)},
        {
            "x": 2 - frame.left,
            "y": -above - 6,
            "text": cut(f"↑ {clean(title(y_axis))}" if y_axis.title else "", up_room),
        },
    ]
    return texts(frame, [row for row in rows if row["text"]], colour=MUTED)


def _entries(names: Sequence[str | None], frame: Frame) -> tuple[list[tuple[int, str, float, int]], int]:
    """The key: (series, name, left edge, line) for each, in as few lines as hold them; and how many lines."""
    if names == [None]:
        return [], 0
    entries: list[tuple[int, str, float, int]] = []
    start = 2 - frame.left
    end = frame.width + frame.right
    x, line = start, 0
    for index, name in enumerate(names):
        text = cut(name or "", end - start - 38)
        wide = 36 + text_width(text) + 16
        if x > start and x + wide - 16 > end:
            x, line = start, line + 1
        entries.append((index, text, x, line))
        x += wide
    return entries, line + 1


def _key(frame: Frame, entries: Sequence[tuple[int, str, float, int]], top: float) -> list[Spec]:
    layers: list[Spec] = []
    for index, text, x, line in entries:
        y = -top + LINE * line + LINE / 2 + 1
        colour = SERIES[index % len(SERIES)]
        dash = DASHES[(index // len(SERIES) + index) % len(DASHES)]
        layers += [
            *segments(frame, [{"x": x, "x2": x + 28, "y": y}], colour, thick=2.25, dash=dash),
            *points(frame, [{"x": x + 14, "y": y}], colour, SHAPES[index % len(SHAPES)], size=44),
            *texts(frame, [{"x": x + 34, "y": y, "text": text}]),
        ]
    return layers
