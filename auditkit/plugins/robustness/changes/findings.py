"""From searches to findings: what `robustness.changes` says."""

from typing import NamedTuple

import numpy as np

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.data.cells import Cell
from auditkit.data.disclosure import how_many
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import unsteady
from auditkit.plugins.robustness.changes import figures, search, self_tests, shares
from auditkit.plugins.robustness.changes.model_codes import Oracle, model_oracle
from auditkit.plugins.robustness.changes.moves import Moves, features_of, fields_of, moves_of
from auditkit.plugins.robustness.changes.parameters import Parameters
from auditkit.plugins.robustness.shares import tested_gaps
from auditkit.results import Control, Measurement
from auditkit.smaller import slices_and_smaller
from auditkit.text import first_few
from auditkit.variants import named

SINGLE = ("single_flip_share", *named("single_flip_difference"), "flip_toward", "flip_away")
SEVERAL = ("withstanding_share", *named("withstanding_difference"), "median_flip_cost")


class Searched(NamedTuple):
    """What was searched, and what was found."""

    moves: Moves
    single: search.Singles
    alone: search.Cheapest
    """By one feature."""
    best: search.Cheapest
    """By one or several."""
    oracle: Oracle


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `robustness.changes` says about these rows."""
    codes, predictions = data.codes(), context.predictions
    # ranges and observed values are a matter of all the data, not of the sample audited
    known = codes if data.train is None else np.vstack([codes, data.train.codes()])
    fields = fields_of(data, known, parameters.costs, parameters.grid)
    if not fields:
        reason = "no feature that may change varies"
        missing = [
            Measurement(name=name, value=None, reason=reason, validity="inconclusive", unit="share")
            for name in ("withstanding_share", "single_flip_share")
        ]
        return Findings(measurements=missing)
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
    rows = figures.by_feature(searched.moves, single, data, parameters.group_cost)
    return Findings(
        measurements=[*everyone, *groups, *gaps, shares.median_cost(best.costs), query_count],
        controls=controls,
        figures=figures.pictures(parameters, searched.alone.costs, best.costs, data, groups, rows),
        tables=[figures.table(rows, parameters.group_cost)],
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
    known = self_tests.known_boundary(data, moves, parameters, scored, context.rng, context.progress)
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
            _finite(known.single), at_least=0.999, at_most=1.05, guards=SINGLE,
            reason="the search misses the cheapest change where it is known",
        ),
        Control.within(
            "known-boundary-several", "And the search of several features, held against all changes of one or two?",
            _finite(known.several), at_most=1.05, guards=SEVERAL,
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
    broken = zip(parameters.implications, searched.moves.broken.sum(axis=0).tolist(), strict=True)
    sentences = (
        (f"Held as they are (groups, immutable, free text or constant): {first_few(fixed_names, 12)}.", fixed_names),
        (f"Costs other than 1: {costs}.", costs),
        *(
            (
                f"{how_many(rows, data.minimum_cell, data.disclosure)} rows as given do not keep {text!r}; their "
                "changes need not either.", rows,
            )
            for text, rows in broken
        ),
        (
            "No implications between features were declared, so a changed row may describe nobody: declare them under "
            "implications.", not parameters.implications,
        ),
    )  # fmt: skip
    return [sentence for sentence, holds in sentences if holds]
