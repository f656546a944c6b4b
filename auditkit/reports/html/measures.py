"""The tables of one check: its measurements, its controls, its own tables, the numbers behind its figures.

The measurements of several models stand in one table with a column for each.
"""

import collections
from collections.abc import Iterable, Mapping, Sequence

from auditkit.reports import numbers
from auditkit.reports.html.common_parts import CheckOutcome, common, common_grid, definitions, folds
from auditkit.reports.html.sentences import name_of
from auditkit.reports.html.tables import Anchors, Cell, Content, Grid, Head, grid
from auditkit.results import (
    CheckResult,
    Column,
    Control,
    Definition,
    Figure,
    Measurement,
    Scalar,
    Table,
    left_out_text,
    pairs,
    remark_text,
    whose_text,
)

Key = tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...], tuple[tuple[str, str], ...]]


def measures_grid(result: CheckResult, anchors: Anchors, terms: Mapping[tuple[str, str], str]) -> Grid:
    """All measurements of a check, each with what it is about, interval, n and validity."""
    heads = (
        Head("Measurement"),
        Head("About"),
        Head("Where"),
        Head("Value", "num"),
        Head("Interval", "num"),
        Head("n", "num"),
        Head("Chance alone"),
        Head("Detectable effect", "num"),
        Head("Validity", "wide"),
    )
    usual = common_method(result.measurements)
    rows = [
        _measurement(measurement, result, terms, usual, anchors.of_group(measurement.slice, result.check, row))
        for row, measurement in enumerate(result.every)
    ]
    return grid(anchors.new("table", result.check), _caption(result.check, usual), heads, rows)


def controls_grid(outcomes: Sequence[CheckOutcome], anchors: Anchors) -> Grid:
    """What the check tried on itself, and what hangs on it; with the models where not all have it."""
    heads = (
        Head("Control", "wide"),
        Head("Value", "num"),
        Head("Bound"),
        Head("Holds"),
        Head("What it guards", "wide"),
        Head("What it means where it does not hold", "wide"),
    )
    check, known = outcomes[0].result.check, definitions(outcomes)
    # the same control may hold for one model and not for another; then both stand
    parts = common(
        [outcome.model for outcome in outcomes],
        [outcome.result.controls for outcome in outcomes],
        Control.model_dump_json,
        lambda control: control.name,
    )
    anchor, caption = anchors.new("controls", check), f"Controls of {check}"
    return common_grid(anchor, caption, heads, parts, lambda control: _control(control, known))


