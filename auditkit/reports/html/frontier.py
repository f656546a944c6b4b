"""What private training costs: quality, fairness and robustness of the models that it made, against their epsilon.

From saved results alone: a model was trained privately where its account of the training says an epsilon at a delta.
Which numbers are shown is decided by the parent, so that no private model picks them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from auditkit import figures
from auditkit.reports.html.common_parts import folds
from auditkit.reports.html.figures import drawn
from auditkit.reports.html.headlines import lookup, name_and_title
from auditkit.reports.html.measures import Key, key, number
from auditkit.reports.html.tables import Anchors, Cell, Content, Grid, Head, grid
from auditkit.results import AuditResult, Axis, Change, Comparison, Measurement, Rule, Scalar, pairs

QUALITY = ("accuracy", "mean_absolute_error")
"""What a model is judged by first: the one of these that was measured."""
NO_BOUND = "no bound"


class Model(NamedTuple):
    """A model of the frontier."""

    audit: AuditResult
    epsilon: Measurement | None
    """None: it was not trained privately."""
    numbers: Mapping[Key, Measurement]
    changes: Mapping[Key, Measurement]
    """How much they differ from the parent's, on the same rows; by keys without a check."""


def frontier(comparison: Comparison, anchors: Anchors) -> tuple[Content, ...]:
    """A picture and tables for each model from which others were trained privately.

    Args:
        comparison: the audits.
        anchors: the page's.
    """
    parents = dict.fromkeys(audit.parent for audit in comparison.results if epsilon_of(audit) is not None)
    by_name = {audit.model.name: audit for audit in comparison.results}
    return tuple(
        _of_parent(by_name[parent], comparison, anchors)
        for parent in parents
        if parent is not None and parent in by_name
    )


def epsilon_of(audit: AuditResult) -> Measurement | None:
    """The privacy loss that the account of a private training says; None where there is none."""
    accounts = (result for result in audit.results if result.check.startswith("train."))
    numbers = (measurement for result in accounts for measurement in result.measurements)
    return next(
        (measurement for measurement in numbers if measurement.name == "epsilon" and "delta" in measurement.conditions),
        None,
    )


def _of_parent(parent: AuditResult, comparison: Comparison, anchors: Anchors) -> Content:
    children = [audit for audit in comparison.results if audit.parent == parent.model.name]
    private = [_model(audit, comparison.changes) for audit in children if epsilon_of(audit) is not None]
    # what could not be computed comes last
    private.sort(key=lambda model: -(_value(model.epsilon) or 0.0))
    models = [_model(parent, ()), *private]
    keys = list(_shown(models[0]))
    titles = {number_key: name_and_title(comparison.results, number_key)[0] for number_key in keys}
    return {
        "parent": parent.model.name,
        "figure": _figure(models, titles, anchors),
        "models": _models_grid(models, titles, anchors),
        "groups": _groups_grids(models, anchors),
    }


def _model(audit: AuditResult, changes: Sequence[Change]) -> Model:
    own = (change for change in changes if change.model == audit.model.name and change.beside == audit.parent)
    by_key = {key("", change.measurement): change.measurement for change in own}
    return Model(audit, epsilon_of(audit), lookup(audit), by_key)


def _shown(parent: Model) -> Iterator[Key]:
    """Quality, calibration, the largest fairness gap, robust accuracy, and quality in the smallest group shown."""
    of_everyone = [name for name in parent.numbers if not name[2] and not name[3]]
    quality = next((name for title in QUALITY for name in of_everyone if name[1] == title), None)
    if quality is not None:
        yield quality
    yield from [name for name in of_everyone if name[1] == "calibration_error"][:1]
    gaps = {
        name: _value(measurement) or 0.0
        for name, measurement in parent.numbers.items()
        if name[0].startswith("fairness.") and name[1].endswith("_difference") and name[3] and _value(measurement)
    }
    if gaps:
        yield max(gaps, key=gaps.__getitem__)
    yield from _robust(parent)
    groups = _groups(parent, quality)
    if groups:
        yield groups[0]


def _robust(parent: Model) -> list[Key]:
    """Robust accuracy under the change at which the parent is right about half of the rows, or nearly."""
    values = {
        name: _value(measurement)
        for name, measurement in parent.numbers.items()
        if name[1] == "robust_accuracy" and not name[2] and not name[3]
    }
    known = {name: abs(value - 0.5) for name, value in values.items() if value is not None}
    return [min(known, key=known.__getitem__)] if known else []


