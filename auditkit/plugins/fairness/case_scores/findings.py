"""From scores of cases to findings about groups: gaps, controls, figures and notes of `fairness.case_scores`."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.group_pairs import pairs_among, pairs_behind
from auditkit.plugins.fairness.case_scores.definitions import DEFINITIONS, DIFFERENCE, RATIO
from auditkit.plugins.fairness.case_scores.gaps import Gap, compare
from auditkit.plugins.fairness.case_scores.parameters import Parameters
from auditkit.plugins.fairness.shared import mean_trials
from auditkit.plugins.fairness.shared.exchangeable import MIXED
from auditkit.plugins.fairness.shared.partition import Split, no_intersection, split
from auditkit.plugins.fairness.shared.self_tests import adjusted, false_alarms, too_few
from auditkit.results import Axis, Control, Figure, Level, Measurement, Rule, Test, left_out_text
from auditkit.stats import Extreme
from auditkit.text import first_few
from auditkit.variants import Group, variants

FAMILY = "all gaps of fairness.case_scores"
UNSCORED = "some cases have no score, and what they count as is not stated"


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `fairness.case_scores` says about these cases."""
    scores = context.predictions.case_scores
    splits = [split(data, attributes) for attributes in data.cells.subsets(parameters.intersections)]
    gaps: list[Gap] = []
    for step, (name, values) in enumerate(scores.items()):
        context.progress(step, len(scores) + 2, "mean scores")
        for partition in splits:
            gaps += compare(
                name, data.case_scores[name], values, data.weights, partition, data.minimum_rate, data.clusters
            )
    tested = [gap for gap in gaps if gap.extreme is not None]
    context.progress(len(scores), len(scores) + 2, "shuffling groups")
    # so many shuffles that the smallest p-value stays below 5 % when it is adjusted
    draws = max(parameters.permutations, 40 * len(tested))
    for gap in tested:
        gap.test(scores[gap.score], data.weights, draws, context.rng)
    between = adjusted([_tested(gap, len(tested), data, scores) for gap in gaps])
    beside = [measurement for gap in gaps for measurement in _beside(gap, data, scores)]
    context.progress(len(scores) + 1, len(scores) + 2, "controls")
    return Findings(
        measurements=[*between, *beside],
        controls=[_recount(tested, data, scores), *_trials(parameters, data, context, tested)],
        figures=_figures(between, data),
        notes=_notes(parameters, data, splits, tested),
        level=level,
    )


def _tested(gap: Gap, tests: int, data: AuditData, scores: dict[str, np.ndarray]) -> Measurement:
    measurement = _measured(gap, gap.extreme, data, scores)
    if gap.extreme is None:
        return measurement
    test = None if gap.p is None else Test(method=gap.method, p=gap.p, family=FAMILY)
    return measurement.model_copy(update={"test": test, "detectable": gap.detectable(tests)})


def _beside(gap: Gap, data: AuditData, scores: dict[str, np.ndarray]) -> list[Measurement]:
    """The same among large groups, and against the reference group where one is named."""

    def again(groups: Sequence[Group], reference: Group | None) -> list[Measurement]:
        measurement = _measured(gap, gap.among(pairs_among(gap.members, groups, reference)), data, scores)
        return [measurement.model_copy(update={"n": gap.members.people_of(groups)})]

    first = [_measured(gap, gap.extreme, data, scores)]
    return variants(first, [gap.members.where], None if gap.extreme is None else again, data)


def _measured(gap: Gap, extreme: Extreme | None, data: AuditData, scores: dict[str, np.ndarray]) -> Measurement:
    missing, meaning = left_out_text(gap.left_out), DEFINITIONS[gap.name]
    common: dict[str, Any] = {
        "name": gap.name, "direction": meaning.direction, "across": gap.split.attributes,
        "unit": data.case_scores[gap.score].counted_in if gap.kind == "difference" else "",
        "left_out": tuple(gap.left_out), "conditions": {"score": gap.score},
    }  # fmt: skip
    if extreme is None:
        reason = f"{gap.reason} ({missing})" if missing else gap.reason
        return Measurement(value=None, reason=reason, validity="inconclusive", **common)
    first: Literal["low", "high"] = "high" if meaning.direction == "higher" else "low"
    if np.isnan(scores[gap.score]).any():
        common |= {"validity": "inconclusive", "reason": UNSCORED}
    return Measurement(
        value=extreme.value, interval=extreme.interval, n=int(gap.members.people.sum()),
        pairs=tuple(pairs_behind(extreme, [gap.members], first)), **common,
    )  # fmt: skip


