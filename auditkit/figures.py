"""Figure builders: data and encodings from a closed list of marks. No colour, font or width: the theme sets them."""

from collections.abc import Iterable, Mapping, Sequence

from auditkit.results import Axis, Definition, Figure, Measurement, Rule, Scalar, pairs


def dot_whisker(
    name: str,
    title: str,
    measurements: Iterable[Measurement],
    *,
    axis: Axis | None = None,
    caption: str = "",
    rules: Sequence[Rule] = (),
) -> Figure | None:
    """One dot with its interval for each measurement: a rate per group. None where no measurement has a value.

    Measurements without a value (hidden or undefined) are left out of the picture and named in the caption.
    """
    return _intervals("dot-whisker", name, title, list(measurements), axis, caption, rules)


def per_group(
    name: str, definition: Definition, measurements: Iterable[Measurement], caption: str = ""
) -> Figure | None:
    """The dots of the one measurement of this name, overall and for each group, over what it means."""
    axis = Axis(field="value", title=definition.title, unit=definition.unit, percent=definition.unit == "share")
    named = [measurement for measurement in measurements if measurement.name == name]
    return dot_whisker(name, f"{definition.title} per group", named, axis=axis, caption=caption)


def forest(
    name: str,
    title: str,
    measurements: Iterable[Measurement],
    *,
    axis: Axis | None = None,
    caption: str = "",
    rules: Sequence[Rule] = (),
) -> Figure | None:
    """One row for each disparity, with its interval and the line of no difference; None where none has a value."""
    return _intervals("forest", name, title, list(measurements), axis, caption, rules)


def curve(
    name: str,
    title: str,
    points: Sequence[Mapping[str, Scalar]],
    *,
    x: Axis,
    y: Axis,
    series: Axis | None = None,
    low: str | None = None,
    high: str | None = None,
    caption: str = "",
    rules: Sequence[Rule] = (),
) -> Figure:
    """A line through points, with a band where `low` and `high` name fields of them: accuracy over epsilon."""
    ends = _curve_ends(points, x, y, series)
    return Figure(
        name=name, title=title, alt=f"{title}. {ends}", caption=caption, mark="curve",
        data=tuple(dict(point) for point in points), x=x, y=y, series=series, low=low, high=high, rules=tuple(rules),
    )  # fmt: skip


def bars(
    name: str,
    title: str,
    rows: Sequence[Mapping[str, Scalar]],
    *,
    label: Axis,
    value: Axis,
    series: Axis | None = None,
    low: str | None = None,
    high: str | None = None,
    caption: str = "",
) -> Figure:
    """Horizontal bars in the order given: importance per feature."""
    # twelve, for a screen reader reads the whole sentence without a pause
    sentence = "; ".join(f"{row[label.field]} {_number(row[value.field], value)}" for row in rows[:12])
    more = f"; and {len(rows) - 12} more" if len(rows) > 12 else ""
    return Figure(
        name=name, title=title, alt=f"{title}: {sentence}{more}.", caption=caption, mark="bars",
        data=tuple(dict(row) for row in rows), x=value, y=label, series=series, low=low, high=high,
    )  # fmt: skip


def heat_map(
    name: str,
    title: str,
    cells: Sequence[Mapping[str, Scalar]],
    *,
    x: Axis,
    y: Axis,
    value: Axis,
    caption: str = "",
) -> Figure:
    """A number in each cell of two categories: a rate per intersection. A value of None is an empty cell."""
    numbered = [(cell, cell[value.field]) for cell in cells]
    known = sorted(
        ((number, cell) for cell, number in numbered if isinstance(number, int | float)), key=lambda pair: pair[0]
    )
    sentence = "no cell has a value"
    if known:
        (least, at_least), (most, at_most) = known[0], known[-1]
        low, high = _number(least, value), _number(most, value)
        sentence = (
            f"from {low} ({at_least[y.field]}, {at_least[x.field]}) to {high} ({at_most[y.field]}, {at_most[x.field]})"
            if low != high
            else f"{low} in each cell that has a value"
        )
    return Figure(
        name=name, title=title, alt=f"{title}: {sentence}.", caption=caption, mark="heat-map",
        data=tuple(dict(cell) for cell in cells), x=x, y=y, value=value,
    )  # fmt: skip


