"""From searches to findings: what `robustness.changes` says.

With the curve of flip costs, the features that flip most, and the groups, as figures and a table.
"""

from typing import NamedTuple

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData, Cell, how_many
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import unsteady
from auditkit.plugins.robustness.changes import search, self_tests, shares
from auditkit.plugins.robustness.changes.model_codes import Oracle, model_oracle
from auditkit.plugins.robustness.changes.moves import Moves, features_of, fields_of, moves_of
from auditkit.plugins.robustness.changes.parameters import Parameters
from auditkit.plugins.robustness.shares import tested_gaps
from auditkit.results import Axis, Column, Control, Figure, Measurement, Scalar, Table
from auditkit.smaller import slices_and_smaller
from auditkit.text import first_few, number_of
from auditkit.variants import named

SINGLE = ("single_flip_share", *named("single_flip_difference"), "flip_toward", "flip_away")
SEVERAL = ("withstanding_share", *named("withstanding_difference"), "median_flip_cost")
POINTS = 21
"""Costs of the curve."""
SHOWN = 15
"""Features in the figure."""


class Searched(NamedTuple):
    """What was searched, and what was found."""

    moves: Moves
    single: search.Singles
    alone: search.Cheapest
    """By one feature."""
    best: search.Cheapest
    """By one or several."""
    oracle: Oracle


class Row(NamedTuple):
    """What changing one feature alone does."""

    name: str
    kind: str
    near: dict[str, float | None]
    """Share of rows it flips within the cost at which groups are compared; without numbers where these are too few."""
    ever: float | None
    """At any cost that was tried."""
    median: float | None
    """The median cost over the rows that it flips."""
    cheapest: float | None
    """Share of rows for which no other feature flips more cheaply."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `robustness.changes` says about these rows."""
    codes, predictions = data.codes(), context.predictions
    # ranges and observed values are a matter of all the data, not of the sample audited
    known = codes if data.train is None else np.vstack([codes, data.train.codes()])
    fields = fields_of(data, known, parameters.costs, parameters.grid)
    if not fields:
        reason = "no feature that may change varies"
        return Findings(measurements=[
            Measurement(name=name, value=None, reason=reason, validity="inconclusive", unit="share")
            for name in ("withstanding_share", "single_flip_share")
        ])  # fmt: skip
    moves = moves_of(data, codes, fields, parameters.within, parameters.implications)
    oracle = model_oracle(model, data, predictions)
    single = search.singles(moves, predictions.codes, oracle, context.progress)
    best = search.several(
        moves, single, oracle, parameters.depth, parameters.beam, parameters.max_queries, context.progress
    )
    searched = Searched(moves, single, search.best_single(moves, single, parameters.depth), best, oracle)
    controls = _controls(parameters, model, data, context, searched)
    # the cost at which groups are compared comes first: a report may show the first number alone
    costs = sorted(parameters.within, key=lambda number: number != parameters.group_cost)
    everyone = [measurement for cost in costs for measurement in _shares(searched, data, cost)]
    groups = [
        measurement
        for cell in slices_and_smaller(data)
        for measurement in _shares(searched, data, parameters.group_cost, cell)
    ]
    gaps = _gaps(parameters, searched, data, context)
    query_count = Measurement(name="queries", value=oracle.queries, exact=True, n=len(data), unit="rows")
    rows = _by_feature(searched.moves, single, data, parameters.group_cost)
    return Findings(
        measurements=[*everyone, *groups, *gaps, shares.median_cost(best.costs, data.clusters), query_count],
        controls=controls,
        figures=_figures(parameters, searched.alone.costs, best.costs, data, groups, rows),
        tables=[_table(rows, parameters.group_cost)],
        notes=_notes(parameters, searched, data),
    )


def _shares(searched: Searched, data: AuditData, cost: float, cell: Cell | None = None) -> list[Measurement]:
    """What withstands and what flips; where a decision is positive, also flips toward it and away from it."""
    positive = searched.single.before == searched.oracle.positive
    everyone = np.ones(len(positive), dtype=bool)
    rows = everyone if cell is None else cell.rows
    parts = [(*named_hits, everyone) for named_hits in _hits(searched, cost)]
    if data.task == "binary":
        _, (_, flipped) = _hits(searched, cost)
        parts += [("flip_toward", flipped, ~positive), ("flip_away", flipped, positive)]
    return [
        shares.share(
            name, hits, data, rows & side, conditions={"cost": cost}, where=None if cell is None else cell.where,
            hidden=None if cell is None else cell.hidden,
        )
        for name, hits, side in parts
    ]  # fmt: skip


def _gaps(parameters: Parameters, searched: Searched, data: AuditData, context: Context) -> list[Measurement]:
    parts = [
        shares.gap(name.replace("_share", "_difference"), hits, data, attribute, parameters.group_cost)
        for attribute in data.groups
        for name, hits in _hits(searched, parameters.group_cost)
    ]
    return tested_gaps(parts, data, parameters.permutations, context.rng, "robustness.changes")