def _groups(parent: Model, quality: Key | None) -> list[Key]:
    """The quality of each group that is shown, the smallest group first."""
    if quality is None:
        return []
    named = [
        name
        for name, measurement in parent.numbers.items()
        if name[:2] == quality[:2] and name[2] and not name[3] and measurement.value is not None
    ]
    return sorted(named, key=lambda name: parent.numbers[name].n or 0)


def _value(measurement: Measurement | None) -> float | None:
    """A number that can be believed."""
    return None if measurement is None or measurement.validity == "invalid" else measurement.value


def _models_grid(models: Sequence[Model], titles: Mapping[Key, str], anchors: Anchors) -> Grid:
    """A row for each model, the parent first, then from the loosest to the strictest bound."""
    rows = []
    for model in models:
        bound = Cell(NO_BOUND) if model.epsilon is None else number(model.epsilon, n=False)
        delta = "" if model.epsilon is None else pairs(model.epsilon.conditions)
        cells = [Cell(model.audit.model.name), bound._replace(note=delta)]
        for number_key in titles:
            cells.append(number(model.numbers.get(number_key), n=False, with_groups=False))
            if _is_quality(number_key):
                change = model.changes.get(("", *number_key[1:]))
                cells.append(Cell("") if model.epsilon is None else number(change, n=False))
        rows.append(cells)
    heads = [Head("Model"), Head("Epsilon", "num")]
    for number_key, title in titles.items():
        heads.append(Head(title, "num"))
        heads += [Head("Against the parent", "num")] if _is_quality(number_key) else []
    caption = f"Models trained privately from {models[0].audit.model.name}"
    return grid(anchors.new("table", "frontier"), caption, heads, rows)


def _is_quality(number_key: Key) -> bool:
    return number_key[1] in QUALITY


def _groups_grids(models: Sequence[Model], anchors: Anchors) -> list[Grid]:
    """How much each group's quality differs from that under the parent, the smallest group first."""
    parent, private = models[0], models[1:]
    quality = next((name for name in _shown(parent) if _is_quality(name)), None)
    groups = _groups(parent, quality)
    grids = []
    for places in folds(len(private)) if groups else ():
        some = [private[place] for place in places]
        rows = [
            [
                Cell(pairs(dict(group[2]))),
                number(parent.numbers[group]),
                *(number(model.changes.get(("", *group[1:])), n=False) for model in some),
            ]
            for group in groups
        ]
        heads = [Head("Group"), Head(parent.audit.model.name, "num")]
        heads += [Head(f"{model.audit.model.name}, less that", "num") for model in some]
        part = f", models {places[0] + 1} to {places[-1] + 1}" if len(private) > len(places) else ""
        caption = f"What each group pays under models trained privately from {parent.audit.model.name}{part}"
        grids.append(grid(anchors.new("frontier-groups"), caption, heads, rows))
    return grids


def _figure(models: Sequence[Model], titles: Mapping[Key, str], anchors: Anchors) -> Content | None:
    """Every number over epsilon, where there are several; the parent's quality as a level line."""
    parent, private = models[0], models[1:]
    # one axis for all, so only what lies between 0 and 1 can be on it
    shown = {name: title for name, title in titles.items() if name[1] != "mean_absolute_error"}
    points: list[dict[str, Scalar]] = []
    for number_key, title in shown.items():
        for model in reversed(private):
            measurement, epsilon = model.numbers.get(number_key), _value(model.epsilon)
            if measurement is not None and _value(measurement) is not None and epsilon:
                low, high = measurement.holding_ends
                points.append(
                    {"epsilon": epsilon, "value": measurement.value, "low": low, "high": high, "number": title}
                )
    if len({point["epsilon"] for point in points}) < 2:
        return None
    level = next((name for name in shown if _is_quality(name) and not name[2]), None)
    value = None if level is None else _value(parent.numbers.get(level))
    figure = figures.curve(
        "frontier", f"What a smaller epsilon costs: models trained privately from {parent.audit.model.name}", points,
        x=Axis(field="epsilon", title="epsilon", log=True), y=Axis(field="value", title="share", percent=True),
        series=Axis(field="number", title="number"), low="low", high="high",
        caption="To the left, less can be told of any one row. Each interval is of one model alone.",
        rules=[] if value is None else [Rule(value=value, label=f"{parent.audit.model.name}, {NO_BOUND}", axis="y")],
    )  # fmt: skip
    return drawn(figure, anchors)
