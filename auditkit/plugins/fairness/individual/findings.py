"""From rows to findings: consistency, and the flip test, which asks about real rows with another value of one group."""

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts.names import MISSING
from auditkit.data import AuditData
from auditkit.data.codes import codes_of
from auditkit.model_inputs import seeing
from auditkit.models import Capability, Model
from auditkit.plugins.fairness.individual import flips, self_tests
from auditkit.plugins.fairness.individual.definitions import undefined
from auditkit.plugins.fairness.individual.neighbours import chance, consistency, distance_space, most_of_a_unit, nearest
from auditkit.plugins.fairness.individual.parameters import Parameters
from auditkit.results import TOGETHER, Axis, Column, Control, Interval, LeftOut, Measurement, Rule, Scalar, Table
from auditkit.smaller import slices_and_smaller, smaller_together
from auditkit.text import first_few
from auditkit.too_few import fewer_than, lacking, two_groups

FLIPS = ("flip_rate", "flip_toward", "flip_away")


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `fairness.individual` says about these decisions."""
    alike = find_alike(parameters, data, context)
    context.keep(alike)
    queries = Capability.QUERIES in model.capabilities
    if queries:
        changed = find_changed(parameters, model, data, context)
    else:
        reason = "recorded answers cannot be asked about a changed row"
        changed = Findings(
            [undefined("flip_rate", reason, across=(group,)) for group in data.groups],
            notes=[f"No attribute was changed: {reason}."],
        )
    return Findings(
        measurements=[*alike.measurements, *changed.measurements],
        controls=[*alike.controls, *changed.controls],
        figures=[*alike.figures, *changed.figures],
        tables=changed.tables,
        notes=[*alike.notes, *changed.notes],
        level="queries" if queries else "recorded",
        higher_level="" if queries else None,
    )


def find_changed(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Every attribute whose column the model is asked with, changed; why not for the others."""
    inputs_seen = seeing(model, data)
    measurements: list[Measurement] = []
    controls, tried, notes = [], [], []
    for step, name in enumerate(data.groups):
        context.progress(step, len(data.groups), f"changing {name}")
        if name not in data.seen_groups:
            reason = f"{name} is not among the inputs, so nothing can be changed"
            notes.append(f"The model is not given {name}; features that stand in for it may still decide.")
            measurements.append(undefined("flip_rate", reason, across=(name,)))
            continue
        values, left_out, sentences = _values(name, data, parameters.values)
        notes += sentences
        if len(values) < 2:
            reason = two_groups([name], "can be shown")
            measurements.append(undefined("flip_rate", reason, across=(name,), left_out=left_out))
            continue
        pairs, own_controls = _changed(name, values, data, context)
        compared = [pair for pair in pairs if pair.origin in values]
        headline = _headline(name, compared, data).model_copy(update={"left_out": left_out})
        if headline.value and inputs_seen.gives(data.column_of(name)) is False:
            notes.append(f"{name} is said to be no input of the model, and changing it changes decisions.")
        measurements += [headline, *(measurement for pair in pairs for measurement in _pair(pair, data))]
        controls += own_controls
        tried += pairs
    if tried:
        notes.append(
            "All other features of a changed row stayed as they were: no change of a decision does not show that the "
            "attribute, or what goes with it, has no influence."
        )
    # What has no value has its reason among the measurements; here it would fill the caption.
    drawn = [
        measurement
        for measurement in measurements
        if measurement.name == "flip_rate" and measurement.slice and measurement.value is not None
    ]
    dots = figures.forest(
        "flips", "Decisions changed by changing the sensitive attribute alone", drawn,
        axis=Axis(field="value", title="Share of decisions changed", unit="share", percent=True),
        caption="Rows of the group, as if they were of the other. Lines are 95 % Wilson intervals.",
    )  # fmt: skip
    return Findings(measurements, controls, [dots] if dots else [], [_table(tried, data)] if tried else [], notes)


def _values(name: str, data: AuditData, most: int) -> tuple[list[str], tuple[LeftOut, ...], list[str]]:
    """The groups that take part, the most frequent ones; the others, with the reason; and what a reader must know."""
    values, counts = np.unique(data.groups[name], return_counts=True)
    chosen: list[str] = []
    lacking = []
    for value in (str(values[index]) for index in np.argsort(-counts, kind="stable")):
        reason = data.cells.reason({name: value})
        if value == MISSING:
            reason = "no group that anybody could be of"
        elif reason is None and len(chosen) == most:
            reason = f"only the {most} largest groups are"
        if reason is None:
            chosen.append(value)
        else:
            lacking.append(LeftOut(slice={name: value}, reason=reason))
    notes = []
    if lacking:
        texts = [f"{name}={group.slice[name]} ({group.reason})" for group in lacking]
        notes.append(f"Not changed into or from: {first_few(texts)}.")
    column = data.codes()[:, data.feature_names.index(data.column_of(name))]
    several = any(len(np.unique(column[data.groups[name] == group])) > 1 for group in values)
    if several and len(chosen) > 1:
        notes.append(f"Groups of {name} hold several values; each changed row took that of a random row of the group.")
    # A missing value is no group of anybody, so nobody is left out with it.
    return chosen, tuple(group for group in lacking if group.slice[name] != MISSING), notes