def bounded(figure: Figure, measurements: Iterable[Measurement]) -> Figure:
    """The figure, where some of its numbers are bounds on those over all groups, with the one end that holds of each.

    Args:
        figure: rows with intervals, drawn before it was known who is left out.
        measurements: of the same check, with their bounds.
    """
    rows, alt = list(figure.data), figure.alt
    for measurement in measurements:
        for named in (False, True):
            drawn = _row(measurement.model_copy(update={"bound": None}), named)
            if measurement.bound is not None and figure.x is not None and drawn in rows:
                rows[rows.index(drawn)] = row = _row(measurement, named)
                alt = alt.replace(_sentence(drawn, figure.x), _sentence(row, figure.x))
    return figure.model_copy(update={"data": tuple(rows), "alt": alt})


def label(measurement: Measurement) -> str:
    """What a measurement is about, in few words: its slice, across and conditions; "everyone" for none of them."""
    over = f"over {' and '.join(measurement.across)}" if measurement.across else ""
    return "; ".join(filter(None, (pairs(measurement.slice), over, pairs(measurement.conditions)))) or "everyone"


def _intervals(
    mark: str,
    name: str,
    title: str,
    measurements: list[Measurement],
    axis: Axis | None,
    caption: str,
    rules: Sequence[Rule],
) -> Figure | None:
    with_value = [measurement for measurement in measurements if measurement.value is not None]
    if not with_value:
        return None
    names = {measurement.name for measurement in with_value}
    axis = axis or Axis(field="value", title=title, unit=with_value[0].unit, percent=with_value[0].unit == "share")
    rows = [_row(measurement, named=len(names) > 1) for measurement in with_value]
    sentence = "; ".join(_sentence(row, axis) for row in rows[:12])
    more = f"; and {len(rows) - 12} more" if len(rows) > 12 else ""
    left_out = [
        f"{label(measurement)} ({measurement.reason})" for measurement in measurements if measurement.value is None
    ]
    if left_out:
        caption = f"{caption} Not shown: {', '.join(left_out[:8])}{' …' if len(left_out) > 8 else ''}.".strip()
    return Figure(
        name=name, title=title, alt=f"{title}: {sentence}{more}.", caption=caption, mark=mark,  # type: ignore[arg-type]
        data=tuple(rows), x=axis, y=Axis(field="label", title=""), low="low", high="high", rules=tuple(rules),
    )  # fmt: skip


def _row(measurement: Measurement, named: bool) -> dict[str, Scalar]:
    """What is drawn of a measurement; `named`: its name stands before its label."""
    low, high = measurement.holding_ends
    name = f"{measurement.name.replace('_', ' ')}: " if named else ""
    row = {"label": name + label(measurement), "value": measurement.value, "low": low, "high": high, "n": measurement.n}
    return row | ({"bound": measurement.bound} if measurement.bound else {})


def _sentence(row: Mapping[str, Scalar], axis: Axis) -> str:
    bound = f"{row['bound']} " if "bound" in row else ""
    return f"{row['label']} {bound}{_number(row['value'], axis)}{_range(row, axis)}"


def _curve_ends(points: Sequence[Mapping[str, Scalar]], x: Axis, y: Axis, series: Axis | None) -> str:
    by_name: dict[str, list[Mapping[str, Scalar]]] = {}
    for point in points:
        by_name.setdefault(str(point[series.field]) if series else "", []).append(point)
    parts = []
    for name, of_series in by_name.items():
        first, last = of_series[0], of_series[-1]
        parts.append(
            f"{name + ': ' if name else ''}{y.title} {_number(first[y.field], y)} at {x.title} "
            f"{_number(first[x.field], x)}, {_number(last[y.field], y)} at {_number(last[x.field], x)}"
        )
    return "; ".join(parts) + "."


def _range(row: Mapping[str, Scalar], axis: Axis) -> str:
    low, high = (None if row[end] is None else _number(row[end], axis) for end in ("low", "high"))
    if low is None or high is None:
        return f" ({low} or more)" if low else f" ({high} or less)" if high else ""
    return f" ({low} to {high})"


def _number(value: Scalar, axis: Axis) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    return f"{value:.1%}" if axis.percent else f"{value:.3g}"
