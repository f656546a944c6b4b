"""Figures of one check: of one model as they are, of several with the model as the series where the mark allows."""

from collections.abc import Sequence

from auditkit.reports.charts import left_out, picture_of
from auditkit.reports.html.common_parts import CheckOutcome, folds, names
from auditkit.reports.html.measures import figure_grid
from auditkit.reports.html.tables import ROWS, Anchors, Content
from auditkit.results import Axis, Figure, Rule, Scalar

MODEL = "of model"
"""The field that tells the models apart in a figure of several."""
MARKS = ("dot-whisker", "forest", "bars", "curve")
MERGED = 60
"""A figure of rows that would have more of them than a picture holds is not merged."""


def drawn(figure: Figure, anchors: Anchors, model: str = "", outcomes: Sequence[CheckOutcome] = ()) -> Content:
    """A figure with its pictures and its numbers.

    Args:
        figure: the figure.
        anchors: the page's.
        model: whose it is, where it is not everyone's.
        outcomes: of the models whose measurements stand beside it.
    """
    repeated = _repeated(figure, outcomes)
    table = None if repeated else figure_grid(figure, anchors)
    if table is not None and model:
        table = table._replace(caption=f"{table.caption} ({model})")
    return {
        "figure": figure,
        "picture": picture_of(figure),
        "left_out": left_out(figure),
        "grid": table,
        "model": model,
        # whether its numbers are those of the table of all measurements, which then stands for its own
        "repeated": repeated,
    }


def merged_figures(outcomes: Sequence[CheckOutcome], anchors: Anchors) -> list[Content]:
    """The figures of a check, each once; with the names of the models whose figure is folded, and these figures."""
    order = dict.fromkeys(figure.name for outcome in outcomes for figure in outcome.result.figures)
    return [_merged_figure(name, outcomes, anchors) for name in order]


def _repeated(figure: Figure, outcomes: Sequence[CheckOutcome]) -> bool:
    """Whether every number of a figure is a measurement or an end of its interval, in a table that shows them all."""
    axis = {"curve": figure.y, "heat-map": figure.value}.get(figure.mark, figure.x)
    measurements = [measurement for outcome in outcomes for measurement in outcome.result.measurements]
    # a table that is cut at ROWS may not show the number, so the figure keeps a table of its own
    if axis is None or not figure.data or any(len(outcome.result.measurements) > ROWS for outcome in outcomes):
        return False
    values = {measurement.value for measurement in measurements}
    lows = {measurement.interval.low if measurement.interval else None for measurement in measurements} | {None}
    highs = {measurement.interval.high if measurement.interval else None for measurement in measurements} | {None}
    return all(
        row.get(axis.field) in values
        and row.get(axis.field) is not None
        and row.get(figure.low or "") in lows
        and row.get(figure.high or "") in highs
        for row in figure.data
    )


def _merged_figure(name: str, outcomes: Sequence[CheckOutcome], anchors: Anchors) -> Content:
    """One figure of every model that has it, and the same one of other models, which is folded."""
    figures = [
        (outcome.model, figure) for outcome in outcomes for figure in outcome.result.figures if figure.name == name
    ]
    models_of: dict[str, tuple[Figure, list[str]]] = {}
    for model, figure in figures:
        models_of.setdefault(figure.model_dump_json(), (figure, []))[1].append(model)
    if len(models_of) == 1:
        names_of_some = "" if len(figures) == len(outcomes) else names([model for model, _ in figures])
        return {"shown": drawn(figures[0][1], anchors, names_of_some, outcomes), "folded": "", "others": []}
    # each group of models that stands beside each other gets a figure, where the mark can hold several
    several = [_merged([figures[index] for index in indices]) for indices in folds(len(figures))]
    merged = [figure for figure in several if figure is not None]
    if len(merged) == len(several):
        folded = names([model for model, _ in figures[len(next(folds(len(figures)))) :]]) if len(merged) > 1 else ""
        others = [drawn(other, anchors, "", outcomes) for other in merged[1:]]
        return {"shown": drawn(merged[0], anchors, "", outcomes), "folded": folded, "others": others}
    of_models = [(figure, names(models)) for figure, models in models_of.values()]
    shown, *others = [drawn(figure, anchors, model, outcomes) for figure, model in of_models]
    return {"shown": shown, "folded": names([model for _, model in of_models[1:]]), "others": others}


def _merged(figures: Sequence[tuple[str, Figure]]) -> Figure | None:
    """One figure with the model as its series; None where that cannot be drawn well."""
    first = figures[0][1]
    if len(figures) == 1:
        return first if first.mark in MARKS and first.series is None else None
    for _, figure in figures:
        if figure.mark != first.mark or figure.mark not in MARKS or figure.series is not None or not figure.data:
            return None
        if (_axis(figure.x), _axis(figure.y)) != (_axis(first.x), _axis(first.y)):
            return None
    data: list[dict[str, Scalar]] = [row | {MODEL: model} for model, figure in figures for row in figure.data]
    # a curve has a line for each model, however many points; a chart of rows would be cut
    if first.mark != "curve" and len(data) > MERGED:
        return None
    captions = list(dict.fromkeys(figure.caption for _, figure in figures))
    caption = captions[0] if len(captions) == 1 else " ".join(f"{m}: {f.caption}" for m, f in figures if f.caption)
    return first.model_copy(
        update={
            "alt": " ".join(f"{model}: {figure.alt}" for model, figure in figures),
            "caption": caption,
            "data": tuple(data),
            "series": Axis(field=MODEL, title="model"),
            "x": _free(first.x, [figure.x for _, figure in figures]),
            "y": _free(first.y, [figure.y for _, figure in figures]),
            "rules": _rules(figures),
        }
    )


def _axis(axis: Axis | None) -> object:
    return None if axis is None else (axis.field, axis.title, axis.unit, axis.percent, axis.log)


def _free(axis: Axis | None, every: Sequence[Axis | None]) -> Axis | None:
    """The axis, without its ends where the models have other ones."""
    are_equal = all(other == axis for other in every)
    # fixed ends of one model would cut off the points of another
    return axis if are_equal or axis is None else axis.model_copy(update={"domain": None})


def _rules(figures: Sequence[tuple[str, Figure]]) -> tuple[Rule, ...]:
    """The lines of all models; one that not all of them have bears their names."""
    texts: dict[Rule, list[str]] = {}
    for model, figure in figures:
        for rule in figure.rules:
            same = next((known for known in texts if known == rule), rule)
            texts.setdefault(same, []).append(model)
    return tuple(
        rule if len(models) == len(figures) else rule.model_copy(update={"label": f"{rule.label} ({names(models)})"})
        for rule, models in texts.items()
    )