def _changed(name: str, values: list[str], data: AuditData, context: Context) -> tuple[list[flips.Pair], list[Control]]:
    """The attribute's groups changed into each other, and whether that was done right."""
    predictions, groups = context.predictions, data.groups[name]
    column, before = data.feature_names.index(data.column_of(name)), predictions.codes

    def ask(swapped: flips.Swapped) -> np.ndarray:
        return predictions.of(flips.swap(data.inputs, column, swapped)).codes

    # Of more than two classes none is the favourable one.
    positive = predictions.positive if data.task == "binary" else None
    origins = {value: groups == value for value in values}
    small = smaller_together((name,), data)
    if small is not None and {name: MISSING} not in small.groups:
        origins[TOGETHER] = np.isin(groups, [group[name] for group in small.groups])
    pairs = flips.pairs_of(name, origins, values, ask, before, positive, context.rng)
    swapped_all = flips.draw(np.isin(groups, values), origins[values[0]], context.rng)
    few = flips.Swapped(swapped_all.rows[: self_tests.TRIED], swapped_all.donors[: self_tests.TRIED])
    after = codes_of(flips.swap(data.inputs, column, few), data.schema)
    wrong = self_tests.wrongly_changed(data.codes(), after, column, origins[values[0]], few)
    controls = [
        Control.within(
            f"changed rows, {name}",
            f"What share of some rows changed to {name}={values[0]} lacks a value of that group, or differs elsewhere?",
            wrong, at_most=0, guards=FLIPS, reason="what was changed is not the attribute alone",
        ),
        Control.within(
            f"unchanged rows, {name}", "What share of some rows is decided otherwise though nothing was changed?",
            self_tests.asked_again(ask, before, context.rng), at_most=0, guards=FLIPS,
            reason="the model answers differently when asked the same twice, so a change of its decision means little",
        ),
    ]  # fmt: skip
    return pairs, controls


def _headline(name: str, pairs: list[flips.Pair], data: AuditData) -> Measurement:
    """Whose decision changes for any other group."""
    tried, changed = flips.any_change(pairs, len(data))
    value, interval = _share(changed, tried, data)
    return Measurement(
        name="flip_rate", value=value, interval=interval, n=int(tried.sum()), unit="share", direction="lower",
        across=(name,),
    )  # fmt: skip


def _pair(pair: flips.Pair, data: AuditData) -> list[Measurement]:
    where: dict[str, str] = {pair.attribute: pair.origin}
    to: dict[str, Scalar] = {"to": pair.target}
    names = FLIPS if data.task == "binary" else FLIPS[:1]
    if len(pair.rows) < max(1, data.minimum_rate):
        few = fewer_than(data.minimum_rate, "of the rows drawn")
        return [undefined(name, few, slice=where, conditions=to) for name in names]
    rows = np.arange(len(data))
    measurements = []
    for name, hit in zip(names, (pair.changed, pair.toward, pair.away), strict=False):
        value, interval = _share(np.isin(rows, pair.rows[hit]), np.isin(rows, pair.rows), data)
        measurements.append(
            Measurement(
                name=name, value=value, interval=interval, n=len(pair.rows), unit="share", direction="lower",
                slice=where, conditions=to,
            )
        )  # fmt: skip
    return measurements


def _share(hit: np.ndarray, tried: np.ndarray, data: AuditData) -> tuple[float, Interval]:
    """The share of the rows tried that were hit, with Wilson's interval; weighted where there are weights."""
    values = hit[tried].astype(float)
    weights = None if data.weights is None else data.weights[tried]
    value = stats.weighted_mean(values, weights)
    size = stats.effective_size(len(values) if weights is None else weights)
    if data.clusters is not None:
        size = stats.cluster_size(values, data.clusters[tried], weights)
    # By a rounding a weighted share of 1 would give more successes than rows.
    interval = stats.wilson(min(size, size * value), size)
    if weights is not None:
        interval = interval.model_copy(update={"method": "Wilson, for the effective number of rows"})
    if data.clusters is not None:
        interval = interval.model_copy(update={"method": f"{interval.method}, by units"})
    return value, interval


