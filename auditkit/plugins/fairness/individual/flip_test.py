"""Findings of the flip test: real rows with another value of one sensitive attribute."""

from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts.names import MISSING
from auditkit.data import AuditData
from auditkit.data.codes import codes_of
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.plugins.fairness.individual import flips, self_tests
from auditkit.plugins.fairness.individual.definitions import undefined
from auditkit.plugins.fairness.individual.parameters import Parameters
from auditkit.results import TOGETHER, Axis, Column, Control, Interval, LeftOut, Measurement, Scalar, Table
from auditkit.smaller import smaller_together
from auditkit.text import first_few
from auditkit.too_few import fewer_than, two_groups

FLIPS = ("flip_rate", "flip_toward", "flip_away")


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
            measurements.append(unflipped(name, reason))
            continue
        values, left_out, sentences = _values(name, data, parameters.values)
        notes += sentences
        if len(values) < 2:
            measurements.append(unflipped(name, two_groups([name], "can be shown"), left_out=left_out))
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
    # By a rounding a weighted share of 1 would give more successes than rows.
    interval = stats.wilson(min(size, size * value), size)
    if weights is not None:
        interval = interval.model_copy(update={"method": "Wilson, for the effective number of rows"})
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


def unflipped(name: str, reason: str, **fields: Any) -> Measurement:
    """No flip rate of an attribute, and why."""
    return undefined("flip_rate", reason, across=(name,), **fields)
