"""From rows to findings: measurements, controls, figure, table and notes of the slice search."""

from typing import Any, Final, NamedTuple

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.plugins.fairness.shared.self_tests import false_alarms
from auditkit.plugins.fairness.slices import self_tests
from auditkit.plugins.fairness.slices.conditions import CODE, Feature, features_of, forbidden
from auditkit.plugins.fairness.slices.outcomes import OUTCOMES, Errors, errors_of
from auditkit.plugins.fairness.slices.parameters import Parameters
from auditkit.plugins.fairness.slices.sample_splitting import Outcome, Rules, Worst, split_and_search
from auditkit.plugins.fairness.slices.search import Slice, Space
from auditkit.results import Axis, Column, Control, Figure, Level, Measurement, Rule, Scalar, Table, Test, pairs
from auditkit.text import number_of
from auditkit.too_few import fewer_than

FAMILY = "all slices of fairness.slices"
COUNTED: Final[dict[str, Any]] = {"name": "confirmed_slices", "unit": "slices", "direction": "lower"}


class Case(NamedTuple):
    """The rows that are searched."""

    features: list[Feature]
    """Conditions of these rows."""
    space: Space
    errors: Errors
    rules: Rules

    @property
    def unit(self) -> str:
        """Of what is searched for."""
        return "share" if self.errors.share else ""

    def where(self, slice_: Slice) -> dict[str, str]:
        """{feature: condition} of a slice."""
        chosen = [self.features[feature] for feature in slice_.features]
        return {feature.name: feature.texts[code] for feature, code in zip(chosen, slice_.codes, strict=True)}


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.slices` says about these answers."""
    case = _case(parameters, data, context)
    # Two halves, and in each a slice and the rest of it that is as large.
    fewest = 4 * case.rules.support(0)
    if len(case.errors.values) < fewest or not case.features:
        few = fewer_than(fewest, OUTCOMES[parameters.of].among) if case.features else "no feature has two conditions"
        reason = f"{few}: there is nothing to search"
        undecided = Measurement(value=None, reason=reason, validity="inconclusive", **COUNTED)
        return Findings([undecided], notes=[f"Nothing was searched: {reason}."], level=level)
    context.progress(0, 4, "searching")
    outcome = split_and_search(case.space, case.errors, case.rules, context.rng, context.progress)
    measurements = [
        Measurement(value=outcome.confirmed, exact=True, n=len(outcome.confirming), **COUNTED),
        *(measurement for worst in outcome.worst for measurement in _slice(case, worst, outcome)),
    ]
    context.keep(Findings(measurements, level=level))
    context.progress(3, 4, "controls")
    return Findings(
        measurements=measurements,
        controls=_controls(case, outcome, context.rng),
        figures=_figures(measurements),
        tables=[_table(case, outcome)] if outcome.worst else [],
        notes=_notes(case, outcome, data),
        level=level,
    )


def _case(parameters: Parameters, data: AuditData, context: Context) -> Case:
    rows, errors = errors_of(parameters.of, data, context.predictions, parameters.score)
    features = [feature._replace(codes=feature.codes[rows]) for feature in features_of(data, parameters.bins)]
    codes = np.array([feature.codes for feature in features], dtype=CODE).reshape(len(features), len(rows))
    space = Space(codes, tuple(len(feature.texts) for feature in features), forbidden(features, data.cells))
    # a slice is a group that is shown, with its rate
    return Case(features, space, errors, Rules(parameters, max(1, data.minimum_rate, data.minimum_cell)))


def _slice(case: Case, worst: Worst, outcome: Outcome) -> list[Measurement]:
    """What the rows kept back say about a slice: the mean in it, and the gap to the rest."""
    kind, gap, where = OUTCOMES[case.rules.asked.of], worst.gap, case.where(worst.slice_)
    if gap is None:
        few = fewer_than(max(2, case.rules.minimum), "of the rows kept back are in the slice, or outside of it")
        return [
            Measurement(
                name=name, value=None, reason=few, validity="inconclusive", unit=case.unit, direction=way, slice=where
            )
            for name, way in ((kind.measurement, kind.direction), ("slice_gap", "lower"))
        ]
    test = None
    if gap.p is not None:
        test = Test(method=f"{gap.method}; Holm", p=gap.p, p_adjusted=worst.p_adjusted, family=FAMILY)
    is_constant = gap.interval is None
    return [
        Measurement(
            name=kind.measurement, value=gap.inside, interval=gap.inside_interval, n=gap.n, unit=case.unit,
            direction=kind.direction, slice=where,
        ),
        Measurement(
            name="slice_gap", value=gap.inside - gap.outside, interval=gap.interval, n=gap.n, unit=case.unit,
            direction="lower", slice=where, test=test, detectable=gap.detectable,
            validity="inconclusive" if is_constant else "valid",
            reason="the errors do not vary, so there is nothing to estimate a spread from" if is_constant else None,
        ),
    ]  # fmt: skip


def _controls(case: Case, outcome: Outcome, rng: np.random.Generator) -> list[Control]:
    values, rules = case.errors.values, case.rules
    recount = Control.within(
        "recount",
        "Are the means of the slices the same when their rows are picked again by the conditions' texts?",
        self_tests.deviation(outcome.worst, case.features, case.errors, outcome.confirming),
        at_most=1e-9 * max(1.0, float(values.max())),
        reason="a number differs from a second count of the same rows, so none can be trusted",
    )
    if values.max() <= 0 or values.min() == values.max():  # shuffled, they would be as they were
        return [recount]
    return [
        recount,
        false_alarms(
            "shuffled errors",
            "Where the errors are shuffled over the rows, how often is any slice confirmed?",
            self_tests.false_alarms(case.space, case.errors, rules, case.rules.asked.trials, rng),
            case.rules.asked.trials,
            of="search and test",
        ),
        Control.within(
            "planted slice",
            "Where all rows of one slice are given the largest error, how often is that slice the first one found?",
            self_tests.found_first(case.space, values, rules, rng),
            at_least=0.8,
            guards=("confirmed_slices",),
            on_failure="note",
            reason="with these rows, conditions and common errors even a slice with an error in every row may be "
            "missed; "
            "absence of a finding says little. A larger alpha finds smaller slices",
        ),
    ]


def _figures(measurements: list[Measurement]) -> list[Figure]:
    gaps = [measurement for measurement in measurements if measurement.name == "slice_gap"]
    unit = gaps[0].unit if gaps else ""
    axis = Axis(field="value", title="Slice minus the rest", unit=unit, percent=unit == "share")
    figure = figures.forest(
        "slices", "The slices found, against the rest", gaps, axis=axis, rules=[Rule(value=0, label="no difference")],
        caption="On rows that had no part in the search. Lines are 95 % intervals that hold for all slices shown.",
    )  # fmt: skip
    return [] if figure is None else [figure]


def _table(case: Case, outcome: Outcome) -> Table:
    rows: list[tuple[Scalar, ...]] = []
    for worst_case in outcome.worst:
        same = "; ".join(pairs(case.where(other)) for other in worst_case.same[:3])
        gap, slice_ = worst_case.gap, worst_case.slice_
        searched = slice_.error / slice_.size
        confirmed: tuple[Scalar, ...] = (None,) * 4
        if gap is not None:
            confirmed = (gap.n, gap.inside, gap.outside, worst_case.p_adjusted)
        rows.append((pairs(case.where(slice_)), *confirmed, searched, slice_.score, same))
    percent, kind = case.errors.share, case.rules.asked.of
    return Table(
        name="slices",
        title="The slices found",
        caption=f"Searched for: {kind.replace('_', ' ')}, among {OUTCOMES[kind].among}. What the search itself saw is "
        "too large by construction, for it chose the slice.",
        columns=(
            Column(name="slice", title="Slice"),
            Column(name="rows", title="Rows kept back"),
            Column(name="inside", title="In the slice", percent=percent),
            Column(name="outside", title="In the rest", percent=percent),
            Column(name="p", title="p, adjusted"),
            Column(name="searched", title="What the search saw", percent=percent),
            Column(name="score", title="Score"),
            Column(name="same", title="Other descriptions of nearly the same rows"),
        ),
        rows=tuple(rows),
    )


def _notes(case: Case, outcome: Outcome, data: AuditData) -> list[str]:
    rules = case.rules
    notes = [
        f"{number_of(outcome.evaluated, 'slice')} of up to {number_of(rules.asked.depth, 'condition')} with at least "
        f"{rules.support(outcome.searched)} rows were counted in {outcome.searched:,} rows; "
        f"{len(outcome.confirming):,} rows were kept back to confirm what was found."
    ]
    if not outcome.worst:
        notes.append("No slice scored above everyone together.")
    elif len(outcome.worst) < rules.asked.k:
        notes.append(
            f"Only {number_of(len(outcome.worst), 'slice', 'different slices')} scored above everyone together."
        )
    if case.errors.weights is not None:
        notes.append("The search leaves weights aside; means, intervals and tests use them (Kish 1965).")
    replaced = [name for name in data.groups if name in data.feature_names]
    if replaced:
        notes.append(f"In place of the columns {', '.join(replaced)} the groups of that name were searched.")
    hidden = [slice_.where for slice_ in data.slices(1) if data.cells.unshown(slice_.where) is not None]
    if hidden:
        notes.append(
            f"Not searched, because too small to show: {', '.join(map(pairs, hidden[:8]))}"
            f"{' …' if len(hidden) > 8 else ''}."
        )
    return notes