def _table(pairs: list[flips.Pair], data: AuditData) -> Table:
    rows: list[tuple[Scalar, ...]] = []
    for pair in pairs:
        numbers: list[Scalar] = [None] * 4
        if len(pair.rows) >= max(1, data.minimum_rate):
            directions = (pair.toward, pair.away) if data.task == "binary" else ()
            shares = [float(hit.mean()) for hit in (pair.changed, *directions)]
            numbers[: 1 + len(shares)] = [len(pair.rows), *shares]
        rows.append((pair.attribute, pair.origin, pair.target, *numbers))
    return Table(
        name="flips",
        title="Decisions that change with the sensitive attribute alone",
        caption="Shares of the rows, without weights. Only the named attribute was changed, to that of a real row.",
        columns=(
            Column(name="attribute", title="Attribute"),
            Column(name="from", title="From"),
            Column(name="to", title="To"),
            Column(name="rows", title="Rows"),
            Column(name="changed", title="Changed", unit="share", percent=True),
            Column(name="toward", title="Became positive", unit="share", percent=True),
            Column(name="away", title="No longer positive", unit="share", percent=True),
        ),
        rows=tuple(rows),
    )


def find_alike(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Agreement with the nearest others: for everyone, and for each group."""
    k, decisions = parameters.neighbours, context.predictions.codes
    # Two people who differ in a sensitive attribute only are alike for this check.
    columns = {data.column_of(name): name for name in data.groups}
    points = distance_space(data, columns)
    why = None
    if len(data) < max(k + 2, 20):
        why = fewer_than(max(k + 2, 20), f"rows, too few to have {k} neighbours that are near")
    elif data.clusters is not None and len(data) - most_of_a_unit(data.clusters) < k + 1:
        why = fewer_than(k + 1, "rows of other units beside those of the largest")
    elif not points.shape[1]:
        why = "no feature beside the sensitive attributes tells the rows apart"
    if why is not None:
        return Findings([undefined("consistency", why)], notes=[f"Consistency was not measured: {why}."])
    context.progress(0, 2, "nearest neighbours")
    # One more than is compared with: the jackknife needs whoever comes next where a neighbour is left out.
    near = nearest(points, k + 1, data.clusters)
    weights = np.ones(len(data)) if data.weights is None else data.weights
    measurements = [_consistent(decisions, near, weights, {}, data)]
    for cell in slices_and_smaller(data):
        reason = data.unmeasured(cell, "rows drawn") or lacking(cell.n, 2, "rows drawn")
        if reason is None:
            measurements.append(_consistent(decisions, near, weights * cell.rows, cell.where, data))
        else:
            measurements.append(undefined("consistency", reason, slice=cell.where))
    # Where nearly all get the same decision, nearly all neighbours agree, so the number is read beside this one.
    level = chance(decisions)
    expected = Measurement(name="chance_consistency", value=level, exact=True, n=len(data), unit="share")
    dots = figures.dot_whisker(
        "consistency", f"Consistency with the {k} nearest others", measurements,
        axis=Axis(field="value", title="Consistency", unit="share", percent=True),
        rules=[Rule(value=level, label="shuffled decisions")], caption="Lines are 95 % intervals by the jackknife.",
    )  # fmt: skip
    left_out = [column for column in columns if column in data.feature_names]
    note = f"Neighbours are found among {len(data):,} rows"
    note += f", without {', '.join(left_out)}." if left_out else "; none of their columns is a sensitive attribute."
    return Findings(
        [*measurements, expected], _neighbour_controls(parameters, points, near, decisions, context.rng, data.clusters),
        [dots] if dots else [], notes=[note],
    )  # fmt: skip


def _consistent(
    decisions: np.ndarray, near: np.ndarray, weights: np.ndarray, where: dict[str, str], data: AuditData
) -> Measurement:
    value, interval = consistency(decisions, near, weights, data.clusters)
    n = int((weights > 0).sum())
    return Measurement(
        name="consistency", value=value, interval=interval, n=n, unit="share", direction="higher", slice=where
    )


def _neighbour_controls(
    parameters: Parameters, points: np.ndarray, near: np.ndarray, decisions: np.ndarray, rng: np.random.Generator,
    unit: np.ndarray | None,
) -> list[Control]:  # fmt: skip
    deviation = self_tests.neighbour_deviation(points, near, rng, unit)
    errors_off = self_tests.shuffled_deviation(decisions, near[:, :-1], parameters.shuffles, rng)
    return [
        Control.within(
            "neighbours", "Are the neighbours of some rows the nearest when all others are measured one by one?",
            deviation if np.isfinite(deviation) else None, at_most=1e-6, guards=("consistency",),
            reason="others are nearer than the neighbours that were compared with",
        ),
        Control.within(
            "shuffled decisions",
            "How many standard errors is the consistency of shuffled decisions from the chance level?",
            errors_off if np.isfinite(errors_off) else None, at_most=4, guards=("consistency", "chance_consistency"),
            reason="decisions that have nothing to do with the rows agree with their neighbours more or less than "
            "by chance",
        ),
    ]  # fmt: skip