def _recount(tested: Sequence[Gap], data: AuditData, scores: dict[str, np.ndarray]) -> Control:
    """The gaps again from masks over the rows."""
    worst = 0.0
    for gap in tested:
        values, means = scores[gap.score], []
        for where in gap.members.where:
            rows = ~np.isnan(values)
            for attribute, value in where.items():
                rows &= data.groups[attribute] == value
            means.append(np.average(values[rows], weights=None if data.weights is None else data.weights[rows]))
        again = max(means) - min(means) if gap.kind == "difference" else min(means) / max(means)
        scale = max(1e-300, float(np.nanmax(np.abs(values)))) if gap.kind == "difference" else 1.0
        worst = max(worst, abs(float(again) - present(gap.extreme, "tested").value) / scale)
    return Control.within(
        "recount",
        "Are the gaps the same when the means are computed again from the cases of each group alone?",
        worst if tested else None,
        at_most=1e-9,
        reason="a number differs from a second computation on the same cases, so none can be trusted",
    )


def _trials(parameters: Parameters, data: AuditData, context: Context, tested: Sequence[Gap]) -> list[Control]:
    """False alarms on shuffled groups, and finds of a planted gap; for each score, of the first attribute tested."""
    controls, scores = [], context.predictions.case_scores
    for name in scores:
        gap = next((one for one in tested if one.score == name and one.kind == "difference"), None)
        if gap is None or gap.p is None:
            continue
        sample = present(gap.sample(scores[name], data.weights), "a tested gap")
        over, tests = " and ".join(gap.split.attributes), len(tested)
        alarms = mean_trials.false_alarms(sample, parameters.trials, context.rng)
        controls.append(
            false_alarms(
                f"shuffled groups: {name}",
                f"Where the groups of {over} are shuffled, how often does the test call their mean {name} different?",
                alarms, parameters.trials, (DIFFERENCE, RATIO),
            )
        )  # fmt: skip
        size = gap.detectable(tests)
        power = mean_trials.found_when_planted(
            sample, size, present(gap.law, "a tested gap"), tests, parameters.trials, context.rng
        )
        controls.append(
            Control.within(
                f"planted gap: {name}",
                f"Is a gap of {size:.3g}, which is called detectable, found when {name} of one group of {over} moves?",
                power, at_least=0.65, guards=(DIFFERENCE, RATIO), on_failure="note", reason=too_few("cases"),
            )
        )  # fmt: skip
    return controls


def _figures(between: Sequence[Measurement], data: AuditData) -> list[Figure]:
    drawn = []
    for position, (name, score) in enumerate(data.case_scores.items()):
        for kind, title, still, label in (
            (DIFFERENCE, f"Differences of mean {name}", 0.0, "no difference"),
            (RATIO, f"Ratios of mean {name}", 1.0, "equal"),
        ):
            own = [one for one in between if one.name == kind and one.conditions["score"] == name]
            drawn.append(
                figures.forest(
                    f"{kind}_{position}", title, own, rules=[Rule(value=still, label=label)],
                    axis=Axis(field="value", title=title, unit=score.counted_in if kind == DIFFERENCE else ""),
                    caption="Lines are 95 % intervals that hold for all pairs of groups at once. Of two groups the one "
                    f"with the {'low' if score.better == 'higher' else 'high'}er mean is worse off.",
                )
            )  # fmt: skip
    return [figure for figure in drawn if figure is not None]


def _notes(parameters: Parameters, data: AuditData, splits: Sequence[Split], tested: Sequence[Gap]) -> list[str]:
    notes = ["There is a ratio of scores that are from 0 up alone: of others zero is not none at all."]
    if any(gap.p is None for gap in tested):
        notes.append(f"Intervals go by units; {MIXED}.")
    hidden = list(dict.fromkeys(name for partition in splits for name in partition.hidden))
    if hidden:
        notes.append(f"Not in any gap, because too small to show: {first_few(hidden)}.")
    return [*notes, *no_intersection(parameters.intersections, data)]