def _hits(searched: Searched, cost: float) -> list[tuple[str, np.ndarray]]:
    return [
        ("withstanding_share", searched.best.costs > _reach(cost)),
        ("single_flip_share", searched.alone.costs <= _reach(cost)),
    ]


def _reach(cost: float) -> float:
    """A cost with room for rounding."""
    return cost * (1 + 1e-9)  # a change that costs 0.25 by its sum must count at 0.25


def _controls(
    parameters: Parameters, model: Model, data: AuditData, context: Context, searched: Searched
) -> list[Control]:
    before, moves, oracle = searched.single.before, searched.moves, searched.oracle
    scored = oracle(moves.origins[:1]).scores is not None
    steady = unsteady(model, data, context.predictions)
    wrong = self_tests.violating(
        data,
        moves,
        before,
        [searched.alone.slots, searched.best.slots],
        [searched.alone.costs, searched.best.costs],
        oracle,
    )
    hand = self_tests.by_hand(moves, before, searched.single, oracle, context.rng)
    # clearly below what the search found, and the largest cost for rows that withstood, which is infinite there
    limit = np.minimum(searched.best.costs * (1 - self_tests.CLOSE), parameters.within[-1])
    chance = self_tests.random_changes(
        moves, before, limit, parameters.depth, parameters.draws, oracle, context.rng
    )  # fmt: skip
    known_single, known_several = self_tests.known_boundary(
        data, moves, parameters, scored, context.rng, context.progress
    )
    constant = self_tests.constant_flips(data, moves, parameters, context.progress)
    return [
        Control.within(
            "repeatable", "Does the model give the same answer when asked again?", steady, at_most=1e-4,
            guards=(*SINGLE, *SEVERAL),
            reason="a model that answers at random changes its mind without any change of the row",
        ),
        Control.within(
            "returned-changes", "What share of the changes found breaks a rule, or does not flip when asked anew?",
            wrong, at_most=0, guards=(*SINGLE, *SEVERAL), reason="changes were counted that are none",
        ),
        Control.within(
            "exhaustive", "How far is the cheapest change of one feature from that found value by value?",
            _finite(hand), at_most=1e-9, guards=SINGLE,
            reason="the search of single features missed or invented a flip",
        ),
        Control.within(
            "known-boundary", "How many times the true cost does the search of one feature find, for a linear rule?",
            _finite(known_single), at_least=0.999, at_most=1.05, guards=SINGLE,
            reason="the search misses the cheapest change where it is known",
        ),
        Control.within(
            "known-boundary-several", "And the search of several features, held against all changes of one or two?",
            _finite(known_several), at_most=1.05, guards=SEVERAL,
            reason="the search misses cheap changes where they are known; raise max_queries",
        ),
        Control.within(
            "random-changes", "For what share of rows does a random change flip that is cheaper than what was found?",
            chance, at_most=0.05, guards=SEVERAL, reason="chance does better than the search; raise max_queries",
        ),
        Control.within(
            "constant-model", "For what share of rows is a rule flipped that always decides the same?", constant,
            at_most=0, guards=(*SINGLE, *SEVERAL), reason="the search finds flips where there are none",
        ),
    ]  # fmt: skip


def _finite(number: float | None) -> float | None:
    """A number that can be written; where the search missed everything there is none, and the control does not hold."""
    return number if number is not None and np.isfinite(number) else None


def _notes(parameters: Parameters, searched: Searched, data: AuditData) -> list[str]:
    moving = {field.name for field in searched.moves.fields}
    fixed_names = [feature.name for feature in features_of(data) if feature.name not in moving]
    costs = ", ".join(f"{name} {cost:g}" for name, cost in parameters.costs.items())
    sentences = (
        (f"Held as they are (groups, immutable, free text or constant): {first_few(fixed_names, 12)}.", fixed_names),
        (f"Costs other than 1: {costs}.", costs),
        *(
            (
                how_many(rows, data.minimum_cell, data.disclosure, "row as given does", "rows as given do")
                + f" not keep {text!r}; changed ones need not either.", rows,
            )
            for text, rows in zip(parameters.implications, searched.moves.broken.sum(axis=0).tolist(), strict=True)
        ),
        (
            "No implications between features were declared, so a changed row may describe nobody: declare them under "
            "implications.", not parameters.implications and not data.tokens,
        ),
        (
            "In each place other ids of the data were put, one at a time; padding and places that are alike in all "
            "rows stay. A change of all places costs 1. An id that means the same is no reason for another decision; "
            "whether one does is not known.", data.tokens,
        ),
    )  # fmt: skip
    return [sentence for sentence, holds in sentences if holds]


