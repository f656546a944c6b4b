"""The tables of one check: its measurements, its controls, its own tables, the numbers behind its figures."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence

from auditkit.reports import numbers
from auditkit.reports.html.common_parts import Found, common, definitions, with_model, with_models
from auditkit.reports.html.sentences import name_of
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import Axis, CheckResult, Column, Control, Definition, Figure, Measurement, Scalar, Table, pairs
from auditkit.results.disparity_text import remark_text, whose_text


def measures_grid(result: CheckResult, anchors: Anchors, terms: Mapping[tuple[str, str], str]) -> Grid:
    """All measurements of a check, each with what it is about, interval, n and validity."""
    heads = (
        Head("Measurement"),
        Head("Of whom"),
        Head("Where"),
        Head("Value", "num"),
        Head("Interval", "num"),
        Head("n", "num"),
        Head("Chance alone"),
        Head("Detectable effect", "num"),
        Head("Validity", "wide"),
    )
    usual = common_method(result.measurements)
    rows = []
    for at, measurement in enumerate(result.every):
        cells = _measurement(measurement, result, terms, usual)
        anchor = anchors.of_group(measurement.slice, result.check, at)
        rows.append([cells[0]._replace(anchor=anchor), *cells[1:]])
    caption = f"All measurements of {result.check}"
    caption += f"; intervals: {usual}, where nothing else is said" if usual else ""
    return grid(anchors.new("table", result.check), caption, heads, rows)


def controls_grid(found: Sequence[Found], anchors: Anchors) -> Grid:
    """What the check tried on itself, and what hangs on it; with the models where not all have it."""
    heads = (
        Head("Control", "wide"),
        Head("Value", "num"),
        Head("Bound"),
        Head("Holds"),
        Head("What it guards", "wide"),
        Head("What that means", "wide"),
    )
    check, known = found[0].result.check, definitions(found)
    parts = common(
        [one.model for one in found], [one.result.controls for one in found], _content, lambda control: control.name
    )
    rows = [with_model(_control(part.item, known), part.models) for part in parts]
    return grid(anchors.new("controls", check), f"Controls of {check}", with_models(heads), rows)


def table_grid(table: Table, anchors: Anchors) -> Grid:
    """A table of the check's own."""
    heads = [_head(column, table) for column in table.columns]
    rows = [
        [Cell(numbers.scalar(value, percent=column.percent)) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    return grid(anchors.new("table", table.name), table.title, heads, rows)


def figure_grid(figure: Figure, anchors: Anchors) -> Grid | None:
    """The numbers behind a picture; None for an image."""
    columns = _columns(figure)
    if not columns or not figure.data:
        return None
    heads = [Head(title, "num" if _numeric(figure, field) else "text") for field, title, _ in columns]
    given = figure.x.field if figure.mark == "curve" and figure.x else None
    rows = [
        [Cell(_shown(row.get(field), percent, field == given)) for field, _, percent in columns] for row in figure.data
    ]
    return grid(anchors.new("numbers", figure.name), f"Numbers in the figure: {figure.title}", heads, rows)


def common_method(measurements: Iterable[Measurement]) -> str:
    """How most intervals were made; empty where there are none."""
    texts = collections.Counter(made(measurement) for measurement in measurements if measurement.interval)
    return texts.most_common(1)[0][0] if texts else ""


def made(each: Measurement) -> str:
    """The level and the method of an interval; empty for none."""
    return f"{numbers.level(each.interval)}, {each.interval.method}" if each.interval else ""


def _measurement(
    each: Measurement, result: CheckResult, terms: Mapping[tuple[str, str], str], common: str
) -> list[Cell]:
    interval = numbers.uncertainty(each)
    return [
        Cell(name_of(each.name, result.definitions), link=terms.get((result.check, each.name), "")),
        Cell(whom(each), whose_text(each)),
        Cell(pairs(each.conditions)),
        Cell(numbers.value(each)),
        Cell(interval, "" if made(each) == common else made(each)),
        Cell("" if each.n is None else numbers.count(each.n)),
        _chance(each),
        Cell("" if each.detectable is None else numbers.with_unit(each.detectable, each.unit)),
        Cell(remark_text(each), status="undefined" if each.value is None else each.validity),
    ]


def whom(each: Measurement) -> str:
    """Whose number it is: a group's, a disparity over groups, or everyone's."""
    over = f"over {' and '.join(each.across)}" if each.across else ""
    return "; ".join(part for part in (pairs(each.slice), over) if part) or "everyone"


def _chance(each: Measurement) -> Cell:
    """The test of a measurement, the adjusted p first where there is one."""
    if each.test is None:
        return Cell("")
    test = each.test
    note = test.method + (f", adjusted within {test.family}" if test.family else "")
    if test.p_adjusted is None:
        return Cell(numbers.p_value(test.p), note)
    return Cell(f"{numbers.p_value(test.p_adjusted)} adjusted", f"{numbers.p_value(test.p)} alone; {note}")


def _control(control: Control, known: Mapping[str, Definition]) -> list[Cell]:
    state = "could not be computed" if control.holds is None else "holds" if control.holds else "does not hold"
    guards = ", ".join(name_of(name, known) for name in control.guards) or "all measurements of this check"
    becomes = "carry a note" if control.on_failure == "note" else f"become {control.on_failure}"
    return [
        Cell(control.question, control.name),
        Cell(numbers.NONE if control.value is None else numbers.plain(control.value)),
        Cell(numbers.bounds(control.at_least, control.at_most)),
        Cell("", status=state),
        Cell(guards, f"where it does not hold, they {becomes}"),
        Cell(control.reason),
    ]


def _head(column: Column, table: Table) -> Head:
    at = table.columns.index(column)
    values = [row[at] for row in table.rows]
    numeric = any(_is_number(value) for value in values) and all(value is None or _is_number(value) for value in values)
    title = f"{column.title} ({column.unit})" if column.unit and column.unit != numbers.SHARE else column.title
    return Head(title, "num" if numeric else "text")


def _columns(figure: Figure) -> list[tuple[str, str, bool]]:
    """The fields of a figure with their titles, and whether each is in percent; what names a row first."""
    orders = {"curve": (figure.series, figure.x, figure.y), "heat-map": (figure.y, figure.x, figure.value)}
    axes = orders.get(figure.mark, (figure.y, figure.series, figure.x))
    found: list[tuple[str, str, bool]] = []
    number: Axis | None = None
    for axis in axes:
        if axis is not None:
            unit = f" ({axis.unit})" if axis.unit and axis.unit != numbers.SHARE else ""
            title = axis.title or ("about" if axis.field == "label" else axis.field)
            found.append((axis.field, title + unit, axis.percent))
            number = axis
    percent = number.percent if number else False
    for field, title in ((figure.low, "from"), (figure.high, "to")):
        if field and any(row.get(field) is not None for row in figure.data):
            found.append((field, title, percent))
    if any("n" in row for row in figure.data) and all(field != "n" for field, _, _ in found):
        found.append(("n", "n", False))
    return found


def _shown(value: Scalar, percent: bool, given: bool) -> str:
    """A number of a figure; one that was given, not measured, has the digits that it was given with."""
    if given and not percent and isinstance(value, float):
        return f"{value:,.6g}"
    return numbers.scalar(value, percent=percent)


def _numeric(figure: Figure, field: str) -> bool:
    return all(row.get(field) is None or _is_number(row.get(field)) for row in figure.data)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _content(each: Control) -> str:
    return each.model_dump_json()