def own_table(table: Table, owner: str, anchors: Anchors, models: str = "") -> Content:
    """A table that a check or a plugin wrote, in the section of a check or in one of its own, as the page prints it.

    Args:
        table: as it is saved.
        owner: the title of what it stands in.
        anchors: the page's.
        models: whose it is, where it is not everyone's.
    """
    heads = [_head(column, [row[position] for row in table.rows]) for position, column in enumerate(table.columns)]
    rows = [
        [Cell(numbers.scalar(value, percent=column.percent)) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    # captions name regions for screen readers, so no two tables of the page may share one
    caption = f"{owner}: {table.title}" + (f" ({models})" if models else "")
    made = grid(anchors.new("table", table.name), caption, heads, rows)
    return {"title": table.title, "grid": made, "caption": table.caption, "models": models}


def figure_grid(figure: Figure, anchors: Anchors) -> Grid | None:
    """The numbers behind a picture; None for an image."""
    columns = _columns(figure)
    if not columns or not figure.data:
        return None
    heads = [Head(title, "num" if _numeric(figure, field) else "text") for field, title, _ in columns]
    set_field = figure.x.field if figure.mark == "curve" and figure.x else None
    rows = [
        [Cell(_figure_cell(row.get(field), percent, field == set_field)) for field, _, percent in columns]
        for row in figure.data
    ]
    return grid(anchors.new("numbers", figure.name), f"Numbers in the figure: {figure.title}", heads, rows)


def common_method(measurements: Iterable[Measurement]) -> str:
    """How most intervals were made; empty where there are none."""
    texts = collections.Counter(made(measurement) for measurement in measurements if measurement.interval)
    return texts.most_common(1)[0][0] if texts else ""


def made(measurement: Measurement) -> str:
    """The level and the method of an interval; empty for none."""
    return f"{numbers.level(measurement.interval)}, {measurement.interval.method}" if measurement.interval else ""


def _measurement(
    measurement: Measurement, result: CheckResult, terms: Mapping[tuple[str, str], str], common: str, anchor: str
) -> list[Cell]:
    link = terms.get((result.check, measurement.name), "")
    return [
        Cell(name_of(measurement.name, result.definitions), link=link, anchor=anchor),
        Cell(whom(measurement), whose_text(measurement)),
        Cell(pairs(measurement.conditions)),
        Cell(numbers.value(measurement)),
        Cell(numbers.uncertainty(measurement), "" if made(measurement) == common else made(measurement)),
        Cell("" if measurement.n is None else numbers.size(measurement)),
        _chance(measurement),
        Cell("" if measurement.detectable is None else numbers.with_unit(measurement.detectable, measurement.unit)),
        Cell(remark_text(measurement), status="undefined" if measurement.value is None else measurement.validity),
    ]


def whom(measurement: Measurement) -> str:
    """Whose number it is: a group's, a disparity over groups, or everyone's."""
    over = f"over {' and '.join(measurement.across)}" if measurement.across else ""
    return "; ".join(part for part in (pairs(measurement.slice), over) if part) or "everyone"


def _chance(measurement: Measurement) -> Cell:
    """The test of a measurement, the adjusted p first where there is one."""
    if measurement.test is None:
        return Cell("")
    test = measurement.test
    note = test.method + (f", adjusted within {test.family}" if test.family else "")
    # the adjusted p is what may be relied on where many tests were made, so it stands first
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


def _head(column: Column, values: Sequence[Scalar]) -> Head:
    numeric = any(_is_number(value) for value in values) and all(value is None or _is_number(value) for value in values)
    return Head(_titled(column.title, column.unit), "num" if numeric else "text")


def _titled(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit and unit != numbers.SHARE else title


def _columns(figure: Figure) -> list[tuple[str, str, bool]]:
    """The fields of a figure with their titles, and whether each is in percent; what names a row first."""
    orders = {"curve": (figure.series, figure.x, figure.y), "heat-map": (figure.y, figure.x, figure.value)}
    axes = [axis for axis in orders.get(figure.mark, (figure.y, figure.series, figure.x)) if axis is not None]
    named = [(axis, axis.title or ("about" if axis.field == "label" else axis.field)) for axis in axes]
    columns = [
        *((axis.field, _titled(title, axis.unit), axis.percent) for axis, title in named),
        # the last axis is that of the numbers
        *(
            (field, title, axes[-1].percent if axes else False)
            for field, title in ((figure.low, "from"), (figure.high, "to"))
            if field and any(row.get(field) is not None for row in figure.data)
        ),
    ]
    if any("n" in row for row in figure.data) and all(field != "n" for field, _, _ in columns):
        columns.append(("n", "n", False))
    return columns


def _figure_cell(value: Scalar, percent: bool, is_set: bool) -> str:
    """A number of a figure; one that was given, not measured, has the digits that it was given with."""
    if is_set and not percent and isinstance(value, float):
        return f"{value:,.6g}"
    return numbers.scalar(value, percent=percent)


def _numeric(figure: Figure, field: str) -> bool:
    return all(row.get(field) is None or _is_number(row.get(field)) for row in figure.data)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def key(check: str, measurement: Measurement) -> Key:
    """What makes two measurements of two models the same number."""
    return (
        check,
        measurement.name,
        tuple(sorted(measurement.slice.items())),
        tuple(sorted(measurement.across)),
        measurement.under,
    )


def number(
    measurement: Measurement | None, *, n: bool = True, method: str = "", reason: bool = True, with_groups: bool = True
) -> Cell:
    """A measurement in one cell: value, then interval, n, chance and visible effect; or why there is none.

    Args:
        measurement: the measurement; None where the model has none.
        n: whether its rows are told.
        method: how its interval was made, where that is not said elsewhere.
        reason: whether it is told why the number is not valid.
        with_groups: whether it is told which two groups make a disparity, and who is left out of it.
    """
    if measurement is None:
        return Cell(numbers.NONE, "not measured")
    if measurement.value is None:
        return Cell(numbers.NONE, measurement.reason or "")
    test, detectable = measurement.test, measurement.detectable
    p = "" if test is None else numbers.p_value(test.p if test.p_adjusted is None else test.p_adjusted)
    notes = (
        numbers.uncertainty(measurement) + (f" ({method})" if method else ""),
        f"n\u00a0=\u00a0{numbers.size(measurement)}" if n and measurement.n is not None else "",
        p if test is None or test.p_adjusted is None else f"{p} adjusted",
        "" if detectable is None else f"detectable {numbers.with_unit(detectable, measurement.unit)}",
        whose_text(measurement) if with_groups else "",
        left_out_text(measurement.left_out) if with_groups else "",
        measurement.reason if reason and measurement.validity != "valid" else "",
    )
    status = "" if measurement.validity == "valid" else measurement.validity
    return Cell(numbers.value(measurement), ", ".join(note for note in notes if note), status=status)


def beside_grids(
    outcomes: Sequence[CheckOutcome], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> list[tuple[str, Grid]]:
    """All measurements of a check, a column for each model, with titles; further models stand in further tables.

    Args:
        outcomes: of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    check = outcomes[0].result.check
    tables = [{key(check, measurement): measurement for measurement in outcome.result.every} for outcome in outcomes]
    usual = common_method(measurement for outcome in outcomes for measurement in outcome.result.every)
    tests = dict.fromkeys(
        measurement.test.method + (f", adjusted within {measurement.test.family}" if measurement.test.family else "")
        for outcome in outcomes
        for measurement in outcome.result.measurements
        if measurement.test is not None
    )
    caption = _caption(check, usual) + (f"; p: {'; '.join(tests)}" if tests else "")
    grids = []
    # more columns than fit beside each other would have to be scrolled, and read without the first column
    for indices in folds(len(outcomes)):
        part = f", models {indices[0] + 1} to {indices[-1] + 1}" if len(outcomes) > len(indices) else ""
        rows = _rows(outcomes, tables, indices, usual, anchors, terms)
        heads = [
            *map(Head, ("Measurement", "About", "Where")), Head("n", "num"),
            *(Head(outcomes[index].model, "num") for index in indices),
        ]  # fmt: skip
        grids.append((f"All measurements{part}", grid(anchors.new("table", check), caption + part, heads, rows)))
    return grids


def _rows(
    outcomes: Sequence[CheckOutcome], tables: Sequence[Mapping[Key, Measurement]], indices: range, usual: str,
    anchors: Anchors, terms: Mapping[tuple[str, str], str],
) -> list[list[Cell]]:  # fmt: skip
    """A row for each number that any model has."""
    check, known = outcomes[0].result.check, definitions(outcomes)
    rows = []
    for row, number_key in enumerate(dict.fromkeys(first for table in tables for first in table)):
        first = next(table[number_key] for table in tables if number_key in table)
        counts = {table[number_key].n for table in tables if number_key in table}
        # models on the same rows share n; it stands once, in a column of its own
        shared = next(iter(counts)) if len(counts) == 1 else None
        with_value = [
            table[number_key] for table in tables if number_key in table and table[number_key].value is not None
        ]
        method = _shared([made(cell_measurement) for cell_measurement in with_value])
        reason = _shared([cell_measurement.reason or "" for cell_measurement in with_value])
        sentence = "; ".join(part for part in ("" if method == usual else method, reason) if part)
        anchor = anchors.of_group(first.slice, check, row)
        cells = [
            Cell(name_of(first.name, known), sentence, link=terms.get((check, first.name), ""), anchor=anchor),
            Cell(whom(first)),
            Cell(pairs(first.conditions)),
            Cell("" if shared is None else numbers.count(shared)),
        ]
        for index in indices:
            cell_measurement = tables[index].get(number_key)
            own_method = (
                "" if cell_measurement is None or made(cell_measurement) in (usual, method) else made(cell_measurement)
            )
            cells.append(number(cell_measurement, n=len(counts) > 1, method=own_method, reason=not reason))
        rows.append(cells)
    return rows


def _caption(check: str, usual: str) -> str:
    return f"All measurements of {check}" + (f"; intervals: {usual}, unless stated otherwise" if usual else "")


def _shared(texts: Sequence[str]) -> str:
    """What all of several texts say; empty where they differ."""
    return texts[0] if len(texts) > 1 and len(set(texts)) == 1 else ""