def _by_feature(moves: Moves, single: search.Singles, data: AuditData, cost: float) -> list[Row]:
    """A row for each feature, those that flip most first."""
    costs = single.cheapest(moves)
    least = costs.min(axis=1)
    kinds = {feature.name: str(feature.kind) for feature in features_of(data)}
    rows = []
    for column, field in enumerate(moves.fields):
        feature_costs = costs[:, column]
        flips_near, flips_ever = feature_costs <= cost * (1 + 1e-9), np.isfinite(feature_costs)
        is_cheapest = flips_ever & (feature_costs <= least * (1 + 1e-9))  # ties count for every feature that ties
        kind = kinds.get(field.name, "category") if not field.numeric else "whole number" if field.whole else "number"
        enough = flips_ever.sum() >= max(1, data.minimum_rate)
        rows.append(
            Row(
                field.name, kind, _share(flips_near, data), _share(flips_ever, data)["share"],
                float(f"{np.median(feature_costs[flips_ever]):.4g}") if enough else None,
                _share(is_cheapest, data)["share"],
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-(row.near["share"] or 0.0), -(row.ever or 0.0), row.name))


def _table(rows: list[Row], cost: float) -> Table:
    """What each feature alone does."""
    return Table(
        name="features",
        title="What changing one feature alone does",
        caption=f"Shares of the rows that were changed. Near: at a cost of at most {cost:g}. Median: over the rows "
        "that the feature flips. Shares of a few rows only are left empty, so that no person can be recognised.",
        columns=(
            Column(name="feature", title="Feature"),
            Column(name="kind", title="Kind"),
            Column(name="near", title="Flips near", unit="share", percent=True),
            Column(name="ever", title="Flips at all", unit="share", percent=True),
            Column(name="median", title="Median cost", unit="cost"),
            Column(name="cheapest", title="Is the cheapest flip", unit="share", percent=True),
        ),
        rows=tuple((row.name, row.kind, row.near["share"], row.ever, row.median, row.cheapest) for row in rows),
    )


def _figures(
    parameters: Parameters,
    alone: np.ndarray,
    best: np.ndarray,
    data: AuditData,
    groups: list[Measurement],
    rows: list[Row],
) -> list[Figure]:
    """The curve with its band, bars by feature, dots by group."""
    charts = [_curve(parameters, alone, best, data)]
    bars = [{"feature": row.name, **row.near} for row in rows if row.near["share"]]
    if bars:
        charts.append(
            figures.bars(
                "features-that-flip", "Decisions that one feature alone flips", bars[:SHOWN],
                label=Axis(field="feature", title="Feature"),
                value=Axis(field="share", title="Share of decisions", percent=True), low="low", high="high",
                caption=f"At a cost of at most {parameters.group_cost:g}. Lines are 95 % Wilson intervals.",
            )
        )  # fmt: skip
    dots = figures.dot_whisker(
        "withstanding-by-group", "Decisions that withstand every change found, by group",
        [group for group in groups if group.name == "withstanding_share" and group.value is not None],
        axis=Axis(field="value", title="Share of decisions", percent=True, domain=(0, 1)),
        caption=f"Changes of up to {number_of(parameters.depth, 'feature')} that cost at most "
        f"{parameters.group_cost:g}.",
    )  # fmt: skip
    return [*charts, dots] if dots else charts


def _curve(parameters: Parameters, alone: np.ndarray, best: np.ndarray, data: AuditData) -> Figure:
    points: list[dict[str, Scalar]] = []
    for name, costs in (("one feature", alone), (f"up to {number_of(parameters.depth, 'feature')}", best)):
        for cost in np.linspace(0, parameters.within[-1], POINTS).tolist():
            measurement = shares.share("withstanding_share", costs > cost * (1 + 1e-9), data, conditions={})
            points.append({"changed": name, "cost": round(cost, 6), **_drawn(measurement)})
    return figures.curve(
        "flip-cost", "Decisions that withstand changes, over their cost", points,
        x=Axis(field="cost", title="Cost of the change"),
        y=Axis(field="share", title="Share of decisions", percent=True, domain=(0, 1)),
        series=Axis(field="changed", title="Changed"), low="low", high="high",
        caption="Changing one feature: exact for the values tried. Changing several: an upper bound. Bands are 95 % "
        "Wilson intervals.",
    )  # fmt: skip


def _share(hits: np.ndarray, data: AuditData) -> dict[str, float | None]:
    """A share of all rows; no numbers where fewer rows than the smallest cell are hit, but some."""
    # a share of so few rows would tell who they are; no row at all tells nobody
    too_few = 0 < hits.sum() < data.minimum_cell
    return _drawn(None if too_few else shares.share("single_flip_share", hits, data, conditions={}))


def _drawn(measurement: Measurement | None) -> dict[str, float | None]:
    """The share and the ends of its interval."""
    ends = measurement.interval if measurement else None
    return {
        "share": measurement.value if measurement else None, "low": ends.low if ends else None,
        "high": ends.high if ends else None,
    }  # fmt: skip
